"""Learning rate as a function of the step alone, so that a resumed run needs no scheduler state."""

from __future__ import annotations

import math
from dataclasses import dataclass

from terrascope_lab.training.errors import TrainingError

SHAPES = ("cosine", "linear", "constant")


@dataclass(frozen=True)
class Schedule:
    """Linear warm-up, then a decay.

    Attributes
    ----------
    rate
        Highest learning rate.
    steps
        Optimizer steps of the whole run.
    shape
        "cosine" or "linear" (both to 0), or "constant".
    warmup
        Share of the steps with a rising rate.
    warmup_from
        The rate begins at this share of the highest (released configuration: 1e-5).
    """

    rate: float
    steps: int
    shape: str = "cosine"
    warmup: float = 0.05
    warmup_from: float = 1e-5

    def __post_init__(self) -> None:
        if self.shape not in SHAPES:
            raise TrainingError(f"The schedule is {self.shape!r}.", f"Use one of {', '.join(SHAPES)}.")

    def at(self, step: int) -> float:
        """Rate of a step, counted from 0."""
        rising = round(self.warmup * self.steps)
        if step < rising:
            return self.rate * (self.warmup_from + (1 - self.warmup_from) * step / rising)
        done = min(1.0, (step - rising) / max(1, self.steps - rising))
        if self.shape == "cosine":
            return self.rate * 0.5 * (1 + math.cos(math.pi * done))
        return self.rate * (1 - done) if self.shape == "linear" else self.rate


@dataclass(frozen=True)
class Mix:
    """Probability that a [SEG] brings back the tokens of its predicted mask instead of the true one's.

    0 up to `start`, then a straight line up to `highest` at `end` (both are shares of the run).
    """

    highest: float = 0.0
    start: float = 0.25
    end: float = 0.75

    def __post_init__(self) -> None:
        if not 0 <= self.highest <= 1 or not 0 <= self.start <= self.end <= 1:
            raise TrainingError(
                f"The share of predicted masks is {self.highest} between {self.start} and {self.end} of the run.",
                "Use shares from 0 to 1, the start before the end.",
            )

    def at(self, done: float) -> float:
        """Probability when a share `done` of the run is over."""
        if done < self.start or self.highest == 0:
            return 0.0
        if done >= self.end:
            return self.highest
        return self.highest * (done - self.start) / (self.end - self.start)
