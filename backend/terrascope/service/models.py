"""The models of this machine: what there is, what each needs, importing a published one, removing one.

Importing runs in a child of its own (`model_worker`): it can be stopped at any moment, its memory is given back, and it
ends when the backend does.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import logging
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from queue import Empty, Queue
from typing import Any

from terrascope import temporary
from terrascope.errors import CheckpointError, TerraScopeError
from terrascope.hashes import ungrouped
from terrascope.networks.full.hub import parse_hub_id
from terrascope.networks.full.partial_folder import partial_of, remove_partial
from terrascope.networks.registry import EMBEDDED, NetworkEntry, available_networks, models_folder
from terrascope.resources import resource
from terrascope.service.machine import this_machine
from terrascope.service.model_needs import against, released_needs
from terrascope.service.recorder import Message

log = logging.getLogger(__name__)

Send = Callable[[Message], None]
Check = Callable[[], bool]
#: The full model's own packages.
FULL_PACKAGES = ("torch", "transformers", "safetensors")
NEEDS = "memory.json"
RECORD = "weights.json"
PARTIAL = ".partial"


def overview(job: Mapping[str, Any], send: Send, cancelled: Check) -> None:
    """Answer `models`: every model with size, hash and needs, and the machine."""
    machine = this_machine()
    entries = [each for each in available_networks() if not each.name.endswith(PARTIAL)]
    known = {entry.name for entry in entries}
    for extra in job.get("folders") or ():
        if extra not in known and Path(extra).is_dir():
            entries.append(NetworkEntry(str(extra), f"TerraScope ({Path(extra).name})", *_usable(Path(extra))))
    home = models_folder()
    models = [_embedded(each) if each.name == EMBEDDED else _full(each, home) for each in entries]
    for model in models:
        if model["kind"] == "full":
            model["memory"] = against(model.pop("needs"), machine)
    value = {
        "models": models,
        "released": against(released_needs(), machine),
        "machine": {
            "memory_total": machine.memory_total,
            "memory_free": machine.memory_free,
            "cards": [card._asdict() for card in machine.cards],
        },
        "full_packages": full_packages_there(),
        "home": str(home),
        "free_disk": free_disk(home),
    }
    send({"type": "result", "value": value})


def information(job: Mapping[str, Any], send: Send, cancelled: Check) -> None:
    """Answer `model_info`: what importing a source would bring, before anything is fetched or written."""
    source = str(job["source"]).strip()
    home = models_folder()
    remote = None if Path(source).is_dir() else parse_hub_id(source)
    if remote is not None:
        from terrascope.networks.full.fetch import look_up, received

        model = look_up(remote)
        here = received(model, downloads(home) / folder_name(source))
        value: dict[str, object] = {
            "kind": "hub", "name": remote.repository, "revision": remote.revision, "licence": model.licence,
            "bytes": model.size, "files": len(model.files), "received": here,
            "needs_disk": 2 * model.size - here, "target": str(home / remote.repository.split("/")[1]),
        }  # fmt: skip
    else:
        value = _local(source, home)
    value["free_disk"] = free_disk(home)
    send({"type": "result", "value": value})


def import_model(job: Mapping[str, Any], send: Send, cancelled: Check) -> None:
    """Answer `import_model`: fetch (a source of the hub) and convert, with progress; ends at once when stopped."""
    if not full_packages_there():
        raise CheckpointError(
            "A TerraScope 8B model needs torch and transformers, which this environment does not have.",
            'Choose "TerraScope 8B" in the set-up page and press Update, then import.',
        )
    source = str(job["source"]).strip()
    home = models_folder()
    is_folder = Path(source).is_dir()
    name = Path(source).resolve().name if is_folder else source.partition("@")[0].rsplit("/", 1)[-1]
    target = Path(job.get("target") or home / name).absolute()
    partial_of(target)  # refuses what is no name
    if is_folder:
        source = str(Path(source).absolute())
    order = {"source": source, "target": str(target), "downloads": str(downloads(home) / folder_name(source))}
    value = _work(order, send, cancelled)
    if value is None:
        remove_partial(target)
        send({
            "type": "end", "reason": "cancelled",
            "warnings": ["Stopped. What has been fetched is kept: start again to go on."],
        })  # fmt: skip
    else:
        send({"type": "result", "value": value})


def remove_model(job: Mapping[str, Any], send: Send, cancelled: Check) -> None:
    """Answer `remove_model`: delete an imported model out of the models folder, and nothing else."""
    home = models_folder().resolve()
    folder = Path(job["folder"]).resolve()
    if folder.parent != home or not (folder / RECORD).is_file():
        raise TerraScopeError(
            f"{str(folder)!r} is not a model that was imported into {str(home)!r}.", "Delete it yourself."
        )
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise TerraScopeError(
            f"{str(folder)!r} cannot be deleted: {error.strerror or error}.", "Restart QGIS, then try again."
        ) from error
    send({"type": "result", "value": {"folder": str(folder)}})


def full_packages_there() -> bool:
    """Whether this environment can run a full model."""
    return all(importlib.util.find_spec(package) is not None for package in FULL_PACKAGES)


def downloads(home: Path) -> Path:
    """Folder of files that are being fetched; kept until their import is complete."""
    return home / ".downloads"


def folder_name(source: str) -> str:
    """Return a folder's name for a source of the hub."""
    return source.replace("/", "--")


