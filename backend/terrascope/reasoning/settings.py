"""Settings of one run of the reasoning loop, each a named choice; None means "as the checkpoint was trained"."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from terrascope.errors import TerraScopeError

SELECTIONS: tuple[str, ...] = ("released", "paper", "boxes", "random", "none")
MODALITIES: tuple[str, ...] = (
    "text_guided",
    "concatenated",
    "optical",
    "sar",
    "quality",
)
VIEW_CHOICES: tuple[str, ...] = ("text", "cycle")

#: Cap on the visual tokens of one mask where nobody names one: the released code passes 8 at both call sites
#: (modeling_sa2va_chat.py:1411,1692), the paper says lambda = 128.
CAPS: Mapping[str, int] = {
    "released": 8,
    "paper": 128,
    "boxes": 128,
    "random": 128,
    "none": 0,
}


class SettingsError(TerraScopeError):
    """A setting of the reasoning loop has a value that it cannot have."""

    code = "settings"


@dataclass(frozen=True)
class ReasoningSettings:
    """How the loop runs.

    Attributes
    ----------
    selection
        Which visual tokens a mask brings back: `released`, `paper`, `boxes`, `random` (seeded) or `none` (text only).
    selection_cap
        At most so many visual tokens a mask.
    modality
        Where an optical view has a SAR partner: `text_guided` (the paper), `concatenated` (both tokens), `optical`,
        `sar`, or `quality` (text-guided, but never a clouded or missing optical token where SAR has one).
    view_choice
        `text`: the view that the text names, else the next one in turn; `cycle`: always the next in turn (the k-th
        [SEG] on view k mod n, as the released code does).
    max_tokens
        At most so many output ids, <REGION> and measured evidence included (released: 8,192).
    max_segments
        At most so many masks; the run ends after the last one's tokens (released: 20).
    temperature, top_p, top_k
        0 is greedy. `top_k` 0 and `top_p` 1 cut nothing off.
    seed
        Of the sampling and of random token selection.
    stop_on_repetition
        End a run that goes round in circles. False lets it reach `max_tokens`, as the released code does.
    """

    selection: str | None = None
    selection_cap: int | None = None
    modality: str | None = None
    view_choice: str | None = None
    max_tokens: int = 8192
    max_segments: int = 20
    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    seed: int = 0
    stop_on_repetition: bool = True

    def __post_init__(self) -> None:
        _one_of("selection", self.selection, SELECTIONS)
        _one_of("modality", self.modality, MODALITIES)
        _one_of("view_choice", self.view_choice, VIEW_CHOICES)
        _at_least("selection_cap", self.selection_cap, 0)
        _at_least("max_tokens", self.max_tokens, 1)
        _at_least("max_segments", self.max_segments, 1)
        _at_least("top_k", self.top_k, 0)
        if not (isinstance(self.temperature, (int, float)) and 0 <= self.temperature < 100):
            raise SettingsError(
                f"Setting temperature is {self.temperature!r}.",
                "Use a number from 0 (greedy) to 2.",
            )
        if not (isinstance(self.top_p, (int, float)) and 0 < self.top_p <= 1):
            raise SettingsError(
                f"Setting top_p is {self.top_p!r}.",
                "Use a number above 0 and at most 1.",
            )

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> ReasoningSettings:
        """Build from a plain mapping (a protocol message).

        Raises
        ------
        SettingsError
            If a name is unknown or a value cannot be.
        """
        known = {field.name for field in dataclasses.fields(cls)}
        for name in values:
            if name not in known:
                raise SettingsError(
                    f"There is no setting {name!r}.",
                    f"Known settings: {', '.join(sorted(known))}.",
                )
        return cls(**dict(values))

    def resolved(self, defaults: Mapping[str, object]) -> ResolvedSettings:
        """Fill what was left open from a checkpoint's `defaults`, then from the released behaviour."""

        def pick(name: str, last: str) -> str:
            own = getattr(self, name)
            return str(own if own is not None else defaults.get(name, last))

        selection = pick("selection", "released")
        _one_of("selection", selection, SELECTIONS)
        cap = self.selection_cap
        if cap is None and self.selection in (None, defaults.get("selection")):
            trained = defaults.get("selection_cap")
            cap = trained if isinstance(trained, int) else None
        modality, view_choice = (
            pick("modality", "text_guided"),
            pick("view_choice", "text"),
        )
        _one_of("modality", modality, MODALITIES)
        _one_of("view_choice", view_choice, VIEW_CHOICES)
        return ResolvedSettings(
            **{
                **{field.name: getattr(self, field.name) for field in dataclasses.fields(self)},
                "selection": selection,
                "selection_cap": CAPS[selection] if cap is None else cap,
                "modality": modality,
                "view_choice": view_choice,
            }
        )


@dataclass(frozen=True)
class ResolvedSettings(ReasoningSettings):
    """Settings with nothing left open; what a trace records."""

    selection: str = "released"
    selection_cap: int = 8
    modality: str = "text_guided"
    view_choice: str = "text"

    def to_dict(self) -> dict[str, object]:
        """Return plain values, ready for JSON."""
        return dataclasses.asdict(self)


def _one_of(name: str, value: str | None, allowed: tuple[str, ...]) -> None:
    if value is not None and value not in allowed:
        raise SettingsError(f"Setting {name} is {value!r}.", f"Use one of {', '.join(allowed)}.")


def _at_least(name: str, value: int | None, least: int) -> None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < least):
        raise SettingsError(f"Setting {name} is {value!r}.", f"Use a whole number of at least {least}.")
