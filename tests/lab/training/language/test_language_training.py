"""Training of the language side: a run goes on where it stopped, the vocabulary keeps what questions need, the tables
of questions are whole."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="training needs torch")

from safetensors.torch import save_file  # noqa: E402

from terrascope.landcover.words import labels_in  # noqa: E402
from terrascope.networks.embedded.reading import Reading  # noqa: E402
from terrascope.networks.embedded.wordpiece import SPECIAL, WordPieces  # noqa: E402
from terrascope_lab.cot.questions import KINDS  # noqa: E402
from terrascope_lab.training.language.base import cut_vocabulary  # noqa: E402
from terrascope_lab.training.language.encoder import Run, shape, train  # noqa: E402
from terrascope_lab.training.language.free_wording import Free, free_questions, unanswerable  # noqa: E402
from terrascope_lab.training.language.model import QuestionEncoder  # noqa: E402
from terrascope_lab.training.language.questions_data import manifest_part, read_any, swapped  # noqa: E402
from terrascope_lab.training.language.train import (  # noqa: E402
    Feed,
    build,
    read_checkpoint,
    take_optimiser,
    write_checkpoint,
)
from terrascope_lab.training.language.wording import GIVES, Row, judge, read_table, score  # noqa: E402

DEVELOPMENT = Path(__file__).parents[3] / "backend" / "free_wording" / "development.tsv"


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


def test_an_encoder_that_was_interrupted_ends_as_one_that_was_not(tmp_path: Path) -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"
    tokenizer = WordPieces([*SPECIAL, *letters, *(f"##{letter}" for letter in letters)])
    encoder = QuestionEncoder(len(tokenizer), shape())
    for name in ("whole", "parts"):
        (tmp_path / name).mkdir()
        tokenizer.write(tmp_path / name / "tokenizer.json")
        save_file(encoder.state_dict(), tmp_path / name / "encoder.safetensors")
    whole = Run(tmp_path / "whole", None, steps=2, batch=2, seed=3)
    train(whole)
    first = Run(tmp_path / "parts", None, steps=2, batch=2, seed=3)
    first.advance()
    first.save()
    second = Run(tmp_path / "parts", None, steps=2, batch=2, seed=3)
    assert second.step == 1
    train(second)
    assert all(
        torch.equal(value, second.encoder.state_dict()[name]) for name, value in whole.encoder.state_dict().items()
    )


def test_what_a_step_of_the_decoder_learns_depends_on_its_number_alone() -> None:
    feed = Feed(1, None, 2)
    for step in (0, 12):
        asked = [sample.question.text for sample in feed.at(step)]
    assert asked == [sample.question.text for sample in Feed(1, None, 2).at(12)]


def test_every_kind_of_the_development_questions_is_one_that_the_model_can_give() -> None:
    table = read_table(DEVELOPMENT)
    assert len(table) == 303
    assert {kind for row in table for kind in row.kinds.split("|")} <= set(GIVES)
    assert {kind for kinds in GIVES.values() for kind in kinds} <= set(KINDS)


def test_no_development_question_is_learnt() -> None:
    learnt = {item.text.lower().strip(" ?.!") for item in free_questions()} | {
        text.lower().strip(" ?.!") for text in unanswerable()
    }
    assert not learnt & {row.question.lower().strip(" ?.!") for row in read_table(DEVELOPMENT)}


def test_a_table_is_counted_by_kind_and_classes() -> None:
    table = read_table(DEVELOPMENT)
    found = score(lambda question, dates: Reading("refuse_unseen", (), "auto", False, 1.0), table)
    assert found.all.abstains == 1.0
    assert found.all.both == 0.0


@pytest.mark.parametrize(
    ("kind", "classes", "labels", "right"),
    [
        ("suitability", "crop|crop+grass", ("cropland", "grass"), True),
        ("suitability", "crop|crop+grass", ("cropland",), True),
        ("suitability", "crop|crop+grass", ("grass",), False),
        ("touch", "water+built-up|built", ("water", "built-up area"), True),
        ("touch", "water+built-up|built", ("built-up area",), False),
        ("share", "-", ("water",), True),
    ],
)  # fmt: skip
def test_a_bar_is_another_answer_or_in_questions_about_two_classes_another_word(
    kind: str, classes: str, labels: tuple[str, ...], right: bool
) -> None:
    asked = {"suitability": "suit_other"}.get(kind, kind)
    assert judge(Row(kind, classes, ""), Reading(asked, labels, "auto", False, 1.0)).classes is right


def test_a_hand_written_question_can_be_asked_of_another_class() -> None:
    rng = random.Random(1)
    text, labels = swapped(Free("How many ponds are near?", "count", ("water",), 1), rng)
    assert labels != ("water",)
    assert labels_in(text) == labels
    assert swapped(Free("what do I see", "describe", (), 1), rng) == ("what do I see", ())


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
