"""A network with an encoder of surroundings gives the plugin what it gave in training."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

from safetensors.torch import save_file  # noqa: E402

from terrascope.networks.embedded.vision import VisionNetworks  # noqa: E402
from terrascope.training.vision import export  # noqa: E402
from terrascope.training.vision.cross import Tokens, network  # noqa: E402
from terrascope.training.vision.evaluate import view_of, with_bands  # noqa: E402
from terrascope.training.vision.galileo import GalileoTokens  # noqa: E402
from terrascope.training.vision.samples import Sample  # noqa: E402
from terrascope.training.vision.token_net import TokenNet  # noqa: E402
from terrascope.training.vision.token_train import encoder  # noqa: E402


@pytest.mark.parametrize("flags", [(1, 1, 1, 1, 1, 1), (0, 1, 1, 1, 0, 0)])
def test_the_exported_pair_answers_as_the_trained_pair(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: tuple[int, ...]
) -> None:
    torch.manual_seed(0)
    frozen, model = GalileoTokens(), TokenNet().eval()
    unused = {f"space_time_embed.S1.proj.{name}": torch.zeros(1) for name in ("weight", "bias")}
    save_file({k: v.contiguous() for k, v in frozen.state_dict().items()} | unused, tmp_path / "encoder.safetensors")
    save_file(model.state_dict(), tmp_path / "run.safetensors")
    note = {"settings": {"expert": "optical", "network": "tokens"}, "steps": 0, "held_out": []}
    (tmp_path / "run.json").write_text(json.dumps(note))
    arguments = ["--runs", str(tmp_path), "--out", str(tmp_path), "--encoder", str(tmp_path / "encoder.safetensors")]
    monkeypatch.setattr(sys, "argv", ["export", *arguments, "reflectance=run"])
    export.main()
    rng = np.random.default_rng(0)
    bands = rng.uniform(0, 0.4, (6, 72, 100)).astype(np.float16)
    allowed = np.zeros((72, 100), np.uint16)
    (sample,) = with_bands([Sample("hls", "0", "train", bands, np.ones(6, bool), allowed, 30.0, False, "0")], flags)
    tokens = Tokens(encoder(tmp_path / "encoder.safetensors"), tmp_path, "seen")
    expected = network(model, tokens)(sample)
    found = VisionNetworks(tmp_path, 1).probabilities(view_of(sample), 30.0, "optical")
    np.testing.assert_allclose(found, expected, atol=2e-3)  # weights are stored in half precision
