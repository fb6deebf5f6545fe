"""The cards of the trace: a step, and the answer."""

from __future__ import annotations

from html import escape

from qgis.PyQt.QtCore import QPoint, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor, QDrag, QFont, QPalette
from qgis.PyQt.QtWidgets import QApplication, QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from ..i18n import tr
from ..landcover import class_name
from ..plain_text import tooltip
from ..session.question import Claim, Run, StepOfRun
from . import wording
from .ink import ink
from .layout_items import drag_of

#: Below it a mask is pointed out as unsure.
LOW_CONFIDENCE = 0.6
#: Questions that are offered in place of one that was not understood, and rows of values that the card shows.
NEAREST, ROWS = 3, 40
#: Of several checks of one statement the gravest counts.
_GRAVITY = {"not_checkable": 0, "supported": 1, "contradicted": 2}
_VERDICTS = {"supported": ("✓", "good"), "contradicted": ("✗", "bad"), "not_checkable": ("?", "quiet")}


def text_label(text: str = "", *, bold: bool = False, small: bool = False) -> QLabel:
    """Return a wrapping, selectable label in the interface's font."""
    label = QLabel(text)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
    font = QFont(label.font())
    font.setBold(bold)
    if small:
        font.setPointSizeF(font.pointSizeF() * 0.9)
    label.setFont(font)
    return label


def muted(label: QLabel) -> QLabel:
    """Give a label the quieter text colour of the theme."""
    palette = label.palette()
    colour = QColor(palette.color(QPalette.ColorRole.WindowText))
    colour.setAlpha(165)
    palette.setColor(QPalette.ColorRole.WindowText, colour)
    label.setPalette(palette)
    return label


class Badge(QLabel):
    """Whether a number of the text agrees with the mask. Sign and word, never colour alone.

    `beside` is the text above it: what that says already is not said again.
    """

    def __init__(self, claim: Claim, parent: QWidget | None = None, *, beside: str = "") -> None:
        super().__init__(parent)
        sign, meaning = _VERDICTS.get(claim.verdict, _VERDICTS["not_checkable"])
        colour = ink(meaning)
        words = {
            "supported": tr("agrees with the mask"),
            "contradicted": tr("text {0}, mask {1}").format(
                _value(claim.claimed, claim.unit), _value(claim.measured, claim.unit)
            ),
            "not_checkable": tr("cannot be checked"),
        }
        text = wording.typeset(claim.text)
        said = "" if claim.text in beside else escape(text if len(text) < 70 else text[:67] + "…") + " — "
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setText(
            f'<b style="color:{colour}">{sign}</b> {said}<span style="color:{colour}">'
            f"{escape(words.get(claim.verdict, claim.verdict))}</span>"
        )
        self.setWordWrap(True)
        self.setToolTip(tooltip(claim.reason or claim.text))
        self.setAccessibleName(f"{claim.text}: {words.get(claim.verdict, claim.verdict)}")


def _value(value: object, unit: str) -> str:
    if isinstance(value, float):
        decimals = 0 if value == int(value) or abs(value) >= 1000 else 1 if abs(value) >= 10 else 2
        value = wording.number(value, decimals)
    return f"{value} {unit}".strip()


