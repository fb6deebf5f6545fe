"""What is not sure of an input: the readings it has, and which of them was taken, by whom. No heavy imports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from terrascope.errors import SceneError

#: Where a decision comes from, most certain first. "assumed": nothing tells, and it is said.
SOURCES = ("user", "metadata", "siblings", "name", "pixels", "assumed")


@dataclass(frozen=True)
class Reading:
    """One way to read an input. `key`: the value that the layer's setting takes for it; `text`: what it means."""

    key: str
    text: str


@dataclass(frozen=True)
class Doubt:
    """A decision about a layer that its metadata does not make.

    Attributes
    ----------
    what
        The layer's setting that decides it, as `LayerRequest` and the command line call it: "offset", "nodata", ...
    layer
        Name of the layer.
    readings
        The two or more readings, the likelier first.
    reason
        What speaks for and against them, as a sentence without its full stop.
    choice
        Key of the reading that is used; None: it is open, and has to be asked.
    by
        Who chose: one of `SOURCES`; None while it is open.
    likely
        How probable it is that the choice is right: a rule of thumb that lowers the certainty of answers.
    """

    what: str
    layer: str
    readings: tuple[Reading, ...]
    reason: str
    choice: str | None = None
    by: str | None = None
    likely: float = 0.9

    @property
    def open(self) -> bool:
        """True where no reading was chosen."""
        return self.choice is None

    @property
    def chosen(self) -> Reading | None:
        """The reading that is used."""
        return next((each for each in self.readings if each.key == self.choice), None)

    @property
    def text(self) -> str:
        """One sentence for notes and warnings, without its full stop."""
        if self.chosen is None:
            either = " or ".join(each.text for each in self.readings)
            return f"{self.reason}: {either}?"
        others = ", ".join(f"{self.what}={each.key} ({each.text})" for each in self.readings if each is not self.chosen)
        return f"{self.reason}: taken as {self.chosen.text}; otherwise set {others}"


class UnsettledError(SceneError):
    """A question depends on a decision that nobody but the user can make.

    Attributes
    ----------
    doubts
        The open ones, at least one.
    """

    code = "unsettled"

    def __init__(self, doubts: Sequence[Doubt]) -> None:
        first = doubts[0]
        ways = " or ".join(f"{first.what}={each.key} ({each.text})" for each in first.readings)
        more = f" {len(doubts) - 1} more such question(s) follow." if len(doubts) > 1 else ""
        super().__init__(
            f'"{first.layer}": {first.reason}.{more}',
            f"Set {ways} for this layer (command line: --set {first.what}={first.readings[0].key}).",
        )
        self.doubts = tuple(doubts)
        self.details = {"doubts": [asdict(each) for each in doubts]}


def refuse_open(doubts: Iterable[Doubt]) -> None:
    """Refuse what rests on an open doubt.

    Raises
    ------
    UnsettledError
        If one of them is open.
    """
    unsettled = [each for each in dict.fromkeys(doubts) if each.open]
    if unsettled:
        raise UnsettledError(unsettled)
