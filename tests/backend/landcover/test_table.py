"""One row of the table is a class everywhere: in the backend, in the style of masks, in the plugin, for the reader."""

from __future__ import annotations

import copy
import json
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

tomllib = pytest.importorskip("tomllib", reason="Python 3.10 has no tomllib: the table is generated on a newer one")

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "scripts"))

import generate as generator  # noqa: E402

from terrascope.landcover import ATOMS, CLASSES, COLOURS, LANGUAGES, can_be_seen  # noqa: E402
from terrascope.landcover.words import labels_in  # noqa: E402


@pytest.fixture
def table() -> dict[str, Any]:
    return tomllib.loads(generator.TABLE.read_text(encoding="utf-8"))


def test_what_is_generated_is_that_of_the_table(table: dict[str, Any]) -> None:
    for path, text in generator.generated(table).items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name}: run python scripts/generate.py"


def test_every_class_is_complete() -> None:
    for name, land in CLASSES.items():
        assert land.atoms <= set(ATOMS), name
        assert set(land.names) == set(LANGUAGES), name
        assert set(land.other_words) == set(LANGUAGES) - {"en"}, name
        assert {each.form for each in land.names.values()} <= set("spmfn")
        assert land.definition.kind in ("cover", "use")
        assert len(COLOURS[name]) == 7


def test_no_word_means_two_classes() -> None:
    seen: dict[str, str] = {}
    for name, land in CLASSES.items():
        words = {*land.words["one"], *land.words["many"], *(w for group in land.other_words.values() for w in group)}
        for word in words:
            assert seen.setdefault(word, name) == name, word


def test_a_made_up_class_needs_one_row(table: dict[str, Any]) -> None:
    row = copy.deepcopy(table["class"][0])
    row |= {"name": "greenhouses", "atoms": ["building"], "colour": "#123456"}
    row["names"] = {language: {"name": f"glass-{language}", "measured": "glass", "form": "p"} for language in LANGUAGES}
    table["class"].append(row)
    files = {path.name: text for path, text in generator.generated(table).items()}
    style = ElementTree.fromstring(files["masks.qml"])
    assert "greenhouses" in [each.get("value") for each in style.iter("category")]
    shown = json.loads(files["landcover.json"])["classes"][-1]
    assert (shown["name"], shown["colour"]) == ("greenhouses", "#123456")
    assert set(shown["names"].values()) == {f"glass-{language}" for language in LANGUAGES}
    assert json.loads(files["classes.json"])["class"][-1]["name"] == "greenhouses"


def test_the_style_has_every_class() -> None:
    style = ElementTree.fromstring((ROOT / "resources" / "styles" / "masks.qml").read_text(encoding="utf-8"))
    assert [each.get("value") for each in style.iter("category")] == [*COLOURS, ""]


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("Wie viel Prozent sind Wald?", ("trees",)),
        ("¿Cuánto bosque hay y cuánta agua?", ("trees", "water")),
        ("Quelle est la surface des zones humides ?", ("wetland",)),
        ("Quanta água existe perto das estradas?", ("water", "roads")),
        ("Quanto bosco c'è vicino al fiume?", ("trees", "water")),
        ("森林面积是多少公顷？", ("trees",)),
        ("水体和农田哪个更大？", ("water", "cropland")),
        ("海拔多少？", ()),
        ("What do you see on the sea?", ("water",)),
        ("Is there sand?", ("bare land",)),
    ],
)
def test_classes_are_named_in_seven_languages(text: str, labels: tuple[str, ...]) -> None:
    assert labels_in(text) == labels


def test_roads_are_not_looked_for_where_they_cannot_be_seen() -> None:
    bands = ("blue", "green", "red", "nir")
    assert not can_be_seen("roads", 10, "optical", bands)
    assert can_be_seen("roads", 0.3, "optical", bands)
    assert can_be_seen("roads", None, "optical", bands)
    assert not can_be_seen("wetland", 10, "optical", bands[:3])
    assert can_be_seen("water", 10, "sar", ("vv",))
    assert not can_be_seen("trees", 10, "sar", ("vv",))
