"""The embedded vision networks: a probability for each land-cover atom at each pixel, on ONNX Runtime alone.

Three experts, chosen by what the view is:

- `optical`: satellite optical images of 3 to 60 m; any subset of blue, green, red, NIR, SWIR1, SWIR2 (where no band is
  beyond near infrared, by the network `infrared`; where none is beyond the visible ones, by the network `colour`, or
  `picture` where they are no reflectance);
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
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from terrascope import large
from terrascope.errors import CheckpointError, NetworkError
from terrascope.hashes import ungrouped
from terrascope.landcover import ATOMS
from terrascope.networks import stopping
from terrascope.networks.embedded import devices, tiles
from terrascope.networks.embedded.model_interval import ModelIntervals
from terrascope.networks.embedded.prepared import Doubled, Grown, Halved, Image, Shrunk, Streamed, Whole
from terrascope.networks.embedded.resolution import LARGEST, looks_aerial
from terrascope.networks.embedded.scores import Rows, Scores
from terrascope.networks.embedded.stretch import BRIGHT, stretch_display
from terrascope.networks.embedded.units import (
    AERIAL_BANDS,
    AERIAL_BELOW_M,
    OPTICAL_BANDS,
    SAR_BANDS,
    coarser,
    collect,
    doubled,
    fill,
    optical_units,
    places,
    refuse_without_colours,
    streamed_units,
)
from terrascope.networks.progress import Clock
from terrascope.scene.types import Role, Scale, View

log = logging.getLogger(__name__)

LARGEST_WINDOW = 576
OVERLAP = 48
MULTIPLE = 32
VISIBLE = 3  # of the optical bands, the first; near infrared comes next
Feeds = Mapping[str, NDArray[np.float32]]


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
        self.intervals = ModelIntervals(self.folder)
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
        return hashlib.sha256("".join(entry["sha256"] for entry in entries).encode()).hexdigest()

    def providers_in_use(self, expert: str) -> tuple[str, ...]:
        """Return the execution providers that the session of an expert really uses."""
        return tuple(self._session(expert).get_providers())

    @property
    def device(self) -> str:
        """The device that the networks run on: "cpu", "cuda", "dml" or "coreml", as a session says it."""
        if tuple(self._providers) == (devices.CPU,):
            return "cpu"
        return devices.device_of(self.providers_in_use(next(iter(self.experts)))[0])

    def load(self, expert: str) -> None:
        """Load an expert ahead of its first use."""
        self._session(expert)

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
            some = np.s_[:LARGEST, :LARGEST]
            stack = np.stack([view.pixels[view.bands.index(name)][some] for name in AERIAL_BANDS])
            return "aerial" if looks_aerial(stack, view.valid[some]) else "optical"
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
        return self.scores(view, gsd_m, expert).whole()

    def scores(self, view: View, gsd_m: float | None, expert: str | None = None) -> Scores:
        """Return the same as `probabilities`; of a large view without ever holding all of it, or of them, in memory.

        Raises
        ------
        NetworkError
            If the view has none of the bands that the expert can use.
        Interrupted
            If the job of this thread was stopped.
        """
        expert = expert or self.expert_for(view, gsd_m)
        if 4 * len(ATOMS) * view.valid.size > large.KEEP_BYTES:
            return self._streamed(expert, view, gsd_m)
        valid = view.valid & np.isfinite(view.pixels).all(0)
        if not valid.any():
            return Scores.of(np.zeros((len(ATOMS), *valid.shape), np.float32))
        if expert == "aerial":
            return Scores.of(self._aerial(view, valid, gsd_m))
        stack, present = collect(view, valid, OPTICAL_BANDS if expert == "optical" else SAR_BANDS)
        if expert == "optical":
            stack = optical_units(stack, present, valid, view.scale)
        expert, looks = self._graph(expert, view, present, gsd_m)
        return self._whole(expert, stack, valid, looks)

    def _graph(
        self, expert: str, view: View, present: NDArray[np.float32], gsd_m: float | None
    ) -> tuple[str, list[Feeds]]:
        """The graph that looks at a satellite view, and what it is given beside the bands; twice for what has
        short-wave infrared and is no reflectance, where the first look is `unsure` (see `settled`)."""
        if expert != "optical":
            return expert, [{"present": present[None]}]
        gsd = 0.0 if gsd_m is None or not gsd_m > 0 else math.log2(min(max(gsd_m, 4.0), 80.0) / 10.0) / 3.0
        shown = float(view.scale is not Scale.REFLECTANCE)
        context = np.array([[shown, gsd]], np.float32)
        if not present[VISIBLE:].any():
            expert = "picture" if shown else "colour"
        elif not present[VISIBLE + 1 :].any() and "infrared" in self.manifest["experts"]:
            expert = "infrared"
        looks: list[Feeds] = [{"present": present[None], "context": context}]
        if shown and present[: VISIBLE + 1].all() and present[VISIBLE + 1 :].any():
            fewer = present * (np.arange(len(present)) <= VISIBLE)
            looks.append({"present": fewer[None].astype(np.float32), "context": context})
        return expert, looks

    def _aerial(self, view: View, valid: NDArray[np.bool_], gsd_m: float | None) -> NDArray[np.float32]:
        stack, present = collect(view, valid, AERIAL_BANDS)
        refuse_without_colours(view, present)
        if view.scale is Scale.REFLECTANCE:
            stack = np.clip(stack / (BRIGHT + 0.02), 0, 1)
        elif view.scale is not Scale.DISPLAY:
            stack = np.clip(stretch_display(stack, valid, slice(0, 3), per_band=True) / (BRIGHT + 0.02), 0, 1)
        stack = fill(stack, valid)
        factor = coarser(gsd_m)
        if doubled(gsd_m):
            scores = Scores((len(ATOMS), *valid.shape))
            self._tiled("aerial", Doubled(Whole(stack, valid)), [{}], Halved(scores))
            return scores.whole()
        if factor < 2:
            return self._whole("aerial", stack, valid, [{}]).whole()
        coarse = Shrunk(Whole(stack, valid), factor).rows(0, -(-valid.shape[0] // factor))
        found = self._whole("aerial", coarse.stack, coarse.valid, [{}]).whole()
        fine = np.repeat(np.repeat(found, factor, 1), factor, 2)[:, : valid.shape[0], : valid.shape[1]]
        return np.ascontiguousarray(fine * valid, dtype=np.float32)

    def _streamed(self, expert: str, view: View, gsd_m: float | None) -> Scores:
        """Probabilities of a view that is read, looked at and stored by rows of windows."""
        height, width = view.valid.shape
        scores = Scores((len(ATOMS), height, width))
        names = AERIAL_BANDS if expert == "aerial" else OPTICAL_BANDS if expert == "optical" else SAR_BANDS
        found = places(view, names)
        present = np.array([place is not None for place in found], np.float32)
        if expert == "aerial":
            refuse_without_colours(view, present)
        image: Image = Streamed(view, found, streamed_units(expert, view, found))
        factor = coarser(gsd_m)
        if expert != "aerial":
            expert, looks = self._graph(expert, view, present, gsd_m)
            self._tiled(expert, image, looks, scores, view.name)
        elif doubled(gsd_m):
            self._tiled(expert, Doubled(image), [{}], Halved(scores), view.name)
        elif factor < 2:
            self._tiled(expert, image, [{}], scores, view.name)
        else:
            self._tiled(expert, Shrunk(image, factor), [{}], Grown(scores, view.valid, factor), view.name)
        return scores

    def _whole(self, expert: str, stack: NDArray[np.float32], valid: NDArray[np.bool_], looks: list[Feeds]) -> Scores:
        scores = Scores((len(ATOMS), *valid.shape))
        self._tiled(expert, Whole(stack, valid), looks, scores)
        return scores

    def _tiled(self, expert: str, image: Image, looks: list[Feeds], into: Rows, name: str = "") -> None:
        """Look at an image window by window, blend them where they overlap, and pass rows on once no window adds to
        them. Progress is told of an image with a name."""
        session = self._session(expert)
        height, width = image.shape

        def look(bands: NDArray[np.float32]) -> NDArray[np.float32]:
            found: list[NDArray[np.float32]] = []
            for given in looks:
                if found and not unsure(found[0]):
                    break
                shown = bands if not found else bands * given["present"][0][:, None, None]
                found.append(np.asarray(stopping.run(session, {"bands": shown[None], **given})[0][0], np.float32))
            return found[0] if len(found) == 1 else settled(*found)

        windows = list(tiles.windows(height, width, LARGEST_WINDOW, OVERLAP, MULTIPLE))
        clock = Clock(len(windows), name)
        blend = tiles.Blend(len(ATOMS), height, width, OVERLAP if len(windows) > 1 else 0, into)
        for row, group in groupby(windows, key=attrgetter("row")):
            side_by_side = list(group)
            stack, valid = image.rows(row, min(row + side_by_side[0].rows, height))
            blend.begin(row, side_by_side[0].rows, valid)
            for place in side_by_side:
                stopping.check()
                if valid[:, place.col : place.col + place.cols].any():
                    blend.add(place, look(tiles.cut(stack, place._replace(row=0))))
                clock.one_done()
        blend.finish()

    def _session(self, expert: str) -> onnxruntime.InferenceSession:
        if expert in self._sessions:
            return self._sessions[expert]
        entry = self.manifest["experts"].get(expert)
        if entry is None:
            raise NetworkError(
                f'The embedded model in {self.folder} has no expert "{expert}" (it has {", ".join(self.experts)}).',
                "Install the plugin again.",
            )
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
        options = devices.session_options(self._threads, self._providers)
        session = devices.open_session(data, options, self._providers)
        log.info("vision network %s on %s", expert, session.get_providers()[0])
        self._sessions[expert] = session
        return session


#: A pixel whose probability of settlement lies between these may be either, and a window with this share of them is
#: looked at again.
_EITHER, _SHARE = (0.1, 0.9), 0.05


def unsure(found: NDArray[np.float32]) -> bool:
    """Whether a window, [atoms, H, W], leaves open what of it is settlement."""
    built = found[ATOMS.index("built")]
    return float(((built > _EITHER[0]) & (built < _EITHER[1])).mean()) > _SHARE


def settled(whole: NDArray[np.float32], fewer: NDArray[np.float32]) -> NDArray[np.float32]:
    """Settlement as sure as the surer of two looks has it, the other classes as the first has them; [atoms, H, W].

    In what is no reflectance nobody knows how short-wave infrared compares to the rest, and cities in it look like
    meadows to a network that knows few cities in short-wave infrared; the second look is without it.
    """
    built = ATOMS.index("built")
    surer = np.maximum(whole[built], fewer[built])
    out = whole * ((1 - surer) / np.maximum(1 - whole[built], 1e-6))
    out[built] = surer
    return np.asarray(out, np.float32)


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
    for entry in manifest.get("experts", {}).values():
        entry["sha256"] = ungrouped(entry["sha256"])
    if tuple(manifest.get("atoms", ())) != ATOMS:
        raise CheckpointError(
            f"{path} was made for the classes {manifest.get('atoms')}, not {list(ATOMS)}.",
            "Use weights and code of the same version.",
        )
    return manifest
