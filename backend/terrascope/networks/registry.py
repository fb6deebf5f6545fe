"""Which networks there are, by name. Nothing heavy is imported before a network is asked for.

Names: "embedded" (ships with the project, any CPU), the folder of an imported full model, or "auto" (the model that
TERRASCOPE_MODEL names, else the embedded one).
"""

from __future__ import annotations

import importlib.util
import logging
import os
from pathlib import Path
from typing import NamedTuple

from terrascope.errors import NetworkError
from terrascope.networks.interface import Network
from terrascope.resources import resource, resource_there

log = logging.getLogger(__name__)

AUTO = "auto"
EMBEDDED = "embedded"
DEVICES = ("auto", "cpu", "cuda", "mps", "dml", "coreml")


class NetworkEntry(NamedTuple):
    """One network that can be asked for; `reason` says why it is not available, or what it is."""

    name: str
    title: str
    available: bool
    reason: str


def resolve(name: str | None) -> str:
    """Return the name that is meant: "auto" and nothing become a real name."""
    if name in (None, "", AUTO):
        return os.environ.get("TERRASCOPE_MODEL") or EMBEDDED
    return str(name)


def available_networks() -> list[NetworkEntry]:
    """Return the embedded model, the one that TERRASCOPE_MODEL names, and those in the models folder."""
    entries = [_embedded_entry()]
    named = os.environ.get("TERRASCOPE_MODEL")
    folders = [Path(named)] if named else []
    home = models_folder()
    if home.is_dir():
        folders += sorted(each.parent for each in home.glob("*/config.json"))
    seen: set[Path] = set()
    for folder in folders:
        if folder not in seen:
            seen.add(folder)
            entries.append(_full_entry(folder))
    return entries


def models_folder() -> Path:
    """Folder that imported models are kept in: TERRASCOPE_MODELS, else one in the user's data folder."""
    named = os.environ.get("TERRASCOPE_MODELS")
    if named:
        return Path(named)
    base = os.environ.get("XDG_DATA_HOME") or os.environ.get("LOCALAPPDATA")
    return (Path(base) if base else Path.home() / ".local" / "share") / "terrascope" / "models"


def load_network(name: str | None = None, device: str | None = None, precision: str | None = None) -> Network:
    """Load a network.

    Parameters
    ----------
    name
        See above.
    device
        "auto", "cpu", "cuda", ...; what really runs is in `network.info.device`.
    precision
        "fp32", "bf16", "fp16", "nf4", "int4" for a full model; ignored by the embedded one.

    Raises
    ------
    NetworkError
        If there is no such network, or what it needs is not installed.
    """
    wanted = resolve(name)
    if device not in (None, "") and str(device).split(":")[0] not in DEVICES:
        raise NetworkError(f"There is no device {device!r}.", f"Use one of {', '.join(DEVICES)}.")
    if wanted == EMBEDDED:
        return _load_embedded(None if device in (None, "", AUTO) else device)
    return _load_full(Path(wanted), device, precision)


def _embedded_entry() -> NetworkEntry:
    title = "Embedded model"
    if importlib.util.find_spec("onnxruntime") is None:
        return NetworkEntry(EMBEDDED, title, False, "onnxruntime is not installed; repair the environment.")
    if importlib.util.find_spec("terrascope.networks.embedded.session") is None:
        return NetworkEntry(EMBEDDED, title, False, "This version has no embedded model.")
    if not resource_there("models", "language.json") or not resource_there("models", "vision.json"):
        return NetworkEntry(EMBEDDED, title, False, "Its weights are missing in resources/models; install again.")
    return NetworkEntry(EMBEDDED, title, True, "Ships with TerraScope, runs on any CPU.")


def _full_entry(folder: Path) -> NetworkEntry:
    title = f"TerraScope ({folder.name})"
    if not (folder / "config.json").is_file():
        return NetworkEntry(str(folder), title, False, f"{folder} holds no config.json.")
    for package in ("torch", "transformers"):
        if importlib.util.find_spec(package) is None:
            return NetworkEntry(str(folder), title, False, f"{package} is not installed in this environment.")
    return NetworkEntry(str(folder), title, True, "Imported full model.")


def _load_embedded(device: str | None) -> Network:
    try:
        import onnxruntime

        from terrascope.networks.embedded.devices import choose
        from terrascope.networks.embedded.session import EmbeddedNetwork
    except ImportError as error:
        raise NetworkError(
            f"The embedded model cannot be loaded: {error}.", "Repair TerraScope's environment (set-up page)."
        ) from error
    onnxruntime.disable_telemetry_events()  # also where a program had imported it before our variables were set
    providers = choose(device, resource("models", "vision_aerial.onnx"))  # `info.device` says what really runs
    return EmbeddedNetwork(threads=min(os.cpu_count() or 1, 8), providers=providers)


def _load_full(folder: Path, device: str | None, precision: str | None) -> Network:
    if not folder.is_dir():
        raise NetworkError(
            f"There is no network {str(folder)!r}.",
            f'Use "embedded", or the folder of an imported model ({models_folder()} is where they are kept).',
        )
    try:
        from terrascope.networks.full.session import load_full
    except ImportError as error:
        raise NetworkError(
            f"The full model needs a package that is not installed: {error}.",
            "Install the full environment (requirements for torch and transformers).",
        ) from error
    return load_full(folder, device=device, precision=precision)
