"""Training of the language side: a run goes on where it stopped, the vocabulary keeps what questions need, the tables
of questions are whole."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="training needs torch")

from terrascope.networks.embedded.reading import Reading  # noqa: E402
from terrascope.networks.embedded.wordpiece import SPECIAL  # noqa: E402
from terrascope.terra_cot.questions import KINDS  # noqa: E402
from terrascope.training.language.base import cut_vocabulary  # noqa: E402
from terrascope.training.language.questions_data import manifest_part, read_any  # noqa: E402
from terrascope.training.language.train import (  # noqa: E402
    build,
    read_checkpoint,
    take_optimiser,
    write_checkpoint,
)
from terrascope.training.language.wording import DEVELOPMENT, GIVES, read_table, score  # noqa: E402


def test_a_run_goes_on_from_its_checkpoint(tmp_path: Path) -> None:
    decoder = build(["covers"]).decoder
    optimiser = torch.optim.AdamW(decoder.parameters(), 1e-3)
    decoder.table().pow(2).sum().backward()
    optimiser.step()
    write_checkpoint(tmp_path / "checkpoint.safetensors", 7, ["covers"], decoder, optimiser)
    stored = read_checkpoint(tmp_path / "checkpoint.safetensors")
    assert (stored.step, stored.words) == (7, ["covers"])
    again = build(stored.words).decoder
    again.load_state_dict(stored.part("decoder"))
    assert torch.equal(again.table(), decoder.table())
    other = torch.optim.AdamW(again.parameters(), 1e-3)
    take_optimiser(other, stored)
    assert torch.equal(other.state_dict()["state"][0]["exp_avg"], optimiser.state_dict()["state"][0]["exp_avg"])


def test_the_cut_vocabulary_keeps_letters_and_what_questions_need() -> None:
    pieces = [*SPECIAL, "[unused1]", "the", "lake", "copse", "##s", "a", "x", "北", "rare"]
    kept = [pieces[rank] for rank in cut_vocabulary(pieces, 1, ["a copse", "lakes"])]
    assert kept[:4] == list(SPECIAL)
    assert {"the", "copse", "lake", "##s", "a", "x"} <= set(kept)
    assert not {"[unused1]", "北", "rare"} & set(kept)


def test_every_kind_of_the_development_questions_is_one_that_the_model_can_give() -> None:
    table = read_table(DEVELOPMENT)
    assert len(table) == 270
    assert {kind for row in table for kind in row.kinds.split("|")} <= set(GIVES)
    assert {kind for kinds in GIVES.values() for kind in kinds} <= set(KINDS)


def test_a_table_is_counted_by_kind_and_classes() -> None:
    table = read_table(DEVELOPMENT)
    found = score(lambda question, dates: Reading("refuse_unseen", (), "auto", False, 1.0), table)
    assert found.all.abstains == 1.0
    assert found.all.both == 0.0


def test_questions_for_the_encoder_have_as_many_classes_as_their_kind_needs() -> None:
    rng = random.Random(11)
    needs = manifest_part()["classes"]
    for _ in range(3000):
        question = read_any(rng)
        wanted = needs[question.kind]
        if isinstance(wanted, list):
            assert set(question.labels) == set(wanted)
        elif wanted >= 0:
            assert len(question.labels) == wanted, question
        else:
            assert 1 <= len(question.labels) <= (2 if wanted == -2 else 14), question
