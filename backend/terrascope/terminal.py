"""How a run looks in a terminal: the reasoning as it streams, masks and claims as lines, the answer in a box."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.status import Status
from rich.table import Table

from terrascope.landcover.colours import colour_of
from terrascope.trace.text import readable
from terrascope.trace.types import Trace, all_masks, summary_share
from terrascope.units import area_text, share_text

_VERDICTS = {
    "supported": "[green]✔ supported[/]",
    "contradicted": "[red]✘ contradicted[/]",
    "not_checkable": "[dim]· not checkable[/]",
}
_REASONS = {
    "answered": "answered",
    "abstained": "the network says that it cannot tell",
    "degenerate": "no usable answer",
    "length": "stopped at the length limit",
    "cancelled": "stopped by you",
    "error": "stopped by an error",
}


class Stream:
    """Shows protocol messages as they come."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status: Status | None = None
        self._in_text = False
        #: The file of a run that has ended.
        self.written: str | None = None

    def __call__(self, message: Mapping[str, Any]) -> None:
        """Show one message; types that have nothing to show are passed over."""
        show = getattr(self, f"_on_{message['type']}", None)
        if show is not None:
            show(message)

    def close(self) -> None:
        """Stop the spinner and end the line, whatever happened."""
        self._end_text()
        self._busy(None)

    def _on_progress(self, message: Mapping[str, Any]) -> None:
        self._busy(f"{escape(message.get('message', ''))} {100 * message['fraction']:.0f} %")

    def _on_loading(self, message: Mapping[str, Any]) -> None:
        self._busy(escape(message.get("message", f"Loading {message['network']}")))

    def _on_scene(self, message: Mapping[str, Any]) -> None:
        self._busy(None)
        gsd = message.get("gsd_m")
        size = f"{message['width']} x {message['height']} px"
        pixel = f", {gsd[0]:.3g} m a pixel" if gsd else ", no CRS: pixels and shares only"
        self._console.print(f"[bold]Scene[/] {size}{pixel}", highlight=False)
        for view in message["views"]:
            parts = [view["role"], view.get("date"), ", ".join(view.get("bands", ()))]
            text = " · ".join(each for each in parts if each)
            self._console.print(f"  {escape(view['name'])} [dim]{escape(text)}[/]", highlight=False)
        for note in message["notes"]:
            self._console.print(f"  [dim]{escape(note)}[/]", highlight=False)
        self._busy("Thinking")

    def _on_understood(self, message: Mapping[str, Any]) -> None:
        if message["text"]:
            self._busy(None)
            self._console.print(f"[bold]Understood[/] {escape(message['text'])}", highlight=False)

    def _on_results(self, message: Mapping[str, Any]) -> None:
        self._end_text()
        if len(message["rows"]) < 2:  # the answer says it
            return
        table = Table(*(escape(each) for each in message["columns"]), box=None, header_style="dim")
        for row in message["rows"]:
            table.add_row(*(escape(each) for each in row))
        self._console.print(table)

    def _on_text(self, message: Mapping[str, Any]) -> None:
        self._busy(None)
        text = message["text"] if self._in_text else message["text"].lstrip()
        self._in_text = self._in_text or bool(text)
        self._console.print(escape(text), end="", highlight=False, soft_wrap=True)

    def _on_step(self, message: Mapping[str, Any]) -> None:
        self._end_text()
        self._busy(f"Segmenting {escape(message['label'])}")

    def _on_mask(self, message: Mapping[str, Any]) -> None:
        self._busy(None)
        self._console.print(mask_line(message["label"], message, message["measurements"]), highlight=False)

    def _on_evidence(self, message: Mapping[str, Any]) -> None:
        if message["text"].strip():
            self._console.print(f"    [dim italic]{escape(message['text'].strip())}[/]", highlight=False)

    def _on_claim(self, message: Mapping[str, Any]) -> None:
        self._end_text()
        self._console.print(claim_line(message), highlight=False)

    def _on_answer(self, message: Mapping[str, Any]) -> None:
        self._end_text()
        self._console.print(answer_panel(message["text"], message.get("choice"), message.get("confidence")))

    def _on_end(self, message: Mapping[str, Any]) -> None:
        self.close()
        self.written = message.get("gpkg")
        for warning in message.get("warnings", ()):
            self._console.print(f"[yellow]! {escape(warning)}[/]", highlight=False)
        where = f" on {message['device']}" if message.get("device") else ""
        took = f" in {message['seconds']:.1f} s" if "seconds" in message else ""
        reason = _REASONS.get(message["reason"], message["reason"])
        network = escape(str(message.get("network", "")))
        self._console.print(f"[dim]{reason}, {network}{where}{took}[/]", highlight=False)

    def _end_text(self) -> None:
        if self._in_text:
            self._console.print()
            self._in_text = False

    def _busy(self, text: str | None) -> None:
        if text is None:
            if self._status is not None:
                self._status.stop()
                self._status = None
        elif self._console.is_terminal:
            if self._status is None:
                self._status = self._console.status(text)
                self._status.start()
            else:
                self._status.update(text)


