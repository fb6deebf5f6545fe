"""Why a set-up failed, told from what the programs wrote or the system raised: one table, one sentence each."""

from __future__ import annotations

import errno
import re
from pathlib import Path
from typing import NamedTuple

from ..i18n import tr

_IGNORED = re.IGNORECASE | re.DOTALL


class Place(NamedTuple):
    """What the sentences name: the environment's folder, megabytes that it needs, and the folder of wheels."""

    folder: Path
    disk_mb: int
    wheels: str = ""


def reason(output: str, place: Place) -> str:
    """Return the sentence for what failed, with the way out. The first row that fits is the most telling one."""
    for pattern, text in _rows():
        if re.search(pattern, output, _IGNORED):
            return text.format(place.folder, place.disk_mb, place.wheels)
    if place.wheels:
        return tr("The packages could not be installed from the folder of wheels. The log says why.")
    return tr("The packages could not be installed. The log says why; press the button again to go on from here.")


def of_error(error: OSError, place: Place) -> str:
    """Return the sentence for a file or folder that cannot be written."""
    code = getattr(error, "winerror", None)
    text = (
        f"WinError {code}"
        if code
        else {errno.ENOSPC: "No space left on device", errno.EACCES: "WinError 5"}.get(error.errno or 0, "")
    )
    if text:
        return reason(text, place)
    return tr('"{0}" cannot be written: {1}. Choose another environment folder in the settings.').format(
        error.filename or place.folder, error.strerror or error
    )


def _rows() -> tuple[tuple[str, str], ...]:
    return (
        (
            r"hash mismatch|do not match the hashes|hash(es)? (for .* )?(is|are) required|in `--require-hashes` mode",
            tr(
                "A package is not the one that was checked for this plugin (its hash differs). Nothing was "
                "installed; try again on another network, or with another folder of wheels."
            ),
        ),
        (
            r"no space left|os error (28|112)\b|winerror 112\b|errno 28\b|disk full",
            tr('The disk of "{0}" is full. Free about {1} MB, then press the button again.'),
        ),
        (
            r"os error 225\b|winerror 225\b|contains a virus",
            tr(
                'A virus scanner took a file away while it was written (Windows error 225). Allow "{0}" in the '
                "scanner, or ask whoever looks after this machine, then press the button again."
            ),
        ),
        (
            r"os error 206\b|winerror 206\b|filename or extension is too long|file name too long",
            tr(
                'A path in "{0}" is too long for this system (260 characters on Windows). Choose an environment '
                "folder with a shorter path in the settings, for example one right on the drive."
            ),
        ),
        (
            r"os error 32\b|winerror 32\b|being used by another process",
            tr(
                'A file in "{0}" is held by another program: a model that still runs, a virus scanner or '
                "OneDrive. Close other QGIS windows, wait a moment, then press the button again."
            ),
        ),
        (
            r"os error 5\b|winerror 5\b|access is denied|permission denied|os error 13\b|errno 13\b",
            tr(
                'Windows or a virus scanner refuses to write into "{0}" (access denied). Choose a folder of your '
                "own in the settings, or allow this one in the scanner."
            ),
        ),
        (
            r"ssl module is not available|no module named '?_?ssl|can't connect to https url because the ssl",
            tr("This Python has no working SSL and cannot fetch packages. Choose another one, or a folder of wheels."),
        ),
        (
            r"invalid peer certificate|certificate verify failed|unknownissuer|self[- ]signed certificate",
            tr(
                "The server's certificate is not trusted here; a company's proxy may sign with its own. Choose its "
                "certificate file below, then press the button again."
            ),
        ),
        (
            r"407 proxy|proxy authentication required|cannot connect to proxy|tunnel error|unsuccessful tunnel",
            tr("The proxy refuses the connection. Set its address, with user and password, below."),
        ),
        (
            r"no wheels with a matching|no usable wheels|has no wheels|is not a supported wheel",
            tr(
                "A package has no wheel for this Python on this machine; the log names it. Choose another Python "
                "(the documentation lists which), or remove the choice to have one found."
            ),
        ),
        (
            r"not found in the provided package locations|network connectivity is disabled",
            tr(
                'A package is missing in the folder of wheels "{2}", or is for another Python or system. The '
                "log names it."
            ),
        ),
        (
            r"dns error|name resolution|failed to lookup|error sending request|connection (refused|reset|timed out)"
            r"|timed? ?out|failed to establish a new connection|network is unreachable|getaddrinfo"
            r"|no matching distribution|could not find a version|was not found in the package registry"
            r"|there (is|are) no versions? of",
            tr(
                "Packages could not be fetched. Check the network and the proxy, or choose a folder of wheels; then "
                "press the button again. What has been fetched is kept."
            ),
        ),
    )
