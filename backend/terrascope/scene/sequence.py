"""Which layer is earlier: dates are decided over all layers of a question together, and views are put in order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from terrascope.scene.dates import settle_order
from terrascope.scene.layer import Layer
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
