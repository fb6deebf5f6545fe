"""The cross-validation fold of every optical sample; what it is trained on and measured on follows from it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from terrascope_lab.training.vision import samples, split

ALWAYS_TRAINED = -1  #: single places with several dates or sensors, too few to measure anything


def folds_of(root: Path, data: list[samples.Sample]) -> list[int]:
    """Return the fold of each sample: HLS by region or place, others by image in sorted order, Slovenia by column."""
    with np.load(root / "hls_worldcover" / "hls_worldcover_train.npz") as stored:
        region, location = stored["region"], stored["location"]
    ranks: dict[str, int] = {}
    out = []
    for sample in data:
        rank = ranks.get(sample.source, 0)
        ranks[sample.source] = rank + 1
        if sample.source == "hls":
            i = int(sample.name)
            out.append(split.hls_fold(int(region[i]), int(location[i])))
        elif sample.source == "slovenia":
            out.append(int(sample.name.split("_")[1]) // 300 % split.FOLDS)
        elif sample.source in ("europe", "india", "amazon"):
            out.append(rank % split.FOLDS)
        else:
            out.append(ALWAYS_TRAINED)
    return out
