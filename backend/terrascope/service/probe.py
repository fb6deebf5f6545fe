"""Proof that the environment works: imports, a tiny inference, and the GPU by a kernel that really ran."""

from __future__ import annotations

import importlib
import importlib.util
import json
import logging
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

log = logging.getLogger(__name__)

REQUIRED = ("numpy", "scipy", "rasterio", "pyproj", "shapely", "onnxruntime", "tokenizers")


def probe_environment() -> dict[str, object]:
    """Run every check. `ok` is False where one that the embedded model needs has failed.

    Returns
    -------
    dict
        `checks`, a list of {name, ok, detail, required}; `device`, the best device that was proved; `ok`.
    """
    checks = [_check(f"import {name}", True, partial(_version, name)) for name in REQUIRED]
    checks.append(_check("coordinate systems (PROJ data)", True, _proj))
    checks.append(_check("raster reading (GDAL)", True, _gdal))
    checks.append(_check("embedded model: one tiny image", True, _embedded))
    device = "cpu"
    if checks[-1]["ok"]:
        for found in _graphics():
            checks.append(found)
            device = str(found["name"]).rsplit(" ", 1)[-1] if found["ok"] and device == "cpu" else device
    if importlib.util.find_spec("torch") is not None:
        checks.append(_check("torch", False, _torch))
        checks.append(_check("GPU kernel (torch)", False, _torch_gpu))
        if checks[-1]["ok"]:
            device = str(checks[-1]["detail"])
    return {"checks": checks, "device": device, "ok": all(each["ok"] for each in checks if each["required"])}


def _check(name: str, required: bool, work: Callable[[], str]) -> dict[str, Any]:
    begin = time.perf_counter()
    try:
        detail, good = work(), True
    # Whatever is wrong with a foreign package (a missing DLL, a driver) is the finding.
    except Exception as error:
        log.warning("probe %s", name, exc_info=True)
        detail, good = f"{type(error).__name__}: {error}", False
    return {
        "name": name, "ok": good, "detail": detail, "required": required,
        "seconds": round(time.perf_counter() - begin, 2),
    }  # fmt: skip


def _version(name: str) -> str:
    return str(getattr(importlib.import_module(name), "__version__", "present"))


def _proj() -> str:
    from pyproj import Transformer

    x, _ = Transformer.from_crs("EPSG:4326", "EPSG:32633", always_xy=True).transform(15.0, 0.0)
    if abs(x - 500_000) > 0.01:
        raise ValueError(f"15 E is at {x} in UTM 33, not at 500000")
    return "works"


def _gdal() -> str:
    import numpy as np
    import rasterio
    from rasterio.io import MemoryFile

    with MemoryFile() as memory:
        with memory.open(
            driver="GTiff", width=2, height=2, count=1, dtype="uint8", crs="EPSG:32633",
            transform=rasterio.Affine(10, 0, 500000, 0, -10, 0),
        ) as file:  # fmt: skip
            file.write(np.full((1, 2, 2), 7, dtype=np.uint8))
        with memory.open() as file:
            if int(file.read(1).sum()) != 28:
                raise ValueError("a written GeoTIFF does not read back")
    return f"GDAL {rasterio.__gdal_version__}"


def _embedded() -> str:
    import numpy as np

    from terrascope.networks.interface import Prompt
    from terrascope.networks.registry import EMBEDDED, load_network
    from terrascope.scene.types import Affine6, Grid, Role, Scale, Scene, Source, View

    size = 64
    pixels = np.linspace(0.02, 0.4, 4 * size * size, dtype=np.float32).reshape(4, size, size)
    view = View(
        "probe", Role.OPTICAL, None, ("blue", "green", "red", "nir"), Scale.REFLECTANCE, pixels,
        np.ones((size, size), dtype=bool), Source("probe"),
    )  # fmt: skip
    grid = Grid(size, size, Affine6(10, 0, 500000, 0, -10, 640), "EPSG:32633")
    network = load_network(EMBEDDED)
    decoding = network.begin(Scene(grid, (view,), (10.0, 10.0)), Prompt("How much water is there?"))
    scores = decoding.logits()  # tokens that are not allowed next have a score of minus infinity
    if np.isnan(scores).any() or not np.isfinite(scores.max()):
        raise ValueError("the network's output is not a number")
    return f"{network.info.name} {network.info.version} on {network.info.device}"


def _graphics() -> list[dict[str, Any]]:
    """Each device of ONNX Runtime's that is there beside the processor, proved by a run of a network of ours."""
    import onnxruntime

    from terrascope.networks.embedded.devices import PROVIDERS, proof
    from terrascope.resources import resource

    def prove(device: str) -> str:
        found = proof(device, resource("models", "vision_aerial.onnx"))
        if not found.works:
            raise RuntimeError(found.detail)
        return found.detail

    there = [name for name, provider in PROVIDERS.items() if provider in onnxruntime.get_available_providers()]
    return [_check(f"graphics for the embedded model: {name}", False, partial(prove, name)) for name in there]


def _torch() -> str:
    return _version("torch")


def _torch_gpu() -> str:
    import torch

    if torch.cuda.is_available():
        device, name = torch.device("cuda"), torch.cuda.get_device_name(0)
    elif torch.backends.mps.is_available():
        device, name = torch.device("mps"), "Apple GPU"
    else:
        raise RuntimeError("torch sees no GPU; the CPU is used")
    left = torch.arange(64 * 64, dtype=torch.float32).reshape(64, 64) % 7
    if not torch.equal((left.to(device) @ left.to(device)).cpu(), left @ left):
        raise RuntimeError(f"{name} computes wrong results")
    return f"{device.type} ({name})"


def main() -> int:
    """Write the proof as one line, for the set-up: an environment counts as ready only after this ran."""
    found = probe_environment()
    sys.stdout.write(f"TERRASCOPE-PROOF {json.dumps(found)}\n")
    return 0 if found["ok"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
