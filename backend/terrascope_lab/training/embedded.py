"""The embedded model's decoder as a task of the engine: the losses and the made questions of `training.language`."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from terrascope_lab.training.checkpoint import read_weights_of
from terrascope_lab.training.language.samples import Sample, make_sample, vocabulary
from terrascope_lab.training.language.scenes import MadeScene, draw_dates, make_scene, read_maps
from terrascope_lab.training.language.train import Networks, build, loss_on, write_checkpoint


@dataclass(frozen=True)
class DecoderOptions:
    """Made data of the decoder.

    Attributes
    ----------
    questions
        Questions asked of each made scene.
    vocabulary_from
        Samples whose words make the vocabulary.
    real
        Take real label maps from the data folder too.
    samples
        Samples of an epoch.
    """

    questions: int = 8
    vocabulary_from: int = 3000
    real: bool = True
    samples: int = 1_000_000


class MadeSamples(Dataset[Sample]):
    """Sample n is made from (seed, n): the same one whenever it is asked for."""

    def __init__(self, options: DecoderOptions, seed: int, data: Path | None) -> None:
        self._options, self._seed = options, seed
        # the maps are looked for at data/... below a folder
        self._maps = read_maps(data.parent) if data is not None and data.name == "data" else []
        self._scene = lru_cache(maxsize=8)(self._make_scene)

    def __len__(self) -> int:
        return self._options.samples

    def __getitem__(self, number: int) -> Sample:
        scene = self._scene(number // self._options.questions)
        return make_sample(random.Random(f"{self._seed}/{number}"), scene)

    def _make_scene(self, number: int) -> MadeScene:
        rng = random.Random(f"{self._seed}/scene/{number}")
        return make_scene(np.random.default_rng(rng.getrandbits(64)), self._maps, draw_dates(rng))


class _TrainedDecoder(nn.Module):
    def __init__(self, networks: Networks) -> None:
        super().__init__()
        self.decoder = networks.decoder
        self._networks = [networks]  # a list, so that its tensors are not taken for parameters of their own

    def forward(self, samples: list[Sample]) -> dict[str, Tensor]:
        losses = loss_on(self._networks[0], samples)
        return {**losses, "loss": torch.stack(list(losses.values())).sum()}


class DecoderTask:
    """Trains the embedded model's decoder, teacher-forced.

    Parameters
    ----------
    options
        Of the recipe.
    seed
        Of the made data.
    data
        Folder with the label maps.
    """

    made = True

    def __init__(self, options: DecoderOptions, seed: int, data: Path) -> None:
        self.words = vocabulary(options.vocabulary_from)
        self.networks = build(self.words)
        self.module: nn.Module = _TrainedDecoder(self.networks)
        self.data = MadeSamples(options, seed, data if options.real else None)

    def collate(self, samples: list[Sample]) -> list[Sample]:
        """Keep the list: the loss pads it."""
        return samples

    def arguments(self, done: float) -> Mapping[str, Any]:
        """None."""
        return {}

    def write_model(self, checkpoint: Path, out: Path) -> None:
        """Write the decoder where `terrascope train language-export --run OUT` reads it."""
        weights = {name.removeprefix("decoder."): value for name, value in read_weights_of(checkpoint).items()}
        self.networks.decoder.load_state_dict(weights, strict=False)
        out.mkdir(parents=True, exist_ok=True)
        idle = torch.optim.AdamW(self.networks.decoder.parameters())
        step = int(checkpoint.name.rpartition("-")[2])
        write_checkpoint(out / "checkpoint.safetensors", step, self.words, self.networks.decoder, idle)
