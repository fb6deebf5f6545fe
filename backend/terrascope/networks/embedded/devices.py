"""Which device the embedded model's vision runs on: one that was proved, else the processor.

That ONNX Runtime lists a provider says little: where a driver or a library is missing, or a network's operators are not
built for it, the session quietly runs on the processor. So a device is proved by a run of one of our own networks: its
nodes ran there (the profile says where each ran), the result is that of the processor within a tolerance, and it took
less time. Where the proof fails the processor is used, and why is kept.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import redirect_stdout
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnxruntime
from numpy.typing import NDArray

log = logging.getLogger(__name__)

CPU = "CPUExecutionProvider"
#: ONNX Runtime's names of devices, in the order in which they are tried.
PROVIDERS = {"cuda": "CUDAExecutionProvider", "dml": "DmlExecutionProvider", "coreml": "CoreMLExecutionProvider"}
#: Options that make a device compute as exactly as the processor does: TF32 has 10 bits of a number's 23.
_OPTIONS = {"CUDAExecutionProvider": {"use_tf32": "0"}}
_MISSING = {
    "cuda": "set up the embedded model on an NVIDIA card",
    "dml": "set up the embedded model on a graphics card (DirectX 12)",
    "coreml": "only macOS has it",
}
#: Largest difference of a probability, and share of pixels whose class may differ (0.5 on the border of two classes).
TOLERANCE, OTHER_CLASS = 0.01, 0.001
SIDE = 256  # pixels of the proof: large enough that a graphics card wins, and quick on any processor
PROOF_RUNS = 3


class Proof(NamedTuple):
    """What a device showed. `detail` says why it does not do, or how long it took (s) beside the processor."""

    device: str
    works: bool
    detail: str


class KernelRun(NamedTuple):
    """A network's output on a device, how many of its nodes ran on which provider, the time of the last run (s), and
    the providers that the session says it uses."""

    output: NDArray[np.float32]
    nodes: dict[str, int]
    seconds: float
    used: tuple[str, ...] = ()


def device_of(provider: str) -> str:
    """Return the device's name of a provider."""
    return next((name for name, each in PROVIDERS.items() if each == provider), "cpu")


def choose(device: str | None, model: Path) -> tuple[str, ...]:
    """Return the providers for the vision networks, best first.

    Parameters
    ----------
    device
        "cpu"; "cuda", "dml" or "coreml" for one only; None or "auto" for the first that is proved.
    model
        An ONNX file with the inputs `bands` and perhaps `present` and `context`, for the proof.
    """
    wanted = (device or "auto").split(":")[0]
    if wanted == "cpu":
        return (CPU,)
    for name in PROVIDERS if wanted == "auto" else (wanted,):
        if name not in PROVIDERS or (wanted == "auto" and PROVIDERS[name] not in onnxruntime.get_available_providers()):
            continue
        found = proof(name, model)
        if found.works:
            return (PROVIDERS[name], CPU)
        log.warning("The embedded model runs on the processor: %s", found.detail)
    return (CPU,)


@lru_cache(maxsize=8)
def proof(device: str, model: Path) -> Proof:
    """Run a network on a device and on the processor, and compare."""
    provider = PROVIDERS[device]
    if provider not in onnxruntime.get_available_providers():
        return Proof(device, False, f"ONNX Runtime here is built without {device}; {_MISSING[device]}.")
    try:
        there, here = kernel_run(model, (provider, CPU)), kernel_run(model, (CPU,))
    # ONNX Runtime raises classes of its own for each of a dozen causes: a missing DLL, an old driver, no memory.
    except Exception as error:
        log.debug("proof of %s", device, exc_info=True)
        return Proof(device, False, f"{device} does not run: {str(error).strip().splitlines()[0][:200]}")
    ran = there.nodes.get(provider, 0)
    if there.used and provider not in there.used:
        return Proof(device, False, f"{device} could not be started: a driver or a library is missing.")
    if not ran:
        return Proof(device, False, f"{device} is listed but not used: every operator ran on the processor.")
    if not np.isfinite(there.output).all():
        return Proof(device, False, f"{device} computes no numbers.")
    off = float(np.abs(there.output - here.output).max())
    other = float((there.output.argmax(1) != here.output.argmax(1)).mean())
    if off > TOLERANCE or other > OTHER_CLASS:
        return Proof(device, False, f"{device} computes other results (probabilities off by {off:.3g}).")
    times = f"{there.seconds * 1000:.0f} ms, processor {here.seconds * 1000:.0f} ms"
    if there.seconds > here.seconds:
        return Proof(device, False, f"{device} is slower here ({times}).")
    return Proof(device, True, f"{ran} of {sum(there.nodes.values())} operators, {times}")


def kernel_run(model: Path, providers: Sequence[str]) -> KernelRun:
    """Run a network a few times on a picture made here.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    with tempfile.TemporaryDirectory(prefix="terrascope-") as folder:
        options = session_options(min(os.cpu_count() or 1, 8), providers)
        options.enable_profiling = True
        options.profile_file_prefix = str(Path(folder) / "proof")
        session = open_session(model.read_bytes(), options, providers)
        feeds = picture({each.name: each.shape[1] for each in session.get_inputs()})
        for _ in range(PROOF_RUNS):
            begin = time.perf_counter()
            output = np.asarray(session.run(None, feeds)[0], np.float32)
            seconds = time.perf_counter() - begin
        used = tuple(session.get_providers())
        events = json.loads(Path(session.end_profiling()).read_text(encoding="utf-8"))
    nodes: dict[str, int] = {}
    for event in events:
        if event.get("cat") == "Node" and event["name"].endswith("_kernel_time"):
            where = event.get("args", {}).get("provider", "")
            nodes[where] = nodes.get(where, 0) + 1
    return KernelRun(output, nodes, seconds, used)


def picture(channels: dict[str, int]) -> dict[str, NDArray[np.float32]]:
    """Return inputs of a vision network: smooth slopes and stripes, the same on every machine."""
    rows, cols = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32) / SIDE
    bands = [
        0.05 + 0.3 * (rows + band * cols) / (band + 1) + 0.1 * ((rows * 16) % 1) for band in range(channels["bands"])
    ]
    feeds = {"bands": np.stack(bands)[None].astype(np.float32)}
    for name in ("present", "context"):
        if name in channels:
            feeds[name] = np.ones((1, channels[name]), np.float32)
    return feeds


def session_options(threads: int, providers: Sequence[str]) -> onnxruntime.SessionOptions:
    """Return options of a session on providers; DirectML allows neither patterns of memory nor parallel nodes."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    if PROVIDERS["dml"] in providers:
        options.enable_mem_pattern = False
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    return options


def open_session(
    model: bytes, options: onnxruntime.SessionOptions, providers: Sequence[str]
) -> onnxruntime.InferenceSession:
    """Open a session on those of the providers that this build of ONNX Runtime has, CUDA's libraries loaded first."""
    available = set(onnxruntime.get_available_providers())
    wanted = [name for name in providers if name in available] or [CPU]
    if PROVIDERS["cuda"] in wanted and hasattr(onnxruntime, "preload_dlls"):
        with redirect_stdout(sys.stderr):  # it prints what it does not find, and stdout carries our messages
            onnxruntime.preload_dlls()
    return onnxruntime.InferenceSession(model, options, providers=[(name, _OPTIONS.get(name, {})) for name in wanted])
