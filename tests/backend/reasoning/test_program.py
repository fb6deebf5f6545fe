"""How well answers agree that are measured from smaller and larger masks."""

from __future__ import annotations

import pytest

from terrascope.questions.evaluate import Result, Row, Value
from terrascope.reasoning.program import agreement


def of(number: float | None, **fields: object) -> Result:
    return Result((Row("", (Value(number),)),), **fields)  # type: ignore[arg-type]


def test_numbers_agree_by_their_range() -> None:
    assert agreement([of(10.0), of(5.0), of(15.0)]) == pytest.approx(0.5)
    assert agreement([of(10.0), of(10.0), of(10.0)]) == 1
    assert agreement([of(-3.0), of(-5.0), of(4.0)]) == 0, "growth or loss is not known"


def test_verdicts_and_orders_agree_or_do_not() -> None:
    yes, no = of(10.0, verdict=(True,)), of(1.0, verdict=(False,))
    assert agreement([yes, yes, no]) == pytest.approx(2 / 3)
    less = [of(number, compared=(Value(48.0),)) for number in (18.0, 9.0, 30.0)]
    assert agreement(less) == 1, "trees are less than the town, however large their mask is"
    assert agreement([*less[:2], of(50.0, compared=(Value(48.0),))]) == pytest.approx(2 / 3)
    assert agreement([of(1.0, ranked=("a",)), of(1.0, ranked=("b",))]) == 0.5