def free_disk(folder: Path) -> int:
    """Bytes free where a folder is or will be."""
    place = next(each for each in (folder, *folder.absolute().parents) if each.is_dir())
    return shutil.disk_usage(place).free


def _embedded(entry: NetworkEntry) -> dict[str, Any]:
    """Describe the embedded model out of its manifests; its files are hashed anew."""
    folder = resource("models")
    language, vision = _json(folder / "language.json"), _json(folder / "vision.json")
    stated = {name: ungrouped(digest) for name, digest in (language.get("files") or {}).items()}
    experts = vision.get("experts") or {}
    stated.update({each["file"]: ungrouped(each["sha256"]) for each in experts.values()})
    sizes = {name: (folder / name).stat().st_size for name in stated if (folder / name).is_file()}
    wrong = [name for name in stated if name not in sizes or _sha256(folder / name) != stated[name]]
    return {
        **entry._asdict(), "kind": "embedded", "bytes": sum(sizes.values()),
        "parameters": sum(int(each.get("parameters") or 0) for each in experts.values()),
        "sha256": _sha256(folder / "language.json"), "wrong_files": wrong, "origin": str(language.get("base") or ""),
        "classes": list(vision.get("atoms") or ()),
        "experts": [{"name": name, "bytes": sizes.get(each["file"], 0)} for name, each in experts.items()],
    }  # fmt: skip


def _full(entry: NetworkEntry, home: Path) -> dict[str, Any]:
    folder = Path(entry.name)
    record = _json(folder / RECORD)
    files = record.get("files") or {}
    size = sum(path.stat().st_size for path in folder.rglob("*.safetensors"))
    return {
        **entry._asdict(), "kind": "full", "bytes": size, "sha256": str(record.get("sha256") or ""),
        "origin": str(record.get("origin") or ""), "files": len(files),
        "needs": _json(folder / NEEDS) or released_needs(),
        "removable": bool(record) and folder.resolve().parent == home.resolve(),
    }  # fmt: skip


def _usable(folder: Path) -> tuple[bool, str]:
    if not (folder / "config.json").is_file():
        return False, f"{folder} holds no config.json."
    if not full_packages_there():
        return False, "torch or transformers is not installed in this environment."
    return True, "Imported full model."


def _local(source: str, home: Path) -> dict[str, object]:
    folder = Path(source)
    if not folder.is_dir():
        raise CheckpointError(
            f"There is no folder {source!r}.",
            "Choose the folder that holds config.json and the safetensors files, or write ORGANISATION/NAME@COMMIT.",
        )
    config = _json(folder / "config.json")
    if not config:
        raise CheckpointError(
            f"{folder.name!r} holds no readable config.json.", "Choose the folder that holds the whole checkpoint."
        )
    imported = (folder / RECORD).is_file() or config.get("model_type") != "sa2va_chat"
    size = sum(path.stat().st_size for path in folder.glob("*.safetensors"))
    return {
        "kind": "imported" if imported else "folder", "name": folder.name, "revision": "", "licence": _licence(folder),
        "bytes": size, "files": len(list(folder.glob("*.safetensors"))), "received": size,
        "needs_disk": 0 if imported else size, "target": str(folder if imported else home / folder.name),
    }  # fmt: skip


def _licence(folder: Path) -> str:
    """Return the licence that the head of a README names."""
    path = folder / "README.md"
    if not path.is_file():
        return ""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()[:60]
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("license:")), "")


def _json(path: Path) -> dict[str, Any]:
    try:
        loaded = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return loaded if isinstance(loaded, dict) else {}


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _work(order: Mapping[str, str], send: Send, cancelled: Check) -> dict[str, object] | None:
    """Run the worker; pass its progress on. None if it was stopped."""
    command = [sys.executable, "-m", "terrascope.service.model_worker", json.dumps(order)]
    # Its stdin is how it learns that the backend has ended. `-m` looks for modules in the working folder: an empty one.
    process = subprocess.Popen(  # nosec B603
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8", errors="replace",
        cwd=temporary.folder(),
        env={**os.environ, "PYTHONSAFEPATH": "1", "PYTHONUTF8": "1", "PYTHONPATH": _module_path()},
    )  # fmt: skip
    lines: Queue[str | None] = Queue()

    def read() -> None:
        assert process.stdout is not None  # nosec B101
        for line in process.stdout:
            lines.put(line)
        lines.put(None)

    threading.Thread(target=read, name="model worker", daemon=True).start()
    last: dict[str, Any] = {}
    try:
        while not cancelled():
            try:
                line = lines.get(timeout=0.1)
            except Empty:
                continue
            if line is None:
                return _outcome(last, process.wait())
            last = json.loads(line)
            if "progress" in last:
                send({"type": "progress", "fraction": last["progress"], "message": last["message"]})
        return None
    finally:
        process.kill()
        process.wait()


def _module_path() -> str:
    """PYTHONPATH with whole paths: the child has another working folder."""
    parts = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    return os.pathsep.join(str(Path(each).absolute()) for each in parts if each)


def _outcome(last: Mapping[str, Any], status: int) -> dict[str, object]:
    if "result" in last:
        return dict(last["result"])
    if "error" in last:
        raise CheckpointError(last["error"]["message"], last["error"]["hint"])
    raise CheckpointError(
        f"The import ended unexpectedly (exit status {status}).",
        "The log says why; if memory ran out, close other programs and import again.",
    )
