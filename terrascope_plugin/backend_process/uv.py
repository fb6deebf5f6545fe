"""The program that makes the environment: uv, from PATH, a folder of wheels, or fetched by a Python's own pip.

What is taken from a wheel is the one program in it, after its SHA-256 was found among those of
`backend/requirements/uv.txt`; nothing is installed into the Python that fetched it.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sys
import zipfile
from pathlib import Path

from .child_environment import Launch
from .folder import CACHE, PYTHON, UV, VENV
from .network import Network
from .pythons import FoundPython
from .requirements import FOLDER, hashes, packages, ungrouped
from .systems import machine_name

REQUIREMENT = FOLDER / "uv.txt"
STANDALONE = FOLDER / "pythons.json"
_PROGRAM = re.compile(r"^uv-[^/]+\.data/scripts/(uv(?:\.exe)?)$")
_VERSION = re.compile(r"^uv (\d+)\.(\d+)\.(\d+)")
_SYSTEMS = {"win32": "win", "darwin": "macosx", "linux": "linux"}
_TAGS = {"x86_64": ("x86_64", "amd64"), "aarch64": ("aarch64", "arm64")}


class TamperedError(ValueError):
    """A wheel whose hash is not among the known ones."""


def pinned() -> tuple[int, ...]:
    """Return the version of uv that was tested."""
    return tuple(int(part) for part in packages(REQUIREMENT)[0].version.split("."))


def is_new_enough(output: str) -> bool:
    """Say whether `uv --version` told the pinned version or a newer one."""
    match = _VERSION.match(output.strip())
    return match is not None and tuple(map(int, match.groups())) >= pinned()


def on_this_machine(folder: Path) -> list[str]:
    """Return programs that may be there: the one unpacked earlier, on PATH, and where uv's own installer puts it."""
    name = "uv.exe" if sys.platform == "win32" else "uv"
    places = [
        str(folder / UV / name), shutil.which("uv"),
        *(str(Path.home() / home / name) for home in (".local/bin", ".cargo/bin")),
    ]  # fmt: skip
    return list(dict.fromkeys(place for place in places if place and Path(place).is_file()))


def wheels_of_uv(folder: Path, system: str, machine: str) -> list[Path]:
    """Return the wheels of the pinned uv in a folder that are for a system and machine."""
    version = ".".join(map(str, pinned()))
    name = _SYSTEMS.get(system, system)
    tags = _TAGS.get(machine_name(machine), (machine,))
    found = sorted(folder.glob(f"uv-{version}-*.whl")) if folder.is_dir() else []
    return [file for file in found if name in file.name and any(tag in file.name for tag in tags)]


def unpack(wheel: Path, into: Path) -> str:
    """Take the program out of a wheel of uv; return its path.

    Raises
    ------
    TamperedError
        If the wheel is none of the pinned ones.
    OSError
        If it cannot be written.
    """
    data = wheel.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    if digest not in hashes(REQUIREMENT):
        raise TamperedError(wheel.name)
    with zipfile.ZipFile(wheel) as archive:
        inside = next(name for name in archive.namelist() if _PROGRAM.match(name))
        target = into / UV / inside.rsplit("/", 1)[-1]
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = target.with_suffix(".new")
        beside.write_bytes(archive.read(inside))
    beside.chmod(0o755)
    beside.replace(target)
    return str(target)


def bootstrap_folder(folder: Path) -> Path:
    """Return where a small environment with pip is made, for a Python that has none itself."""
    return folder / UV / "bootstrap"


def bootstrap(python: FoundPython, path: tuple[str, ...], folder: Path) -> Launch:
    """Return how a Python without pip makes a small environment with pip."""
    return Launch(python.path, ("-X", "utf8", "-I", "-m", "venv", str(bootstrap_folder(folder))), {}, path)


