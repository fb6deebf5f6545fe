"""Names of the files of a build."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: Groups of samples, each a file of its own: one picture, two dates, optical with radar.
GROUPS: tuple[str, ...] = ("single", "temporal", "optical_sar")


def group_of(record: Mapping[str, Any]) -> str:
    """Return the group that a sample belongs to."""
    if "pre_image" in record:
        return "temporal"
    return "optical_sar" if "sar" in record.get("roles", ()) and "optical" in record["roles"] else "single"
