"""The embedded model as a `Network`: vision probabilities, language stream, masks and masked tokens."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from terrascope import large
from terrascope.landcover import ATOMS, LABELS
from terrascope.landcover.words import labels_in, own_words
from terrascope.networks.embedded.certainty import Spread, certainty
from terrascope.networks.embedded.class_map import class_map, groups_of
from terrascope.networks.embedded.constraints import FREE, Constraints
from terrascope.networks.embedded.evidence_text import read
from terrascope.networks.embedded.language import LanguageNetworks
from terrascope.networks.embedded.reading import TWO_DATES, Reading
from terrascope.networks.embedded.scores import Scores
from terrascope.networks.embedded.segments import cells_of, predicted
from terrascope.networks.embedded.tokens import MAX_STEPS, evidence_tokens
from terrascope.networks.embedded.vision import VisionNetworks
from terrascope.networks.embedded.visual_tokens import COARSE, FINE, features
from terrascope.networks.interface import MaskPrediction, ModelInterval, NetworkInfo, Prompt, TokenGrid, TokenTable
from terrascope.resources import resource
from terrascope.scene.time_points import time_points
from terrascope.scene.types import Role, Scene, View

log = logging.getLogger(__name__)

#: Coarser than this, buildings are not seen one by one.
FINEST_BUILDINGS_M = 5.05
GRID = TokenGrid(1, 1, FINE, 448)
_OPTION_PREFIX = re.compile(r"^\s*\(?[A-Z][.):]\s+")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_POINT = re.compile(r"(?i)\b(?:t|image |picture |date |scene )(\d{1,2})\b")


def default_folder() -> Path:
    """Return the folder of the weights that come with the plugin."""
    return resource("models")


class Vision(Protocol):
    """Gives class probabilities of a view."""

    def probabilities(self, view: View, gsd_m: float | None) -> NDArray[np.float32]:
        """float32 [atoms, H, W], 0 where invalid, adding up to 1 where valid."""


class EmbeddedNetwork:
    """The model that ships with the plugin.

    Parameters
    ----------
    folder
        Holds the manifests `language.json` and `vision.json` and their files; default: those of the plugin.
    threads
        See ONNX Runtime.
    providers
        ONNX Runtime's providers of the vision networks (`devices.choose`); the language runs on the processor.
    vision
        Where class probabilities come from instead of the plugin's vision networks (oracle masks in evaluations).
    """

    def __init__(
        self,
        folder: Path | None = None,
        threads: int = 2,
        providers: Sequence[str] = ("CPUExecutionProvider",),
        vision: Vision | None = None,
    ) -> None:
        folder = folder or default_folder()
        self.language = LanguageNetworks(folder, threads)  # hundreds of tiny runs: a graphics card only slows them
        self.vision: Vision = vision or VisionNetworks(folder, threads, providers)
        ids = self.language.vocabulary.ids
        self._info = NetworkInfo(
            name="terrascope-embedded",
            version=str(self.language.manifest.get("version", "1")),
            weights_sha256=self.language.sha256,
            device=self.vision.device if isinstance(self.vision, VisionNetworks) else self.language.device,
            dtype="float32",
            tokens=TokenTable(seg=ids["[SEG]"], region=None, stop=frozenset({ids["</s>"]})),
            measured_evidence=True,
            defaults={"selection": "released", "selection_cap": 8, "modality": "text_guided", "view_choice": "text"},
        )
        self._scene: Scene | None = None
        self._seen: dict[int, Scores] = {}

    @property
    def info(self) -> NetworkInfo:
        """See `Network`."""
        return self._info

    def begin(self, scene: Scene, prompt: Prompt) -> EmbeddedDecoding:
        """See `Network`. Class probabilities of a view are computed once for a scene."""
        if scene is not self._scene:
            self._scene, self._seen = scene, {}
        return EmbeddedDecoding(self, scene, prompt)

    def forget(self) -> None:
        """See `Forgetful`."""
        self._scene, self._seen = None, {}

    def model_interval(
        self, view: View, gsd_m: float | None, label: str, mask: NDArray[np.bool_]
    ) -> ModelInterval | None:
        """Return the model interval of the share that a mask of a class has; None where none was measured."""
        if not isinstance(self.vision, VisionNetworks):
            return None
        seen = large.count(view.valid)
        share = large.count(mask) / seen if seen else 0.0
        return self.vision.intervals.of(view, self.vision.expert_for(view, gsd_m), label, share)

    def scores(self, scene: Scene, view: int) -> Scores:
        """Return class probabilities of a view, [atoms, H, W]; those of a large view stay in a file for the scene."""
        if view not in self._seen:
            gsd = None if scene.gsd_m is None else float(np.sqrt(scene.gsd_m[0] * scene.gsd_m[1]))
            if isinstance(self.vision, VisionNetworks):
                self._seen[view] = self.vision.scores(scene.views[view], gsd)
            else:
                self._seen[view] = Scores.of(self.vision.probabilities(scene.views[view], gsd))
        return self._seen[view]


class EmbeddedDecoding:
    """One answer under way. Implements `networks.interface.Decoding`."""

    def __init__(self, network: EmbeddedNetwork, scene: Scene, prompt: Prompt) -> None:
        self._network, self._scene, self._vocabulary = network, scene, network.language.vocabulary
        points = time_points(scene.views)
        self._dates = asked_points(prompt.question, scene, points)
        self._date_of = {
            view: min(range(len(self._dates)), key=lambda d: abs(self._dates[d] - rank))
            for rank, point in enumerate(points)
            for view in point
        }
        self._unit = "auto"
        self._masks = 0
        self._answering = False
        own = own_words(prompt.question)
        self._names = {label: word for label, (word, _) in own.items()} | _option_names(prompt.options)
        self._plural = {label: many for label, (_, many) in own.items()} if not prompt.options else {}
        self._fine: dict[int, NDArray[np.float32]] = {}
        self._spreads: list[Spread] = []
        self._options = prompt.options
        dates = max(1, len(self._dates))
        self._gsd = None if scene.gsd_m is None else float(np.sqrt(scene.gsd_m[0] * scene.gsd_m[1]))
        self.reading = self._read(prompt, points)
        if not prompt.options and coarse(scene.gsd_m):
            self.reading = self.reading._replace(labels=settlement(self.reading.labels))
        if self.reading.kind == "count":  # a patch is not a lake
            self._names = {label: word for label, word in self._names.items() if not self._plural.get(label)}
        self._constraints = Constraints(
            self._vocabulary,
            self.reading,
            dates,
            self._shares(points),
            network.language.manifest.get("order", {}).get(self.reading.kind),
        )
        looked_at = sorted({date - 1 for _, date in self._constraints.required}) if points else []
        visual = [self._tokens(points[self._dates[date]][0], side) for date in looked_at for side in (1, COARSE)]
        parts = [
            network.language.embed_reading(self.reading),
            *([network.language.embed_visual(np.concatenate(visual))] if visual else []),
        ]
        parts.append(network.language.embed_words([self._vocabulary.ids["<s>"]]))
        self._stream = network.language.stream().read(np.concatenate(parts))

    def _read(self, prompt: Prompt, points: Sequence[Sequence[int]]) -> Reading:
        """What is asked. A year of the earlier time point alone means that time point, unless a change is asked for."""
        question = _with_dates(prompt.question, self._scene, points, self._dates)
        found = self._network.language.read(question, prompt.options, max(1, len(self._dates)))
        if found.kind not in TWO_DATES | {"flood"} and "(t1)" in question and "(t2)" not in question:
            return found._replace(early=True)
        return found

    @property
    def grids(self) -> Sequence[TokenGrid]:
        """See `Decoding`: 16 x 16 cells a view."""
        return [GRID] * len(self._scene.views)

    def logits(self) -> NDArray[np.float32]:
        """See `Decoding`. What was not asked for or not measured cannot be said (`constraints`)."""
        scores = self._stream.logits.copy()
        scores[self._constraints.forbidden()] = -np.inf
        return scores

    def feed_token(self, token_id: int) -> None:
        """See `Decoding`."""
        token = self._vocabulary.tokens[token_id]
        if token.startswith("<u:"):
            self._unit = token[3:-1]
        elif token == "<answer>":  # nosec B105
            self._answering = True
        elif token == "[SEG]":  # nosec B105
            self._masks += 1
        self._constraints.wrote(token)
        self._stream = self._stream.read(self._network.language.embed_words([token_id]))

    def feed_text(self, text: str) -> int:
        """See `Decoding`: reads measured evidence; its numbers become slots that the answer can point at."""
        facts = read(text)
        if facts is None:
            log.warning("The embedded model cannot read the evidence %r.", text)
            return 0
        if self._masks > MAX_STEPS:
            log.warning("The embedded model was taught %d masks at most and reads no more.", MAX_STEPS)
            return 0
        found = list(evidence_tokens(facts, self._masks))
        self._constraints.measured(facts, {token: value for token, value in found if value is not None})
        ids = [self._vocabulary.ids[token] for token, _ in found]
        self._stream = self._stream.read(self._network.language.embed_words(ids))
        return len(ids)

    def decode_mask(self, view: int) -> MaskPrediction:
        """See `Decoding`.

        The [SEG] state gives a weight for each class atom; atoms from 0.5 on are asked for. A pixel is in the mask if
        its class is asked for, see `segments.predicted`. Where pixels are too large to tell houses apart, buildings are
        looked for as settlement.
        """
        asked = self._stream.query >= 0.5
        if asked[ATOMS.index("building")] and self._constraints.steps[-1][0] == "buildings":
            asked[ATOMS.index("built")] = self._gsd is None or self._gsd > FINEST_BUILDINGS_M
        if not asked.any():
            asked = self._stream.query >= self._stream.query.max()
        seen = self._scene.views[view]
        groups = groups_of(self._gsd, seen.role.value, seen.bands)
        found, masks = predicted(self._network.scores(self._scene, view), asked, seen.valid, groups)
        self._spreads.append(masks)
        return found._replace(model_interval=self._interval(seen, asked, found.mask))

    def _interval(self, view: View, asked: NDArray[np.bool_], mask: NDArray[np.bool_]) -> ModelInterval | None:
        """The model interval of a mask's share; of a mask that is exactly one class."""
        names = {atom for atom, wanted in zip(ATOMS, asked) if wanted}
        label = next((name for name, atoms in LABELS.items() if atoms == names), None)
        if label is None and names <= LABELS["built-up area"] and "built" in names:
            label = "built-up area"
        return None if label is None else self._network.model_interval(view, self._gsd, label, mask)

    def feed_visual(self, views: Sequence[int], tokens: Sequence[int]) -> None:
        """See `Decoding`."""
        found = np.stack([self._tokens(view, FINE)[token] for view, token in zip(views, tokens)])
        self._stream = self._stream.read(self._network.language.embed_visual(found))

    def choose_modality(self, optical: int, sar: int, tokens: Sequence[int]) -> Sequence[int]:
        """See `Decoding`: optical where its cell is seen, not clouded, and at least as clear as the SAR cell."""
        ours, theirs = self._tokens(optical, FINE), self._tokens(sar, FINE)
        cloud, count = ATOMS.index("cloud"), len(ATOMS)
        good = (ours[:, cloud] < 0.5) & (ours[:, count] > 0.5) & (ours[:, :count].max(1) >= theirs[:, :count].max(1))
        return [optical if good[token] else sar for token in tokens]

    def text(self, token_ids: Sequence[int]) -> str:
        """See `Decoding`."""
        names = self._names if self._answering else {}
        plural = self._plural if self._answering else {}
        steps = self._constraints.steps
        empty = next((label for label, facts in steps if facts is not None and facts.share <= 0), None)
        about = empty or (steps[0][0] if steps else None)
        return self._vocabulary.show(token_ids, self._constraints.slots, self._unit, self._dates, names, plural, about)

    def certainty(self) -> float:
        """See `networks.interface.Certain`."""
        facts = [found for _, found in self._constraints.steps]
        return certainty(self.reading.kind, self._spreads, facts, self._options)

    def _shares(self, points: Sequence[Sequence[int]]) -> dict[str, float]:
        """Share of each label in the view of the question's date, by the class of each pixel; only where the scene
        decides about the classes."""
        if not points or self.reading.kind not in FREE:
            return {}
        view = points[self._dates[0 if self.reading.early else -1]][0]
        seen = self._scene.views[view]
        groups = groups_of(self._gsd, seen.role.value, seen.bands)
        found = class_map(self._network.scores(self._scene, view), seen.valid, groups)
        counts = np.bincount(found[seen.valid], minlength=len(groups))
        part = counts / max(1, counts.sum())
        return {
            label: float(sum(share for share, group in zip(part, groups) if group.atoms <= atoms))
            for label, atoms in LABELS.items()
        }

    def _tokens(self, view: int, side: int) -> NDArray[np.float32]:
        """Feature vectors of a view's cells."""
        if side == FINE and view in self._fine:
            return self._fine[view]
        item = self._scene.views[view]
        cells = cells_of(self._network.scores(self._scene, view), item.valid, side)
        found = features(cells, side, self._date_of[view], self._gsd, item.role is Role.SAR, back=side == FINE)
        if side == FINE:
            self._fine[view] = found
        return found


