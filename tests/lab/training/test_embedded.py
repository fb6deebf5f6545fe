"""The embedded recipe: its decoder by the engine of the full model, its other stages by their own programs."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch", reason="torch is not installed: nothing is trained")
pytest.importorskip("accelerate", reason="accelerate is not installed: nothing is trained")
pytest.importorskip("tomllib", reason="Python 3.10 has no tomllib: recipes need 3.11")

import torch
from safetensors.torch import load_file

from terrascope_lab.training.checkpoint import WEIGHTS
from terrascope_lab.training.embedded import DecoderOptions, DecoderTask
from terrascope_lab.training.errors import TrainingError
from terrascope_lab.training.language.train import read_checkpoint
from terrascope_lab.training.metrics import read_metrics
from terrascope_lab.training.recipe import Recipe, read_recipe, recipe_of
from terrascope_lab.training.runs import Places, run_recipe

pytestmark = pytest.mark.torch


def decoder(steps: int) -> Recipe:
    """The decoder's stage of the shipped recipe, on little data."""
    changes = [
        f"decoder.steps={steps}", "decoder.batch=4", "decoder.micro_batch=2", "decoder.save_every=2",
        "decoder.keep=9", "decoder.log_every=1", "decoder.options.vocabulary_from=600", "decoder.options.real=false",
    ]  # fmt: skip
    return read_recipe("embedded", changes)


def test_the_decoder_is_trained_and_resumed_bit_for_bit_and_can_be_exported(tmp_path: Path) -> None:
    """Four steps straight, and the same run with its last two taken again, give equal weights."""
    for run in ("whole", "parts"):
        run_recipe(decoder(4), Places(tmp_path / run, tmp_path), stage="decoder", cpu=True)
    folder = tmp_path / "parts" / "decoder"
    for gone in ("done.json", "step-0000004/state.json"):
        (folder / gone).unlink()
    torch.manual_seed(5)
    run_recipe(decoder(4), Places(tmp_path / "parts", tmp_path), stage="decoder", cpu=True)
    one, two = (load_file(tmp_path / run / "decoder" / "step-0000004" / WEIGHTS) for run in ("whole", "parts"))
    assert all(torch.equal(one[key], two[key]) for key in one)
    assert [line["step"] for line in read_metrics(folder)] == [1, 2, 3, 4]
    stored = read_checkpoint(folder / "model" / "checkpoint.safetensors")
    assert stored.step == 4
    assert all(torch.equal(value, stored.part("decoder")[name[len("decoder.") :]]) for name, value in two.items())


def test_made_samples_are_the_same_whenever_they_are_made(tmp_path: Path) -> None:
    tasks = [DecoderTask(DecoderOptions(vocabulary_from=5, real=False), 3, tmp_path) for _ in range(2)]
    assert [str(tasks[0].data[n].entries) for n in (0, 9)] == [str(tasks[1].data[n].entries) for n in (0, 9)]


def test_stages_with_programs_of_their_own_run_in_order_and_only_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "noted.py").write_text("import sys, pathlib\npathlib.Path(sys.argv[1]).open('a').write(sys.argv[2])\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    stages = [
        {"name": name, "task": "command", "module": "noted", "arguments": ["{out}/note", name]}
        for name in ("first", "second")
    ]
    for _ in range(2):
        run_recipe(recipe_of({"stage": stages}, "mine"), Places(tmp_path, tmp_path))
    assert (tmp_path / "note").read_text() == "firstsecond"


def test_a_program_that_fails_is_named_with_its_log(tmp_path: Path) -> None:
    stage = {"name": "first", "task": "command", "module": "no_such_module", "arguments": []}
    with pytest.raises(TrainingError, match=r"no_such_module\) ended with code 1"):
        run_recipe(recipe_of({"stage": [stage]}, "mine"), Places(tmp_path, tmp_path))
    assert "no_such_module" in (tmp_path / "first" / "log.txt").read_text()
    missing = {"name": "a", "task": "command", "module": "x", "arguments": ["{base}"]}
    with pytest.raises(TrainingError, match="--base"):
        run_recipe(recipe_of({"stage": [missing]}, "mine"), Places(tmp_path, tmp_path))


def test_every_program_of_the_shipped_recipe_is_there_and_knows_its_arguments(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A renamed module or option is found here, not in the middle of a night's run."""
    import importlib
    import re

    for stage in read_recipe("embedded").stages:
        if stage.task != "command":
            continue
        monkeypatch.setattr("sys.argv", [stage.module, "--help"])
        with pytest.raises(SystemExit):
            importlib.import_module(stage.module).main()
        text = re.sub(r"[,\[\]]", " ", capsys.readouterr().out).split()
        for argument in stage.arguments:
            if re.fullmatch(r"--[a-z-]+", argument):
                assert argument in text, f"{stage.module} has no {argument}"
