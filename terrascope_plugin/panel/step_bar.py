"""Stepping through a run: previous, next, play, all."""

from __future__ import annotations

from qgis.PyQt.QtCore import Qt, QTimer, pyqtSignal
from qgis.PyQt.QtWidgets import QHBoxLayout, QLabel, QStyle, QToolButton, QWidget

from ..i18n import tr

PLAY_MS = 2200


class StepBar(QWidget):
    """Holds the place among the steps that have a mask. `moved(object)`: a step number, None for all together."""

    moved = pyqtSignal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._steps: list[int] = []
        self._place: int | None = None
        style = self.style()
        self.previous = self._button(QStyle.StandardPixmap.SP_MediaSkipBackward, tr("Previous step (Left)"))
        self.play = self._button(QStyle.StandardPixmap.SP_MediaPlay, tr("Play the steps"))
        self.next = self._button(QStyle.StandardPixmap.SP_MediaSkipForward, tr("Next step (Right)"))
        self.all = QToolButton()
        self.all.setText(tr("Show all"))
        self.all.setToolTip(tr("Show every mask together"))
        self.where = QLabel()
        self.where.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        longest = tr("step {0} of {1}").format(20, 20)  # a run has 20 masks at most
        self.where.setMinimumWidth(self.where.fontMetrics().boundingRect(longest).width() + 4)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for widget in (self.previous, self.play, self.next, self.all):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self.where)
        self._icons = {
            True: style.standardIcon(QStyle.StandardPixmap.SP_MediaPause),
            False: style.standardIcon(QStyle.StandardPixmap.SP_MediaPlay),
        }
        self._timer = QTimer(self)
        self._timer.setInterval(PLAY_MS)
        self._timer.timeout.connect(self._tick)
        self.previous.clicked.connect(lambda: self.go(-1))
        self.next.clicked.connect(lambda: self.go(1))
        self.play.clicked.connect(self.toggle_play)
        self.all.clicked.connect(self.show_all)
        self.set_steps([])

    @property
    def current(self) -> int | None:
        """The step shown alone, None for all."""
        return None if self._place is None else self._steps[self._place]

    def set_steps(self, steps: list[int]) -> None:
        """Say which steps have masks."""
        kept = self.current if self._place is not None and self._place < len(self._steps) else None
        self._steps = list(steps)
        self._place = self._steps.index(kept) if kept in self._steps else None
        if not self._steps:
            self.pause()
        self._update()

    def go(self, by: int) -> None:
        """Move by one; from "all" to the first or last."""
        if not self._steps:
            return
        if self._place is None:
            self._place = 0 if by > 0 else len(self._steps) - 1
        else:
            self._place = max(0, min(len(self._steps) - 1, self._place + by))
        self._update()
        self.moved.emit(self.current)

    def choose(self, step: int) -> None:
        """Show one step alone."""
        if step in self._steps:
            self._place = self._steps.index(step)
            self._update()
            self.moved.emit(step)

    def show_all(self) -> None:
        """Show every mask."""
        self.pause()
        self._place = None
        self._update()
        self.moved.emit(None)

    def toggle_play(self) -> None:
        """Play from the start, or pause."""
        if self._timer.isActive():
            self.pause()
        elif self._steps:
            self._place = None if self._place in (None, len(self._steps) - 1) else self._place
            self.go(1)
            self._timer.start()
            self._update()

    def pause(self) -> None:
        """Stop playing where it is."""
        self._timer.stop()
        self._update()

    def _tick(self) -> None:
        if self._place is not None and self._place >= len(self._steps) - 1:
            self.pause()
        else:
            self.go(1)

    def _button(self, icon: QStyle.StandardPixmap, text: str) -> QToolButton:
        button = QToolButton()
        button.setIcon(self.style().standardIcon(icon))
        button.setToolTip(text)
        button.setAccessibleName(text)
        return button

    def _update(self) -> None:
        for button in (self.previous, self.play, self.next, self.all):
            button.setEnabled(bool(self._steps))
        self.play.setIcon(self._icons[self._timer.isActive()])
        if not self._steps:
            self.where.setText("")
        elif self._place is None:
            self.where.setText(tr("{0} steps").format(len(self._steps)) if len(self._steps) != 1 else tr("1 step"))
        else:
            self.where.setText(tr("step {0} of {1}").format(self._place + 1, len(self._steps)))
