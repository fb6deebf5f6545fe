"""Collects every string for people into resources/i18n/terrascope_*.ts, and compiles them with Qt's lrelease.

python3 scripts/translations.py            update the .ts files, keeping what is translated, and compile
python3 scripts/translations.py --check    exit status 1 if a string is missing, unfinished or no longer there
"""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONTEXT = "TerraScope"


def source_strings() -> list[str]:
    """Return every argument of tr() in the plugin, in reading order."""
    found: dict[str, None] = {}
    for file in sorted((ROOT / "terrascope_plugin").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "tr":
                argument = node.args[0]
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    found[argument.value] = None
                elif file.name != "i18n.py":
                    raise SystemExit(f"{file}:{node.lineno}: tr() needs one plain string")
    return list(found)


def read(file: Path) -> dict[str, str]:
    """Return source -> translation of a .ts file."""
    if not file.is_file():
        return {}
    messages = ET.parse(file).getroot().iter("message")
    return {message.findtext("source", ""): message.findtext("translation", "") for message in messages}


def write(file: Path, language: str, sources: list[str], known: dict[str, str]) -> None:
    """Write a .ts file."""
    root = ET.Element("TS", version="2.1", language=language, sourcelanguage="en")
    context = ET.SubElement(root, "context")
    ET.SubElement(context, "name").text = CONTEXT
    for source in sources:
        message = ET.SubElement(context, "message")
        ET.SubElement(message, "source").text = source
        translation = ET.SubElement(message, "translation")
        if known.get(source):
            translation.text = known[source]
        else:
            translation.set("type", "unfinished")
    ET.indent(root)
    text = ET.tostring(root, encoding="unicode")
    file.write_text(f'<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n{text}\n', encoding="utf-8")


def main() -> int:
    """Update or check."""
    sources = source_strings()
    status = 0
    for file in sorted((ROOT / "resources" / "i18n").glob("terrascope_*.ts")):
        language = file.stem.split("_")[1]
        known = read(file)
        missing = [source for source in sources if not known.get(source)]
        stale = [source for source in known if source not in sources]
        if "--check" in sys.argv:
            for word, items in (("missing", missing), ("no longer used", stale)):
                for item in items:
                    sys.stdout.write(f"{file.name}: {word}: {item!r}\n")
            status |= bool(missing or stale)
            continue
        write(file, language, sources, known)
        sys.stdout.write(f"{file.name}: {len(sources)} strings, {len(missing)} to translate\n")
        if shutil.which("lrelease"):
            subprocess.run(["lrelease", "-silent", str(file), "-qm", str(file.with_suffix(".qm"))], check=True)
    return int(status)


if __name__ == "__main__":
    raise SystemExit(main())
