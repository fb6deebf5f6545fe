"""A stage of the full model as a task of the engine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn

from terrascope.networks.full.modeling import TerraScopeForConditionalGeneration
from terrascope.networks.full.processing import TerraScopeProcessor
from terrascope_lab.training.errors import TrainingError
from terrascope_lab.training.full.examples import Example, Examples, Selection, collate
from terrascope_lab.training.full.losses import PointSampling
from terrascope_lab.training.full.network import TrainedNetwork, Weights
from terrascope_lab.training.full.parts import Lora, checkpoint_gradients, choose_parts
from terrascope_lab.training.full.sources import DataEntry, Samples
from terrascope_lab.training.recipe import Stage, build
from terrascope_lab.training.schedule import Mix


class FullTask:
    """Trains parts of the full model.

    Parameters
    ----------
    stage
        Of the recipe.
    model
        Full model in float32; its parts are frozen, cast and given adapters in place.
    processor
        Its processor.
    data
        Folder that the data entries' paths start from.
    """

    def __init__(
        self, stage: Stage, model: TerraScopeForConditionalGeneration, processor: TerraScopeProcessor, data: Path
    ) -> None:
        where = f"stage {stage.name!r}"
        self.mix = build(Mix, stage.mix, f"mix of {where}")
        self.selection = build(Selection, stage.selection, f"selection of {where}")
        self.trained = choose_parts(model, stage.train, lora_of(stage), frozen=stage.optim.frozen)
        if stage.optim.gradient_checkpointing:
            checkpoint_gradients(model)
        self.module: nn.Module = TrainedNetwork(
            model,
            processor,
            self.selection,
            build(Weights, stage.loss, f"loss of {where}"),
            PointSampling(**stage.points) if _known(stage.points, where) else PointSampling(),
            stage.longest,
            stage.rounds,
        )
        self.data = Examples(Samples(entries_of(stage, data)), processor, self.selection, stage.instruct)

    def collate(self, samples: list[Example]) -> list[Example]:
        """Keep the list: see `examples.collate`."""
        return collate(samples)

    def arguments(self, done: float) -> Mapping[str, Any]:
        """Share of predicted masks."""
        return {"mix": self.mix.at(done)}


def lora_of(stage: Stage) -> Lora:
    """Adapters of a stage."""
    return build(Lora, stage.lora, f"lora of stage {stage.name!r}")


def _known(points: Mapping[str, Any], where: str) -> bool:
    if unknown := [key for key in points if key not in PointSampling._fields]:
        raise TrainingError(
            f"points of {where} has an unknown setting {unknown[0]!r}.", f"It has {', '.join(PointSampling._fields)}."
        )
    return bool(points)


def entries_of(stage: Stage, data: Path) -> list[DataEntry]:
    """Data entries of a stage, their paths below the data folder."""
    found = []
    for number, table in enumerate(stage.data, start=1):
        values = dict(table)
        for key in ("path", "images"):
            if key in values:
                values[key] = data / str(values[key])
        found.append(build(DataEntry, values, f"data entry {number} of stage {stage.name!r}"))
    return found
