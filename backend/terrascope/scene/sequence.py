"""Which layer is earlier: dates are decided over all layers of a question together, and views are put in order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from terrascope.scene.dates import settle_order
from terrascope.scene.layer import Layer
from terrascope.scene.merge import product_key
from terrascope.scene.types import Role, View


def settle_dates(layers: Sequence[Layer]) -> list[Layer]:
    """Decide between day-month and month-day over the names of all layers; see `settle_order`."""
    wanted = [layer.request.known_date_order() for layer in layers]
    names = [layer.name for layer in layers]
    dated, doubts = settle_order([layer.dated for layer in layers], names, wanted, dt.date.today())
    mine = {layer.name: [each for each in doubts if each.layer == layer.name] for layer in layers}
    return [
        replace(layer, dated=found, doubts=(*layer.doubts, *mine[layer.name])) for layer, found in zip(layers, dated)
    ]


def settle_siblings(layers: Sequence[Layer]) -> list[Layer]:
    """Let the files of one image share the offset that one of them shows: it is decided once, not band by band."""
    groups: dict[str, list[Layer]] = {}
    for layer in layers:
        if layer.request.product is None and (key := product_key(layer.header.path)) and len(layer.found.bands) == 1:
            groups.setdefault(key, []).append(layer)
    settled = {
        id(layer): _like_its_siblings(layer)
        for members in groups.values()
        if any(_asks_offset(each) for each in members) and any(_shows_none(each) for each in members)
        for layer in members
        if _asks_offset(layer)
    }
    return [settled.get(id(layer), layer) for layer in layers]


def _asks_offset(layer: Layer) -> bool:
    return any(doubt.what == "offset" and doubt.open for doubt in layer.doubts)


def _shows_none(layer: Layer) -> bool:
    return not _asks_offset(layer) and layer.found.sensor == "Sentinel-2" and not any(layer.conversion.offsets)


def _like_its_siblings(layer: Layer) -> Layer:
    reason = f"{layer.conversion.reason}; no offset, as another file of the image shows"
    doubts = tuple(doubt for doubt in layer.doubts if doubt.what != "offset")
    return replace(layer, conversion=replace(layer.conversion, reason=reason), doubts=doubts)


def time_order(views: Sequence[View]) -> tuple[list[View], list[str]]:
    """Put optical views before SAR, and earlier before later where every view has a date; say what was done.

    Two views of one day stand by their time of day where both have one, else in the order of the layers.
    """
    ordered = sorted(views, key=lambda view: view.role is not Role.OPTICAL)
    notes = []
    if len(views) > 1 and all(view.date for view in views):
        timed = all(view.time for view in views)
        ordered = sorted(ordered, key=lambda view: (view.role is not Role.OPTICAL, view.date, timed and view.time))
        days = [(view.role, view.date) for view in views]
        if not timed and len(set(days)) < len(days):
            notes.append("Layers of one day without a time of day stand in the order in which they were given.")
    elif len({view.role for view in views}) < len(views):
        missing = ", ".join(f'"{view.name}"' for view in views if not view.date)
        notes.append(
            f"No date is known of {missing}: the layers are taken in the order in which they were given, the first as "
            "the earliest."
        )
    if [id(view) for view in ordered] != [id(view) for view in views]:
        notes.append("Order of the views: optical before SAR, earlier before later.")
    return ordered, notes
