"""package.py [OUT_DIR]: build the plugin's zip as `pb_tool.cfg` lists it, from the files that git knows.

The zip has one folder, the plugin's name, and must stay below the 25 MB of the plugin site.
"""

from __future__ import annotations

import configparser
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIMIT_MB = 25
NOT_SHIPPED = (".in", ".sh", ".ts", ".gitkeep")


def known_files(listed: list[str]) -> list[str]:
    """Return the files under the listed ones that git knows; all of them where this is no checkout."""
    if (ROOT / ".git").exists():
        command = ["git", "ls-files", "-z", "--", *listed]
        known = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
        return [path for path in known.decode().split("\0") if path]
    roots = [ROOT / path for path in listed]
    found = [file for root in roots for file in ([root] if root.is_file() else root.rglob("*")) if file.is_file()]
    return [str(file.relative_to(ROOT)) for file in found if "__pycache__" not in file.parts]


def main() -> int:
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build"
    out.mkdir(parents=True, exist_ok=True)
    config = configparser.ConfigParser()
    config.read(ROOT / "pb_tool.cfg")
    metadata = configparser.ConfigParser()
    metadata.read(ROOT / "metadata.txt", encoding="utf-8")
    name, version = config["plugin"]["name"], metadata["general"]["version"]
    listed = config["files"]["python_files"].split() + config["files"]["extras"].split()
    listed += config["files"]["extra_dirs"].split()
    files = sorted(
        path
        for path in known_files(listed)
        if not path.endswith(NOT_SHIPPED)
    )
    target = out / f"{name}-{version}.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files:
            archive.write(ROOT / path, f"{name}/{path}")
    size = target.stat().st_size / 1e6
    print(f"{target.name}: {len(files)} files, {size:.1f} MB")
    if size >= LIMIT_MB:
        print(f"The plugin site takes zips below {LIMIT_MB} MB.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
