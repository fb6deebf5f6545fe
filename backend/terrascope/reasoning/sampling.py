"""The next token: greedy unless a temperature is set."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from terrascope.errors import NetworkError
from terrascope.reasoning.settings import ReasoningSettings


def next_token(
    logits: NDArray[np.float32],
    settings: ReasoningSettings,
    generator: np.random.Generator,
) -> tuple[int, float]:
    """Return the chosen id and its log probability under the network (before temperature and cuts).

    Parameters
    ----------
    logits
        float [vocabulary]; -inf forbids a token.

    Raises
    ------
    NetworkError
        If the scores are not numbers, or none is allowed.
    """
    scores = np.asarray(logits, dtype=np.float64)
    best = int(np.argmax(scores))
    if np.isnan(scores[best]) or np.isinf(scores[best]):  # argmax stops at the first NaN
        raise NetworkError(
            f"The network's score for the next token is {scores[best]}.",
            "Load it with a wider precision (bf16 or fp32), and check the weights with `terrascope models check`.",
        )
    with np.errstate(under="ignore"):
        log_probability = scores - scores[best] - np.log(np.exp(scores - scores[best]).sum())
    token = best if settings.temperature == 0 else _sampled(log_probability, settings, generator)
    return token, float(log_probability[token])


def _sampled(
    log_probability: NDArray[np.float64],
    settings: ReasoningSettings,
    generator: np.random.Generator,
) -> int:
    order = np.argsort(-log_probability, kind="stable")
    if settings.top_k:
        order = order[: settings.top_k]
    scaled = log_probability[order] / settings.temperature
    with np.errstate(under="ignore"):
        probability = np.exp(scaled - scaled[0])
    probability /= probability.sum()
    if settings.top_p < 1:
        keep = int(np.searchsorted(np.cumsum(probability), settings.top_p)) + 1
        order, probability = order[:keep], probability[:keep] / probability[:keep].sum()
    return int(order[generator.choice(len(order), p=probability)])
