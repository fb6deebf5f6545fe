"""Which precisions of a full model fit this machine, and which one is suggested."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from terrascope.resources import resource
from terrascope.service.machine import Card, Machine

#: Oldest compute capability that the int4 kernels run on.
INT4_CAPABILITY = 8.0
#: Best first; 4 bit only where nothing else fits.
ORDER = ("bf16", "fp16", "fp32", "nf4", "int4")


@lru_cache(maxsize=1)
def released_needs() -> dict[str, Any]:
    """Return the needs of the released 8B model (`networks/full/needs.py` computed them)."""
    loaded: dict[str, Any] = json.loads(resource("full_model.json").read_text(encoding="utf-8"))
    return loaded


def against(needs: Mapping[str, Any], machine: Machine) -> dict[str, Any]:
    """Compare needs with a machine.

    Returns
    -------
    dict
        `parameters`, `tokens`; `precisions`, a list of {name, weights, gpu, cpu (bytes), verdict, card, package,
        package_there}; `suggested`, the name of the best that fits, or empty. `verdict` is one of "gpu" and "cpu" (fits
        now), "gpu_busy" and "cpu_busy" (would fit if other programs gave memory back), "no", and "no_card" where it
        runs on graphics cards only and none can.
    """
    rows = []
    for name in ORDER:
        need = needs["precisions"][name]
        verdict, card = _verdict(name, need, machine)
        package = str(need.get("package") or "")
        there = not package or importlib.util.find_spec(package) is not None
        rows.append({
            "name": name, "weights": need["weights"], "gpu": need["gpu"], "cpu": need["cpu"], "verdict": verdict,
            "card": card, "package": package, "package_there": there,
        })  # fmt: skip
    return {
        "parameters": needs["parameters"], "tokens": needs["tokens"], "precisions": rows, "suggested": _suggested(rows)
    }  # fmt: skip


def _verdict(name: str, need: Mapping[str, Any], machine: Machine) -> tuple[str, str]:
    cards = [card for card in machine.cards if card.kind in need["runs_on"] and _can(name, card)]
    for card in cards:
        if need["gpu"] <= card.free:
            return "gpu", card.name
    for card in cards:
        if need["gpu"] <= card.total:
            return "gpu_busy", card.name
    if "cpu" in need["runs_on"] and machine.memory_total is not None:
        if need["cpu"] <= (machine.memory_free or 0):
            return "cpu", ""
        if need["cpu"] <= machine.memory_total:
            return "cpu_busy", ""
    return ("no" if "cpu" in need["runs_on"] or cards else "no_card"), ""


def _can(name: str, card: Card) -> bool:
    """Half-precision brain floats and int4 need newer cards; an unknown card is given the benefit of the doubt."""
    return name not in ("int4", "bf16") or card.capability is None or card.capability >= INT4_CAPABILITY


def _suggested(rows: list[dict[str, Any]]) -> str:
    for verdicts in (("gpu",), ("gpu_busy",), ("cpu",)):
        for row in rows:
            if row["verdict"] in verdicts:
                return str(row["name"])
    return ""
