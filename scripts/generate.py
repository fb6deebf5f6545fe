"""Make every file that is generated from a table of the backend: `python scripts/generate.py` (Python 3.11 or newer).

    backend/terrascope/landcover/classes.toml -> classes.json beside it      the backend reads it on any Python
                                              -> resources/landcover.json    names and colours for the plugin
                                              -> resources/styles/masks.qml  the style of masks
    backend/terrascope/questions/reading/lexicon/*.toml -> lexicon.json in that folder's parent
    backend/terrascope/units/table.py         -> resources/units.json        units and map labels for the plugin
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

import tomllib

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "backend"))
TABLE = ROOT / "backend" / "terrascope" / "landcover" / "classes.toml"


def backend_text(table: dict[str, Any]) -> str:
    """Return `classes.json`: the table as it is, a class a line."""
    rows = ",\n".join(json.dumps(row, ensure_ascii=False) for row in table["class"])
    head = json.dumps({key: value for key, value in table.items() if key != "class"}, ensure_ascii=False)
    return f'{head[:-1]}, "class": [\n{rows}\n]}}\n'


def plugin_text(table: dict[str, Any]) -> str:
    """Return `resources/landcover.json`: what the plugin shows of a class."""
    rows = [
        {
            "name": row["name"],
            "atoms": row["atoms"],
            "colour": row["colour"],
            "names": {language: name["name"] for language, name in row["names"].items()},
        }
        for row in table["class"]
    ]
    classes = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    return f'{{"derived": {json.dumps(table["derived"])}, "classes": [\n{classes}\n]}}\n'


def units_text() -> str:
    """Return `resources/units.json`: which unit of area suits a size, and how QGIS writes one on the map."""
    from terrascope.units.table import AREA, AUTO_AREA, DIGITS, area_expression

    steps = [
        {"below": None if math.isinf(limit) else limit, "sign": AREA[name].sign, "size": AREA[name].size}
        for limit, name in AUTO_AREA
    ]
    label = area_expression('"mask_area_m2"')
    return json.dumps({"digits": DIGITS, "area": steps, "area_label": label}, ensure_ascii=False, indent=1) + "\n"


READING = ROOT / "backend" / "terrascope" / "questions" / "reading"


def lexicon_text() -> str:
    """Return `lexicon.json`: the phrases of each language by concept, a concept a line."""
    languages = []
    for path in sorted((READING / "lexicon").glob("*.toml")):
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        sections = []
        for name, rows in table.items():
            lines = ",\n".join(
                f"  {json.dumps(key, ensure_ascii=False)}: "
                f"{json.dumps([each.strip() for each in text.split(';') if each.strip()], ensure_ascii=False)}"
                for key, text in rows.items()
            )
            sections.append(f" {json.dumps(name)}: {{\n{lines}\n }}")
        languages.append(f"{json.dumps(path.stem)}: {{\n" + ",\n".join(sections) + "\n}")
    return "{\n" + ",\n".join(languages) + "\n}\n"


def generated(table: dict[str, Any]) -> dict[Path, str]:
    """Return each generated file and its text. The style reads the colours of the JSON that is in place."""
    from terrascope.trace.styles import masks_qml

    colours = {**{row["name"]: row["colour"] for row in table["class"]}, **table["derived"]}
    return {
        TABLE.with_suffix(".json"): backend_text(table),
        READING / "lexicon.json": lexicon_text(),
        ROOT / "resources" / "landcover.json": plugin_text(table),
        ROOT / "resources" / "units.json": units_text(),
        ROOT / "resources" / "styles" / "masks.qml": masks_qml(colours),
    }


def main() -> None:
    """Write them."""
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    TABLE.with_suffix(".json").write_text(backend_text(table), encoding="utf-8", newline="\n")
    for path, text in generated(table).items():
        path.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
