"""From a run to a model: adapters merged, the published layout written and read again; plans without weights."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch", reason="torch is not installed: nothing is trained")
pytest.importorskip("peft", reason="peft is not installed: no adapters")

import torch

from terrascope.networks.full.convert import export_published, import_published
from terrascope.networks.full.loading import load_config, read_weights
from terrascope_lab.training.checkpoint import Snapshot, read_checkpoint, write_checkpoint
from terrascope_lab.training.errors import TrainingError
from terrascope_lab.training.full.examples import Selection
from terrascope_lab.training.full.finish import write_model
from terrascope_lab.training.full.parts import Lora, choose_parts, merge_lora
from terrascope_lab.training.full.plan import plan_stage
from terrascope_lab.training.recipe import read_recipe
from training.conftest import PORTABLE

pytestmark = pytest.mark.torch

PARTS = ("projector", "mask_decoder", "seg_head", "lm_head")
LORA = Lora(4, 8, 0.0)


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The published tiny checkpoint, imported."""
    from tests.backend.networks.full.conftest import write_published

    folder = tmp_path_factory.mktemp("golden")
    return import_published(write_published(folder / "published", PORTABLE, 3), folder / "imported")


def test_a_trained_model_goes_out_in_the_published_layout_and_comes_back(imported: Path, tmp_path: Path) -> None:
    """Import, train (here: move what is trained), merge, export, import: every tensor is the trained one."""
    torch.manual_seed(0)
    model = read_weights(imported, load_config(imported), "cpu", "fp32")
    trained = choose_parts(model, PARTS, LORA)
    moved = {}
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name in trained:
                parameter += 0.01 * torch.randn_like(parameter)
                moved[f"model.{name}"] = parameter.clone()
    checkpoint = write_checkpoint(tmp_path / "run", Snapshot(7, moved, {}, {}), keep=1)
    assert merge_lora(model) == 14, "seven linears in each of two layers"
    out = write_model(imported, checkpoint, PARTS, LORA, Selection("paper", 128), tmp_path / "model")
    wanted = model.state_dict()
    found = read_weights(out, load_config(out), "cpu", "fp32").state_dict()
    assert set(found) == set(wanted)
    assert all(torch.equal(found[key], wanted[key]) for key in wanted)
    exported = export_published(out, tmp_path / "published")
    assert not exported.identical
    again = import_published(tmp_path / "published", tmp_path / "again")
    back = read_weights(again, load_config(again), "cpu", "fp32").state_dict()
    assert all(torch.equal(back[key], wanted[key]) for key in wanted)


def test_a_model_that_was_not_moved_is_exported_bit_for_bit(imported: Path, tmp_path: Path) -> None:
    """Adapters that add nothing (their start) leave every published file as it was."""
    model = read_weights(imported, load_config(imported), "cpu", "fp32")
    trained = choose_parts(model, PARTS, LORA)
    still = {f"model.{name}": value for name, value in model.named_parameters() if name in trained}
    checkpoint = write_checkpoint(tmp_path / "run", Snapshot(1, still, {}, {}), keep=1)
    out = write_model(imported, checkpoint, PARTS, LORA, Selection(), tmp_path / "model")
    assert export_published(out, tmp_path / "published").identical


def test_a_checkpoint_of_another_recipe_is_refused(imported: Path, tmp_path: Path) -> None:
    checkpoint = write_checkpoint(tmp_path / "run", Snapshot(1, {"model.x": torch.zeros(1)}, {}, {}), keep=1)
    with pytest.raises(TrainingError, match="does not fit the recipe"):
        write_model(imported, checkpoint, PARTS, LORA, Selection(), tmp_path / "model")


def test_checkpoints_hold_no_pickle_and_a_cut_one_is_named(tmp_path: Path) -> None:
    for step in (1, 2, 3):
        write_checkpoint(tmp_path, Snapshot(step, {"a": torch.ones(2)}, {"a/exp_avg": torch.ones(2)}, {}), keep=2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["step-0000002", "step-0000003"]
    assert {path.suffix for path in (tmp_path / "step-0000003").iterdir()} == {".safetensors", ".json"}
    whole = (tmp_path / "step-0000003" / "optimizer.safetensors").read_bytes()
    (tmp_path / "step-0000003" / "optimizer.safetensors").write_bytes(whole[:-5])
    with pytest.raises(TrainingError, match="'step-0000003' cannot be read"):
        read_checkpoint(tmp_path / "step-0000003")


def test_unknown_parts_are_named(imported: Path) -> None:
    model = read_weights(imported, load_config(imported), "cpu", "fp32")
    with pytest.raises(TrainingError, match="no part 'decoder'"):
        choose_parts(model, ("decoder",))
    with pytest.raises(TrainingError, match="trains nothing"):
        choose_parts(model, ())


def test_the_plan_of_paper_8b_is_made_without_weights() -> None:
    """Trained parameters are those of the published sizes, worked out here by hand; ZeRO-2 and FSDP need less."""
    stage = read_recipe("paper-8b").stage("reasoning")
    plan = plan_stage(stage, gpus=8)
    width, inner, keys, layers, words = 3584, 18_944, 512, 28, 151_685
    pairs = 2 * (width + width) + 2 * (width + keys) + 3 * (width + inner)
    assert plan.parameters.trained["LoRA"] == 128 * pairs * layers
    assert plan.parameters.trained["language head"] == words * width
    assert plan.parameters.trained["token embeddings"] == words * width
    assert plan.parameters.trained["projector"] == 2 * 4096 + 4096 * width + width + width * width + width
    assert plan.steps == 31_250
    assert plan.accumulation == 4
    memory = plan.memory
    assert memory["fsdp"].total < memory["zero2"].total < memory["ddp"].total
    assert memory["zero2"].optimizer == memory["ddp"].optimizer // 8
    assert memory["zero2"].total < 80e9, "the paper's A100 is enough"
