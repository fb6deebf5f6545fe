"""What a build is made of; two builds with the same settings give the same files."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import terrascope
from terrascope_lab.cot.captions.endpoint import Endpoint
from terrascope_lab.cot.captions.llm import EndpointCaptioner
from terrascope_lab.cot.captions.rule_based import Captioner, RuleCaptioner
from terrascope_lab.cot.compose.choose import LEVELS
from terrascope_lab.cot.compose.llm import EndpointComposer
from terrascope_lab.cot.readers.registry import SourceSpec
from terrascope_lab.cot.scenes import DataError

FILE = "build.json"
#: Scenes of one part of a build.
PART_SCENES = 8


@dataclass(frozen=True)
class BuildSettings:
    """Settings of a build.

    Attributes
    ----------
    rounds
        How often each scene is gone through; a round asks as many questions as the paper does, and none twice.
    endpoint, compose_endpoint
        Endpoint that writes the captions, and that words the composed questions; None: by rule.
    overlays
        Keep the pictures with coloured masks beside the captions.
    """

    sources: tuple[SourceSpec, ...]
    seed: int = 0
    levels: tuple[str, ...] = LEVELS
    rounds: int = 1
    endpoint: Endpoint | None = None
    compose_endpoint: Endpoint | None = None
    overlays: bool = False

    def captioner(self) -> Captioner:
        """Return the captioner."""
        return RuleCaptioner() if self.endpoint is None else EndpointCaptioner(self.endpoint)

    def composer(self) -> EndpointComposer | None:
        """Return what words the composed questions, if not rules do."""
        return None if self.compose_endpoint is None else EndpointComposer(self.compose_endpoint)

    def record(self) -> dict[str, object]:
        """Return the settings as they are kept beside the files."""
        return json.loads(  # type: ignore[no-any-return]
            json.dumps({"terrascope": terrascope.__version__, **asdict(self)}, default=str, sort_keys=True)
        )


def claim(out: Path, settings: BuildSettings) -> None:
    """Make the folder of a build, or go on with one of the same settings.

    Raises
    ------
    DataError
        If the folder holds a build with other settings.
    """
    path, wanted = out / FILE, settings.record()
    if path.exists():
        found = json.loads(path.read_text(encoding="utf-8"))
        if found != wanted:
            names = [name for name in wanted if found.get(name) != wanted[name]]
            raise DataError(
                f"{out} holds a build with other settings ({', '.join(names)}).", "Give another --out, or remove it."
            )
        return
    (out / "parts").mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(wanted, indent=1) + "\n", encoding="utf-8")
