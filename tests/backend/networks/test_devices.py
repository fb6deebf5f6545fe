"""A device is used after a network ran on it, rightly and quicker; else the processor."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")

import onnxruntime

from terrascope.libraries import add_library_folders
from terrascope.networks.embedded import devices
from terrascope.networks.embedded.devices import CPU, KernelRun, choose, kernel_run, proof
from terrascope.networks.registry import load_network
from terrascope.resources import resource

MODEL = resource("models", "vision_aerial.onnx")


@pytest.fixture(autouse=True)
def fresh():
    proof.cache_clear()
    yield
    proof.cache_clear()


@pytest.fixture
def cuda(monkeypatch):
    """Give the device "cuda" a provider that this machine has."""

    def use(provider: str) -> None:
        monkeypatch.setitem(devices.PROVIDERS, "cuda", provider)

    return use


def test_the_kernel_says_where_its_nodes_ran():
    run = kernel_run(MODEL, (CPU,))
    assert set(run.nodes) == {CPU} and run.nodes[CPU] > 10
    assert run.output.shape == (1, 12, devices.SIDE, devices.SIDE)
    np.testing.assert_allclose(run.output.sum(1), 1, atol=1e-4)


def test_a_device_that_this_build_lacks_is_not_used_and_the_way_out_is_said():
    found = proof("cuda", MODEL)
    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this build has CUDA")
    assert not found.works and "set up" in found.detail
    assert choose("cuda", MODEL) == choose(None, MODEL) == choose("auto", MODEL) == choose("cpu", MODEL) == (CPU,)


def test_a_provider_that_is_listed_and_runs_nothing_is_no_proof(cuda):
    """`session.get_providers()` names it, and every operator runs on the processor."""
    cuda("AzureExecutionProvider")
    if "AzureExecutionProvider" not in onnxruntime.get_available_providers():
        pytest.skip("this build has no provider that runs nothing")
    options = devices.session_options(1, (CPU,))
    session = devices.open_session(MODEL.read_bytes(), options, ("AzureExecutionProvider", CPU))
    assert session.get_providers()[0] == "AzureExecutionProvider"
    found = proof("cuda", MODEL)
    assert not found.works and "listed but not used" in found.detail
    assert choose("cuda", MODEL) == (CPU,)


@pytest.mark.parametrize(
    ("change", "seconds", "word"),
    [
        (lambda found: found + 0.05, 0.001, "other results"),
        (lambda found: found[:, ::-1], 0.001, "other results"),
        (lambda found: found * np.nan, 0.001, "no numbers"),
        (lambda found: found, 9.0, "slower"),
        (lambda found: found + 0.001, 0.001, ""),
    ],
)
def test_a_device_must_be_right_and_quicker(cuda, monkeypatch, change, seconds, word):
    cuda(CPU)
    right = kernel_run(MODEL, (CPU,))

    def runs(_model, providers):
        if len(providers) == 1:
            return right._replace(seconds=1.0)
        return KernelRun(change(right.output), {CPU: 30}, seconds)

    monkeypatch.setattr(devices, "kernel_run", runs)
    found = proof("cuda", MODEL)
    assert found.works is not bool(word) and word in found.detail
    assert choose("cuda", MODEL) == ((CPU,) if word else (CPU, CPU))


def test_a_driver_that_fails_leaves_the_processor(cuda, monkeypatch):
    cuda(CPU)

    def fails(*_args):
        raise RuntimeError("CUDA failure 35: driver version is insufficient\nmore")

    monkeypatch.setattr(devices, "kernel_run", fails)
    found = proof("cuda", MODEL)
    assert not found.works and found.detail == "cuda does not run: CUDA failure 35: driver version is insufficient"


def test_the_device_that_is_shown_is_the_one_that_runs():
    network = load_network("embedded", device="cuda")
    expected = "cuda" if proof("cuda", MODEL).works else "cpu"
    assert network.info.device == expected


def test_directml_gets_the_options_that_it_needs():
    options = devices.session_options(2, (devices.PROVIDERS["dml"], CPU))
    assert options.enable_mem_pattern is False
    assert options.execution_mode == onnxruntime.ExecutionMode.ORT_SEQUENTIAL


def test_windows_finds_the_runtime_that_python_does_not_bring(tmp_path, monkeypatch):
    (tmp_path / "Scripts").mkdir()
    added: list[str] = []
    monkeypatch.setattr("os.add_dll_directory", added.append, raising=False)
    assert add_library_folders("win32", str(tmp_path)) == [str(tmp_path), str(tmp_path / "Scripts")] == added
    assert add_library_folders("linux", str(tmp_path)) == []
