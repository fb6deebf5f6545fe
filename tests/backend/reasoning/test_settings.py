"""Settings: named choices, the checkpoint's own way by default, and errors that say what to write instead."""

from __future__ import annotations

import json

import pytest

from terrascope.reasoning.settings import ReasoningSettings, SettingsError


def test_released_behaviour_is_the_default() -> None:
    found = ReasoningSettings().resolved({})
    assert (found.selection, found.selection_cap, found.max_tokens, found.max_segments) == ("released", 8, 8192, 20)
    assert found.temperature == 0


def test_the_checkpoint_is_asked_before_the_released_behaviour() -> None:
    found = ReasoningSettings().resolved({"selection": "paper", "selection_cap": 64, "modality": "quality"})
    assert (found.selection, found.selection_cap, found.modality) == ("paper", 64, "quality")


def test_a_cap_belongs_to_its_selection() -> None:
    trained = {"selection": "released", "selection_cap": 8}
    assert ReasoningSettings(selection="paper").resolved(trained).selection_cap == 128
    assert ReasoningSettings(selection="paper", selection_cap=9).resolved(trained).selection_cap == 9


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"selection": "papers"}, "released, paper"),
        ({"modality": "both"}, "text_guided"),
        ({"max_tokens": 0}, "at least 1"),
        ({"selection_cap": -1}, "at least 0"),
        ({"selection_cap": "8"}, "whole number"),
        ({"max_segments": True}, "whole number"),
        ({"temperature": -1}, "greedy"),
        ({"top_p": 0}, "above 0"),
        ({"colour": "red"}, "Known settings"),
    ],
)
def test_a_wrong_setting_is_named_with_a_way_out(values: dict[str, object], words: str) -> None:
    with pytest.raises(SettingsError, match=words) as caught:
        ReasoningSettings.from_mapping(values)
    assert next(iter(values)) in str(caught.value)


def test_a_checkpoint_with_an_unknown_default_is_refused() -> None:
    with pytest.raises(SettingsError, match="selection"):
        ReasoningSettings().resolved({"selection": "magic"})


def test_what_a_trace_records_is_plain() -> None:
    assert json.loads(json.dumps(ReasoningSettings().resolved({}).to_dict()))["selection"] == "released"
