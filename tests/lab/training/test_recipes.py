"""Recipes: the shipped ones are whole, and a slip in one is named with the way out."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("tomllib", reason="Python 3.10 has no tomllib: recipes need 3.11, as the full model does")

from terrascope_lab.training.errors import TrainingError
from terrascope_lab.training.order import Order
from terrascope_lab.training.recipe import read_recipe, shipped_recipes
from terrascope_lab.training.schedule import Mix, Schedule


def test_the_shipped_recipes_are_whole() -> None:
    assert {"paper-8b", "released-8b", "embedded"} <= set(shipped_recipes())
    for name in shipped_recipes():
        assert read_recipe(name).stages


def test_paper_8b_has_the_settings_of_the_paper() -> None:
    """Section 4.1 and 5.1: learning rates, batches, LoRA, selection of more than half a cell, at most 128."""
    first, second = read_recipe("paper-8b").stages
    assert (first.optim.rate, first.optim.batch, set(first.train)) == (2e-5, 8, {"mask_decoder", "seg_head"})
    assert (second.optim.rate, second.optim.batch, second.optim.schedule) == (4e-5, 32, "cosine")
    assert second.lora["rank"] == 128
    assert second.selection == {"name": "paper", "cap": 128}
    assert {"projector", "mask_decoder"} <= set(second.train)


def test_released_8b_has_the_settings_of_the_released_configuration() -> None:
    (stage,) = read_recipe("released-8b").stages
    assert stage.loss == {"text": 1.0, "bce": 2.0, "dice": 0.5}
    assert stage.selection == {"name": "released", "cap": 8}
    assert (stage.optim.batch, stage.optim.micro_batch, stage.optim.weight_decay) == (64, 2, 0.05)
    assert (stage.optim.warmup, stage.optim.warmup_from, stage.optim.clip) == (0.05, 1e-5, 1.0)


@pytest.mark.parametrize(
    ("text", "named", "way_out"),
    [
        ('[[stage]]\nname = "a"\ntrian = ["seg_head"]', "'trian'", "'train'"),
        ('[[stage]]\nname = "a"\n[stage.optim]\nrat = 1', "'rat'", "'rate'"),
        ('[[stage]]\nname = "a"\n[stage.optim]\nrate = "fast"', "'fast'", "Write it like"),
        ('[[stage]]\nname = "a"\n[stage.optim]\nprecision = "bf61"', "'bf61'", "fp32, bf16, fp16"),
        ('[[stage]]\nname = "a"\n[stage.optim]\nfrozen = "bf16"', "frozen is bf16", "precision to bf16"),
        ('[[stage]]\nname = "a"\ntask = "ful"', "'ful'", "full, decoder or command"),
        ("stages = 1", "'stages'", "'stage'"),
        ("[[stage]\n", "not valid TOML", "Correct that line"),
        ("about = 'x'", "no stage", "[[stage]]"),
        ('[[stage]]\nname = "a"\n[[stage]]\nname = "a"', "two stages", "its own"),
    ],
)
def test_a_slip_in_a_recipe_is_named(tmp_path: Path, text: str, named: str, way_out: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(TrainingError) as error:
        read_recipe(str(path))
    assert named in str(error.value)
    assert way_out in str(error.value)


def test_an_unknown_recipe_or_stage_is_named_with_what_there_is() -> None:
    with pytest.raises(TrainingError, match="Is 'paper-8b' meant"):
        read_recipe("papr-8b")
    with pytest.raises(TrainingError, match="It has grounding, reasoning"):
        read_recipe("paper-8b").stage("stage1")
    with pytest.raises(TrainingError, match="has no stage 'grond'"):
        read_recipe("paper-8b", ["grond.steps=3"])


def test_settings_can_be_changed_on_the_command_line() -> None:
    recipe = read_recipe(
        "paper-8b", ["grounding.steps=6", "reasoning.lora.rank=4", "grounding.precision=fp32", "grounding.frozen=fp32"]
    )
    assert recipe.stage("grounding").optim.steps == 6
    assert recipe.stage("grounding").optim.precision == "fp32"
    assert recipe.stage("reasoning").lora["rank"] == 4


def test_the_learning_rate_rises_and_falls_as_the_released_one() -> None:
    """Warm-up over 5 % of the steps from 1e-5 of the rate, then cosine to 0."""
    schedule = Schedule(4e-5, 1000)
    assert schedule.at(0) == pytest.approx(4e-10)
    assert schedule.at(25) == pytest.approx(2e-5, rel=1e-3)
    assert schedule.at(50) == pytest.approx(4e-5)
    assert schedule.at(525) == pytest.approx(2e-5)
    assert schedule.at(1000) == pytest.approx(0, abs=1e-12)


def test_predicted_masks_come_in_slowly() -> None:
    mix = Mix(0.5, 0.25, 0.75)
    assert [mix.at(done) for done in (0.0, 0.24, 0.5, 0.75, 1.0)] == [0.0, 0.0, 0.25, 0.5, 0.5]


def test_an_epoch_reads_every_sample_once_on_any_number_of_processes() -> None:
    """Two processes share a step's samples as one process reads them."""
    alone, shared = Order(100, 20, 5, 1, seed=3), Order(100, 20, 5, 2, seed=3)
    read = [i for batch in alone.micro_batches(0, 0, alone.steps_an_epoch) for i in batch]
    assert sorted(read) == list(range(100))
    for step in range(5):
        together = [i for process in (0, 1) for batch in shared.micro_batches(process, step, step + 1) for i in batch]
        assert sorted(together) == sorted(i for batch in alone.micro_batches(0, step, step + 1) for i in batch)


def test_a_batch_that_does_not_divide_says_which_one_would() -> None:
    with pytest.raises(TrainingError, match="for example 6"):
        Order(100, 8, 3, 2)
