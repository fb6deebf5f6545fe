"""The child that fetches and imports one model: an order as JSON in its argument, JSON lines of progress on stdout.

It ends when its stdin closes, so that it never outlives the backend.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from terrascope import standard_streams, temporary
from terrascope.errors import TerraScopeError
from terrascope.networks.full.fetch import HubModel, fetch, look_up, received
from terrascope.networks.full.hub import HubSource, parse_hub_id
from terrascope.service.models import NEEDS, PARTIAL, free_disk

#: Share of the progress that fetching takes, where there is something to fetch.
FETCHING = 0.8
EVERY_S = 0.25


class Speaker:
    """Writes JSON lines; progress four times a second at most."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._last, self._lock = stream, 0.0, threading.Lock()

    def say(self, message: Mapping[str, object]) -> None:
        """Write one line."""
        with self._lock:
            self._stream.write(json.dumps(message) + "\n")
            self._stream.flush()

    def progress(self, fraction: float, message: str, *, now: bool = False) -> None:
        """Say how far it is."""
        if now or time.monotonic() - self._last >= EVERY_S:
            self._last = time.monotonic()
            self.say({"progress": round(min(max(fraction, 0.0), 1.0), 4), "message": message})


def run(order: Mapping[str, str], speaker: Speaker) -> dict[str, object]:
    """Fetch if the source is on the hub, import, note the memory that the model needs."""
    text, target = order["source"], Path(order["target"])
    remote = None if Path(text).is_dir() else parse_hub_id(text)
    source, start = Path(text), 0.0
    sums: dict[str, str] | None = None  # those of the folder
    if target.is_dir() and any(target.iterdir()):
        raise TerraScopeError(f"{str(target)!r} holds a model already.", "Remove it first, or use it as it is.")
    if remote is not None:
        source, start = _fetch(remote, Path(order["downloads"]), speaker), FETCHING
        sums = {}  # every file was hashed when it came
    speaker.progress(start, "Checking the files", now=True)
    from terrascope.networks.full.convert import import_published

    size = sum(path.stat().st_size for path in source.glob("*.safetensors"))
    origin = text if remote is not None else source.resolve().name
    with _watched(target.with_name(target.name + PARTIAL), size, start, speaker):
        import_published(source, target, sums=sums, origin=origin)
    _note_needs(target)
    if remote is not None:
        shutil.rmtree(source, ignore_errors=True)
    record = json.loads((target / "weights.json").read_text(encoding="utf-8"))
    return {"folder": str(target), "origin": origin, "bytes": size, "sha256": record["sha256"]}


def _fetch(remote: HubSource, folder: Path, speaker: Speaker) -> Path:
    speaker.progress(0, "Asking the hub", now=True)
    model = look_up(remote)
    _need_room(model, folder)

    def tell(name: str, done: int, total: int) -> None:
        speaker.progress(FETCHING * done / max(total, 1), f"{name}: {done / 1e9:.2f} of {total / 1e9:.2f} GB")

    return fetch(model, folder, progress=tell)


def _need_room(model: HubModel, folder: Path) -> None:
    needed = 2 * model.size - received(model, folder)  # the files, and the model made from them
    free = free_disk(folder)
    if free < needed:
        raise TerraScopeError(
            f"Fetching and importing needs {needed / 1e9:.1f} GB in {str(folder.parent)!r}, "
            f"{free / 1e9:.1f} GB are free.",
            "Free some space, or set TERRASCOPE_MODELS to a folder on a larger disk before QGIS starts.",
        )


@contextmanager
def _watched(folder: Path, size: int, start: float, speaker: Speaker) -> Iterator[None]:
    """Tell how much of a model is written while it is being written."""
    done = threading.Event()

    def watch() -> None:
        while not done.wait(EVERY_S):
            written = sum(path.stat().st_size for path in folder.glob("*.safetensors") if path.is_file())
            if written:
                speaker.progress(
                    start + (1 - start) * written / max(size, 1),
                    f"Importing: {written / 1e9:.2f} of {size / 1e9:.2f} GB",
                )

    thread = threading.Thread(target=watch, name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _note_needs(folder: Path) -> None:
    from terrascope.networks.full.layout import write_json
    from terrascope.networks.full.loading import load_config
    from terrascope.networks.full.needs import needs_of

    write_json(folder / NEEDS, needs_of(load_config(folder)))


def _end_with_parent(stdin: BinaryIO) -> None:
    try:
        stdin.read()
    finally:
        temporary.remove()
        os._exit(1)


def main() -> int:
    """Do the order of the command line."""
    stdin = standard_streams.take_stdin()
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    speaker = Speaker(os.fdopen(os.dup(1), "w", encoding="utf-8"))
    os.dup2(2, 1)  # whatever libraries print goes to the log
    threading.Thread(target=_end_with_parent, args=(stdin,), daemon=True).start()
    order: dict[str, Any] = json.loads(sys.argv[1])
    try:
        speaker.say({"result": run(order, speaker)})
    except TerraScopeError as error:
        speaker.say({"error": {"message": error.message, "hint": error.hint}})
        return 1
    except OSError as error:
        speaker.say({"error": {"message": f"{error.filename or 'A file'} cannot be used: {error.strerror or error}.",
                               "hint": "Check the disk and its permissions, then import again."}})  # fmt: skip
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
