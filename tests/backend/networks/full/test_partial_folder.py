"""Nothing finished is lost to a name that is refused, and nothing is removed that we did not make."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from terrascope import files
from terrascope.errors import CheckpointError
from terrascope.networks.full.partial_folder import MARK, WEIGHTS, adopt_finished, appearing, remove_partial


def convert(folder: Path, origin: str = "hub") -> None:
    with appearing(folder) as work:
        (work / "model.safetensors").write_bytes(b"16 GB")
        (work / WEIGHTS).write_text(json.dumps({"origin": origin}), encoding="utf-8")


def held(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    end, real = time.monotonic() + seconds, Path.replace

    def replace(path: Path, target: Path) -> Path:
        if time.monotonic() < end:
            raise PermissionError(13, "Permission denied", str(target))
        return real(path, target)

    monkeypatch.setattr(Path, "replace", replace)


def test_a_folder_that_is_held_for_three_seconds_gets_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held(monkeypatch, 3)
    convert(tmp_path / "model")
    assert sorted(path.name for path in (tmp_path / "model").iterdir()) == ["model.safetensors", WEIGHTS]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model"]


def test_a_finished_conversion_outlives_a_name_that_stays_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "RETRY_SECONDS", 0.3)
    with monkeypatch.context() as patch:
        held(patch, 60)
        with pytest.raises(CheckpointError, match="is complete in") as error:
            convert(tmp_path / "model")
        assert "import again" in error.value.hint
        remove_partial(tmp_path / "model")  # as a cancelled job does
        assert (tmp_path / "model.partial" / "model.safetensors").read_bytes() == b"16 GB"
        with pytest.raises(CheckpointError, match="was not made|is complete|exists"):
            convert(tmp_path / "model")
    assert not adopt_finished(tmp_path / "model", "another")
    assert adopt_finished(tmp_path / "model", "hub")
    assert (tmp_path / "model" / "model.safetensors").read_bytes() == b"16 GB"
    assert not (tmp_path / "model" / MARK).exists()
    assert not adopt_finished(tmp_path / "model", "hub")


def test_a_conversion_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), appearing(tmp_path / "model") as work:
        (work / "model.safetensors").write_bytes(b"half")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "model.partial").mkdir()
    (tmp_path / "model.partial" / "thesis.txt").write_text("mine")
    with pytest.raises(CheckpointError, match="not made by TerraScope"):
        convert(tmp_path / "model")
    remove_partial(tmp_path / "model")
    assert (tmp_path / "model.partial" / "thesis.txt").read_text() == "mine"


@pytest.mark.parametrize("name", ["/", ".", ".."])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(CheckpointError):
        convert(Path(name))


def test_a_name_with_a_slash_is_a_folder_in_a_folder(tmp_path: Path) -> None:
    convert(tmp_path / "a/b")
    assert (tmp_path / "a" / "b" / WEIGHTS).is_file()
