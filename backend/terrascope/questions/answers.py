"""What a query gave, as a sentence in the language of the question: it begins from what was understood."""

from __future__ import annotations

from collections.abc import Sequence

from terrascope.questions import query as q
from terrascope.questions.evaluate import Result, Value
from terrascope.questions.tables import kind_of, written
from terrascope.questions.wording import Wording, class_text, phrase, sentence

#: Rows, parts and classes that a sentence names; a table has them all.
_NAMED = 12
#: A class is named from this share of the ground on.
_LEAST_SHARE = 0.0005
_SIGNED = (q.NetChange, q.Rate)


def answer_text(query: q.Query, result: Result, dates: Sequence[str] = (), has_metres: bool = True) -> str:
    """Return the answer to a query: "Share of trees, northern half: 23.4 %.", "Yes. ..." to a question for yes or no.

    Parameters
    ----------
    dates
        Of the scene, in order.
    has_metres
        False for a scene without a CRS: areas and lengths are pixels.
    """
    return _Answer(query, result, Wording(query.language, dates, has_metres)).text()


class _Answer:
    def __init__(self, query: q.Query, result: Result, words: Wording) -> None:
        self.query, self.result, self.words = query, result, words
        self.language = query.language
        self.colon = "：" if self.language == "zh" else ": "

    def text(self) -> str:
        understood = self.words.query(self.query, asked=False)
        rows = self.result.rows
        if len(rows) == 1 and not rows[0].key:
            said = self._values(0)
            if isinstance(self.query.test, q.Threshold):
                said += f" ({self.words.test(self.query).strip('¿?？ ')})"
        else:
            said = self._rows()
        first = self._yes_or_no()
        lead = f"{phrase('yes' if first else 'no', self.language)}. " if first is not None else self._larger()
        if len(self.query.measures) > 1:
            understood = self.words.query(self.query, asked=False, measured=False)
        understood += self.colon if understood else ""
        return lead + sentence(understood + said, self.language)

    def _yes_or_no(self) -> bool | None:
        """The answer to a question for yes or no about the whole; None to any other."""
        if len(self.result.rows) != 1 or self.result.rows[0].key:
            return None
        if self.result.verdict:
            return self.result.verdict[0]
        return self.result.rows[0].values[0].yes if len(self.query.measures) == 1 else None

    def _larger(self) -> str:
        """Which of two is larger, where a question asks that: "Built-up area. "."""
        test = self.query.test
        if not isinstance(test, q.Compared) or test.test is not None or len(self.result.rows) != 1:
            return ""
        mine, other = self.result.rows[0].values[0].number, self.result.compared[0].number
        if mine is None or other is None or mine == other:
            return ""
        of = getattr(self.query.measures[0] if mine > other else test.to, "of", None)
        return "" if of is None else sentence(self.words.region(of), self.language) + " "

    def _values(self, row: int) -> str:
        values = self.result.rows[row].values
        texts = [self._value(measure, value) for measure, value in zip(self.query.measures, values)]
        if len(texts) > 1:  # several measures of one row: each number beside what it is of
            texts = [self.words.measure(each) + self.colon + text for each, text in zip(self.query.measures, texts)]
        if self.result.compared and isinstance(self.query.test, q.Compared):
            texts.append(self._compared(values[0], self.result.compared[row], self.query.test))
        return "; ".join(texts)

    def _rows(self) -> str:
        rows, ranked = self.result.rows, self.result.ranked
        order = list(range(len(rows)))
        if ranked:
            order = [next(i for i, row in enumerate(rows) if row.key == key) for key in ranked]
        texts = []
        for number in order[:_NAMED]:
            text = f"{self._key(rows[number].key)} {self._values(number)}"
            if self.result.verdict:
                text += f" ({phrase('yes' if self.result.verdict[number] else 'no', self.language)})"
            texts.append(text)
        more = len(order) - _NAMED
        return "; ".join(texts) + (f"; … (+{more})" if more > 0 else "")

    def _key(self, key: str) -> str:
        if isinstance(self.query.by, q.ByClasses):
            return class_text(key, self.language)
        if isinstance(self.query.by, q.ByParts):
            return phrase(f"{'ninth' if self.query.by.parts == 'ninths' else 'half'} {key}", self.language)
        return key

    def _value(self, measure: q.AnyMeasure, value: Value) -> str:
        if isinstance(measure, q.Exists):
            return self._number(measure, value.number) if value.yes else phrase("none", self.language)
        if isinstance(measure, q.Touches):
            return phrase("yes" if value.yes else "no", self.language)
        if isinstance(measure, q.Position):
            return phrase(f"ninth {value.text}", self.language) if value.text else phrase("none", self.language)
        if isinstance(measure, q.Classes):
            return self._classes(value)
        if isinstance(measure, q.Dominant):
            return self._dominant(value)
        if isinstance(measure, q.ListParts):
            areas = [self._area(area) for _, area in value.parts[:_NAMED]]
            more = f"; … (+{len(value.parts) - _NAMED})" if len(value.parts) > _NAMED else ""
            return f"{self._number(measure, value.number, 'count')} ({'; '.join(areas)}{more})" if areas else "0"
        return self._number(measure, value.number)

    def _classes(self, value: Value) -> str:
        total = sum(area for _, area in value.parts)
        named = [(name, area) for name, area in value.parts if total and area / total >= _LEAST_SHARE]
        return "; ".join(
            f"{class_text(name, self.language)} {self._share(area / total)} ({self._area(area)})"
            for name, area in named
        ) or phrase("none", self.language)

    def _dominant(self, value: Value) -> str:
        total = sum(area for _, area in value.parts)
        if not value.text or not total or value.number is None:
            return phrase("none", self.language)
        return f"{class_text(value.text, self.language)}, {self._share(value.number / total)}"

    def _compared(self, mine: Value, other: Value, test: q.Compared) -> str:
        """The other value, and by how much and how many times the first is larger."""
        text = self.words.measure(test.to) + self.colon + self._value(test.to, other)
        if mine.number is None or other.number is None or kind_of(self.query.measures[0]) != kind_of(test.to):
            return text
        away = mine.number - other.number
        size = self._number(test.to, abs(away))
        text += "; " + phrase("more by" if away >= 0 else "less by", self.language, value=size)
        if other.number > 0:
            times = written(mine.number / other.number, "number", None, True, self.language)
            text += f" ({phrase('times', self.language, value=_short(times))})"
        return text

    def _number(self, measure: q.AnyMeasure, number: float | None, kind: str = "") -> str:
        if number is None:
            return phrase("no value", self.language)
        text = written(abs(number), kind or kind_of(measure), self.query.unit, self.words.has_metres, self.language)
        if isinstance(measure, _SIGNED):
            return f"{'+' if number > 0 else '−' if number < 0 else '±'}{text}"
        return f"−{text}" if number < 0 else text

    def _area(self, area: float) -> str:
        return written(area, "area", self.query.unit, self.words.has_metres, self.language)

    def _share(self, share: float) -> str:
        return written(share, "share", None, True, self.language)


def _short(number: str) -> str:
    """A ratio with two decimals, of a text with four."""
    return number[:-2]
