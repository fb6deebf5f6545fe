"""Fetching a published checkpoint file by file: size and licence first, broken downloads go on, every file is hashed.

No torch is needed. Each file appears under its name only when its hash is the hub's; until then it is `NAME.partial`.
"""

from __future__ import annotations

import fnmatch
import hashlib
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from terrascope.errors import CheckpointError
from terrascope.networks.full.hub import ALLOWED, HubSource

log = logging.getLogger(__name__)

CHUNK = 1 << 20
TRIES = 5
_MIRROR = "set HF_ENDPOINT to a mirror"
_BY_HAND = "or fetch the files on another machine and give their folder"

#: Called with (file, bytes of all files that are here, bytes of all files).
Progress = Callable[[str, int, int], None]


class HubFile(NamedTuple):
    """A file of the hub. `digest` is its SHA-256, or for small files git's SHA-1 ("git:..."); empty if not stated."""

    name: str
    size: int
    digest: str


class HubModel(NamedTuple):
    """What a repository holds at a commit, before anything is fetched."""

    source: HubSource
    licence: str
    files: tuple[HubFile, ...]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)


def look_up(source: HubSource, *, endpoint: str | None = None) -> HubModel:
    """Ask the hub for the data files, their sizes and hashes, and the licence. Nothing is fetched.

    Raises
    ------
    CheckpointError
        If the hub cannot be reached, or there is no such model, or it is gated.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError
    from huggingface_hub.utils import httpx

    try:
        info = HfApi(endpoint=endpoint).model_info(source.repository, revision=source.revision, files_metadata=True)
    except GatedRepoError as error:
        raise CheckpointError(
            f"{source.repository!r} asks for an agreement before it is fetched.",
            "Agree on its page, make a token there, set HF_TOKEN to it before QGIS starts; " + _BY_HAND + ".",
        ) from error
    except HfHubHTTPError as error:
        raise CheckpointError(
            f"The hub does not give {source.repository!r} at {source.revision}: {_first_line(error)}",
            "Check the name and the commit.",
        ) from error
    except (httpx.HTTPError, OSError) as error:
        raise _unreachable(source, error) from error
    files = tuple(
        HubFile(file.rfilename, int(file.size or 0), file.lfs.sha256 if file.lfs else f"git:{file.blob_id or ''}")
        for file in info.siblings or ()
        if "/" not in file.rfilename and any(fnmatch.fnmatch(file.rfilename, pattern) for pattern in ALLOWED)
    )
    if not any(file.name.endswith(".safetensors") for file in files):
        raise CheckpointError(
            f"{source.repository!r} at {source.revision} holds no safetensors weights.",
            "Give the repository of a published TerraScope checkpoint.",
        )
    return HubModel(source, _licence(info), files)


def fetch(model: HubModel, folder: Path, *, endpoint: str | None = None, progress: Progress | None = None) -> Path:
    """Fetch the files that `folder` does not hold yet. Called again after a break it goes on at the byte.

    Raises
    ------
    CheckpointError
        If the connection breaks for good, the disk is full, or a file is not what the hub states.
    """
    folder.mkdir(parents=True, exist_ok=True)
    done = 0
    for file in model.files:
        target = folder / file.name
        if not (target.is_file() and target.stat().st_size == file.size):
            before = done

            def tell(here: int, name: str = file.name, before: int = before) -> None:
                if progress is not None:
                    progress(name, before + here, model.size)

            _fetch_file(model.source, file, target, endpoint, tell)
        done += file.size
    return folder


def received(model: HubModel, folder: Path) -> int:
    """Bytes of a model that are in its folder already."""
    names = [folder / name for file in model.files for name in (file.name, f"{file.name}.partial")]
    return sum(path.stat().st_size for path in names if path.is_file())


def _fetch_file(
    source: HubSource, file: HubFile, target: Path, endpoint: str | None, tell: Callable[[int], None]
) -> None:
    from huggingface_hub.errors import HfHubHTTPError
    from huggingface_hub.utils import httpx

    partial = target.with_name(f"{target.name}.partial")
    tries = 0
    while True:
        before = partial.stat().st_size if partial.is_file() else 0
        try:
            _stream(source, file, partial, endpoint, tell)
            break
        except HfHubHTTPError as error:
            raise CheckpointError(
                f"The hub does not give {file.name!r} of {source.repository!r}: {_first_line(error)}",
                "Check the name and the commit.",
            ) from error
        except httpx.HTTPError as error:
            tries = 0 if partial.is_file() and partial.stat().st_size > before else tries + 1
            if tries >= TRIES:
                raise _unreachable(source, error) from error
            log.warning("%s broke off: %s; it goes on", file.name, error)
            time.sleep(min(2**tries, 10) / 4)
        except OSError as error:
            raise CheckpointError(
                f"{str(partial)!r} cannot be written: {error.strerror or error}.", "Free some space, then go on."
            ) from error
    _check(file, partial)
    partial.replace(target)


def _stream(source: HubSource, file: HubFile, partial: Path, endpoint: str | None, tell: Callable[[int], None]) -> None:
    """Append what is missing of a file."""
    from huggingface_hub import hf_hub_url
    from huggingface_hub.utils import build_hf_headers, get_session, hf_raise_for_status

    have = partial.stat().st_size if partial.is_file() else 0
    if have > file.size:
        partial.unlink()
        have = 0
    if have == file.size and partial.is_file():
        return
    url = hf_hub_url(source.repository, file.name, revision=source.revision, endpoint=endpoint)
    headers = {**build_hf_headers(), "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    with get_session().stream("GET", url, headers=headers, follow_redirects=True, timeout=30) as response:
        hf_raise_for_status(response)
        if response.status_code != 206:  # the whole file comes, asked for or not
            have = 0
        with partial.open("ab" if have else "wb") as out:
            tell(have)
            for chunk in response.iter_bytes():
                out.write(chunk)
                have += len(chunk)
                tell(have)


def _check(file: HubFile, partial: Path) -> None:
    """Compare size and hash; a wrong file is thrown away, so that the next try fetches it anew."""
    size = partial.stat().st_size
    digest = hashlib.sha256()
    if file.digest.startswith("git:"):
        digest = hashlib.sha1(f"blob {size}\0".encode(), usedforsecurity=False)
    with partial.open("rb") as stream:
        while block := stream.read(CHUNK):
            digest.update(block)
    expected = file.digest.removeprefix("git:")
    if size == file.size and (not expected or digest.hexdigest() == expected):
        return
    partial.unlink()
    raise CheckpointError(
        f"{file.name!r} came as {size} bytes with the hash {digest.hexdigest()[:16]}, "
        f"{file.size} bytes and {expected[:16] or 'none'} are stated.",
        "It was thrown away: try again, on another network if it happens twice.",
    )


def _licence(info: Any) -> str:
    card = getattr(info, "card_data", None)
    named = getattr(card, "license", None) if card is not None else None
    if not named:
        named = next((tag.split(":", 1)[1] for tag in info.tags or () if tag.startswith("license:")), "")
    return str(named or "")


def _first_line(error: Exception) -> str:
    return (str(error).strip() or repr(error)).splitlines()[0]


def _unreachable(source: HubSource, error: Exception) -> CheckpointError:
    from huggingface_hub import constants

    return CheckpointError(
        f"The hub at {constants.ENDPOINT} cannot be reached for {source.repository!r}: {_first_line(error)}.",
        f"Check the connection and QGIS's proxy settings, {_MIRROR} before QGIS starts, {_BY_HAND}.",
    )
