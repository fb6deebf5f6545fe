"""Variants of a run: the loop's options, and networks that are kept from something (ablations)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from terrascope.networks.interface import Decoding, Network, NetworkInfo, Prompt
from terrascope.reasoning.settings import ReasoningSettings
from terrascope.scene.types import Scene
from terrascope.service.run import evidence_for
from terrascope_lab.bench.ask import Asker

#: Makes a network; called in the process that uses it.
Load = Callable[[], Network]


@dataclass(frozen=True)
class Variant:
    """One row of the ablation table.

    Attributes
    ----------
    measured
        Whether measurements are fed to the network after each mask; None: as it was trained.
    oracle_masks
        Truth masks in place of the network's.
    blank
        Every picture is replaced by its mean colour: what the network knows from the question alone.
    """

    name: str
    settings: ReasoningSettings = field(default_factory=ReasoningSettings)
    measured: bool | None = None
    oracle_masks: bool = False
    blank: bool = False


AS_TRAINED = Variant("as trained")


def make_asker(load: Load, variant: Variant = AS_TRAINED) -> Asker:
    """Load a network and return what asks it in this variant."""
    network = load()
    if variant.blank:
        network = BlankNetwork(network)
    if variant.measured is not None and variant.measured != network.info.measured_evidence:
        network = EvidenceNetwork(network, variant.measured)
    return Asker(network, evidence_for, variant.settings, variant.oracle_masks)


class EvidenceNetwork:
    """A network that is fed measurements against its training, or kept from them."""

    def __init__(self, network: Network, measured: bool) -> None:
        self._network = network
        self._info = replace(network.info, measured_evidence=measured)

    @property
    def info(self) -> NetworkInfo:
        """That of the network, with the other `measured_evidence`."""
        return self._info

    def begin(self, scene: Scene, prompt: Prompt) -> Decoding:
        """Begin as the network does."""
        return self._network.begin(scene, prompt)


class BlankNetwork:
    """A network that is shown the mean colour of each picture and nothing of the picture."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._scene: Scene | None = None
        self._blank: Scene | None = None

    @property
    def info(self) -> NetworkInfo:
        """That of the network."""
        return self._network.info

    def begin(self, scene: Scene, prompt: Prompt) -> Decoding:
        """Begin on the scene without its pictures."""
        if self._blank is None or scene is not self._scene:
            self._scene, self._blank = scene, blank(scene)
        return self._network.begin(self._blank, prompt)


def blank(scene: Scene) -> Scene:
    """Return a scene whose views are everywhere the mean of their valid pixels."""
    views = []
    for view in scene.views:
        mean = (
            view.pixels[:, view.valid].mean(axis=1, dtype=np.float64) if view.valid.any() else np.zeros(len(view.bands))
        )
        pixels = np.where(view.valid, mean[:, None, None], 0).astype(np.float32)
        views.append(replace(view, pixels=pixels))
    return replace(scene, views=tuple(views))
