"""The device is proven, the memory is known beforehand, and 4 bit touches what it may."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="torch is not installed: the full model is not tested")
pytest.importorskip("transformers", reason="transformers is not installed: the full model is not tested")

import torch

from terrascope.errors import NetworkError
from terrascope.networks.full import devices
from terrascope.networks.full.configuration import released_8b
from terrascope.networks.full.loading import check_quantised, fitting_precision, load_config, load_model, read_weights
from terrascope.networks.full.memory import memory_needed, parameter_count
from terrascope.networks.full.modeling import TerraScopeForConditionalGeneration
from terrascope.networks.full.precision import PRECISIONS, QUANTISED_PREFIX, quantisation_config

pytestmark = pytest.mark.torch

GB = 10**9


def proof(name: str, free_gb: float | None, bf16: bool = True) -> devices.DeviceProof:
    free = None if free_gb is None else int(free_gb * GB)
    return devices.DeviceProof(name, "a card", free, free, 0.001, bf16)


def test_the_cpu_is_proven_by_computing() -> None:
    found = devices.prove("cpu")
    assert found.name == "cpu"
    assert 0 < found.seconds < 10


def test_the_best_working_device_is_taken_and_the_others_are_explained() -> None:
    found, reasons = devices.choose("auto")
    if not torch.cuda.is_available() and not torch.backends.mps.is_available():
        assert found.name == "cpu"
        assert any("cuda" in reason for reason in reasons)
        assert any("mps" in reason for reason in reasons)


def test_a_device_that_was_named_and_does_not_work_is_no_silent_cpu() -> None:
    with pytest.raises(NetworkError, match="no device 'tpu'"):
        devices.prove("tpu")
    if not torch.cuda.is_available():
        with pytest.raises(NetworkError, match=r"'cuda' cannot be used: .*or use cpu"):
            devices.choose("cuda")


def test_a_device_that_computes_wrongly_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "equal", lambda *_: False)
    with pytest.raises(NetworkError, match="does not compute: a matrix product came out wrong"):
        devices.prove("cpu")


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_weights_need_what_the_configuration_says(model, imported: Path, precision: str) -> None:
    need = memory_needed(load_config(imported), precision)
    loaded = model if precision == "fp32" else read_weights(imported, load_config(imported), "cpu", precision)
    assert need.weights == sum(tensor.nbytes for tensor in loaded.state_dict().values())
    assert need.total == sum(need)


def test_the_key_value_cache_needs_what_the_configuration_says(model: TerraScopeForConditionalGeneration) -> None:
    from transformers import DynamicCache

    cache = DynamicCache(config=model.config.internvl_config.text_config)
    with torch.inference_mode():
        model.read(torch.zeros(1, 50, model.config.text_width), cache)
    held = sum(layer.keys.nbytes + layer.values.nbytes for layer in cache.layers)
    assert memory_needed(model.config, "fp32", tokens=50).cache == held


def test_image_features_need_what_the_configuration_says(model: TerraScopeForConditionalGeneration) -> None:
    with torch.inference_mode():
        features = model.encode_image(torch.zeros(1, 3, 1024, 1024))
    assert memory_needed(model.config, "fp32", views=3).features == 3 * sum(f.nbytes for f in features)


def test_the_released_model_fits_where_the_documentation_says() -> None:
    totals = {name: memory_needed(released_8b(), name).total / GB for name in PRECISIONS}
    assert 32 < totals["fp32"] < 38
    assert 16.4 < totals["bf16"] == totals["fp16"] < 19
    assert 6.6 < totals["nf4"] < totals["int4"] < 10
    assert sum(parameter_count(released_8b()).values()) > 8 * GB


def test_a_precision_is_chosen_that_fits() -> None:
    config = released_8b()
    assert fitting_precision(config, proof("cuda:0", 24), None) == "bf16"
    assert fitting_precision(config, proof("cuda:0", 24, bf16=False), "auto") == "fp16"
    assert fitting_precision(config, proof("cpu", 64), None) == "fp32"
    assert fitting_precision(config, proof("cpu", 24), None) == "bf16"
    assert fitting_precision(config, proof("cuda:0", 12), "nf4") == "nf4"
    assert fitting_precision(config, proof("cuda:0", None), "bf16") == "bf16"


def test_too_little_memory_is_said_before_loading_with_what_would_fit() -> None:
    with pytest.raises(NetworkError, match=r"needs 17\.\d GB in bf16; a card has 12\.0 GB free.*would fit: nf4.*int4"):
        fitting_precision(released_8b(), proof("cuda:0", 12), "auto")
    with pytest.raises(NetworkError, match="more memory"):
        fitting_precision(released_8b(), proof("cuda:0", 4), "auto")


def test_an_unknown_precision_is_refused(imported: Path) -> None:
    with pytest.raises(NetworkError, match=r"no precision 'int3'.*fp32, bf16"):
        load_model(imported, device="cpu", precision="int3")


@pytest.mark.parametrize("name", ["nf4", "int4"])
def test_a_four_bit_package_that_is_absent_is_named(name: str) -> None:
    package = PRECISIONS[name].package
    if importlib.util.find_spec(str(package)) is not None:
        pytest.skip(f"{package} is installed")
    with pytest.raises(NetworkError, match=rf"needs the package '{package}'.*Install {package}.*or use bf16"):
        quantisation_config(PRECISIONS[name], "cpu")


@pytest.mark.skipif(importlib.util.find_spec("bitsandbytes") is None, reason="bitsandbytes is not installed")
def test_nf4_packs_the_language_linears_and_nothing_else(imported: Path, model, portable_cases) -> None:
    packed = read_weights(imported, load_config(imported), "cpu", "nf4")
    names = [n for n, m in packed.named_modules() if isinstance(m, torch.nn.Linear) and m.weight.dtype == torch.uint8]
    assert len(names) == 14
    assert all(name.startswith(QUANTISED_PREFIX) for name in names)
    assert packed.internvl.lm_head.weight.dtype == packed.seg_head.linear_1.weight.dtype == torch.bfloat16
    case = portable_cases["single_1tile"]
    with torch.inference_mode():
        ids = torch.from_numpy(case.figures["output_ids"])[None]
        states = [m.read(m.get_input_embeddings()(ids), None)[0].float() for m in (model, packed)]
    alike = torch.nn.functional.cosine_similarity(*states, dim=-1)
    assert float(alike.mean()) > 0.95
    layers = [module for name, module in packed.named_modules() if name in names]
    scales = [m.weight.quant_state.as_dict(packed=False).values() for m in layers]
    weights = sum(m.weight.nbytes for m in layers)
    weights += sum(part.nbytes for parts in scales for part in parts if torch.is_tensor(part))
    counted = sum(PRECISIONS["nf4"].linear_bytes(m.out_features, m.in_features) for m in layers)
    assert abs(weights - counted) <= 0.01 * counted


@pytest.mark.skipif(importlib.util.find_spec("torchao") is None, reason="torchao is not installed")
def test_int4_is_refused_where_it_has_no_kernel() -> None:
    with pytest.raises(NetworkError, match=r"compute capability 8.0 or later; 'cpu' is none.*Use nf4 or bf16"):
        quantisation_config(PRECISIONS["int4"], "cpu")


@pytest.mark.skipif(
    importlib.util.find_spec("torchao") is None or not torch.cuda.is_available(), reason="needs torchao and a CUDA card"
)
def test_int4_packs_the_language_linears_and_nothing_else(imported: Path) -> None:
    packed = read_weights(imported, load_config(imported), "cuda:0", "int4")  # checks what it packed
    with torch.inference_mode():
        state = packed.read(torch.randn(1, 4, packed.config.text_width, device="cuda:0", dtype=torch.bfloat16), None)
    assert bool(torch.isfinite(state).all())


def test_a_full_precision_model_does_not_pass_for_a_quantised_one(model: TerraScopeForConditionalGeneration) -> None:
    with pytest.raises(NetworkError, match=r"layers\.0.*is not in 4 bit"):
        check_quantised(model)
