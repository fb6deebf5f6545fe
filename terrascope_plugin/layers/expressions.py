"""Functions for QGIS expressions: what a run said and measured, for labels, layouts and field calculations."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsExpression,
    QgsExpressionContext,
    QgsExpressionFunction,
    QgsExpressionNodeFunction,
    QgsMapLayer,
    QgsProject,
)

from ..i18n import tr
from .run_file import RunFile, RunFileError, read_run

GROUP = "TerraScope"
Value = Any  # what an expression can hold: text, a number, None for NULL


class RunFunction(QgsExpressionFunction):
    """A function whose first argument is the id or name of a run's layer (QGIS 3.22 cannot hand over @layer itself).

    Parameters
    ----------
    compute
        Takes the run and the remaining arguments; None is NULL.
    """

    def __init__(self, name: str, parameters: list[str], help_text: str, compute: Callable[..., Value]) -> None:
        listed = [QgsExpressionFunction.Parameter(each) for each in parameters]
        super().__init__(name, listed, GROUP, help_text)
        self._compute = compute

    def clone(self) -> QgsExpressionFunction:
        """Return itself: it holds no state."""
        return self

    def func(
        self,
        values: list[Any],
        context: QgsExpressionContext | None,
        parent: QgsExpression,
        _node: QgsExpressionNodeFunction | None,
    ) -> Value:
        """Evaluate; a layer that is none of a run is an error of the expression."""
        path = _file_of(values[0])
        if not path:
            parent.setEvalErrorString(tr("{0} is no layer of a TerraScope run.").format(values[0]))
            return None
        try:
            run = _run(path, Path(path).stat().st_mtime_ns)
        except (OSError, RunFileError) as error:
            parent.setEvalErrorString(str(error))
            return None
        return self._compute(run, *values[1:])


def functions() -> list[QgsExpressionFunction]:
    """Return the functions, to be kept alive as long as they are registered."""
    layer = tr("<b>layer</b>: the id or the name of a mask's layer; @layer_id is the layer at hand")
    label = tr("<b>label</b>: the class, as in the mask's layer (water, tree, built-up, gain…)")
    about = [
        ("terrascope_question", ["layer"], tr("The question of a run."), _question),
        ("terrascope_answer", ["layer"], tr("The answer of a run."), _answer),
        ("terrascope_area", ["layer", "label"], tr("The measured area of a class in m²; NULL without a CRS."), _area),
        ("terrascope_share", ["layer", "label"], tr("The measured share of a class, from 0 to 1."), _share),
    ]
    made = []
    for name, parameters, text, compute in about:
        arguments = "<br>".join([layer, label][: len(parameters)])
        example = f"{name}({', '.join(['@layer_id', chr(39) + 'water' + chr(39)][: len(parameters)])})"
        last = tr("Of several masks of the class the last one counts.") if len(parameters) == 2 else ""
        made.append(RunFunction(name, parameters, f"<p>{text} {last}</p><p>{arguments}</p><p>{example}</p>", compute))
    return made


def register(made: list[QgsExpressionFunction]) -> None:
    """Make the functions known to every expression."""
    for each in made:
        QgsExpression.registerFunction(each)


def unregister(made: list[QgsExpressionFunction]) -> None:
    """Take the functions away again."""
    for each in made:
        QgsExpression.unregisterFunction(each.name())


def _file_of(value: Any) -> str:
    """Return the GeoPackage behind a layer, given by its id or name."""
    layer = value
    if not isinstance(value, QgsMapLayer):
        project = QgsProject.instance()
        named = project.mapLayersByName(str(value))
        layer = project.mapLayer(str(value)) or (named[0] if named else None)
    path = layer.source().split("|")[0] if layer is not None else ""
    return path if path.endswith(".gpkg") else ""


@lru_cache(maxsize=8)
def _run(path: str, _changed: int) -> RunFile:
    return read_run(path)


def _question(run: RunFile) -> Value:
    return run.run.get("question")


def _answer(run: RunFile) -> Value:
    return run.run.get("answer")


def _area(run: RunFile, label: str) -> Value:
    return _last(run, label).get("area_m2")


def _share(run: RunFile, label: str) -> Value:
    return _last(run, label).get("share")


def _last(run: RunFile, label: str) -> dict[str, Any]:
    found = [mask for mask in run.masks if mask["label"] == label]
    return found[-1] if found else {}
