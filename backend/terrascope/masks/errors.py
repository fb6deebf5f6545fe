"""Errors of the mask algebra."""

from __future__ import annotations

from terrascope.errors import TerraScopeError


class MaskError(TerraScopeError):
    """A mask does not fit its grid, or cannot be measured, encoded or outlined."""

    code = "mask"
