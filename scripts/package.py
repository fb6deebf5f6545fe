"""package.py [OUT_DIR] [--without-gate]: build what goes out, from the files that git knows and `pb_tool.cfg` lists.

    NAME-VERSION.zip             for the plugin site: no weights; it says which wheel it wants, by name and hash
    NAME-VERSION-complete.zip    everything, for machines without a network
    terrascope_weights-VERSION-py3-none-any.whl    the weights alone, for the environment of the first

What is packed is scanned as the plugin site scans an upload (bandit and detect-secrets, pinned in
backend/requirements/gate.txt); a finding fails the command, and no zip is left. The same input gives the same bytes.
"""

from __future__ import annotations

import base64
import configparser
import hashlib
import importlib.util
import json
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[1]
LIMIT_MB = 25
NOT_SHIPPED = (".in", ".sh", ".ts", ".gitkeep")
WEIGHTS = "resources/models/"
WHEEL_NAME = "terrascope-weights"
#: The earliest time that a zip can state; a real one would make two builds of one input differ.
EPOCH = (1980, 1, 1, 0, 0, 0)
LINKS = ("homepage", "tracker", "repository")


class GateError(Exception):
    """What is packed would be refused at upload."""


def known_files(listed: list[str], root: Path = ROOT) -> list[str]:
    """Return the files under the listed ones that git knows; all of them where this is no checkout."""
    if (root / ".git").exists():
        command = ["git", "ls-files", "-z", "--", *listed]
        known = subprocess.run(command, cwd=root, capture_output=True, check=True).stdout
        return [path for path in known.decode().split("\0") if path]
    roots = [root / path for path in listed]
    found = [file for each in roots for file in ([each] if each.is_file() else each.rglob("*")) if file.is_file()]
    return [str(file.relative_to(root)) for file in found if "__pycache__" not in file.parts]


def write_zip(target: Path, files: dict[str, bytes]) -> None:
    """Write files in name order, without times: the same input gives the same bytes."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in sorted(files.items()):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data)


def write_wheel(out: Path, version: str, models: dict[str, bytes], licence: bytes) -> Path:
    """Write the wheel of the weights: a package `terrascope_weights` that holds the folder `models` and no code."""
    name = WHEEL_NAME.replace("-", "_")
    info = f"{name}-{version}.dist-info"
    about = (
        f"Metadata-Version: 2.1\nName: {WHEEL_NAME}\nVersion: {version}\n"
        "Summary: Weights of the embedded model of TerraScope for QGIS\nLicense: GPL-2.0-or-later\n"
        "Requires-Python: >=3.10\n"
    )
    files = {
        f"{name}/__init__.py": b'"""The weights of TerraScope\'s embedded model, in the folder models."""\n',
        **{f"{name}/models/{file}": data for file, data in models.items()},
        f"{info}/METADATA": about.encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: package.py\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/licenses/LICENSE": licence,
    }
    rows = []
    for path, data in sorted(files.items()):
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        rows.append(f"{path},sha256={digest},{len(data)}\n")
    files[f"{info}/RECORD"] = ("".join(rows) + f"{info}/RECORD,,\n").encode()
    target = out / f"{name}-{version}-py3-none-any.whl"
    write_zip(target, files)
    return target


def weights_entry(wheel: Path, version: str, url: str) -> bytes:
    """Return what the plugin without weights knows of its wheel; the hash in groups, as no scanner takes for a key."""
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    entry = {
        "name": WHEEL_NAME,
        "version": version,
        "file": wheel.name,
        "sha256": " ".join(digest[i : i + 8] for i in range(0, 64, 8)),
        "megabytes": round(wheel.stat().st_size / 1e6, 1),
        "url": url,
    }
    return (json.dumps(entry, indent=1) + "\n").encode()


def check_links(metadata: configparser.SectionProxy) -> None:
    """Raise GateError where a link of metadata.txt has not the form of one. Whether it answers is not asked."""
    for key in LINKS:
        parts = urlsplit(metadata.get(key, ""))
        is_host = re.fullmatch(r"(?!example\.)([a-z0-9-]+\.)+[a-z]{2,}", parts.hostname or "")
        if parts.scheme != "https" or not is_host or " " in metadata[key]:
            raise GateError(f"metadata.txt: {key}={metadata.get(key, '')!r} is no address of a page (https://...).")


