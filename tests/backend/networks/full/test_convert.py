"""A published checkpoint comes in whole and goes out bit for bit; a damaged or foreign one is refused by name."""

from __future__ import annotations

import filecmp
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="torch is not installed: the full model is not tested")
pytest.importorskip("transformers", reason="transformers is not installed: the full model is not tested")

import torch
from safetensors.torch import load_file, save_file

from terrascope.errors import CheckpointError
from terrascope.networks.full.convert import export_published, import_published
from terrascope.networks.full.inspection import inspect_folder
from terrascope.networks.full.keymap import RULES, Kind, links_from_published
from terrascope.networks.full.layout import CARRIED, verify_weights
from terrascope.networks.full.loading import load_config, read_weights
from terrascope.networks.full.tensor_file import sha256_of

from .conftest import PORTABLE, SEED, write_published

pytestmark = pytest.mark.torch

SHARD = "model-00002-of-00003.safetensors"


@pytest.fixture
def copy(published: Path, tmp_path: Path) -> Path:
    """A copy of the published checkpoint that a test may damage."""
    return Path(shutil.copytree(published, tmp_path / "copy"))


def edit_json(path: Path, change: Callable[[dict], object]) -> None:
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def test_import_and_export_give_back_every_file_bit_for_bit(published: Path, imported: Path, tmp_path: Path) -> None:
    exported = export_published(imported, tmp_path / "exported")
    names = sorted(path.name for path in published.iterdir())
    assert sorted(path.name for path in exported.folder.iterdir()) == names
    assert filecmp.cmpfiles(published, exported.folder, names, shallow=False) == (names, [], [])
    assert exported.identical


def test_small_shards_and_half_precision_survive_the_round_trip(tmp_path: Path) -> None:
    source = write_published(tmp_path / "source", PORTABLE, SEED["portable"])
    path = source / "model.safetensors"
    tensors = {
        key: value.to(torch.bfloat16 if key.startswith("language_model") else torch.float32)
        for key, value in load_file(path).items()
    }
    save_file(tensors, path, metadata={"format": "pt"})
    imported = import_published(source, tmp_path / "imported", shard_bytes=2_000_000)
    assert len(list(imported.glob("model-*.safetensors"))) > 5
    assert inspect_folder(imported).types == ("BF16", "F32")
    assert export_published(imported, tmp_path / "exported").identical
    read_weights(imported, load_config(imported), "cpu", "bf16")


def test_every_published_key_has_one_rule_and_only_the_video_memory_has_none(published: Path) -> None:
    shapes = json.loads((PORTABLE / "shapes.json").read_text())
    links, carried = links_from_published(shapes)
    joined = [key for link in links for key in link.published]
    assert len(joined) == len(set(joined)) == 320
    assert len(carried) == 157
    assert len({key for link in links for key in link.ours}) == 326


def test_the_memory_that_the_model_does_not_use_is_carried(imported: Path) -> None:
    carried = load_file(imported / CARRIED / "carried.safetensors")
    assert len(carried) == 157
    assert 7.4e6 < sum(tensor.numel() for tensor in carried.values()) < 7.6e6


def test_a_trained_model_is_exported_with_the_carried_part_of_its_origin(imported: Path, tmp_path: Path) -> None:
    model = read_weights(imported, load_config(imported), "cpu", "fp32")
    with torch.no_grad():
        model.seg_head.linear_2.bias += 1
        model.internvl.model.vision_tower.encoder.layer[0].attention.k_proj.weight *= 2
    model.save_pretrained(tmp_path / "trained")
    with pytest.raises(CheckpointError, match="--like"):
        export_published(tmp_path / "trained", tmp_path / "exported")
    result = export_published(tmp_path / "trained", tmp_path / "exported", like=imported)
    assert not result.identical
    found: dict[str, torch.Tensor] = {}
    for path in sorted(result.folder.glob("*.safetensors")):
        found |= load_file(path)
    before: dict[str, torch.Tensor] = {}
    again = export_published(imported, tmp_path / "untrained")
    for path in sorted(again.folder.glob("*.safetensors")):
        before |= load_file(path)
    qkv = "vision_model.encoder.layers.0.attn.qkv.weight"
    third = len(before[qkv]) // 3
    assert {key for key in before if not torch.equal(before[key], found[key])} == {"text_hidden_fcs.2.bias", qkv}
    assert torch.equal(found[qkv][third : 2 * third], 2 * before[qkv][third : 2 * third])
    assert torch.equal(found[qkv][:third], before[qkv][:third])


