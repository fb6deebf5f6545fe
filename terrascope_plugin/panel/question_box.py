"""The question: text, history, examples, optional answers to choose from; Ask and Stop."""

from __future__ import annotations

import json
from html import escape

from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtGui import QTextCursor
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ..i18n import tr
from ..plain_text import menu_text
from .menu_button import MenuButton

KEPT = 30


class QuestionEdit(QPlainTextEdit):
    """Enter asks, Shift+Enter is a new line, Tab leaves."""

    entered = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTabChangesFocus(True)

    def keyPressEvent(self, event) -> None:  # noqa: N802 (Qt's name)
        """Ask at Enter."""
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if is_enter and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.entered.emit()
        else:
            super().keyPressEvent(event)


class QuestionBox(QWidget):
    """Signals: `asked`, `stopped`, `context_dropped` (the next question is not to follow on the last one)."""

    asked = pyqtSignal()
    stopped = pyqtSignal()
    context_dropped = pyqtSignal()

    def __init__(self, history: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._history = _parse(history)
        self.edit = QuestionEdit()
        self.edit.setPlaceholderText(tr("Ask about the images. Enter asks, Shift+Enter starts a new line."))
        self.edit.setAccessibleName(tr("Question"))
        self.edit.setFixedHeight(self.edit.fontMetrics().lineSpacing() * 2 + 14)
        self.has_options = QCheckBox(tr("&Multiple choice"))
        self.options = QPlainTextEdit()
        self.options.setPlaceholderText(tr("One possible answer a line: A, B, C…"))
        self.options.setAccessibleName(tr("Possible answers"))
        self.options.setTabChangesFocus(True)
        self.options.setFixedHeight(self.options.fontMetrics().lineSpacing() * 4 + 12)
        self.options.setVisible(False)
        self.examples = MenuButton(tr("Examples"))
        self.history = MenuButton(tr("History"))
        self.ask = QPushButton(tr("&Ask"))
        self.ask.setDefault(True)
        font = self.ask.font()
        font.setBold(True)
        self.ask.setFont(font)
        self.stop = QPushButton(tr("S&top"))
        self.stop.setVisible(False)
        width = max(self.ask.sizeHint().width(), self.stop.sizeHint().width())
        for button in (self.ask, self.stop):  # one takes the other's place
            button.setMinimumWidth(width)
        under = QHBoxLayout()
        for widget in (self.examples, self.history, self.has_options):
            under.addWidget(widget)
        under.addStretch(1)
        under.addWidget(self.stop)
        under.addWidget(self.ask)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self.context = QLabel()
        self.context.setTextFormat(Qt.TextFormat.RichText)
        self.context.setWordWrap(True)
        self.context.setToolTip(tr('A short question such as "and in 2010?" changes this one. Click to ask afresh.'))
        self.context.linkActivated.connect(lambda _link: self.context_dropped.emit())
        self.context.setVisible(False)
        column.addWidget(self.context)
        column.addWidget(self.edit)
        column.addWidget(self.options)
        column.addLayout(under)
        self.ask.clicked.connect(self.asked)
        self.edit.entered.connect(self.asked)
        self.stop.clicked.connect(self.stopped)
        self.has_options.toggled.connect(self.options.setVisible)
        self._fill(self.history.menu(), self._history)
        self.suggest(1, has_sar=False, has_time=False)

    def text(self) -> str:
        """Return the question."""
        return self.edit.toPlainText().strip()

    def set_text(self, text: str) -> None:
        """Put a question in, the cursor at its end."""
        self.edit.setPlainText(text)
        self.edit.moveCursor(QTextCursor.MoveOperation.End)
        self.edit.setFocus()

    def chosen_options(self) -> tuple[str, ...]:
        """Return the possible answers, without letters that were typed before them."""
        if not self.has_options.isChecked():
            return ()
        lines = (line.strip() for line in self.options.toPlainText().splitlines())
        return tuple(
            line[2:].strip() if line[:1].isalpha() and line[1:2] in (".", ")", ":") else line for line in lines if line
        )

    def remember(self, question: str) -> str:
        """Put a question on top of the history; return the history for the settings."""
        self._history = [question, *(other for other in self._history if other != question)][:KEPT]
        self._fill(self.history.menu(), self._history)
        return json.dumps(self._history, ensure_ascii=False)

    def show_context(self, understood: str) -> None:
        """Show the question that the next one may follow on; an empty text for none."""
        text = tr("Follows on: {0}").format(understood)
        self.context.setText(f'<small>{escape(text)} <a href="drop">✕</a></small>')
        self.context.setVisible(bool(understood))

    def set_running(self, running: bool) -> None:
        """Swap Ask and Stop."""
        self.ask.setVisible(not running)
        self.ask.setEnabled(not running)
        self.stop.setVisible(running)
        self.stop.setEnabled(running)

    def suggest(self, count: int, *, has_sar: bool, has_time: bool) -> None:
        """Offer examples that fit the chosen layers."""
        # in English, which the models read
        examples = [
            "How much of the area is covered by water?",
            "Which covers more area: forest or built-up land?",
            "What is the main land cover, and what share does it have?",
            "Where are the buildings?",
            "How far is the forest from the water?",
            "Does farmland border on water?",
        ]
        if has_time and count > 1:
            examples = [
                "How much forest was lost between the two dates?",
                "Where did the water grow?",
                "What changed between the first and the last image?",
                *examples[:2],
            ]
        elif has_sar:
            examples = ["How much of the area is under water?", *examples[:3]]
        self._fill(self.examples.menu(), examples)

    def _fill(self, menu: QMenu, questions: list[str]) -> None:
        menu.clear()
        for question in questions:
            action = menu.addAction(menu_text(question))
            action.triggered.connect(lambda _checked=False, text=question: self.set_text(text))
        if not questions:
            menu.addAction(tr("Nothing asked yet")).setEnabled(False)


def _parse(history: str) -> list[str]:
    try:
        value = json.loads(history or "[]")
    except ValueError:
        return []
    return [str(item) for item in value][:KEPT] if isinstance(value, list) else []
