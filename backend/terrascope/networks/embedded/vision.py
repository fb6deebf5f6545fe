"""The embedded vision networks: a probability for each land-cover atom at each pixel, on ONNX Runtime alone.

Three experts, chosen by what the view is:

- `optical`: satellite optical images of 3 to 60 m; any subset of blue, green, red, NIR, SWIR1, SWIR2 (where they are
  reflectance and the manifest has it, by the network `reflectance` with its encoder of surroundings);
- `aerial`: red, green, blue finer than 3 m;
- `sar`: VV and/or VH in dB.

The graphs hold everything from physical units to calibrated probabilities; here images are only brought to the
expected units, cut into windows and blended. `resources/models/vision.json` says how they were made and measured.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from terrascope.classes import ATOMS
from terrascope.errors import CheckpointError, NetworkError
from terrascope.networks import stopping
from terrascope.networks.embedded import context, tiles
from terrascope.networks.embedded.resolution import looks_aerial
from terrascope.networks.embedded.stretch import BRIGHT, stretch_display
from terrascope.scene.types import Role, Scale, View

log = logging.getLogger(__name__)

OPTICAL_BANDS: tuple[str, ...] = ("blue", "green", "red", "nir", "swir1", "swir2")
SAR_BANDS: tuple[str, ...] = ("vv", "vh")
AERIAL_BANDS: tuple[str, ...] = ("red", "green", "blue")
AERIAL_BELOW_M = 3.0
FINEST_AERIAL_M = 0.25  #: finer aerial images are looked at at about this pixel size

LARGEST_WINDOW = 448
OVERLAP = 48
MULTIPLE = 32


class VisionNetworks:
    """The three experts, loaded when first needed.

    Parameters
    ----------
    folder
        Folder with `vision.json` and the `vision_*.onnx` files it names.
    threads
        Threads of ONNX Runtime.
    providers
        ONNX Runtime execution providers in order of preference.

    Raises
    ------
    CheckpointError
        If the manifest or a file is missing, or a file is not the one that the manifest describes.
    """

    def __init__(self, folder: Path, threads: int = 2, providers: Sequence[str] = ("CPUExecutionProvider",)) -> None:
        self.folder = Path(folder)
        self.manifest = read_manifest(self.folder)
        self._threads = threads
        self._providers = list(providers)
        self._sessions: dict[str, onnxruntime.InferenceSession] = {}

    @property
    def experts(self) -> tuple[str, ...]:
        """Names of the experts that the manifest offers."""
        return tuple(self.manifest["experts"])

    @property
    def sha256(self) -> str:
        """One hash for all weights: SHA-256 over the hashes of the files, in name order."""
        entries = [entry for _, entry in sorted(self.manifest["experts"].items())]
        hashes = [part["sha256"] for entry in entries for part in (entry, entry.get("encoder")) if part]
        return hashlib.sha256("".join(hashes).encode()).hexdigest()

    def providers_in_use(self, expert: str) -> tuple[str, ...]:
        """Return the execution providers that the session of an expert really uses."""
        return tuple(self._session(expert).get_providers())

    def load(self, expert: str) -> None:
        """Load an expert ahead of its first use."""
        also = "reflectance" if expert == "optical" and "reflectance" in self.manifest["experts"] else expert
        for name in dict.fromkeys((expert, also)):
            self._session(name)
            if "encoder" in self.manifest["experts"][name]:
                self._session(name, "encoder")

    def expert_for(self, view: View, gsd_m: float | None) -> str:
        """Return the expert that a view is given to.

        Where the pixel size is not known, a colour picture is judged by its texture (`resolution.looks_aerial`).
        """
        if view.role is Role.SAR:
            return "sar"
        colours = all(name in view.bands for name in AERIAL_BANDS)
        if not colours:
            return "optical"
        if gsd_m is not None and math.isfinite(gsd_m) and gsd_m > 0:
            return "aerial" if gsd_m < AERIAL_BELOW_M else "optical"
        if view.scale is Scale.DISPLAY and "swir1" not in view.bands:
            stack = np.stack([view.pixels[view.bands.index(name)] for name in AERIAL_BANDS])
            return "aerial" if looks_aerial(stack, view.valid) else "optical"
        return "optical"

    def probabilities(self, view: View, gsd_m: float | None, expert: str | None = None) -> NDArray[np.float32]:
        """Return float32 [len(ATOMS), H, W]: the probability of each atom, adding up to 1 where the view is valid.

        Parameters
        ----------
        view
            The image.
        gsd_m
            Pixel size in metres, None where it is not known.
        expert
            Force an expert; by default `expert_for` chooses.

        Raises
        ------
        NetworkError
            If the view has none of the bands that the expert can use.
        """
        expert = expert or self.expert_for(view, gsd_m)
        valid = view.valid & np.isfinite(view.pixels).all(0)
        if not valid.any():
            return np.zeros((len(ATOMS), *valid.shape), np.float32)
        if expert == "aerial":
            return self._aerial(view, valid, gsd_m)
        bands = OPTICAL_BANDS if expert == "optical" else SAR_BANDS
        stack, present = _collect(view, valid, bands)
        feeds: dict[str, NDArray[np.float32]] = {"present": present[None]}
        if expert == "optical":
            stack = _optical_units(stack, present, valid, view.scale)
            gsd = 0.0 if gsd_m is None or not gsd_m > 0 else math.log2(min(max(gsd_m, 4.0), 80.0) / 10.0) / 3.0
            shown = float(view.scale is not Scale.REFLECTANCE)
            feeds["context"] = np.array([[shown, gsd]], np.float32)
            if view.scale is Scale.REFLECTANCE and "reflectance" in self.manifest["experts"]:
                expert = "reflectance"  # the same inputs, and an encoder that was pretrained on calibrated images
        return self._tiled(expert, stack, valid, feeds)

    def _aerial(self, view: View, valid: NDArray[np.bool_], gsd_m: float | None) -> NDArray[np.float32]:
        stack, present = _collect(view, valid, AERIAL_BANDS)
        if present.min() < 1:
            raise NetworkError(
                f'View "{view.name}" has the bands {", ".join(view.bands)}; images finer than {AERIAL_BELOW_M:g} m'
                " need red, green and blue.",
                "Name the bands of the layer, or resample it to 10 m.",
            )
        if view.scale is Scale.REFLECTANCE:
            stack = np.clip(stack / (BRIGHT + 0.02), 0, 1)
        elif view.scale is not Scale.DISPLAY:
            stack = np.clip(stretch_display(stack, valid, slice(0, 3), per_band=True) / (BRIGHT + 0.02), 0, 1)
        stack = _fill(stack, valid)
        factor = int(FINEST_AERIAL_M / gsd_m) if gsd_m is not None and 0 < gsd_m < FINEST_AERIAL_M else 1
        if factor < 2:
            return self._tiled("aerial", stack, valid, {})
        coarse = self._tiled("aerial", _shrink(stack, factor), np.ones(_shrunk(valid.shape, factor), bool), {})
        fine = np.repeat(np.repeat(coarse, factor, 1), factor, 2)[:, : valid.shape[0], : valid.shape[1]]
        return np.ascontiguousarray(fine * valid, dtype=np.float32)

    def _tiled(
        self, expert: str, stack: NDArray[np.float32], valid: NDArray[np.bool_], feeds: Mapping[str, Any]
    ) -> NDArray[np.float32]:
        session = self._session(expert)
        height, width = valid.shape
        encoded, spacing = "encoder" in self.manifest["experts"][expert], context.spacing_for(height * width)

        def encode(image: NDArray[np.float32], groups: NDArray[np.int64], gsd_m: float) -> NDArray[np.float32]:
            given = {"bands": image, "groups": groups, "gsd": np.array([gsd_m], np.float32)}
            return np.asarray(stopping.run(self._session(expert, "encoder"), given)[0], np.float32)

        total = np.zeros((len(ATOMS), height, width), np.float32)
        weight = np.zeros((height, width), np.float32)
        places = list(tiles.windows(height, width, LARGEST_WINDOW, OVERLAP, MULTIPLE))
        for place in places:
            here = np.s_[place.row : place.row + place.rows, place.col : place.col + place.cols]
            if not valid[here].any():
                continue
            bands = tiles.cut(stack, place)
            if encoded:
                tokens = context.tokens(encode, bands, feeds["present"][0], gsd_of(feeds["context"]), spacing)
                feeds = {**feeds, "tokens": tokens[None]}
            (output,) = stopping.run(session, {"bands": bands[None], **feeds})
            rows, cols = valid[here].shape
            if len(places) == 1:
                return np.ascontiguousarray(output[0, :, :rows, :cols] * valid, dtype=np.float32)
            blend = np.outer(tiles.ramp(place.rows, OVERLAP), tiles.ramp(place.cols, OVERLAP))[:rows, :cols]
            total[:, here[0], here[1]] += output[0, :, :rows, :cols] * blend
            weight[here] += blend
        total *= valid / np.maximum(weight, 1e-12)
        return total

    def _session(self, expert: str, part: str | None = None) -> onnxruntime.InferenceSession:
        key = expert if part is None else f"{expert}/{part}"
        if key in self._sessions:
            return self._sessions[key]
        entry = self.manifest["experts"].get(expert)
        if entry is None:
            raise NetworkError(
                f'The embedded model in {self.folder} has no expert "{expert}" (it has {", ".join(self.experts)}).',
                "Install the plugin again.",
            )
        entry = entry if part is None else entry[part]
        path = self.folder / entry["file"]
        try:
            data = path.read_bytes()
        except OSError as error:
            raise CheckpointError(f"Cannot read {path}: {error.strerror}.", "Install the plugin again.") from error
        found = hashlib.sha256(data).hexdigest()
        if found != entry["sha256"]:
            raise CheckpointError(
                f"{path} is damaged: its SHA-256 is {found[:12]}..., not {entry['sha256'][:12]}...",
                "Install the plugin again.",
            )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        available = set(onnxruntime.get_available_providers())
        wanted = [name for name in self._providers if name in available] or ["CPUExecutionProvider"]
        session = onnxruntime.InferenceSession(data, options, providers=wanted)
        log.info("vision network %s on %s", key, session.get_providers()[0])
        self._sessions[key] = session
        return session


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read `vision.json`.

    Raises
    ------
    CheckpointError
        If it is missing, is not JSON, or was made for other atoms.
    """
    path = folder / "vision.json"
    try:
        manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CheckpointError(f"Cannot read {path}: {error.strerror}.", "Install the plugin again.") from error
    except ValueError as error:
        raise CheckpointError(f"{path} is not valid JSON: {error}.", "Install the plugin again.") from error
    if tuple(manifest.get("atoms", ())) != ATOMS:
        raise CheckpointError(
            f"{path} was made for the classes {manifest.get('atoms')}, not {list(ATOMS)}.",
            "Use weights and code of the same version.",
        )
    return manifest