class Card(QFrame):
    """A frame with a coloured edge that can be pressed, by mouse or keyboard."""

    pressed = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("terrascopeCard")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._colour, self._is_current = "", False
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(12, 7, 8, 7)
        self.body.setSpacing(3)
        self.paint_edge("#8a8f98")

    def paint_edge(self, colour: str, *, current: bool = False) -> None:
        """Show the class colour on the left; the current card has a full border."""
        colour = QColor(colour).name()  # "#rrggbb", whatever was given: it goes into a style sheet
        if (colour, current) == (self._colour, self._is_current):
            return
        self._colour, self._is_current = colour, current
        border = "palette(highlight)" if current else "palette(mid)"
        width = 2 if current else 1
        self.setStyleSheet(
            f"#terrascopeCard {{ background: palette(base); border: {width}px solid {border}; border-radius: 5px; "
            f"border-left: 6px solid {colour}; }}"
            "#terrascopeCard:focus { border-top-color: palette(highlight); border-bottom-color: palette(highlight); "
            "border-right-color: palette(highlight); }"
        )

    @property
    def colour(self) -> str:
        """The edge's colour."""
        return self._colour

    def mousePressEvent(self, event) -> None:  # noqa: N802 (Qt's name)
        """Choose this card."""
        self.pressed.emit()
        super().mousePressEvent(event)

    def keyPressEvent(self, event) -> None:  # noqa: N802 (Qt's name)
        """Enter and space choose this card."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.pressed.emit()
        else:
            super().keyPressEvent(event)


class StepCard(Card):
    """One step: number, class, date or sensor; its size; the text; what the numbers are worth."""

    def __init__(self, number: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.number = number
        self.title = text_label(bold=True)
        self.where = muted(text_label(small=True))
        self.where.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
        head = QHBoxLayout()
        head.addWidget(self.title, 3)
        head.addWidget(self.where, 2)
        self.size = text_label()
        self.text = text_label()
        self.evidence = muted(text_label(small=True))
        self._badges = QVBoxLayout()
        self._badges.setSpacing(1)
        self.body.addLayout(head)
        for widget in (self.size, self.text, self.evidence):
            self.body.addWidget(widget)
        self.body.addLayout(self._badges)
        self._badge_count = 0

    def show_step(self, step: StepOfRun, claims: list[Claim], place: int, *, is_final: bool) -> None:
        """Fill the card. `place` counts the cards from 1; `is_final`: no mask can follow any more."""
        own = step.mask
        title = class_name(step.label) if step.label else (tr("Conclusion") if is_final else "…")
        self.title.setText(f"{place}  {title}")
        self.where.setText("  ·  ".join(part for part in (step.date or "", step.view_name) if part))
        self._show(self.text, wording.typeset(step.text))
        self._show(self.size, self._size_of(step))
        evidence = step.evidence.strip()
        self._show(self.evidence, "" if evidence in step.text else wording.typeset(evidence.strip("(). ")))
        if own is not None:
            self.paint_edge(own.colour, current=self._is_current)
        for claim in claims[self._badge_count :]:
            self._badges.addWidget(Badge(claim, self, beside=step.text))
        self._badge_count = len(claims)
        self.setAccessibleName(f"{self.title.text()}: {step.text}")

    def set_current(self, is_current: bool) -> None:
        """Mark this card as the one that the map shows."""
        self.paint_edge(self.colour, current=is_current)

    def _size_of(self, step: StepOfRun) -> str:
        if step.is_segmenting:
            return tr("marking pixels…")
        lines = []
        for mask in step.masks:
            words = wording.extent_of(mask)
            lines.append(f"{class_name(mask.label)}: {words}" if mask.derived else words)
        if step.confidence is not None and lines:
            text = tr("confidence {0}") if step.confidence >= LOW_CONFIDENCE else tr("⚠ low confidence, {0}")
            lines[0] += "  ·  " + text.format(wording.percent(step.confidence))
        return "\n".join(lines)

    @staticmethod
    def _show(label: QLabel, text: str) -> None:
        if label.text() != text:
            label.setText(text)
        label.setVisible(bool(text))


class AnswerCard(Card):
    """The answer, what it rests on, where it came from, and what the model could not tell. Can be dragged away.

    `chosen` says which of the questions that are offered in place of one that was not understood was clicked.
    """

    chosen = pyqtSignal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._run: Run | None = None
        self._pressed_at: QPoint | None = None
        self.setToolTip(tr("Drag it onto a print layout"))
        self.title = text_label(bold=True)
        self.answer = text_label()
        font = QFont(self.answer.font())
        font.setPointSizeF(font.pointSizeF() * 1.2)
        self.answer.setFont(font)
        self.answer.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.understood = muted(text_label(small=True))
        self.certainty = text_label(small=True)
        self.certainty.setToolTip(
            tooltip(
                tr(
                    "How sure the answer is of the ground: how much of what the masks could as well have been leads to "
                    "the same answer, lowered by what had to be assumed of the layers."
                )
            )
        )
        self.nearest = text_label()
        self.nearest.setTextFormat(Qt.TextFormat.RichText)
        self.nearest.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
        self.nearest.linkActivated.connect(lambda link: self.chosen.emit(int(link)))
        self.table = text_label()
        self.table.setTextFormat(Qt.TextFormat.RichText)
        self.table.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.evidence = muted(text_label(small=True))
        self.doubts = text_label(small=True)
        self.origin = muted(text_label(small=True))
        self._badges = QVBoxLayout()
        self._badges.setSpacing(1)
        self.body.addWidget(self.title)
        self.body.addWidget(self.understood)
        self.body.addWidget(self.answer)
        self.body.addWidget(self.certainty)
        self.body.addWidget(self.nearest)
        self.body.addWidget(self.table)
        self.body.addLayout(self._badges)
        for widget in (self.evidence, self.doubts, self.origin):
            self.body.addWidget(widget)

    def mouseMoveEvent(self, event) -> None:  # noqa: N802 (Qt's name)
        """Drag the run: onto a print layout, into the map of another window, as text into an editor."""
        if self._run is None or self._pressed_at is None:
            return
        if (event.pos() - self._pressed_at).manhattanLength() >= QApplication.startDragDistance():
            self._pressed_at = None
            drag = QDrag(self)
            drag.setMimeData(drag_of(self._run))
            drag.exec(Qt.DropAction.CopyAction)

    def mousePressEvent(self, event) -> None:  # noqa: N802 (Qt's name)
        """Note where a drag would begin."""
        self._pressed_at = event.pos()
        super().mousePressEvent(event)

    def show_run(self, run: Run) -> None:
        """Fill the card from a run that has ended."""
        self._run = run
        self.title.setText(tr("Answer") if run.end_reason == "answered" else wording.end_of(run))
        self._fill(self.answer, wording.answer_of(run))
        self._fill(self.understood, tr("Understood: {0}").format(run.understood) if run.understood else "")
        self._fill(self.certainty, wording.certainty_of(run))
        self._fill(self.nearest, _links(run))
        self._fill(self.table, _table(run))
        statements = {claim.text: claim for claim in sorted(run.claims, key=lambda each: _GRAVITY.get(each.verdict, 0))}
        wrong = sum(claim.verdict == "contradicted" for claim in statements.values())
        count = sum(len(step.masks) for step in run.steps.values())
        parts = [tr("1 mask measured") if count == 1 else tr("{0} masks measured").format(count)] if count else []
        if statements:
            supported = sum(claim.verdict == "supported" for claim in statements.values())
            parts.append(tr("{0} of {1} statements agree with the masks").format(supported, len(statements)))
        if wrong:
            parts.append(tr("{0} contradicted").format(wrong))
        self._fill(self.evidence, "; ".join(parts))
        shown = {step.number for step in run.ordered()}
        if self._badges.count() == 0:
            for claim in statements.values():
                if claim.step not in shown:
                    self._badges.addWidget(Badge(claim, self, beside=run.answer))
        unused = tr("Not used of the question: {0}").format(", ".join(run.not_used))
        doubts = [*([unused] if run.not_used and run.query else []), *run.warnings, *([run.hint] if run.hint else [])]
        self._fill(self.doubts, "\n".join(f"⚠ {doubt}" for doubt in dict.fromkeys(doubts)))
        origin = [wording.network_name(run.network)] if run.network or run.device else []
        if run.device:
            origin.append(wording.device_name(run.device))
        if run.seconds is not None:
            origin.append(f"{wording.number(run.seconds, 1)} s")
        origin += run.inputs
        self._fill(self.origin, wording.typeset("\n".join(["  ·  ".join(origin), *run.notes]).strip()))
        meanings = {"answered": "good", "error": "bad", "degenerate": "bad"}
        unsure = run.answer_confidence is not None and run.answer_confidence < wording.DOUBTFUL
        self.paint_edge(ink("doubtful" if wrong or unsure else meanings.get(run.end_reason, "doubtful")))

    @staticmethod
    def _fill(label: QLabel, text: str) -> None:
        label.setText(text)
        label.setVisible(bool(text))


def _links(run: Run) -> str:
    """The questions that could be asked instead, each a link with its number."""
    lines = [f'<a href="{place}">{escape(each.text)}</a>' for place, each in enumerate(run.nearest[:NEAREST])]
    return tr("Ask instead:") + "<br>" + "<br>".join(lines) if lines and run.query is None else ""


def _table(run: Run) -> str:
    """The values by zone, date or class; one value alone is in the answer."""
    if len(run.rows) < 2:
        return ""
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}&nbsp;&nbsp;</td>" for cell in row) + "</tr>" for row in run.rows[:ROWS]
    )
    head = "".join(f"<th align='left'>{escape(name)}&nbsp;&nbsp;</th>" for name in run.columns)
    more = tr('{0} more rows are in the table "results" of the file.').format(len(run.rows) - ROWS)
    return f"<table><tr>{head}</tr>{rows}</table>" + (f"<br>{escape(more)}" if len(run.rows) > ROWS else "")
