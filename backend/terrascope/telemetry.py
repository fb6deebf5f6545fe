"""Libraries that report to their makers are told not to, before they are imported. Standard library only."""

from __future__ import annotations

import os

#: Variables by which libraries are told to report nothing: ONNX Runtime (its Linux build of 1.32 asks a vendor's
#: event host and keeps a device id in the user's cache), huggingface_hub and what is built on it, Ray, and the
#: convention that several others follow.
OFF = {
    "ORT_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DISABLE_TELEMETRY": "1",
    "RAY_USAGE_STATS_ENABLED": "0",
    "DO_NOT_TRACK": "1",
}


def switch_off() -> None:
    """Set the variables for this process and the children that it starts."""
    os.environ.update(OFF)
