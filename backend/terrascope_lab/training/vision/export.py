"""Export checkpoints to ONNX with half-precision storage, and write the manifest.

    python -m terrascope_lab.training.vision.export --out resources/models --runs .work/vision \\
        optical=optical colour=colour picture=picture aerial=aerial sar=sar

A graph takes physical units and returns probabilities: softmax of (logits + bias) / temperature is inside.
"""

from __future__ import annotations

import argparse
import copy
import hashlib
import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from terrascope.hashes import grouped
from terrascope.landcover import ATOMS
from terrascope_lab.training.vision.batches import build
from terrascope_lab.training.vision.efficientnet import Block, EfficientNetLite0

INPUTS: dict[str, dict[str, str]] = {
    "optical": {
        "bands": "float32 [1, 6, H, W], blue green red nir swir1 swir2; reflectance 0..1, or a picture brought to that"
        " scale by networks/embedded/stretch.py; absent bands 0",
        "present": "float32 [1, 6], 1 where the band is there",
        "context": "float32 [1, 2]: 1 for a picture, 0 for reflectance; log2(pixel size in m / 10) / 3, 0 if unknown",
    },
    "aerial": {"bands": "float32 [1, 3, H, W], red green blue, 0..1"},
    "sar": {"bands": "float32 [1, 2, H, W], VV and VH in dB", "present": "float32 [1, 2]"},
}

INPUTS["infrared"] = INPUTS["optical"]  # of which no short-wave infrared is ever there
INPUTS["colour"] = INPUTS["picture"] = INPUTS["optical"]  # of which only blue, green and red are ever there


#: Temperature of a network: one, or one for each of the forms in which it is shown an image.
Temperature = float | Mapping[str, float]
#: Forms of the optical network that have a temperature of their own.
CALIBRATED = ("six bands", "RGB+NIR", "digital numbers")


class Probabilities(nn.Module):
    """Calibrated probabilities of a network: softmax of (logits + bias) / temperature.

    With a temperature for each of `CALIBRATED`, the graph tells by its inputs which it is shown; the bias is then that
    of reflectance.
    """

    def __init__(self, network: nn.Module, temperature: Temperature, bias: Mapping[str, float] | None = None) -> None:
        super().__init__()
        self.network, self.temperature = network, temperature
        values = [(bias or {}).get(name, 0.0) for name in ATOMS]
        self.register_buffer("bias", torch.tensor(values).view(1, -1, 1, 1))

    def forward(self, *inputs: Tensor) -> Tensor:
        """Probabilities, [N, atoms, H, W]."""
        logits = (self.network(*inputs) + self._bias(*inputs)) * self._sharpness(*inputs)
        exponents = torch.exp(logits - logits.amax(1, keepdim=True))  # ONNX Runtime's own softmax is slow on this axis
        return exponents / exponents.sum(1, keepdim=True)


    def _bias(self, *inputs: Tensor) -> Tensor:
        """The bias; with a temperature for each form only of reflectance, [N, atoms, 1, 1]."""
        if not isinstance(self.temperature, Mapping):
            return self.bias
        return self.bias * (1 - inputs[2][:, :1]).view(-1, 1, 1, 1)

    def _sharpness(self, *inputs: Tensor) -> Tensor | float:
        """One over the temperature, [N, 1, 1, 1]."""
        if not isinstance(self.temperature, Mapping):
            return 1 / self.temperature
        _, present, context = inputs
        whole, fewer, numbers = (1 / self.temperature[form] for form in CALIBRATED)
        shown, swir = context[:, :1], present[:, 4:].amax(1, keepdim=True)
        return (shown * numbers + (1 - shown) * (swir * whole + (1 - swir) * fewer)).view(-1, 1, 1, 1)


def fuse(module: nn.Module) -> nn.Module:
    """Fold every batch norm into the convolution before it, in place."""
    for child in module.modules():
        if isinstance(child, nn.Sequential):
            for i in range(len(child) - 1):
                if isinstance(child[i], nn.Conv2d) and isinstance(child[i + 1], nn.BatchNorm2d):
                    child[i], child[i + 1] = fuse_conv_bn_eval(child[i], child[i + 1]), nn.Identity()
        pairs: list[tuple[str, str]] = []
        if isinstance(child, Block):
            pairs = [("_depthwise_conv", "_bn1"), ("_project_conv", "_bn2")]
            pairs += [("_expand_conv", "_bn0")] if child.expands else []
        elif isinstance(child, EfficientNetLite0):
            pairs = [("_conv_stem", "_bn0")]
        for conv_name, norm_name in pairs:
            setattr(child, conv_name, fuse_conv_bn_eval(getattr(child, conv_name), getattr(child, norm_name)))
            setattr(child, norm_name, nn.Identity())
    return module


def load(path: Path) -> tuple[nn.Module, dict[str, Any]]:
    """Return the network of a checkpoint, in evaluation mode, and the note about it, which lies beside it as JSON."""
    checkpoint: dict[str, Any] = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    model = build(checkpoint["settings"]["expert"])
    model.load_state_dict(load_file(path))
    return model.eval(), checkpoint


