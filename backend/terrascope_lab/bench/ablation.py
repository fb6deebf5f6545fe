"""`terrascope bench ablation`: one table of what each part of a network's way of reasoning is worth."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from terrascope.reasoning.settings import MODALITIES, ReasoningSettings
from terrascope_lab.bench.pictures import SceneShelf
from terrascope_lab.bench.results import iterate_results
from terrascope_lab.bench.run import run, run_side_by_side
from terrascope_lab.bench.samples import BenchSample
from terrascope_lab.bench.scoring import Scores, score
from terrascope_lab.bench.tables import decimal, ordered, percent, table
from terrascope_lab.bench.variants import AS_TRAINED, Load, Variant, make_asker

#: The ablations of the paper (its tables on the reasoning form and on the inputs), and three more.
TOKENS = (
    Variant("text only", ReasoningSettings(selection="none")),
    Variant("random tokens", ReasoningSettings(selection="random")),
    Variant("boxes", ReasoningSettings(selection="boxes")),
    Variant("masks, released rule (8)", ReasoningSettings(selection="released")),
    Variant("masks, paper's rule (128)", ReasoningSettings(selection="paper")),
)
EVIDENCE = (Variant("evidence measured", measured=True), Variant("evidence not measured", measured=False))
INPUTS = tuple(Variant(f"input: {name.replace('_', '-')}", ReasoningSettings(modality=name)) for name in MODALITIES)
ORACLE = Variant("oracle masks", oracle_masks=True)
BLANK = Variant("blank pictures (question only)", blank=True)


@dataclass(frozen=True)
class AblationRow:
    """A variant and what it scored."""

    variant: Variant
    scores: Scores


def variants_for(samples: Iterable[BenchSample]) -> tuple[Variant, ...]:
    """Return the variants that mean something for a file: oracle masks need truth masks, inputs a SAR partner."""
    masks = pair = False
    for sample in samples:
        masks |= bool(sample.masks)
        times = sample.times or tuple(range(len(sample.roles)))
        seen = set(zip(times, sample.roles))
        pair |= any((time, "optical") in seen and (time, "sar") in seen for time in times)
    found = [AS_TRAINED, *TOKENS, *EVIDENCE]
    if pair:
        found += INPUTS
    if masks:
        found.append(ORACLE)
    return (*found, BLANK)


def ablate(
    read: Callable[[], Iterable[BenchSample]],
    load: Load,
    folder: Path,
    variants: Sequence[Variant],
    *,
    workers: int = 1,
    tell: Callable[[str, Scores], None] | None = None,
) -> list[AblationRow]:
    """Run every variant over the samples, each with a results file of its own; resumable like any run.

    In one process the network is loaded once, and looks at a picture once for all variants that show it the same.
    """
    files = {variant.name: folder / f"{slug(variant.name)}.jsonl" for variant in variants}
    if workers > 1:
        for variant in variants:
            run(read(), partial(make_asker, load, variant), files[variant.name], workers=workers)
    else:
        network = load()
        for blank in (False, True):
            shelf = SceneShelf()
            askers = {
                files[v.name]: replace(make_asker(lambda: network, v), shelf=shelf)
                for v in variants
                if v.blank is blank
            }
            run_side_by_side(read(), askers)
    rows = []
    for variant in variants:
        scores = score(iterate_results(files[variant.name]))
        rows.append(AblationRow(variant, scores))
        if tell is not None:
            tell(variant.name, scores)
    return rows


def slug(name: str) -> str:
    """A name as a file name."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def ablation_table(rows: Sequence[AblationRow]) -> str:
    """The table: macro and micro averages, each task, mask IoU, seconds a question."""
    tasks = ordered(sorted({task for row in rows for task in row.scores.tasks}))
    header = ["variant", "macro", "±", *tasks, "mask IoU", "r(IoU, right)", "abstained", "s a question"]
    body = []
    for row in rows:
        scores = row.scores
        count = max(1, scores.micro.count)
        body.append(
            [
                row.variant.name,
                f"**{percent(scores.macro)}**",
                percent(scores.macro_half_width),
                *(percent(scores.tasks[task].value) if task in scores.tasks else "-" for task in tasks),
                decimal(scores.mask_iou),
                decimal(scores.iou_r),
                str(scores.abstained),
                f"{scores.seconds / count:.2f}",
            ]
        )
    return table(header, body)
