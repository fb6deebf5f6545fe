"""check_wheels.py [--check]: ask the package index for every system, machine and Python that the set-up offers.

Every pinned package of a requirement file must have a wheel whose hash is in the file. Asked is uv, as the installer
does: it reads the index and downloads nothing (`uv pip install --dry-run --only-binary :all: --python-platform ...`).
Writes the table that the set-up reads (backend/requirements/systems.json) and docs/systems.md; with --check it
compares instead and fails where a cell has changed. Needs the network and uv (backend/requirements/uv.txt).
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
REQUIREMENTS = ROOT / "backend" / "requirements"
TABLE = REQUIREMENTS / "systems.json"
PAGE = ROOT / "docs" / "systems.md"
PYTHONS = ("3.10", "3.11", "3.12", "3.13", "3.14")
KINDS = ("embedded", "embedded-cuda", "embedded-directml", "full-cpu", "full-cuda")
TITLES = {
    "embedded": "Embedded model",
    "embedded-cuda": "Embedded model, NVIDIA card",
    "embedded-directml": "Embedded model, DirectX 12",
    "full-cpu": "TerraScope 8B on the processor",
    "full-cuda": "TerraScope 8B on an NVIDIA card",
}
#: As uv calls each row of the table, and the oldest macOS it is asked for.
PLATFORMS = {
    "win-x86_64": ("x86_64-pc-windows-msvc", ""),
    "win-aarch64": ("aarch64-pc-windows-msvc", ""),
    "macos-aarch64": ("aarch64-apple-darwin", "14.0"),
    "macos-x86_64": ("x86_64-apple-darwin", "14.0"),
    "linux-x86_64": ("x86_64-manylinux_2_28", ""),
    "linux-aarch64": ("aarch64-manylinux_2_28", ""),
}
#: The package in uv's sentences: "Because numpy{marker}==2.2.6 has no ...", "there is no version of torch==2 ...",
#: "... and filelock==4.2.12 depends on Python>=3.11".
LACKING = re.compile(
    r"(?:Because|no version of|>=[\d.]+ and)\s+([A-Za-z0-9_.\-]+)(?:\[[^\]]*\])?(?:\{[^}]*\})?==([^\s,]+)"
)
INTRODUCTION = """# Systems, machines and Pythons

Which cells the set-up offers. `scripts/check_wheels.py` wrote this page: it asked the package index, through uv as the
set-up does, whether every pinned package has a wheel with a known hash. **yes**: all have. A name is the first package
that has none; the set-up then refuses that Python by name before anything is downloaded, and takes the next one.
No Windows and no Mac was at hand: the table says that everything can be installed there, not that it was run.

The 8B model on Linux's processor needs torch's CPU build, which the index does not have: use a folder of wheels there.
"""


def ask(kind: str, row: str, python: str) -> str:
    """Return "" where every package has a wheel, else "name version" of the first that has none."""
    platform, macos = PLATFORMS[row]
    uv = os.environ.get("UV") or shutil.which("uv") or "uv"
    with tempfile.TemporaryDirectory() as target:
        command = [
            uv, "pip", "install", "--no-config", "--system-certs", "--dry-run", "--no-deps", "--target", target,
            "--python-platform", platform, "--python-version", python, "--only-binary", ":all:", "--require-hashes",
            "-r", str(REQUIREMENTS / f"{kind}.txt"),
        ]  # fmt: skip
        variables = {**os.environ, **({"MACOSX_DEPLOYMENT_TARGET": macos} if macos else {})}
        result = subprocess.run(command, capture_output=True, text=True, env=variables, timeout=300)
    if result.returncode == 0:
        return ""
    found = LACKING.search(" ".join(result.stderr.split()))
    if found is None:
        raise SystemExit(f"{kind} on {row} with Python {python}: {result.stderr.strip()}")
    return f"{found.group(1)} {found.group(2)}"


def asked() -> dict[str, dict[str, dict[str, str]]]:
    """Ask for every cell: kind -> system -> Python -> what is lacking."""
    cells = [(kind, row, python) for kind in KINDS for row in PLATFORMS for python in PYTHONS]
    with ThreadPoolExecutor(4) as pool:
        answers = dict(zip(cells, pool.map(lambda cell: ask(*cell), cells)))
    return {
        kind: {row: {python: answers[kind, row, python] for python in PYTHONS} for row in PLATFORMS} for kind in KINDS
    }


def page(table: dict) -> str:
    """Return docs/systems.md."""
    lines = [INTRODUCTION]
    titles = {row["key"]: row for row in table["systems"]}
    for kind, rows in table["cells"].items():
        lines += [f"## {TITLES[kind]}", "", f"| system | {' | '.join(PYTHONS)} |", f"|---|{'---|' * len(PYTHONS)}"]
        for row, cells in rows.items():
            values = " | ".join("yes" if not cells[python] else f"no: {cells[python]}" for python in PYTHONS)
            lines.append(f"| {titles[row]['title']} | {values} |")
        lines.append("")
    lines += ["## Oldest releases and what to do", "", "| system | oldest | otherwise |", "|---|---|---|"]
    for row in table["systems"]:
        what = {"darwin": "macOS ", "linux": "glibc "}.get(row["system"], "")
        lines.append(f"| {row['title']} | {what}{row['least'] or 'Windows 10'} | {row['advice'] or '–'} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write, or compare."""
    table = json.loads(TABLE.read_text(encoding="utf-8"))
    cells = asked()
    if "--check" in sys.argv:
        changed = [
            f"{kind} on {row} with Python {python}: was {old or 'yes'!r}, is {cells[kind][row][python] or 'yes'!r}"
            for kind, rows in table["cells"].items()
            for row, line in rows.items()
            for python, old in line.items()
            if old != cells[kind][row][python]
        ]
        print("\n".join(changed) or "Every cell is as the table says.")
        return bool(changed)
    table["cells"] = cells
    TABLE.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page(table), encoding="utf-8")
    offered = sum(not lacking for rows in cells.values() for line in rows.values() for lacking in line.values())
    print(f"{offered} of {len(KINDS) * len(PLATFORMS) * len(PYTHONS)} cells are offered; see {PAGE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
