"""terrascope:ask"""

from __future__ import annotations

import tempfile
from pathlib import Path

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingOutputFile,
    QgsProcessingOutputLayerDefinition,
    QgsProcessingOutputString,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterString,
)

from ..i18n import tr
from ..layers.run_file import NoRunError, RunFileError, read_run
from ..layers.writing import is_written
from ..settings import Settings
from .base import OUTPUT, Algorithm, follow
from .client import run_job

QUESTION, IMAGES, OPTIONS, RUN = "QUESTION", "IMAGES", "OPTIONS", "RUN"


def _kept_file() -> str:
    """Return the name of a run that nobody named: a result, which outlives this process. Only its owner can read it."""
    return str(Path(tempfile.mkdtemp(prefix="terrascope-run-")) / "run.gpkg")


class AskAlgorithm(Algorithm):
    """A question about one or more images; out come the answer, the masks and the run."""

    def name(self) -> str:
        """Identifier."""
        return "ask"

    def displayName(self) -> str:  # noqa: N802 (QGIS's name)
        """Name in the toolbox."""
        return tr("Ask a question about images")

    def shortHelpString(self) -> str:  # noqa: N802 (QGIS's name)
        """Help beside the form."""
        return tr(
            "Answers a question about one image, an optical and a radar image, or a stack of dates. Every "
            "step of the reasoning leaves a mask; "
            "its area is measured. The run (a GeoPackage) can be opened again in the TerraScope panel."
        )

    def initAlgorithm(self, _configuration: dict | None = None) -> None:  # noqa: N802 (QGIS's name)
        """Parameters and outputs."""
        self.addParameter(
            QgsProcessingParameterMultipleLayers(IMAGES, tr("Images"), QgsProcessing.SourceType.TypeRaster)
        )
        self.addParameter(QgsProcessingParameterString(QUESTION, tr("Question")))
        self.addParameter(
            QgsProcessingParameterString(
                OPTIONS, tr("Possible answers, one a line (multiple choice)"), multiLine=True, optional=True
            )
        )
        self.add_area()
        self.add_known()
        self.add_masks_output(tr("Masks"))
        self.addParameter(
            QgsProcessingParameterFileDestination(
                RUN, tr("Run"), "GeoPackage (*.gpkg)", optional=True, createByDefault=False
            )
        )
        self.addOutput(QgsProcessingOutputString("ANSWER", tr("Answer")))
        self.addOutput(QgsProcessingOutputString("END", tr("How the run ended")))
        self.addOutput(QgsProcessingOutputFile("RUN_FILE", tr("GeoPackage of the run")))

    def checkParameterValues(  # noqa: N802 (QGIS's name)
        self, parameters: dict, context: QgsProcessingContext
    ) -> tuple[bool, str]:
        """Say beforehand where the run's file must not be."""
        out = str(parameters.get(RUN) or "")
        if out not in ("", QgsProcessing.TEMPORARY_OUTPUT):
            problem = self._problem_of(out, parameters, context)
            if problem:
                return False, problem
        return super().checkParameterValues(parameters, context)

    def _problem_of(self, out: str, parameters: dict, context: QgsProcessingContext) -> str:
        """Return why a file cannot be the run's, empty where it can."""
        masks = parameters.get(OUTPUT)
        if isinstance(masks, QgsProcessingOutputLayerDefinition):
            masks = masks.sink.staticValue()
        inputs = [layer.source() for layer in self.parameterAsLayerList(parameters, IMAGES, context)]
        if Path(str(masks or "")) == Path(out) or any(Path(each.split("|")[0]) == Path(out) for each in inputs):
            return tr('"{0}" is wanted for two things at once. Give the run a file of its own.').format(out)
        if is_written(out):
            text = tr('"{0}" is being written by another question. Choose another name, or wait for its end.')
            return text.format(out)
        if Path(out).is_file():
            try:
                read_run(out)
            except NoRunError:
                return tr('"{0}" is there already and is no run. It is not replaced: choose another name.').format(out)
            except RunFileError as error:
                return str(error)
        return ""

    def processAlgorithm(  # noqa: N802 (QGIS's name)
        self, parameters: dict, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict:
        """Ask."""
        settings = Settings.load()
        layers = self.with_known(self.image_list(parameters, IMAGES, context), parameters, context)
        out = self.parameterAsFileOutput(parameters, RUN, context) or _kept_file()
        request = {
            "type": "ask",
            "question": self.parameterAsString(parameters, QUESTION, context),
            "layers": layers,
            "out": out,
            "settings": {"max_size": settings.max_size, "tiled": settings.tiled},
        }
        options = [
            line.strip() for line in self.parameterAsString(parameters, OPTIONS, context).splitlines() if line.strip()
        ]
        if options:
            request["options"] = options
        area = self.area_object(parameters, context)
        if area is not None:
            request["area"] = area
        for name in ("network", "device", "precision"):
            if getattr(settings, name) != "auto":
                request[name] = getattr(settings, name)
        answer = {"text": "", "choice": None}
        show = follow(feedback)

        def hear(message: dict) -> None:
            show(message)
            if message["type"] == "answer":
                answer.update(text=message["text"], choice=message.get("choice"))

        end = run_job(request, feedback, hear)
        if end["reason"] == "cancelled":
            return {}
        if not end.get("gpkg") and end["reason"] == "error":
            raise QgsProcessingException(tr("The question could not be answered."))
        masks = self.copy_masks(end.get("gpkg") or out, parameters, context, feedback)
        text = (
            f"{answer['choice']} {answer['text']}".strip()
            if answer["choice"] and not answer["text"].startswith(answer["choice"])
            else answer["text"]
        )
        feedback.pushInfo(tr("Answer") + f": {text}")
        return {
            OUTPUT: masks,
            "ANSWER": text,
            "END": end["reason"],
            "RUN_FILE": end.get("gpkg") or out,
            RUN: end.get("gpkg") or out,
        }
