"""What will be installed: the pinned requirement files that come with the plugin."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import NamedTuple

from ..i18n import PLUGIN_ROOT

_PIN = re.compile(r"^([A-Za-z0-9_.\-]+)(?:\[[^\]]*\])?==([^\s;\\]+)")


class Package(NamedTuple):
    """A pinned package."""

    name: str
    version: str


class KindOfModel(NamedTuple):
    """A requirement file, with figures for the user (measured on 64-bit Linux, megabytes)."""

    name: str
    file: str
    download_mb: int
    disk_mb: int


KINDS = (
    KindOfModel("embedded", "embedded.txt", 186, 750),
    KindOfModel("full-cpu", "full-cpu.txt", 330, 1450),
    KindOfModel("full-cuda", "full-cuda.txt", 3200, 7000),
)


def requirement_file(kind: KindOfModel) -> Path:
    """Return the pinned file of a kind."""
    return PLUGIN_ROOT / "backend" / "requirements" / kind.file


def available_kinds() -> list[KindOfModel]:
    """Return the kinds whose requirement file is there."""
    return [kind for kind in KINDS if requirement_file(kind).is_file()]


def packages(file: Path) -> list[Package]:
    """Return the packages of a pinned file, in its order."""
    matches = (_PIN.match(line) for line in file.read_text(encoding="utf-8").splitlines())
    return [Package(match.group(1), match.group(2)) for match in matches if match]


def fingerprint(file: Path) -> str:
    """Return the file's SHA-256: an environment made from another one is out of date."""
    return hashlib.sha256(file.read_bytes()).hexdigest()
