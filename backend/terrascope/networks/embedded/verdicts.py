"""What an answer must begin with, where the measurements decide: yes or no, how well a place suits, how high a
risk is."""

from __future__ import annotations

from collections.abc import Sequence

from terrascope.networks.embedded.evidence_text import Facts
from terrascope.networks.embedded.purposes import TOGETHER
from terrascope.networks.embedded.reading import Limit
from terrascope.networks.embedded.tokens import bucket

#: Nearer than this (m) to what threatens it is a high risk, nearer than the second a moderate one.
NEAR_M, MIDDLE_M = 300.0, 1000.0
#: From this area on, water is enough for boats, fish and irrigation, and from the second for some of that.
LAKE_M2, POND_M2 = 2e5, 1e4
_HALF = Limit(0.5, True)
_OF_WHAT_IS_THERE = frozenset({"share", "area", "where", "segment", "distance", "flood"})
_SUITS = {"large": "Yes", "most": "Yes", "some": "In"}


def verdict(kind: str, labels: Sequence[str], facts: Sequence[Facts], limit: Limit | None = None) -> str | None:
    """Return the first word of an answer, None where any may stand first.

    Parameters
    ----------
    kind
        Kind of question.
    labels, facts
        Classes and measurements of the masks, in order.
    limit
        That the question sets.
    """
    if not facts:
        return None
    last, amount = facts[-1], bucket(facts[0].share)
    if kind == "limit":
        return "Yes" if (limit or _HALF).met_by(facts[0].share) else "No"
    if kind == "exists":
        return "Yes" if last.share > 0 else "No"
    if kind == "more_yn":
        return "Yes" if last.order == "smaller" else "No"
    if kind == "less_yn":
        return "Yes" if last.order == "larger" else "No"
    if kind == "touch":
        return "Yes" if last.touching else "No"
    if kind == "suit_water" and facts[0].area is not None:
        return "Yes" if facts[0].area >= LAKE_M2 else "In" if facts[0].area >= POND_M2 else "No"
    if kind in TOGETHER:
        amount = bucket(sum(each.share for each in facts))
    if kind.startswith("suit_"):
        return _SUITS.get(amount, "No")
    if kind.startswith("risk_"):
        return risk(labels, facts)
    if kind == "rural":
        return "Urban" if amount in ("large", "most") else "Rural"
    if kind == "cloud_use":
        return {"large": "Partly", "most": "Not"}.get(amount, "Fully")
    return None


def found_nothing(kind: str, facts: Sequence[Facts]) -> bool | None:
    """Say whether an answer has to say that there is nothing (True), or must not (False); None where neither is so.

    Parameters
    ----------
    kind
        Kind of question.
    facts
        Measurements of the masks, in order.
    """
    if not facts:
        return None
    last = facts[-1]
    if kind == "gain" or (kind == "flood" and last.since is not None):
        return last.gain_share <= 0
    if kind == "loss":
        return last.loss_share <= 0
    if kind == "flooded_class":
        return last.overlap_share <= 0
    if kind in _OF_WHAT_IS_THERE:
        return any(each.share <= 0 for each in facts)
    return None


def risk(labels: Sequence[str], facts: Sequence[Facts]) -> str:
    """Return "High", "Moderate" or "Low".

    One class, or one and vegetation, which eases it: by the share of the first. A danger and what it threatens: by the
    distance between them (a pixel counts as 10 m where its size is unknown).
    """
    danger = facts[0]
    if len(facts) == 1 or labels[1] == "vegetation":
        return {"most": "High", "large": "High", "some": "Moderate"}.get(bucket(danger.share), "Low")
    near = facts[1]
    if danger.share <= 0 or near.share <= 0:
        return "Low"
    if near.touching:
        return "High"
    far = near.distance if near.distance is not None else 10.0 * (near.distance_px or 0.0)
    return "High" if far < NEAR_M else "Moderate" if far < MIDDLE_M else "Low"
