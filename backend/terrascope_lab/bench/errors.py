"""Errors of the benchmarks."""

from __future__ import annotations

from terrascope.errors import TerraScopeError


class BenchmarkFileError(TerraScopeError):
    """A benchmark file does not have the published layout."""

    code = "benchmark"
