"""What the laboratory adds to the command line."""

from __future__ import annotations

import pytest

from terrascope import cli
from terrascope_lab import commands


def run(*arguments: str) -> int:
    return cli.main(list(arguments))


def test_its_commands_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run("--help")
    listed = capsys.readouterr().out
    for command in ("cot", "train", "bench"):
        assert command in listed


def test_a_missing_extra_breaks_only_its_own_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(commands.TRAINING, "vision", "terrascope_lab.training.no_such:main")
    assert run("train", "vision", "--data", "x") == cli.FAILED
    assert "no_such" in capsys.readouterr().err
    monkeypatch.setattr(commands, "BENCHMARKS", (("terrascope_lab.bench.no_such", "add"),))
    assert run("bench", "small") == cli.FAILED
    assert "no_such" in capsys.readouterr().err
