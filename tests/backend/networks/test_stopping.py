"""A question that is stopped ends at once, also in the middle of a large image. The real embedded model."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")

from terrascope.networks import stopping
from terrascope.networks.interface import Prompt
from terrascope.networks.registry import EMBEDDED, load_network
from terrascope.reasoning.events import Ended, EndReason
from terrascope.reasoning.evidence import MeasuredEvidence
from terrascope.reasoning.loop import reason
from terrascope.scene.types import Affine6, Grid, Role, Scale, Scene, Source, View

SIDE = 1500
BANDS = ("blue", "green", "red", "nir")


@pytest.fixture(scope="module")
def scene() -> Scene:
    pixels = np.random.default_rng(1).random((4, SIDE, SIDE), dtype=np.float32) * 0.4
    valid = np.ones((SIDE, SIDE), dtype=bool)
    view = View("large", Role.OPTICAL, None, BANDS, Scale.REFLECTANCE, pixels, valid, Source("large"))
    grid = Grid(SIDE, SIDE, Affine6(10, 0, 500000, 0, -10, 9000000), "EPSG:32718")
    return Scene(grid, (view,), (10.0, 10.0))


def test_a_question_is_stopped_while_a_large_image_is_looked_at(scene: Scene) -> None:
    network = load_network(EMBEDDED)
    stop = threading.Event()
    pressed: list[float] = []

    def press() -> None:
        while not stopping._running:
            time.sleep(0.002)
        pressed.append(time.monotonic())
        stop.set()

    threading.Thread(target=press, daemon=True).start()  # 16 windows of about 0.4 s each are to be looked at
    prompt = Prompt("How much of the area is water?")
    events = list(reason(network, scene, prompt, evidence=MeasuredEvidence(scene), cancelled=stop.is_set))
    ended = events[-1]
    assert isinstance(ended, Ended)
    assert ended.reason is EndReason.CANCELLED
    assert time.monotonic() - pressed[0] < 1.0  # 0.03 s were seen; a busy machine may take longer


def test_the_next_question_runs_after_a_stopped_one() -> None:
    with pytest.raises(stopping.Interrupted), stopping.watch(lambda: True):
        while True:
            time.sleep(0.005)
            stopping.run(_Nothing(), {})
    with stopping.watch(lambda: False):
        assert stopping.run(_Nothing(), {}) == ["done"]


class _Nothing:
    """As much of a session as is needed to run."""

    def run(self, _names: None, _feeds: dict[str, object], _options: object) -> list[str]:
        return ["done"]
