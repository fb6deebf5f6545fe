"""Helpers for scripts inside the QGIS desktop: steps that wait without blocking, screenshots, a stall watch."""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Generator
from pathlib import Path

from qgis.core import QgsProject
from qgis.PyQt.QtCore import QObject, Qt, QTimer
from qgis.PyQt.QtGui import QPixmap
from qgis.PyQt.QtWidgets import QDockWidget
from qgis.utils import iface, plugins

OUT = Path(os.environ["OUT_DIR"])
PLUGIN = "terrascope_reasoning"
Wait = Callable[[], bool]


def plugin():
    """Return the running plugin."""
    return plugins[PLUGIN]


def shoot(name: str, widget=None) -> None:
    """Save a picture of the window, or of a widget. Its own time is not counted by stall watches."""
    pixmap: QPixmap = (widget or iface.mainWindow()).grab()
    pixmap.save(str(OUT / f"{name}.png"))
    for watch in StallWatch.running:
        watch.skip()


class StallWatch(QObject):
    """Measures how long the window's thread is away from its event loop, since the last reset.

    `worst_ms` is by the clock: on a busy machine it holds the time that other processes took. `worst_cpu_ms` is what
    the window's thread itself worked between two turns of the loop.
    """

    running: list[StallWatch] = []

    def __init__(self, interval_ms: int = 5) -> None:
        super().__init__()
        self._interval = interval_ms / 1000
        self.reset()
        StallWatch.running.append(self)
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._timer.start(interval_ms)

    def reset(self) -> None:
        """Forget what was measured."""
        self.worst_ms, self.worst_cpu_ms, self.over_50 = 0.0, 0.0, 0
        self.skip()

    def skip(self) -> None:
        """Begin to count from now."""
        self._last, self._last_cpu = time.perf_counter(), time.thread_time()

    def _tick(self) -> None:
        now = time.perf_counter()
        away = (now - self._last - self._interval) * 1000
        cpu = time.thread_time()
        self.worst_cpu_ms = max(self.worst_cpu_ms, (cpu - self._last_cpu) * 1000)
        self._last, self._last_cpu = now, cpu
        self.worst_ms = max(self.worst_ms, away)
        self.over_50 += away > 50


class Play(QObject):
    """Runs a generator in the event loop. It yields milliseconds to wait, or a condition (waited for up to 120 s)."""

    def __init__(self, steps: Generator, limit_s: float = 120) -> None:
        super().__init__()
        self._steps, self._limit = steps, limit_s
        self._condition: Wait | None = None
        self._since = 0.0
        sys.excepthook = self._on_exception
        QTimer.singleShot(0, self._next)

    def _on_exception(self, kind, value, trace) -> None:
        """An error anywhere in Python ends the script: nobody is there to close QGIS's dialog."""
        with (OUT / "error.txt").open("a", encoding="utf-8") as file:
            file.write("".join(traceback.format_exception(kind, value, trace)))

    def _next(self) -> None:
        try:
            if (OUT / "error.txt").exists():
                raise RuntimeError("an error was raised, see above")
            if self._condition is not None:
                if not self._condition():
                    if time.monotonic() - self._since > self._limit:
                        raise TimeoutError(f"waited {self._limit} s at line {self._steps.gi_frame.f_lineno}")
                    QTimer.singleShot(20, self._next)
                    return
                self._condition = None
            wanted = next(self._steps)
        except StopIteration:
            leave()
        except Exception:  # noqa: BLE001 (the script must end QGIS whatever happens)
            with (OUT / "error.txt").open("a", encoding="utf-8") as file:
                file.write(traceback.format_exc())
            shoot("error")
            leave()
        else:
            if callable(wanted):
                self._condition, self._since = wanted, time.monotonic()
                QTimer.singleShot(20, self._next)
            else:
                QTimer.singleShot(int(wanted), self._next)


def arrange_window(width: int = 1600, height: int = 1000) -> None:
    """Give the window its size, and the docks theirs: the layer tree can be read, the browser is out of the way."""
    window = iface.mainWindow()
    window.setGeometry(0, 0, width, height)
    docks = {dock.objectName(): dock for dock in window.findChildren(QDockWidget)}
    if "Browser" in docks:
        docks["Browser"].hide()
    wanted = [
        (docks[name], size) for name, size in (("Layers", 260), (plugin().dock.objectName(), 420)) if name in docks
    ]
    window.resizeDocks([dock for dock, _ in wanted], [size for _, size in wanted], Qt.Orientation.Horizontal)


def write_facts(facts: dict) -> None:
    """Write what was found, for the test outside."""
    (OUT / "facts.json").write_text(json.dumps(facts, indent=1, default=str), encoding="utf-8")


def leave() -> None:
    """End QGIS without questions."""
    QgsProject.instance().clear()
    QTimer.singleShot(100, iface.actionExit().trigger)
