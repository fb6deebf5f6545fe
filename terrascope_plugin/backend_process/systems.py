"""Which systems, machines and Pythons the set-up offers: `backend/requirements/systems.json`.

A cell of the table is one system on one machine with one Python and one kind of model. It is empty where every pinned
package has a wheel, else it names the first that has none. `scripts/check_wheels.py` asks and writes it.
"""

from __future__ import annotations

import json
import platform
import sys
from functools import lru_cache
from typing import NamedTuple

from ..i18n import tr
from .requirements import FOLDER, KindOfModel

_MACHINES = {"amd64": "x86_64", "x64": "x86_64", "arm64": "aarch64"}


class System(NamedTuple):
    """A row of the table: what Python calls it, and the oldest release (glibc, macOS) that the wheels allow."""

    key: str
    title: str
    system: str
    machine: str
    least: str
    advice: str


@lru_cache(maxsize=1)
def _table() -> dict:
    return json.loads((FOLDER / "systems.json").read_text(encoding="utf-8"))


def machine_name(machine: str) -> str:
    """Return one name for one machine: Windows says AMD64 and ARM64, Linux x86_64 and aarch64, macOS arm64."""
    return _MACHINES.get(machine.lower(), machine.lower())


def system_of(system: str, machine: str) -> System | None:
    """Return the row of a Python by its `sys.platform` and `platform.machine()`; None where there is none."""
    name = "linux" if system.startswith("linux") else system
    for row in _table()["systems"]:
        if (row["system"], row["machine"]) == (name, machine_name(machine)):
            return System(**row)
    return None


def this_system() -> System | None:
    """Return the row of the Python that runs QGIS."""
    return system_of(sys.platform, platform.machine())


def offered_pythons(kind: KindOfModel, row: System) -> list[str]:
    """Return the Pythons ("3.12") for which every package of a kind has a wheel on a system."""
    cells = _table()["cells"].get(kind.name, {}).get(row.key, {})
    return [version for version, lacking in cells.items() if not lacking]


def offered_kinds(kinds: list[KindOfModel]) -> list[KindOfModel]:
    """Return the kinds to choose from on this machine: those for the processor, and those for a graphics card that have
    wheels for some Python here."""
    row = this_system()
    return [kind for kind in kinds if kind.device == "cpu" or row is not None and offered_pythons(kind, row)]


def refusal(kind: KindOfModel, system: str, machine: str, version: tuple[int, int], release: str) -> str:
    """Return why a Python cannot be used for a kind, by name; empty where it can.

    Parameters
    ----------
    system, machine
        Its `sys.platform` and `platform.machine()`.
    version
        Major and minor.
    release
        Version of the C library (Linux) or of macOS; empty where it is not known.
    """
    row = system_of(system, machine)
    if row is None:
        return tr("TerraScope's packages are not made for {0} on {1}.").format(system, machine)
    python = f"{version[0]}.{version[1]}"
    cells = _table()["cells"].get(kind.name, {}).get(row.key, {})
    if python not in cells:
        return tr("Python {0} is not among those offered ({1}).").format(python, ", ".join(cells) or "–")
    if cells[python]:
        return " ".join(
            (tr("{0} is not made for {1} with Python {2}.").format(cells[python], row.title, python), row.advice)
        ).strip()
    if row.least and release and _numbers(release) < _numbers(row.least):
        what = "macOS" if system == "darwin" else "glibc"
        return tr("The packages need {0} {1} or newer; here is {2}.").format(what, row.least, release)
    return ""


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".")[:2] if part.isdigit())