def fetch(python: str, path: tuple[str, ...], folder: Path, network: Network) -> Launch:
    """Return how a Python's own pip fetches the wheel of uv, hash checked, and installs nothing."""
    index = ("--index-url", network.index) if network.index else ()
    arguments = (
        "-X", "utf8", "-I", "-m", "pip", "--isolated", "--disable-pip-version-check", "--no-input", "download",
        "--progress-bar", "off", "--retries", "3", "--timeout", "30", "--no-cache-dir", "--no-deps",
        "--only-binary", ":all:", "--require-hashes", *index, "-d", str(folder / UV), "-r", str(REQUIREMENT),
    )  # fmt: skip
    return Launch(python, arguments, network.variables(), path)


def make_environment(uv: str, python: str, path: tuple[str, ...], folder: Path, *, fresh: bool) -> Launch:
    """Return how the environment is made."""
    existing = ("--clear", "--force") if fresh else ("--allow-existing",)
    arguments = ("venv", "--no-config", "--no-project", "--no-python-downloads", *existing, "--python", python)
    return Launch(uv, (*arguments, *_cache(folder), str(folder / VENV)), Network().variables(), path)


def install(uv: str, python: Path, files: tuple[Path, ...], folder: Path, wheels: str, network: Network) -> Launch:
    """Return how the pinned packages, and nothing else, come into the environment, hashes checked."""
    if wheels:
        source: tuple[str, ...] = ("--offline", "--no-index", "--find-links", wheels)
    else:
        source = ("--default-index", network.index) if network.index else ()
    arguments = (
        "pip", "sync", "--no-config", "--system-certs", "--no-progress", "--color", "never", "--require-hashes",
        "--only-binary", ":all:", "--no-python-downloads", *source, "--python", str(python), *_cache(folder),
    )  # fmt: skip
    return Launch(uv, (*arguments, *map(str, files)), network.variables())


def standalone(system: str, machine: str) -> tuple[str, str]:
    """Return the key and the version of the pinned standalone Python for a machine; empty where there is none.

    Windows on Arm gets the build for Intel and AMD, which it runs: there are no packages for its own.
    """
    name = {"win32": "windows"}.get(system, system)
    wanted = "x86_64" if system == "win32" else machine_name(machine)
    for key, entry in json.loads(STANDALONE.read_text(encoding="utf-8")).items():
        if entry["os"] == name and entry["arch"]["family"] == wanted:
            return key, ".".join(str(entry[part]) for part in ("major", "minor", "patch"))
    return "", ""


def installed_python(folder: Path) -> str:
    """Return the interpreter of a standalone Python that was fetched; empty where there is none."""
    names = ("*/python.exe", "*/bin/python3")
    found = [file for name in names for file in sorted((folder / PYTHON).glob(name)) if not file.parent.is_symlink()]
    return str(found[-1]) if found else ""


def fetch_python(uv: str, folder: Path, key: str, network: Network) -> Launch:
    """Return how uv fetches the pinned standalone Python into our folder, and nowhere else.

    Raises
    ------
    OSError
        If the table cannot be written as uv reads it.
    """
    entry = json.loads(STANDALONE.read_text(encoding="utf-8"))[key]
    table = folder / UV / "pythons.json"
    table.parent.mkdir(exist_ok=True)
    table.write_text(json.dumps({key: {**entry, "sha256": ungrouped(entry["sha256"])}}), encoding="utf-8")
    mirror = ("--mirror", network.python_mirror) if network.python_mirror else ()
    arguments = (
        "python", "install", "--no-config", "--system-certs", "--no-progress", "--color", "never", "--no-bin",
        "--no-registry", "--install-dir", str(folder / PYTHON), "--python-downloads-json-url", str(table),
        *mirror, *_cache(folder), key,
    )  # fmt: skip
    return Launch(uv, arguments, network.variables())


def clean_cache(uv: str, folder: Path) -> Launch:
    """Return how the downloads of a finished set-up are deleted."""
    return Launch(uv, ("cache", "clean", "--force", "--no-config", *_cache(folder)), Network().variables())


def _cache(folder: Path) -> tuple[str, str]:
    return "--cache-dir", str(folder / CACHE)