def halve(model: onnx.ModelProto, smallest: int = 256) -> onnx.ModelProto:
    """Store large float32 weights as float16 with a cast that the runtime folds away when it loads the graph."""
    graph, casts = model.graph, []
    for tensor in list(graph.initializer):
        if tensor.data_type != TensorProto.FLOAT or np.prod(tensor.dims) < smallest:
            continue
        values = numpy_helper.to_array(tensor).astype(np.float16)
        graph.initializer.remove(tensor)
        graph.initializer.append(numpy_helper.from_array(values, f"{tensor.name}_half"))
        casts.append(helper.make_node("Cast", [f"{tensor.name}_half"], [tensor.name], to=TensorProto.FLOAT))
    for node in reversed(casts):
        graph.node.insert(0, node)
    onnx.checker.check_model(model)
    return model


def export(
    model: nn.Module, expert: str, temperature: Temperature, path: Path, bias: Mapping[str, float] | None = None
) -> None:
    """Write one graph; `bias` is added to the logits of the atoms it names."""
    network = fuse(copy.deepcopy(model).eval())
    size = 64
    inputs = {
        "optical": (torch.rand(1, 6, size, size), torch.ones(1, 6), torch.zeros(1, 2)),
        "aerial": (torch.rand(1, 3, size, size),),
        "sar": (torch.rand(1, 2, size, size) - 15, torch.ones(1, 2)),
    }["optical" if "context" in INPUTS[expert] else expert]
    names = list(INPUTS[expert])
    axes = {"bands": {2: "rows", 3: "cols"}, "probabilities": {2: "rows", 3: "cols"}}
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / "draft.onnx"
        torch.onnx.export(
            Probabilities(network, temperature, bias).eval(), inputs, str(draft), input_names=names,
            output_names=["probabilities"], opset_version=17, dynamo=False, dynamic_axes=axes,
        )  # fmt: skip
        graph = onnx.load(str(draft))
    onnx.save(halve(graph), str(path))


def temperatures_of(items: Sequence[str]) -> dict[str, Temperature]:
    """Read "expert=value" and "expert:form=value"."""
    found: dict[str, Temperature] = {}
    for item in items:
        name, _, value = item.partition("=")
        expert, _, form = name.partition(":")
        own = found.get(expert)
        found[expert] = {**(own if isinstance(own, dict) else {}), form: float(value)} if form else float(value)
    return found


def described(path: Path) -> dict[str, Any]:
    """Return name, size and hash of a file."""
    return {
        "file": path.name,
        "bytes": path.stat().st_size,
        "sha256": grouped(hashlib.sha256(path.read_bytes()).hexdigest()),
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", nargs="*", metavar="EXPERT=RUN")
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--temperature", action="append", default=[], metavar="EXPERT[:FORM]=VALUE", help="see calibrate.py"
    )
    parser.add_argument("--bias", action="append", default=[], metavar="EXPERT=ATOM:VALUE", help="see calibrate.py")
    parser.add_argument("--metrics", type=Path, help="figures written by evaluate --json, to be kept in the manifest")
    arguments = parser.parse_args()
    temperatures = temperatures_of(arguments.temperature)
    biases: dict[str, dict[str, float]] = {}
    for item in arguments.bias:
        expert, _, given = item.partition("=")
        atom, _, value = given.partition(":")
        if atom not in ATOMS:
            parser.error(f'--bias {item}: "{atom}" is no class; there are {", ".join(ATOMS)}')
        biases.setdefault(expert, {})[atom] = float(value)
    arguments.out.mkdir(parents=True, exist_ok=True)
    manifest_path = arguments.out / "vision.json"
    manifest: dict[str, Any] = {"format": 1, "atoms": list(ATOMS), "experts": {}}
    if manifest_path.exists():
        manifest = {**json.loads(manifest_path.read_text(encoding="utf-8")), "atoms": list(ATOMS)}
    for pair in arguments.pairs:
        expert, _, run = pair.partition("=")
        model, checkpoint = load(arguments.runs / f"{run}.safetensors")
        temperature = temperatures.get(expert, 1.0)
        if isinstance(temperature, Mapping) and set(temperature) != set(CALIBRATED):
            parser.error(f"--temperature: {expert} needs one for each of {', '.join(CALIBRATED)}")
        path = arguments.out / f"vision_{expert}.onnx"
        export(model, expert, temperature, path, biases.get(expert))
        manifest["experts"][expert] = {
            **described(path),
            "inputs": INPUTS[expert],
            "output": "float32 [1, 12, H, W], probability of each atom; H and W multiples of 32",
            "temperature": temperature,
            "bias": biases.get(expert, {}),
            "parameters": sum(p.numel() for p in model.parameters()),
            "training": {**checkpoint["settings"], "steps": checkpoint["steps"]},
            "held_out": checkpoint["held_out"],
        }
    if arguments.metrics:
        manifest["metrics"] = json.loads(arguments.metrics.read_text(encoding="utf-8"))
    manifest_path.write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