def gate(files: dict[str, bytes]) -> None:
    """Scan what is packed as the plugin site does; raise GateError with the findings."""
    if importlib.util.find_spec("bandit") is None or importlib.util.find_spec("detect_secrets") is None:
        raise GateError("bandit and detect-secrets are not installed: make package, or pip install -r gate.txt.")
    with tempfile.TemporaryDirectory() as folder:
        for name, data in files.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        findings = [*bandit_findings(folder), *secret_findings(folder)]
    if findings:
        raise GateError("\n".join(["The plugin site would refuse this upload:", *findings]))


def bandit_findings(folder: str) -> list[str]:
    """Return bandit's findings, with the rules that the plugin site leaves out left out."""
    command = [sys.executable, "-m", "bandit", "-q", "-r", folder, "-s", "B404,B410,B411", "-f", "json"]
    told = json.loads(subprocess.run(command, capture_output=True, text=True).stdout)
    found = [
        f"{Path(each['filename']).relative_to(folder)}:{each['line_number']}: {each['test_id']} {each['issue_text']}"
        for each in told["results"]
    ]
    return found + [f"{each['filename']}: {each['reason']}" for each in told["errors"]]


def secret_findings(folder: str) -> list[str]:
    """Return detect-secrets' findings."""
    command = [
        sys.executable, "-m", "detect_secrets", "-C", folder, "scan", "--all-files",
        "--exclude-files", r"metadata\.txt", ".",
    ]  # fmt: skip
    result = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=True)
    found = json.loads(result.stdout)["results"]
    return [f"{file}:{each['line_number']}: {each['type']}" for file in found for each in found[file]]


def main(arguments: list[str]) -> int:
    """Build all three; 1 where the gate or a limit refuses."""
    named = [argument for argument in arguments if not argument.startswith("--")]
    out = Path(named[0]) if named else ROOT / "build"
    out.mkdir(parents=True, exist_ok=True)
    config, metadata = configparser.ConfigParser(), configparser.ConfigParser(interpolation=None)
    config.read(ROOT / "pb_tool.cfg", encoding="utf-8")
    metadata.read(ROOT / "metadata.txt", encoding="utf-8")
    name, version = config["plugin"]["name"], metadata["general"]["version"]
    listed = " ".join(config["files"][key] for key in ("python_files", "extras", "extra_dirs")).split()
    files = {path: (ROOT / path).read_bytes() for path in known_files(listed) if not path.endswith(NOT_SHIPPED)}
    models = {path.removeprefix(WEIGHTS): data for path, data in files.items() if path.startswith(WEIGHTS)}
    wheel = write_wheel(out, version, models, files["LICENSE"])
    site = {path: data for path, data in files.items() if not path.startswith(WEIGHTS)}
    site["backend/requirements/weights.json"] = weights_entry(wheel, version, config["weights"]["url"].strip())
    try:
        check_links(metadata["general"])
        if "--without-gate" not in arguments:
            gate({**files, **site})
    except GateError as error:
        print(error, file=sys.stderr)
        return 1
    status = 0
    for suffix, packed in (("", site), ("-complete", files)):
        target = out / f"{name}-{version}{suffix}.zip"
        write_zip(target, {f"{name}/{path}": data for path, data in packed.items()})
        size = target.stat().st_size / 1e6
        print(f"{target.name}: {len(packed)} files, {size:.1f} MB")
        if size >= LIMIT_MB:
            print(f"The plugin site takes zips below {LIMIT_MB} MB.", file=sys.stderr)
            status = 1
    print(f"{wheel.name}: {len(models)} files, {wheel.stat().st_size / 1e6:.1f} MB")
    if not config["weights"]["url"].strip():
        print("The wheel has no address yet ([weights] url in pb_tool.cfg): the site's zip needs a folder with it.")
    return status


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
