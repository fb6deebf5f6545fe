"""Networks are found by name, and a wrong name says which there are."""

from __future__ import annotations

from pathlib import Path

import pytest

from terrascope.errors import NetworkError
from terrascope.networks.registry import available_networks, load_network, models_folder, resolve


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("TERRASCOPE_MODEL", raising=False)
    monkeypatch.setenv("TERRASCOPE_MODELS", str(tmp_path / "models"))


def test_auto_is_the_embedded_model_unless_another_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert resolve(None) == resolve("auto") == resolve("") == "embedded"
    monkeypatch.setenv("TERRASCOPE_MODEL", "/models/mine")
    assert resolve("auto") == "/models/mine"
    assert resolve("embedded") == "embedded"


def test_imported_models_are_listed(tmp_path: Path) -> None:
    assert models_folder() == tmp_path / "models"
    assert [each.name for each in available_networks()] == ["embedded"]
    folder = models_folder() / "TerraScope-8B"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    assert [each.name for each in available_networks()] == ["embedded", str(folder)]


def test_without_weights_the_embedded_model_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TERRASCOPE_RESOURCES", str(tmp_path))
    entry = available_networks()[0]
    assert not entry.available
    assert "weights" in entry.reason


def test_what_is_not_there_is_named() -> None:
    with pytest.raises(NetworkError, match="no-such-folder"):
        load_network("no-such-folder")
    with pytest.raises(NetworkError, match="tpu"):
        load_network("embedded", device="tpu")