def gsd_of(given: NDArray[np.float32]) -> float:
    """Return the pixel size in metres that the context input [1, 2] stands for; 10 where it is not known."""
    return float(10.0 * 2.0 ** (3.0 * given[0, 1]))


def _collect(
    view: View, valid: NDArray[np.bool_], names: tuple[str, ...]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the named bands, float32 [len(names), H, W] (0 where absent or invalid), and their flags [len(names)]."""
    stack = np.zeros((len(names), *valid.shape), np.float32)
    present = np.zeros(len(names), np.float32)
    for i, name in enumerate(names):
        layer = view.band(name)
        if layer is None and name == "nir":
            layer = view.band("nir08")
        if layer is not None:
            stack[i] = np.where(valid, layer, 0)
            present[i] = 1
    if not present.any():
        raise NetworkError(
            f'View "{view.name}" has the bands {", ".join(view.bands) or "(none)"}, of which none can be used here;'
            f" {', '.join(names)} are understood.",
            "Set the band names of the layer.",
        )
    return stack, present


def _fill(stack: NDArray[np.float32], valid: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Put the mean of the valid pixels where there is none, so that edges of nodata do not look like objects."""
    if valid.all():
        return stack
    mean = stack[:, valid].mean(1)
    return np.where(valid, stack, mean[:, None, None]).astype(np.float32)


def _optical_units(
    stack: NDArray[np.float32], present: NDArray[np.float32], valid: NDArray[np.bool_], scale: Scale
) -> NDArray[np.float32]:
    here = np.flatnonzero(present)
    if scale is not Scale.REFLECTANCE:
        colours = [i for i, band in enumerate(here) if band < 3] or list(range(len(here)))
        raw = scale is Scale.RAW or present[3:].sum() > 1
        stretched = stretch_display(stack[here], valid, colours, per_band=raw)
        stack = stack.copy()
        stack[here] = stretched
    return _fill(stack, valid)


def _shrunk(shape: tuple[int, ...], factor: int) -> tuple[int, int]:
    return math.ceil(shape[0] / factor), math.ceil(shape[1] / factor)


def _shrink(stack: NDArray[np.float32], factor: int) -> NDArray[np.float32]:
    rows, cols = _shrunk(stack.shape[1:], factor)
    below, right = rows * factor - stack.shape[1], cols * factor - stack.shape[2]
    padded = np.pad(stack, ((0, 0), (0, below), (0, right)), mode="edge")
    return padded.reshape(len(stack), rows, factor, cols, factor).mean((2, 4)).astype(np.float32)
