"""The questions that the panel offers as examples are read."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from terrascope.questions.reading import Context, read

BOX = Path(__file__).parents[4] / "terrascope_plugin" / "panel" / "question_box.py"


def examples() -> list[str]:
    tree = ast.parse(BOX.read_text(encoding="utf-8"))
    method = next(each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef) and each.name == "suggest")
    return [
        each.value
        for each in ast.walk(method)
        if isinstance(each, ast.Constant) and isinstance(each.value, str) and each.value.endswith("?")
    ]


@pytest.mark.parametrize("question", examples())
def test_an_example_of_the_panel_is_read(question: str) -> None:
    context = Context(dates=("2010-06-01", "2020-06-01"), bands=("blue", "green", "red", "nir"), pixel_m=1.0)
    found = read(question, context)
    assert found.query is not None and not [word for word in found.words if word.use == "not used"], found
