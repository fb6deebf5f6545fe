"""Which samples a step reads: a function of seed and step, so that a resumed run goes on where it was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from terrascope_lab.training.errors import TrainingError


@dataclass(frozen=True)
class Order:
    """Order of the samples of a run over several processes.

    Attributes
    ----------
    samples
        Size of the data set.
    batch
        Samples of an optimizer step, over all processes.
    micro
        Samples that a process reads at once.
    processes
        Number of processes.
    seed
        Of the permutation; every epoch has its own.
    shuffled
        False reads the samples as they come, for data that are made by number.
    """

    samples: int
    batch: int
    micro: int
    processes: int = 1
    seed: int = 0
    shuffled: bool = True

    def __post_init__(self) -> None:
        if self.samples < 1:
            raise TrainingError("The data set is empty.", "Give the recipe at least one file with samples.")
        if self.batch % (self.micro * self.processes):
            raise TrainingError(
                f"A batch of {self.batch} cannot be cut into pieces of {self.micro} for {self.processes} processes.",
                "Choose a batch that micro_batch x processes divides, for example "
                f"{self.micro * self.processes * max(1, self.batch // (self.micro * self.processes))}.",
            )

    @property
    def accumulation(self) -> int:
        """Micro-batches of a process in one optimizer step."""
        return self.batch // (self.micro * self.processes)

    @property
    def steps_an_epoch(self) -> int:
        """Optimizer steps of one epoch; the last one is filled up from the next permutation."""
        return -(-self.samples // self.batch)

    def step(self, number: int) -> NDArray[np.int64]:
        """Samples of a step, int64 [batch]; the same however many processes share them."""
        epoch, inside = divmod(number, self.steps_an_epoch)
        order = self._permutation(epoch)
        chosen = order[inside * self.batch : (inside + 1) * self.batch]
        extra = epoch
        while len(chosen) < self.batch:
            extra += 1
            more = self._permutation(-extra)  # fills the last step of an epoch; does not disturb the next one
            chosen = np.concatenate([chosen, more[: self.batch - len(chosen)]])
        return chosen

    def micro_batches(self, process: int, first_step: int, steps: int) -> Iterator[list[int]]:
        """Yield the micro-batches of one process from `first_step` up to `steps`."""
        for number in range(first_step, steps):
            chosen = self.step(number).reshape(self.accumulation, self.processes, self.micro)
            for part in chosen[:, process]:
                yield [int(i) for i in part]

    def _permutation(self, epoch: int) -> NDArray[np.int64]:
        return _permutation(self.samples, self.seed, epoch) if self.shuffled else np.arange(self.samples)


@lru_cache(maxsize=2)
def _permutation(samples: int, seed: int, epoch: int) -> NDArray[np.int64]:
    return np.random.default_rng([seed, epoch % 2**32]).permutation(samples)
