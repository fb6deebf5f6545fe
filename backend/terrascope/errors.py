"""Errors that a user can meet. Each names the thing, the value and the way out."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType


class TerraScopeError(Exception):
    """Base of every error that is shown to a user.

    Parameters
    ----------
    message
        What is wrong, naming the thing and the value.
    hint
        The way out, as an instruction; empty where there is none.

    Attributes
    ----------
    details
        Further fields of the protocol's `error` message, as JSON data.
    """

    code = "error"
    details: Mapping[str, object] = MappingProxyType({})

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
