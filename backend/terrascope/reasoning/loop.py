"""The interleaved loop: text, [SEG], mask, masked tokens back in, text, answer. One for all networks and inputs.

With the released settings it takes the steps of `predict_forward_grounding` and its multi-image twin (HF
modeling_sa2va_chat.py:1180-1460, 1465-1730): each chosen token is read by the network before it is tested, the stop
token stays in the output, <REGION> ids count, and the run ends after the 20th mask's tokens without a further one.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Generator, Iterator
from typing import Protocol

import numpy as np

from terrascope.errors import NetworkError
from terrascope.networks.interface import Certain, Decoding, MaskPrediction, Network, Prompt
from terrascope.networks.stopping import Interrupted, watch
from terrascope.reasoning import modality
from terrascope.reasoning.answers import answer_text, choose_option, is_abstention
from terrascope.reasoning.dates import ViewChoice, view_of
from terrascope.reasoning.degenerate import repeats
from terrascope.reasoning.events import (
    AnswerReady,
    Ended,
    EndReason,
    Event,
    EvidenceReady,
    MaskReady,
    StepBegun,
    TextPiece,
    TokensInjected,
)
from terrascope.reasoning.labels import label_of
from terrascope.reasoning.sampling import next_token
from terrascope.reasoning.selection import select_tokens
from terrascope.reasoning.settings import ReasoningSettings, ResolvedSettings
from terrascope.reasoning.transcript import Transcript
from terrascope.scene.time_points import time_points
from terrascope.scene.types import Role, Scene


class EvidenceProvider(Protocol):
    """Measures a mask. Asked once after every mask."""

    def after_mask(self, step: int, label: str, view: int, prediction: MaskPrediction) -> EvidenceReady:
        """Return the measurements, and the text that a network with `measured_evidence` reads."""


def reason(
    network: Network,
    scene: Scene,
    prompt: Prompt,
    settings: ReasoningSettings | None = None,
    *,
    evidence: EvidenceProvider | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[Event]:
    """Ask a network a question about a scene and yield what happens, as it happens.

    Text pieces joined are what the network wrote, special tokens kept, without the <REGION> placeholders and without
    measured evidence. Text that leads to mask n has step n. `Ended` is the last event, unless an error is raised.

    Parameters
    ----------
    settings
        What is left open in it is taken from the network's own defaults.
    evidence
        Needed by a network that was trained with measured evidence.
    cancelled
        Asked before every token and every mask; an ONNX inference that runs is ended too (`networks.stopping`).

    Raises
    ------
    NetworkError
        If the network fails, or needs evidence and none is given.
    """
    if network.info.measured_evidence and evidence is None:
        raise NetworkError(
            f"Network {network.info.name!r} reads measurements and was given none.",
            "Pass an evidence provider.",
        )
    run = _Run(
        network,
        scene,
        prompt,
        (settings or ReasoningSettings()).resolved(network.info.defaults),
        evidence,
    )
    return run.events(cancelled)


class _Run:
    """The state of one run."""

    def __init__(
        self,
        network: Network,
        scene: Scene,
        prompt: Prompt,
        settings: ResolvedSettings,
        evidence: EvidenceProvider | None,
    ) -> None:
        self.network, self.scene, self.prompt = network, scene, prompt
        self.settings, self.evidence = settings, evidence
        self.generator = np.random.default_rng(settings.seed)
        self.masks = 0
        self.empty: list[tuple[int, str]] = []
        self.warnings: list[str] = []

    def events(self, cancelled: Callable[[], bool]) -> Iterator[Event]:
        if cancelled():
            yield Ended(EndReason.CANCELLED, ("Stopped before the first word.",))
            return
        transcript: Transcript | None = None
        try:
            with watch(cancelled):
                decoding = self.network.begin(self.scene, self.prompt)
                transcript = Transcript(decoding.text)
                reason = yield from self._generate(decoding, transcript, cancelled)
        except Interrupted:
            reason = EndReason.CANCELLED
        if transcript is None:
            yield Ended(reason, ("Stopped before the first word.",))
            return
        rest = transcript.flush()
        if rest:
            yield TextPiece(self.masks + 1, rest)
        yield from self._conclude(transcript, reason, decoding)

    def _generate(
        self, decoding: Decoding, transcript: Transcript, cancelled: Callable[[], bool]
    ) -> Generator[Event, None, EndReason]:
        """Write until the network, a limit, a circle or the user ends it. Returns why, ANSWERED if it stopped."""
        tokens, settings = self.network.info.tokens, self.settings
        sees = len(decoding.grids) > 0
        while True:
            if cancelled():
                return EndReason.CANCELLED
            token, log_probability = next_token(decoding.logits(), settings, self.generator)
            decoding.feed_token(token)
            piece = transcript.write(token, log_probability)
            if piece:
                yield TextPiece(self.masks + 1, piece)
            if token in tokens.stop:
                return EndReason.ANSWERED
            if token == tokens.seg and sees:
                if cancelled():
                    return EndReason.CANCELLED
                rest = transcript.flush()
                if rest:
                    yield TextPiece(self.masks + 1, rest)
                yield from self._segment(decoding, transcript)
                if self.masks >= settings.max_segments:
                    self.warnings.append(
                        f"The network asked for {self.masks} masks without giving an answer, which is the limit."
                    )
                    return EndReason.DEGENERATE
                continue
            if transcript.length >= settings.max_tokens:
                self.warnings.append(f"The text reached the limit of {settings.max_tokens} tokens.")
                return EndReason.LENGTH
            if settings.stop_on_repetition and repeats(transcript.written):
                self.warnings.append("The network repeats itself.")
                return EndReason.DEGENERATE

    def _segment(self, decoding: Decoding, transcript: Transcript) -> Iterator[Event]:
        choice = self._view(transcript)
        label = label_of(transcript.since_last_mask())
        step = self.masks + 1
        yield StepBegun(step, label, choice.view, choice.reason)
        prediction = decoding.decode_mask(choice.view)
        yield MaskReady(step, label, choice.view, prediction)
        if not prediction.mask.any():
            self.empty.append((step, label))
        views, indices = self._visual(decoding, choice.view, prediction, step)
        if indices:
            decoding.feed_visual(views, indices)
        transcript.inject(self.network.info.tokens.region, len(indices))
        yield TokensInjected(step, views, indices)
        if self.evidence is not None:
            found = self.evidence.after_mask(step, label, choice.view, prediction)
            if self.network.info.measured_evidence and found.text:
                transcript.insert(found.text, decoding.feed_text(found.text))
            else:
                found = dataclasses.replace(found, text="")
            yield found
        self.masks = step

    def _view(self, transcript: Transcript) -> ViewChoice:
        return view_of(
            transcript.so_far(),
            self.scene,
            self.masks,
            read_text=self.settings.view_choice == "text",
        )

    def _visual(
        self, decoding: Decoding, view: int, prediction: MaskPrediction, step: int
    ) -> tuple[list[int], list[int]]:
        settings = self.settings
        tokens = select_tokens(
            prediction.mask,
            decoding.grids[view],
            settings.selection,
            settings.selection_cap,
            (settings.seed, step),
        )
        partner = self._partner(decoding, view)
        if partner is None:
            return [view] * len(tokens), tokens
        return modality.injected(settings.modality, decoding, self.scene.views, view, partner, tokens)

    def _partner(self, decoding: Decoding, view: int) -> int | None:
        """The SAR view that shows the same state of the ground as an optical view."""
        views = self.scene.views
        if view >= len(views) or views[view].role is not Role.OPTICAL:
            return None
        point = next(point for point in time_points(views) if view in point)
        sar = next((i for i in point if views[i].role is Role.SAR), None)
        return sar if sar is not None and decoding.grids[sar] == decoding.grids[view] else None

    def _conclude(self, transcript: Transcript, reason: EndReason, decoding: Decoding) -> Iterator[Event]:
        text = transcript.whole()
        answer = answer_text(text, closed=reason is not EndReason.ANSWERED)
        if answer is not None and reason is EndReason.DEGENERATE:
            reason = EndReason.ANSWERED  # the circle came after the answer; the warning tells of it
        if reason is EndReason.ANSWERED or (reason is EndReason.LENGTH and answer is not None):
            reason = self._judge(answer)
        self.warnings.extend(f"Step {step}: the mask of {label!r} is empty." for step, label in self.empty)
        if answer is not None and reason in (EndReason.ANSWERED, EndReason.ABSTAINED):
            choice = None if reason is EndReason.ABSTAINED else choose_option(answer, self.prompt.options)
            if self.prompt.options and choice is None and reason is EndReason.ANSWERED:
                self.warnings.append(f"The answer {answer!r} is none of the options.")
            sure = transcript.answer_confidence()
            if sure is not None and isinstance(decoding, Certain):
                sure *= decoding.certainty()
            yield AnswerReady(answer, choice, sure)
        yield Ended(reason, tuple(self.warnings), tuple(transcript.ids), text)

    def _judge(self, answer: str | None) -> EndReason:
        if not answer:
            self.warnings.append("The network gave no answer.")
            return EndReason.DEGENERATE
        if is_abstention(answer):
            return EndReason.ABSTAINED
        if self.masks and len(self.empty) == self.masks and not self.network.info.measured_evidence:
            self.warnings.append(
                f"The answer {answer!r} rests on nothing: every mask is empty, and the network does not know that."
            )
            return EndReason.DEGENERATE
        return EndReason.ANSWERED


def finished(events: Iterator[Event]) -> Ended:
    """Run to the end and return the last event; for callers that want no stream."""
    last: Event | None = None
    for event in events:
        last = event
    if not isinstance(last, Ended):
        raise NetworkError(
            "The run ended without its last event.",
            "This is a defect of the network; please report it.",
        )
    return last
