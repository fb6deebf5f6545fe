"""Errors that a user can meet. Each names the thing, the value and the way out."""

from __future__ import annotations


class TerraScopeError(Exception):
    """Base of every error that is shown to a user.

    Parameters
    ----------
    message
        What is wrong, naming the thing and the value.
    hint
        The way out, as an instruction; empty where there is none.
    """

    code = "error"

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(f"{message} {hint}".strip())
        self.message = message
        self.hint = hint


class SceneError(TerraScopeError):
    """A raster cannot be read, placed or understood."""

    code = "scene"


class NetworkError(TerraScopeError):
    """A network cannot be loaded or run."""

    code = "network"


class CheckpointError(NetworkError):
    """A checkpoint is damaged, incomplete or of another architecture."""

    code = "checkpoint"


class TraceError(TerraScopeError):
    """A trace cannot be written or read."""

    code = "trace"


class ProtocolError(TerraScopeError):
    """A message does not follow the protocol definition."""

    code = "protocol"
