"""Greedy by default; sampling within its cuts."""

from __future__ import annotations

import numpy as np
import pytest

from terrascope.errors import NetworkError
from terrascope.reasoning.sampling import next_token
from terrascope.reasoning.settings import ReasoningSettings

LOGITS = np.array([0.0, 3.0, 2.0, -np.inf, 3.0], dtype=np.float32)


def drawn(**settings: float) -> set[int]:
    generator = np.random.default_rng(0)
    return {next_token(LOGITS, ReasoningSettings(**settings), generator)[0] for _ in range(400)}  # type: ignore[arg-type]


def test_greedy_takes_the_first_of_the_best_and_says_how_sure_it_is() -> None:
    token, log_probability = next_token(LOGITS, ReasoningSettings(), np.random.default_rng(0))
    assert token == 1
    assert np.exp(log_probability) == pytest.approx(np.exp(3) / (1 + 2 * np.exp(3) + np.exp(2)))


def test_sampling_draws_all_that_is_allowed_and_nothing_else() -> None:
    assert drawn(temperature=2.0) == {0, 1, 2, 4}
    assert drawn(temperature=2.0, top_k=2) == {1, 4}
    assert drawn(temperature=1.0, top_p=0.5) == {1, 4}
    assert drawn(temperature=1.0, top_p=1e-9) == {1}


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_scores_that_are_no_numbers_are_an_error(bad: float) -> None:
    with pytest.raises(NetworkError, match="precision"):
        next_token(np.array([0.0, bad], dtype=np.float32), ReasoningSettings(), np.random.default_rng(0))


def test_if_nothing_is_allowed_it_is_an_error() -> None:
    with pytest.raises(NetworkError):
        next_token(np.full(4, -np.inf, dtype=np.float32), ReasoningSettings(), np.random.default_rng(0))
