"""Benchmark files from the Hugging Face hub: only when asked for, only at a fixed commit, only one data file."""

from __future__ import annotations

from pathlib import Path

from terrascope.networks.full.hub import parse_hub_id
from terrascope_lab.bench.errors import BenchmarkFileError

#: Endings of files that are fetched: data, never code.
ALLOWED = (".parquet", ".json", ".csv", ".jsonl", ".zip")


def local_file(text: str, *, endpoint: str | None = None, cache: Path | None = None) -> Path:
    """Return the local path that `--data` names: a file, or `ORGANISATION/NAME@COMMIT:FILE`, which is fetched.

    Parameters
    ----------
    endpoint
        Address of a mirror of the hub; the hub's own by default.
    cache
        Folder to keep the file in; the hub client's own by default.

    Raises
    ------
    TerraScopeError
        If there is no such file, the revision is not a commit, or it cannot be fetched.
    """
    path = Path(text)
    if path.exists():
        return path
    identity, separator, name = text.partition(":")
    source = parse_hub_id(identity)
    if source is None or not separator:
        raise BenchmarkFileError(
            f"{text} does not exist.", "Give a file, or ORGANISATION/NAME@COMMIT:FILE of a data set on the hub."
        )
    if not name.endswith(ALLOWED):
        raise BenchmarkFileError(f"{name!r} is no data file.", f"Files that are fetched end in {', '.join(ALLOWED)}.")
    try:
        from huggingface_hub import hf_hub_download
        from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError
        from huggingface_hub.utils import httpx
    except ImportError as error:
        raise BenchmarkFileError(
            "Fetching a data set needs the package 'huggingface_hub'.", "Install it, or give a file."
        ) from error
    try:
        found = hf_hub_download(
            source.repository, name, repo_type="dataset", revision=source.revision, endpoint=endpoint, cache_dir=cache
        )
    except (HfHubHTTPError, LocalEntryNotFoundError, httpx.HTTPError, OSError) as error:
        raise BenchmarkFileError(
            f"{name!r} of {source.repository!r} at {source.revision} cannot be fetched: "
            f"{str(error).strip().splitlines()[0]}",
            "Check the name, the commit and the connection; or fetch the file by other means and give its path.",
        ) from error
    return Path(found)
