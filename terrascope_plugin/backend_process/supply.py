"""Which Python runs the backend."""

from __future__ import annotations

from pathlib import Path

from ..settings import Settings
from .child_environment import Launch, backend_launch
from .environment import Condition, condition, python_of
from .folder import read_marker
from .requirements import available_kinds


def python_for(settings: Settings) -> str:
    """Return the interpreter: the user's own, else that of a finished environment; empty where none is there yet."""
    if settings.python:
        return settings.python if Path(settings.python).is_file() else ""
    folder = settings.environment()
    kinds = available_kinds()
    if any(condition(folder, kind) in (Condition.READY, Condition.OUTDATED) for kind in kinds):
        return str(python_of(folder))
    return ""


def launch_for(settings: Settings) -> Launch:
    """Return how to start the backend; a missing environment gives a program that cannot be started."""
    python = python_for(settings)
    if settings.python:
        return backend_launch(python or str(python_of(settings.environment())))
    folder = settings.environment()
    return backend_launch(python or str(python_of(folder)), read_marker(folder).get("path") or ())
