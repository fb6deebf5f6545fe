"""One command makes the ablation table: what each part of the reasoning is worth, for any network."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from terrascope.networks.interface import Prompt
from terrascope_lab.bench.ablation import ablate, ablation_table, variants_for
from terrascope_lab.bench.variants import BlankNetwork, EvidenceNetwork, Variant, make_asker
from tests.backend.reasoning.scripted import ScriptedNetwork, ids_of, scene, view
from tests.lab.bench.test_run import sample


def load() -> ScriptedNetwork:
    return ScriptedNetwork(ids_of("<think>the water [SEG]</think><answer>50 %</answer><|im_end|>"))


def test_every_variant_of_the_paper_has_its_row(tmp_path: Path):
    pair = sample(1, image_bytes=sample(0).image_bytes * 2, roles=("optical", "sar"), times=(0, 0), gsd_m=None)
    samples = [sample(0), pair]
    variants = variants_for(samples)
    rows = ablate(partial(iter, samples), load, tmp_path, variants)
    table = ablation_table(rows)
    for name in (
        "text only", "random tokens", "boxes", "released rule", "paper's rule", "input: optical", "input: sar",
        "input: concatenated", "input: text-guided", "input: quality", "evidence measured", "evidence not measured",
        "oracle masks", "blank pictures",
    ):  # fmt: skip
        assert name in table
    assert len(rows) == len(table.splitlines()) - 2 == len(list(tmp_path.glob("*.jsonl")))


def test_rows_that_mean_nothing_are_left_out():
    names = [variant.name for variant in variants_for([sample(0, masks={})])]
    assert "oracle masks" not in names and not any(name.startswith("input") for name in names)
    later = sample(0, roles=("optical", "sar"), times=(0, 1))
    assert not any(variant.name.startswith("input") for variant in variants_for([later]))


def test_a_blank_picture_shows_its_mean_and_nothing_else():
    pixels = np.random.default_rng(0).random((3, 64, 64)).astype(np.float32)
    seen = []

    class Watching(ScriptedNetwork):
        def begin(self, scene, prompt):
            seen.append(scene)
            return super().begin(scene, prompt)

    network = BlankNetwork(Watching("B"))
    shown = scene(view(pixels=pixels))
    network.begin(shown, Prompt("?"))
    network.begin(shown, Prompt("??"))
    assert seen[0] is seen[1] and seen[0].views[0].pixels.std(axis=(1, 2)).max() < 1e-6
    assert np.allclose(seen[0].views[0].pixels[:, 0, 0], pixels.mean(axis=(1, 2)), atol=1e-4)


def test_evidence_can_be_kept_from_a_network():
    asker = make_asker(lambda: ScriptedNetwork("B", measured=True), Variant("x", measured=False))
    assert isinstance(asker.network, EvidenceNetwork) and not asker.network.info.measured_evidence
    same = make_asker(lambda: ScriptedNetwork("B", measured=True), Variant("x", measured=True))
    assert isinstance(same.network, ScriptedNetwork)
