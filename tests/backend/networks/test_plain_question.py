"""Plain questions in free words: the encoder helps where the grammar does not know a word, and drops no condition."""

from __future__ import annotations

from typing import Any

import pytest

from terrascope.networks.embedded.language import LanguageNetworks
from terrascope.networks.embedded.session import default_folder
from terrascope.networks.registry import available_networks
from terrascope.questions import query as q
from terrascope.questions.reading import Context, read
from terrascope.service.asked import in_free_words

pytestmark = pytest.mark.skipif(
    not available_networks()[0].available, reason="the embedded model's weights are not there"
)
CONTEXT = Context(dates=("2020-06-01",), bands=("red", "green", "blue", "nir"), pixel_m=10.0)
WATER = q.Cover(name="water")


class Network:
    """Has the encoder alone."""

    def __init__(self) -> None:
        self.language = LanguageNetworks(default_folder(), 1)


@pytest.fixture(scope="module")
def network() -> Any:
    return Network()


@pytest.mark.parametrize(
    ("question", "query", "unused"),
    [
        (
            "how much sand can one conjure up, in hectares",
            q.Query(measures=(q.Area(of=q.Cover(name="bare land")),), unit="ha"), (),
        ),
        ("does a river meander through it", q.Query(measures=(q.Exists(of=WATER),)), ("meander",)),
    ],
)  # fmt: skip
def test_an_unknown_word_is_no_hindrance_and_is_said(
    network: Any, question: str, query: q.Query, unused: tuple[str, ...]
) -> None:
    before = read(question, CONTEXT)
    found = in_free_words(question, CONTEXT, network, before) if before.query is None else before
    assert found.query is not None and type(found.query.measures[0]) in (type(query.measures[0]), q.Share)
    assert {each.name for each in q.walk(found.query) if isinstance(each, q.Cover)} == {
        each.name for each in q.walk(query) if isinstance(each, q.Cover)
    }
    words = [question[word.start : word.end] for word in found.words if word.use == "not used"]
    assert set(unused) <= set(words)


@pytest.mark.parametrize(
    "question",
    [
        "how much water splashes about in the northern half",
        "does a river of more than 5 ha meander through it",
        "how much water glistens within 200 m of the forest",
        "how much water is not murky",
        "how much water glistened in 1995",
    ],
)
def test_a_condition_is_never_dropped(network: Any, question: str) -> None:
    before = read(question, CONTEXT)
    assert in_free_words(question, CONTEXT, network, before) is before


def test_other_languages_are_left_to_the_grammar(network: Any) -> None:
    question = "wieviel wasser plätschert hier"
    before = read(question, CONTEXT)
    assert before.query is not None or in_free_words(question, CONTEXT, network, before) is before
