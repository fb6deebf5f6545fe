"""Finding a Python on this machine that the backend's environment can be made with."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from ..i18n import tr
from .child_environment import Launch
from .requirements import KindOfModel
from .systems import refusal

OLDEST, NEWEST = (3, 10), (3, 14)
ASK = Path(__file__).with_name("ask_python.py")
#: Without these the backend, or the fetching of its packages, does not work.
_NEEDED = ("ssl", "sqlite3", "ctypes")
#: Milliseconds that a Python has to answer; a cold start beside a virus scanner takes some.
ANSWER_MS = 20_000


class Candidate(NamedTuple):
    """A program to ask: its arguments, and folders that it needs at the front of PATH (OSGeo4W's DLLs)."""

    program: str
    arguments: tuple[str, ...] = ()
    path: tuple[str, ...] = ()

    def launch(self, *arguments: str) -> Launch:
        """Return how to run it: UTF-8 mode, apart from the user's and QGIS's packages."""
        return Launch(self.program, (*self.arguments, "-X", "utf8", "-I", *arguments), {}, self.path)

    def question(self) -> Launch:
        """Return how to ask what it can."""
        return self.launch(str(ASK))


class FoundPython(NamedTuple):
    """An interpreter that has answered."""

    path: str
    version: tuple[int, int]
    bits: int
    system: str
    machine: str
    release: str
    prefix: str
    free_threaded: bool
    implementation: str
    tag: str
    lacks: Mapping[str, str]

    @property
    def can_fetch(self) -> bool:
        """Whether it can fetch the program that makes environments: with its own pip, over TLS."""
        return self.version >= (3, 8) and "ssl" not in self.lacks and ("pip" not in self.lacks or self.has_ensurepip)

    @property
    def has_ensurepip(self) -> bool:
        """Whether it can make an environment with pip in it by itself."""
        return "venv" not in self.lacks and "ensurepip" not in self.lacks

    def why_not(self, kind: KindOfModel, *, offline: bool) -> str:
        """Return why the backend cannot be installed with it; empty where it can. A folder of wheels (`offline`) may
        hold what the package index has not."""
        if not OLDEST <= self.version <= NEWEST:
            return tr("Python {0}.{1} is not among 3.10 to 3.14.").format(*self.version)
        if self.bits != 64:
            return tr("It is a 32-bit Python.")
        if self.implementation != "cpython" or self.free_threaded:
            return tr("It is not the usual build of Python ({0}).").format(self.implementation)
        for name in _NEEDED:
            if name in self.lacks:
                return tr('It cannot load "{0}": {1}').format(name, self.lacks[name])
        return "" if offline else refusal(kind, self.system, self.machine, self.version, self.release)


def parse_answer(text: str) -> FoundPython | None:
    """Read what a candidate wrote; None where it is no Python."""
    for line in text.splitlines():
        if not line.startswith("TERRASCOPE {"):
            continue
        try:
            told = json.loads(line.split(" ", 1)[1])
            return FoundPython(
                str(told["executable"]),
                (int(told["version"][0]), int(told["version"][1])),
                int(told["bits"]),
                str(told["system"]),
                str(told["machine"]),
                str(told["release"]),
                str(told["prefix"]),
                bool(told["free_threaded"]),
                str(told["implementation"]),
                str(told["tag"]),
                dict(told["lacks"]),
            )
        except (KeyError, TypeError, ValueError, IndexError):
            return None
    return None


def candidates(
    system: str = sys.platform,
    variables: Mapping[str, str] = os.environ,
    prefix: str = sys.base_prefix,
    which: Callable[[str], str | None] = shutil.which,
) -> list[Candidate]:
    """Return programs to ask, best first; the Python of QGIS itself comes last."""
    minors = sorted(range(OLDEST[1], NEWEST[1] + 1), key=lambda minor: (abs(minor - 12), -minor))
    if system == "win32":
        found = _on_windows(minors, variables, Path(prefix), which)
    else:
        found = _elsewhere(minors, system, Path(prefix), which)
    return list(dict.fromkeys(found))


def _on_windows(
    minors: list[int], variables: Mapping[str, str], prefix: Path, which: Callable[[str], str | None]
) -> list[Candidate]:
    """The launcher, the places of python.org's installer, PATH (with the Store's), then QGIS's own."""
    launcher = which("py")
    found = [Candidate(launcher, (f"-3.{minor}",)) for minor in minors] if launcher else []
    roots = [Path(variables[name]) / sub for name, sub in _INSTALLED if variables.get(name)]
    places = [root / f"Python3{minor}" / "python.exe" for minor in minors for root in roots]
    found += [Candidate(str(place)) for place in places if place.is_file()]
    found += [Candidate(place) for place in (which("python3"), which("python")) if place]
    own = prefix / "python.exe"
    if own.is_file():
        root = prefix.parent.parent if prefix.parent.name.lower() == "apps" else prefix
        found.append(Candidate(str(own), (), tuple(str(p) for p in (root / "bin", prefix, prefix / "Scripts"))))
    return found


_INSTALLED = (("LOCALAPPDATA", "Programs/Python"), ("ProgramFiles", ""), ("SystemDrive", ""))


def _elsewhere(minors: list[int], system: str, prefix: Path, which: Callable[[str], str | None]) -> list[Candidate]:
    """PATH and the usual places, then QGIS's own. On macOS /usr/bin/python3 is left out: it is 3.9, or a program that
    opens a window to install developer tools."""
    folders = [Path("/usr/bin"), Path("/usr/local/bin"), Path("/opt/homebrew/bin"), Path.home() / ".local" / "bin"]
    if system == "darwin":
        folders += [Path(f"/Library/Frameworks/Python.framework/Versions/3.{minor}/bin") for minor in minors]
    found = []
    for name in [*(f"python3.{minor}" for minor in minors), "python3", "python"]:
        places = [which(name), *(str(folder / name) for folder in folders)]
        for place in places:
            is_apples = system == "darwin" and str(place).startswith("/usr/bin/")
            if place and not is_apples and Path(place).is_file():
                found.append(Candidate(place))
    own = [prefix / "bin" / "python3"]
    if system == "darwin":
        own += sorted(Path("/Applications").glob("QGIS*.app/Contents/MacOS/bin/python3"))
    return found + [Candidate(str(place)) for place in own if place.is_file()]
