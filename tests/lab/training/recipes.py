"""Recipes of the tests: the shipped ones, cut down to a model and data of a few kilobytes."""

from __future__ import annotations

from typing import Any

from terrascope_lab.training.recipe import Recipe, recipe_of

POINTS = {"points": 2000}


def grounding(steps: int, **optim: Any) -> dict[str, Any]:
    return {
        "name": "grounding",
        "train": ["mask_decoder", "seg_head"],
        "instruct": False,
        "loss": {"text": 0.0, "bce": 0.5, "dice": 0.5},
        "points": POINTS,
        "data": [{"path": "single.json", "images": "images", "style": "referring"}],
        "optim": {"rate": 1e-3, "steps": steps, "batch": 2, "micro_batch": 2, "log_every": 1, **optim},
    }


def reasoning(steps: int, **optim: Any) -> dict[str, Any]:
    return {
        "name": "reasoning",
        "train": ["projector", "mask_decoder", "seg_head", "token_embeddings", "lm_head"],
        "lora": {"rank": 8, "alpha": 16, "dropout": 0.05},
        "mix": {"highest": 1.0, "start": 0.0, "end": 0.5},
        "points": POINTS,
        "data": [
            {"path": "single.json", "images": "images", "limit": 2},
            {"path": "temporal.json", "images": "images"},
            {"path": "optical_sar.json", "images": "images", "kind": "sar"},
        ],
        "optim": {"rate": 1e-3, "steps": steps, "batch": 2, "micro_batch": 1, "log_every": 1, **optim},
    }


def tiny(*stages: dict[str, Any]) -> Recipe:
    return recipe_of({"stage": list(stages)}, "tiny")
