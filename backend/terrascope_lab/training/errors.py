"""Errors of training that a user can meet."""

from __future__ import annotations

from terrascope.errors import TerraScopeError


class TrainingError(TerraScopeError):
    """A recipe, a data set or a run cannot be used."""

    code = "training"