def _option_names(options: Sequence[str]) -> dict[str, str]:
    """Return the option's own words for each class that exactly one option names."""
    found: dict[str, list[str]] = {}
    for option in options:
        plain = _OPTION_PREFIX.sub("", option)
        labels = labels_in(plain)
        if len(labels) == 1 and not re.search(r"\d", plain):
            found.setdefault(labels[0], []).append(plain)
    return {label: texts[0] for label, texts in found.items() if len(texts) == 1}


def coarse(gsd_m: tuple[float, float] | None) -> bool:
    """Whether houses cannot be told apart at a pixel size (m), or it is not known."""
    return gsd_m is None or float(np.sqrt(gsd_m[0] * gsd_m[1])) > FINEST_BUILDINGS_M


def settlement(labels: Sequence[str]) -> tuple[str, ...]:
    """Return labels with built-up area in place of buildings, unless both are there."""
    if "built-up area" in labels:
        return tuple(labels)
    return tuple("built-up area" if label == "buildings" else label for label in labels)


def asked_points(question: str, scene: Scene, points: Sequence[Sequence[int]]) -> list[int]:
    """Return the one or two time points that a question is about: those whose year or number it names, else the first
    and the last."""
    if len(points) <= 2:
        return list(range(len(points)))
    last = len(points) - 1
    named: set[int] = set()
    for match in _YEAR.finditer(question):
        fits = [rank for rank, point in enumerate(points) if int(match.group(0)) in _years(scene, point)]
        named |= set(fits) if len(fits) == 1 else set()
    named |= {
        int(match.group(1)) - 1 for match in _POINT.finditer(question.lower()) if 0 < int(match.group(1)) <= last + 1
    }
    if not named or named == {last}:
        return [0, last]
    return [min(named), max(named)] if len(named) > 1 else [*named, last]


def _years(scene: Scene, point: Sequence[int]) -> set[int]:
    dates = [scene.views[view].date for view in point]
    return {date.year for date in dates if date is not None}


def _with_dates(question: str, scene: Scene, points: Sequence[Sequence[int]], kept: Sequence[int]) -> str:
    """Return the question with " (t2)" behind each year or number that is that of exactly one of the time points
    looked at."""
    if len(kept) < 2:
        return question

    def tag(match: re.Match[str]) -> str:
        fits = [rank for rank, point in enumerate(kept) if int(match.group(0)) in _years(scene, points[point])]
        return f"{match.group(0)} (t{fits[0] + 1})" if len(fits) == 1 else match.group(0)

    def number(match: re.Match[str]) -> str:
        point = int(match.group(1)) - 1
        return f"{match.group(0)} (t{list(kept).index(point) + 1})" if point in kept else match.group(0)

    return _YEAR.sub(tag, _POINT.sub(number, question))