def mask_line(label: str, facts: Mapping[str, Any], measurements: Mapping[str, Any]) -> str:
    """Return one line about a mask: colour, class, date, area, share, confidence."""
    derived = bool(facts.get("derived"))
    area, share = measurements.get("area_m2"), summary_share(measurements)
    parts = [
        facts.get("date"),
        "empty" if measurements.get("pixels") == 0 else None,
        area_text(area) if area is not None else f"{measurements.get('pixels', 0):,} px",
        share_text(share) if share is not None else None,
        measurements.get("where"),
        f"confidence {facts['confidence']:.2f}" if facts.get("confidence") is not None else None,
    ]
    text = " · ".join(str(each) for each in parts if each)
    lead = "    ↳" if derived else f"  [bold]{facts.get('step', '')}[/]"
    return f"{lead} [{colour_of(label, derived)}]■[/] [bold]{escape(label)}[/]  {escape(text)}"


def claim_line(claim: Mapping[str, Any]) -> str:
    """Return one line about a claim: verdict, what was said, both values."""
    unit = claim.get("unit") or ""
    both = ""
    if claim.get("measured") is not None:
        said, measured = (f"{_value(claim.get(key))} {unit}".strip() for key in ("claimed", "measured"))
        both = f" (said {said}, measured {measured})"
    elif claim.get("reason"):
        both = f" ({claim['reason']})"
    return f"  {_VERDICTS.get(claim['verdict'], claim['verdict'])} “{escape(claim['text'])}”[dim]{escape(both)}[/]"


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4g}" if isinstance(value, (int, float)) else str(value)


def answer_panel(text: str, choice: str | None, confidence: float | None) -> Panel:
    """Return the answer in a box."""
    lead = f"[bold]{choice}[/]  " if choice else ""
    sure = f"certainty {confidence:.0%}" if confidence is not None else None
    return Panel(f"{lead}[bold]{escape(text)}[/]", title="Answer", subtitle=sure, border_style="green", expand=False)


def show_trace(console: Console, trace: Trace) -> None:
    """Replay a trace as it was shown while it ran."""
    console.print(Panel(escape(trace.question), title="Question", expand=False))
    for letter, option in zip("ABCDEFGHIJ", trace.options):
        console.print(f"  {letter}  {escape(option)}", highlight=False)
    for view in trace.inputs:
        console.print(f"[bold]Input[/] {escape(view.path)} [dim]{view.role} {view.date or ''}[/]", highlight=False)
    if trace.understood:
        console.print(f"[bold]Understood[/] {escape(trace.understood)}", highlight=False)
    for step in trace.steps:
        text = readable(step.text).strip()
        if text:
            console.print(escape(text), highlight=False)
        for mask in all_masks(step):
            sure = None if mask.derived else step.confidence
            facts = {"step": step.number, "date": step.date, "confidence": sure, "derived": mask.derived}
            console.print(mask_line(mask.label, facts, mask.measurements), highlight=False)
        if step.evidence.strip():
            console.print(f"    [dim italic]{escape(step.evidence.strip())}[/]", highlight=False)
    for claim in trace.claims:
        console.print(claim_line(vars(claim)), highlight=False)
    if trace.answer is not None:
        console.print(answer_panel(trace.answer.text, trace.answer.choice, trace.answer.confidence))
    for warning in trace.warnings:
        console.print(f"[yellow]! {escape(warning)}[/]", highlight=False)
    reason = _REASONS.get(trace.end_reason or "", "the run was cut off before its end")
    network = trace.network
    origin = f"{network.name} {network.version} on {network.device}, {trace.created}"
    console.print(f"[dim]{reason}, {escape(origin)}[/]", highlight=False)


def measurement_table(masks: list[dict[str, Any]]) -> Table:
    """Return measurements as a table."""
    table = Table("mask", "area", "share", "pixels", "parts", "perimeter", "where", "method")
    for each in masks:
        area, share, perimeter = each.get("area_m2"), summary_share(each), each.get("perimeter_m")
        table.add_row(
            escape(str(each["label"])),
            area_text(area) if area is not None else "-",
            share_text(share) if share is not None else "-",
            f"{each['pixels']:,}" if "pixels" in each else "-",
            str(each.get("components", "-")),
            f"{perimeter:,.0f} m" if perimeter is not None else "-",
            str(each.get("where") or "-"),
            str(each.get("area_method", "-")),
        )
    return table
