"""`terrascope models`, as a user types it."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="torch is not installed: the full model is not tested")
pytest.importorskip("transformers", reason="transformers is not installed: the full model is not tested")

from terrascope.errors import CheckpointError
from terrascope.networks.full.cli import add_models_parser

pytestmark = pytest.mark.torch


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    add_models_parser(parser.add_subparsers())
    args = parser.parse_args(["models", *words])
    return args.run(args)


def test_import_check_and_export(published: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target, back = tmp_path / "mine", tmp_path / "back"
    assert run("import", str(published), str(target)) == 0
    assert run("check", str(target), "--load", "--device", "cpu", "--precision", "fp32") == 0
    assert run("export", str(target), str(back)) == 0
    output = " ".join(capsys.readouterr().out.split())
    assert "every key and shape as the configuration says" in output
    assert "which computes" in output
    assert "bit for bit" in output


def test_import_goes_to_the_models_folder_and_is_listed(published: Path, tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("TERRASCOPE_MODELS", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "300")
    assert run("import", str(published)) == 0
    assert (tmp_path / "published" / "config.json").is_file()
    assert run("list") == 0
    assert "TerraScope (published)" in capsys.readouterr().out


def test_a_hash_given_on_the_command_line_is_held_to(published: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="is expected"):
        run("import", str(published), str(tmp_path / "x"), "--sha256", f"model-00001-of-00003.safetensors={'0' * 64}")
    with pytest.raises(CheckpointError, match="not FILE=HEX"):
        run("import", str(published), str(tmp_path / "x"), "--sha256", "model")


def test_memory_is_told_for_the_released_model(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("memory", "--tokens", "8192", "--views", "2") == 0
    output = capsys.readouterr().out
    assert "8.18 billion parameters" in output
    assert all(name in output for name in ("fp32", "bf16", "fp16", "nf4", "int4"))


def test_an_unknown_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"no folder.*HF-ID@REVISION"):
        run("import", str(tmp_path / "nowhere"), str(tmp_path / "x"))
