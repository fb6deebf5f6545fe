"""The trace: cards as they come, one of them current."""

from __future__ import annotations

from qgis.PyQt.QtCore import QSize, Qt, QTimer, pyqtSignal
from qgis.PyQt.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from ..i18n import tr
from ..session.question import Run
from .card import AnswerCard, Card, StepCard, muted, text_label

REDRAW_MS = 60  # text arrives token by token; cards are laid out at most this often


class _Column(QWidget):
    """Is as high as its wrapped texts need at its width, not as high as they would be at some other width."""

    def minimumSizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """None: the scroll area then asks for the height at the width that there is."""
        return QSize(0, 0)


class TraceView(QScrollArea):
    """Shows a Run. `step_chosen(int)` when a card is pressed; `stepped(int)`, -1 or 1, for the arrow keys;
    `nearest_chosen(int)` for a question that is offered in place of one that was not understood."""

    step_chosen = pyqtSignal(int)
    stepped = pyqtSignal(int)
    nearest_chosen = pyqtSignal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        inner = _Column()
        self._column = QVBoxLayout(inner)
        self._column.setContentsMargins(0, 2, 4, 2)
        self._column.setSpacing(6)
        self._hint = muted(
            text_label(tr("The reasoning appears here step by step. Each step marks the pixels that it speaks of."))
        )
        self._column.addWidget(self._hint)
        self._column.addStretch(1)
        self.setWidget(inner)
        self._cards: dict[int, StepCard] = {}
        self._answer: AnswerCard | None = None
        self._run: Run | None = None
        self._current: int | None = None
        self._dirty: set[int] = set()
        self._follow = True
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(REDRAW_MS)
        self._timer.timeout.connect(self._redraw)
        self.verticalScrollBar().rangeChanged.connect(self._go_along)

    @property
    def cards(self) -> list[Card]:
        """The cards from top to bottom."""
        return [self._cards[number] for number in sorted(self._cards)] + ([self._answer] if self._answer else [])

    def keyPressEvent(self, event) -> None:  # noqa: N802 (Qt's name)
        """Left and right go to the step before and after."""
        by = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(event.key(), 0)
        if by:
            self.stepped.emit(by)
        else:
            super().keyPressEvent(event)

    def show_run(self, run: Run) -> None:
        """Begin with another run; what it has so far is shown at once."""
        for card in self.cards:
            self._column.removeWidget(card)
            card.deleteLater()
        self._cards, self._answer, self._run, self._current = {}, None, run, None
        self._hint.setVisible(False)
        self._follow = run.end_reason == ""
        self._dirty = {step.number for step in run.ordered()}
        self._redraw()
        if run.end_reason:
            self.finish()

    def clear(self) -> None:
        """Show no run."""
        self.show_run(Run(""))
        self._hint.setVisible(True)

    def touch(self, step: int) -> None:
        """Note that a step changed; it is drawn soon."""
        self._dirty.add(step)
        if not self._timer.isActive():
            self._timer.start()

    def finish(self) -> None:
        """Draw what is left, all badges, and the answer."""
        if self._run is None:
            return
        self._dirty |= {step.number for step in self._run.ordered()}
        self._redraw()
        if self._answer is None:
            self._answer = AnswerCard(self.widget())
            self._answer.chosen.connect(self.nearest_chosen)
            self._column.insertWidget(self._column.count() - 1, self._answer)
        self._answer.show_run(self._run)

    def set_current(self, step: int | None) -> None:
        """Mark the step that the map shows alone; None for all."""
        self._current = step
        for number, card in self._cards.items():
            card.set_current(number == step)
        if step in self._cards:
            self._follow = False
            self.ensureWidgetVisible(self._cards[step], 0, 12)

    def _go_along(self, _low: int, high: int) -> None:
        """Keep what is new in view: the last line while it is written, the head of the answer when it is there."""
        if self._follow:
            self.verticalScrollBar().setValue(high if self._answer is None else min(high, self._answer.y() - 2))

    def _redraw(self) -> None:
        run = self._run
        if run is None:
            return
        places = {step.number: place for place, step in enumerate(run.ordered(), 1)}
        for number in sorted(self._dirty & set(places)):
            card = self._cards.get(number)
            if card is None:
                card = StepCard(number, self.widget())
                card.pressed.connect(lambda chosen=number: self.step_chosen.emit(chosen))
                self._cards[number] = card
                self._column.insertWidget(1 + sorted(self._cards).index(number), card)
            card.show_step(run.steps[number], run.claims_of(number), places[number], is_final=bool(run.end_reason))
        self._dirty.clear()
