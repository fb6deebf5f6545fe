"""The memory that a full model needs, as plain numbers that are read where torch is not installed.

    python -m terrascope.networks.full.needs > resources/full_model.json

writes those of the released 8B model.
"""

from __future__ import annotations

import json
import sys

from terrascope.networks.full.configuration import TerraScopeConfig, released_8b
from terrascope.networks.full.memory import memory_needed, parameter_count
from terrascope.networks.full.precision import PRECISIONS

#: Kinds of device that each precision runs on (docs/full-model.md).
RUNS_ON = {
    "fp32": ("cuda", "mps", "cpu"),
    "bf16": ("cuda", "cpu"),
    "fp16": ("cuda", "mps"),
    "nf4": ("cuda", "cpu"),
    "int4": ("cuda",),
}
TOKENS, VIEWS = 4096, 1


def needs_of(config: TerraScopeConfig) -> dict[str, object]:
    """Return parameters, and for each precision bytes on a GPU and on a CPU, the weights alone, and where it runs."""
    precisions = {
        name: {
            "weights": memory_needed(config, name, tokens=TOKENS, views=VIEWS).weights,
            "gpu": memory_needed(config, name, tokens=TOKENS, views=VIEWS).total,
            "cpu": memory_needed(config, name, tokens=TOKENS, views=VIEWS, gpu=False).total,
            "runs_on": list(RUNS_ON[name]),
            "package": chosen.package or "",
        }
        for name, chosen in PRECISIONS.items()
    }
    return {
        "parameters": sum(parameter_count(config).values()),
        "tokens": TOKENS,
        "views": VIEWS,
        "precisions": precisions,
    }


def main() -> None:
    """Print the released model's needs."""
    sys.stdout.write(json.dumps(needs_of(released_8b()), indent=1) + "\n")


if __name__ == "__main__":
    main()
