"""The training recipe of TerraScope-Cap: the full model on grounded captions, with the paper's settings of stage 2."""

from __future__ import annotations

import json
from pathlib import Path

from terrascope_lab.cot.check.run import files_of
from terrascope_lab.cot.formats.json_list import read_list

#: What the training calls the groups of samples that are not plain images.
_KINDS = {"temporal": "temporal", "optical_sar": "sar"}
_RECIPE = """# TerraScope-Cap: the annotator of the data pipeline, trained on grounded captions.
name = "terrascope-cap"
about = "Captions with a mask for every class; settings of the paper's stage 2"

[[stage]]
name = "captions"
train = ["projector", "mask_decoder", "seg_head", "token_embeddings", "lm_head"]
lora = {{ rank = 128, alpha = 256, dropout = 0.05 }}
planned_samples = {samples}
selection = {{ name = "paper", cap = 128 }}
loss = {{ text = 1.0, bce = 0.5, dice = 0.5 }}
data = [
{data}
]

[stage.optim]
rate = 4e-5
batch = 32
precision = "bf16"
frozen = "bf16"
gradient_checkpointing = true
save_every = 1000
log_every = 10
workers = 4
"""


def write_recipe(captions: Path, path: Path) -> int:
    """Write the recipe for the captions of a build, and return their number.

    Raises
    ------
    DataError
        If the folder holds no build.
    """
    rows, samples = [], 0
    for file in files_of(captions):
        count = sum(1 for _ in read_list(file))
        if not count:
            continue
        samples += count
        kind = f", kind = {json.dumps(_KINDS[file.stem])}" if file.stem in _KINDS else ""
        images = json.dumps(str(file.parent / "images"))
        rows.append(f"  {{ path = {json.dumps(str(file))}, images = {images}{kind} }},")
    path.write_text(_RECIPE.format(samples=samples, data="\n".join(rows)), encoding="utf-8")
    return samples
