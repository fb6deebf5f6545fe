"""What is not sure is asked or said, never guessed in silence."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from terrascope.cli import main
from terrascope.scene import LayerRequest, describe, open_scene
from terrascope.scene.doubts import UnsettledError

from .awkward import ORIGIN, UTM, Affine, write

NORTH_UP = Affine(10, 0, ORIGIN[0], 0, -10, ORIGIN[1])


def picture(path: Path) -> str:
    data = np.arange(3 * 40 * 50, dtype=np.uint8).reshape(3, 40, 50)
    return str(write(path, data, crs=UTM, transform=NORTH_UP, photometric="RGB"))


def test_an_ambiguous_order_in_time_is_asked_and_a_word_settles_it(tmp_path: Path) -> None:
    paths = [picture(tmp_path / f"lake_{day}.tif") for day in ("05-12-2021", "11-02-2021")]
    with pytest.raises(UnsettledError, match="ambiguous") as error:
        open_scene([LayerRequest(path) for path in paths])
    assert "--set date_order=dmy" in error.value.hint
    assert error.value.details["doubts"]
    scene = open_scene([LayerRequest(path, date_order="mdy") for path in paths])
    assert [view.date_text for view in scene.views] == ["2021-05-12", "2021-11-02"]
    described = describe([LayerRequest(path) for path in paths])
    assert [each.open for layer in described.layers for each in layer.doubts] == [True, True]


def test_two_of_one_day_stand_by_their_hour(tmp_path: Path) -> None:
    late, early = (picture(tmp_path / f"20210704T{time}_flood.tif") for time in ("180000", "060000"))
    scene = open_scene([LayerRequest(late), LayerRequest(early)])
    assert [view.name for view in scene.views] == ["20210704T060000_flood", "20210704T180000_flood"]


def test_without_dates_the_order_of_the_layers_is_used_and_said(tmp_path: Path) -> None:
    scene = open_scene([LayerRequest(picture(tmp_path / "b.tif")), LayerRequest(picture(tmp_path / "a.tif"))])
    assert [view.name for view in scene.views] == ["b", "a"]
    assert any("No date is known" in note and "the first as the earliest" in note for note in scene.notes)


def test_the_command_line_names_the_switch_and_takes_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    paths = [picture(tmp_path / f"lake_{day}.tif") for day in ("05-12-2021", "11-02-2021")]
    assert main(["ask", "How did the water area change?", *paths, "--out", "a.gpkg", "--json"]) == 1
    out, err = capsys.readouterr()
    assert "date_order" in err.replace("\n", " ")
    asked = json.loads(out)
    assert asked["steps"] == []
    assert [each["key"] for each in asked["doubts"][0]["readings"]] == ["dmy", "mdy"]
    assert main(["ask", "?", *paths, "--set", "3:date_order=mdy"]) == 1
    assert "no image 3" in capsys.readouterr().err
