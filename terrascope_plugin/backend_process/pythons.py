"""Finding a Python on this machine that can make the backend's environment."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import NamedTuple

OLDEST, NEWEST = (3, 10), (3, 14)
#: Printed by a candidate: version, 64 bit, and whether it can make an environment with pip inside.
QUESTION = (
    "import sys, importlib.util as u, struct; "
    "print('TERRASCOPE', *sys.version_info[:2], struct.calcsize('P') * 8, "
    "int(bool(u.find_spec('venv') and u.find_spec('ensurepip'))), sys.executable)"
)


class FoundPython(NamedTuple):
    """An interpreter that has been asked."""

    path: str
    version: tuple[int, int]
    bits: int
    can_make_environments: bool

    @property
    def fits(self) -> bool:
        """Whether the backend can be installed with it."""
        return OLDEST <= self.version <= NEWEST and self.bits == 64 and self.can_make_environments


def candidates() -> list[tuple[str, tuple[str, ...]]]:
    """Return programs to ask, best first, each with arguments that go before `-c`."""
    result: list[tuple[str, tuple[str, ...]]] = []
    minors = range(NEWEST[1], OLDEST[1] - 1, -1)
    preferred = sorted(minors, key=lambda minor: abs(minor - 12))
    if sys.platform == "win32":
        launcher = shutil.which("py")
        if launcher:
            result += [(launcher, (f"-3.{minor}",)) for minor in preferred]
        own = Path(sys.base_exec_prefix) / "python.exe"
        result.append((str(own), ()))
    names = [f"python3.{minor}" for minor in preferred] + ["python3", "python"]
    folders = ["/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"]
    folders += [f"/Library/Frameworks/Python.framework/Versions/3.{minor}/bin" for minor in preferred]
    for name in names:
        places = [shutil.which(name)] + [str(Path(folder) / name) for folder in folders if sys.platform != "win32"]
        for place in places:
            if place and Path(place).is_file() and (place, ()) not in result:
                result.append((place, ()))
    return result


def parse_answer(text: str) -> FoundPython | None:
    """Read what a candidate printed; None where it is no Python."""
    for line in text.splitlines():
        parts = line.split(maxsplit=5)
        if len(parts) == 6 and parts[0] == "TERRASCOPE":
            return FoundPython(parts[5].strip(), (int(parts[1]), int(parts[2])), int(parts[3]), parts[4] == "1")
    return None
