"""Published checkpoints from the Hugging Face hub: only when asked for, only at a fixed commit, only data files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from terrascope.errors import CheckpointError

#: No Python, no pickle: code and pickled weights are never fetched.
ALLOWED = ("*.json", "*.safetensors", "*.txt", "*.jinja", "*.md", "LICENSE*")
_ID = re.compile(r"(?P<repository>[\w.\-]+/[\w.\-]+)@(?P<revision>[\w.\-]+)")
_COMMIT = re.compile(r"[0-9a-f]{40}")


class HubSource(NamedTuple):
    """A repository of the hub at one commit."""

    repository: str
    revision: str


def parse_hub_id(text: str) -> HubSource | None:
    """Read `ORGANISATION/NAME@COMMIT`; None if the text is no such id (then it is a folder).

    Raises
    ------
    CheckpointError
        If the revision is not a full commit hash: a branch or tag can move to other weights.
    """
    match = _ID.fullmatch(text)
    if match is None:
        return None
    source = HubSource(match["repository"], match["revision"])
    if not _COMMIT.fullmatch(source.revision):
        raise CheckpointError(
            f"The revision {source.revision!r} of {source.repository!r} is not a commit.",
            "Write the 40 characters of the commit after @; the page of the files' history shows them.",
        )
    return source


def download(
    source: HubSource, *, endpoint: str | None = None, cache: Path | None = None
) -> tuple[Path, dict[str, str]]:
    """Fetch a checkpoint at its commit; return its folder and the SHA-256 of its large files as the hub states them.

    Parameters
    ----------
    endpoint
        Address of a mirror of the hub; the hub's own by default.
    cache
        Folder to keep the files in; the hub client's own by default.

    Raises
    ------
    CheckpointError
        If the package, the network, the repository or the access to it is missing.
    """
    try:
        from huggingface_hub import HfApi, snapshot_download
        from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError
        from huggingface_hub.utils import httpx
    except ImportError as error:
        raise CheckpointError(
            "Fetching a checkpoint needs the package 'huggingface_hub'.", "Install it, or give a folder."
        ) from error
    try:
        info = HfApi(endpoint=endpoint).model_info(source.repository, revision=source.revision, files_metadata=True)
        folder = snapshot_download(
            source.repository,
            revision=source.revision,
            allow_patterns=list(ALLOWED),
            endpoint=endpoint,
            cache_dir=cache,
        )
    except (HfHubHTTPError, LocalEntryNotFoundError, httpx.HTTPError, OSError) as error:
        raise CheckpointError(
            f"{source.repository!r} at {source.revision} cannot be fetched: {str(error).strip().splitlines()[0]}",
            "Check the name, the commit and the connection; or fetch the files by other means and give their folder.",
        ) from error
    sums = {file.rfilename: file.lfs.sha256 for file in info.siblings or () if file.lfs is not None}
    return Path(folder), sums