def test_swapped_query_and_value_load_and_are_caught_by_the_figures(published: Path, portable_cases, tmp_path) -> None:
    """Negative control: nothing but the recorded figures tells a wrong map from the right one."""
    swapped = tuple(
        rule._replace(ours=(rule.ours[2], rule.ours[1], rule.ours[0])) if rule.kind is Kind.SPLIT else rule
        for rule in RULES
    )
    folder = import_published(published, tmp_path / "swapped", rules=swapped)
    from terrascope.networks.full.processing import TerraScopeProcessor

    from .test_golden_portable import REACHED, relative

    model = read_weights(folder, load_config(folder), "cpu", "fp32", "eager")
    case = portable_cases["single_1tile"]
    with torch.inference_mode():
        tokens = model.encode_tiles(TerraScopeProcessor.from_pretrained(folder).tiles(case.pictures).tiles)
    assert relative(tokens[:, ::16].numpy(), case.figures["vit_embeds_s16"]) > 1000 * REACHED["visual"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.pop("mlp1.1.bias"), "1 missing: mlp1.1.bias"),
        (lambda t: t.update({"mlp1.9.weight": torch.zeros(2)}), "1 unexpected: mlp1.9.weight"),
        (lambda t: t.update({"mlp1.1.bias": torch.zeros(63)}), r"1 wrongly shaped: mlp1.1.bias is \[63\], not \[64\]"),
        (
            lambda t: t.pop("grounding_encoder.sam2_model.no_obj_ptr"),
            "1 missing: grounding_encoder.sam2_model.no_obj_ptr",
        ),
    ],
)
def test_missing_unexpected_and_misshaped_keys_are_named(tmp_path: Path, change, words: str) -> None:
    source = write_published(tmp_path / "source", PORTABLE, SEED["portable"])
    tensors = load_file(source / "model.safetensors")
    change(tensors)
    save_file(tensors, source / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(CheckpointError, match=words):
        import_published(source, tmp_path / "imported")
    assert not list(tmp_path.glob("imported*"))


def test_a_truncated_shard_is_named_with_both_sizes(copy: Path, tmp_path: Path) -> None:
    data = (copy / SHARD).read_bytes()
    (copy / SHARD).write_bytes(data[:-100])
    with pytest.raises(CheckpointError, match=f"{SHARD}' is cut short.*again"):
        import_published(copy, tmp_path / "imported")
    (copy / SHARD).write_bytes(data[:1000])
    with pytest.raises(CheckpointError, match=f"{SHARD}' is cut short: its header"):
        import_published(copy, tmp_path / "imported")
    (copy / SHARD).write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n")
    with pytest.raises(CheckpointError, match=f"{SHARD}' is not a safetensors file"):
        import_published(copy, tmp_path / "imported")


def test_a_missing_shard_is_named(copy: Path, tmp_path: Path) -> None:
    (copy / SHARD).unlink()
    with pytest.raises(CheckpointError, match=f"Shards are missing in 'copy': {SHARD}"):
        import_published(copy, tmp_path / "imported")


def test_a_wrong_hash_is_named_with_both_values(copy: Path, tmp_path: Path) -> None:
    right = sha256_of(copy / SHARD)
    (copy / "SHA256SUMS").write_text(f"{right}  {SHARD}\n")
    data = bytearray((copy / SHARD).read_bytes())
    data[-1] ^= 1
    (copy / SHARD).write_bytes(bytes(data))
    with pytest.raises(CheckpointError, match=f"SHA-256 of '{SHARD}' is {sha256_of(copy / SHARD)}, {right}"):
        import_published(copy, tmp_path / "imported")


def test_an_index_of_another_version_is_refused(copy: Path, tmp_path: Path) -> None:
    index = copy / "model.safetensors.index.json"
    edit_json(index, lambda c: c["weight_map"].update({"mlp1.1.bias": "model-00001-of-00003.safetensors"}))
    with pytest.raises(CheckpointError, match="places 1 tensors in shards that do not hold them: mlp1.1.bias"):
        import_published(copy, tmp_path / "imported")
    edit_json(index, lambda c: c["weight_map"].update({"mlp1.1.bias": "../secret.safetensors"}))
    with pytest.raises(CheckpointError, match="no safetensors file of this folder"):
        import_published(copy, tmp_path / "imported")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda c: c.update(ps_version="v1"), "Pixel shuffle version ps_version is 'v1', 'v2' is understood"),
        (lambda c: c.pop("ps_version"), "ps_version is 'v1'"),
        (lambda c: c.update(architectures=["LlavaForConditionalGeneration"]), "'LlavaForConditionalGeneration'"),
        (lambda c: c.pop("architectures"), "architecture in config.json is None"),
        (lambda c: c["llm_config"].update(architectures=["InternLM2ForCausalLM"]), "'InternLM2ForCausalLM'"),
        (lambda c: c["vision_config"].update(qk_normalization=True), "6B vision tower is not supported"),
        (lambda c: c.pop("vision_config"), "no vision_config"),
        (lambda c: c["llm_config"].pop("hidden_size"), "lacks 'hidden_size'"),
        (lambda c: c.update(model_type="terrascope"), "is imported already"),
    ],
)
def test_another_architecture_is_refused_with_a_way_out(copy: Path, tmp_path: Path, change, words: str) -> None:
    edit_json(copy / "config.json", change)
    with pytest.raises(CheckpointError, match=words) as error:
        import_published(copy, tmp_path / "imported")
    assert error.value.hint


def test_pickled_weights_are_never_read(copy: Path, tmp_path: Path) -> None:
    for path in copy.glob("model*"):
        path.unlink()
    (copy / "pytorch_model.bin").write_bytes(b"\x80\x02cposix\nsystem\n")
    with pytest.raises(CheckpointError, match=r"as pickle \(pytorch_model.bin\)"):
        import_published(copy, tmp_path / "imported")


def test_code_beside_the_weights_is_carried_and_not_run(copy: Path, tmp_path: Path) -> None:
    (copy / "modeling_sa2va_chat.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    imported = import_published(copy, tmp_path / "imported")
    read_weights(imported, load_config(imported), "cpu", "fp32")
    exported = export_published(imported, tmp_path / "exported").folder
    assert (exported / "modeling_sa2va_chat.py").read_bytes() == (copy / "modeling_sa2va_chat.py").read_bytes()
    assert not (tmp_path / "ran").exists()


def test_a_folder_that_is_in_use_is_not_overwritten(published: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep")
    with pytest.raises(CheckpointError, match="exists and is not empty"):
        import_published(published, tmp_path / "mine")
    assert (tmp_path / "mine" / "notes.txt").read_text() == "keep"


def test_damage_after_the_import_is_found_before_the_model_runs(imported: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(imported, tmp_path / "damaged"))
    assert verify_weights(folder) == json.loads((folder / "weights.json").read_text())["sha256"]
    path = folder / "model.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(CheckpointError, match=r"'model.safetensors'.*is recorded.*import the checkpoint again"):
        verify_weights(folder)


def test_a_published_folder_is_told_to_be_imported_first(published: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="terrascope models import"):
        load_config(published)
    with pytest.raises(CheckpointError, match="no folder"):
        load_config(tmp_path / "nowhere")
