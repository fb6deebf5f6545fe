"""The algorithms inside QGIS's Processing: sinks, models, batch, progress, cancel, and what is said of a mistake."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import time
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from conftest import ROOT, wait_until
from qgis.core import (
    QgsApplication,
    QgsFeature,
    QgsGeometry,
    QgsProcessingAlgRunnerTask,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingModelAlgorithm,
    QgsProcessingModelChildAlgorithm,
    QgsProcessingModelChildParameterSource,
    QgsProcessingModelOutput,
    QgsProcessingModelParameter,
    QgsProcessingParameterRasterLayer,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QTimer

from terrascope_plugin.layers import writing
from terrascope_plugin.processing.client import run_job

SCENES = ROOT / ".work" / "scene"


class Heard(QgsProcessingFeedback):
    """Keeps what an algorithm says."""

    def __init__(self) -> None:
        super().__init__(False)
        self.said: list[str] = []
        self.fractions: list[float] = []
        self.progressChanged.connect(self.fractions.append)

    def pushInfo(self, info: str) -> None:
        self.said.append(info)

    def pushWarning(self, warning: str) -> None:
        self.said.append(warning)

    def reportError(self, error: str, fatalError: bool = False) -> None:
        self.said.append(error)


@pytest.fixture(scope="module")
def scene() -> str:
    found = os.environ.get("TERRASCOPE_SCENE") or next(map(str, SCENES.glob("*.tif")), "")
    if not found or not os.environ.get("TERRASCOPE_PYTHON"):
        pytest.skip("needs TERRASCOPE_PYTHON and a scene (scripts/fetch_scene.sh .work/scene)")
    return found


@pytest.fixture(scope="module")
def corner(scene) -> str:
    """A piece of the scene, so that a run takes a moment only."""
    box = QgsRasterLayer(scene, "scene").extent()
    side = 0.4 * min(box.width(), box.height())
    crs = QgsRasterLayer(scene, "scene").crs().authid()
    return f"{box.xMinimum()},{box.xMinimum() + side},{box.yMaximum() - side},{box.yMaximum()} [{crs}]"


@pytest.fixture(scope="module")
def provider(application):
    from terrascope_plugin.processing.provider import TerraScopeProvider

    made = TerraScopeProvider()
    QgsApplication.processingRegistry().addProvider(made)
    yield made
    QgsApplication.processingRegistry().removeProvider(made)


@pytest.fixture
def run(provider):
    """Run an algorithm as the toolbox does; return (results, what it said)."""

    def run_algorithm(name: str, heard: Heard | None = None, **parameters) -> tuple[dict, Heard]:
        heard = heard or Heard()
        algorithm = provider.algorithm(name).create()
        context = QgsProcessingContext()
        context.setProject(QgsProject.instance())
        context.setFeedback(heard)
        possible, why = algorithm.checkParameterValues(parameters, context)
        if not possible:
            raise QgsProcessingException(why)
        results, worked = algorithm.run(parameters, context, heard, {}, False)
        results["layers"] = {
            key: context.takeResultLayer(value) for key, value in results.items() if isinstance(value, str)
        }
        assert worked or heard.isCanceled()
        return results, heard

    return run_algorithm


@pytest.mark.parametrize("sink", ["memory", "gpkg layer", "shapefile", "geojson"])
def test_masks_go_where_they_are_wanted(run, scene, corner, tmp_path, sink):
    target = {
        "memory": "memory:",
        "gpkg layer": f"ogr:dbname='{tmp_path}/all.gpkg' table=\"found\" (geom)",
        "shapefile": str(tmp_path / "masks.shp"),
        "geojson": str(tmp_path / "masks.geojson"),
    }[sink]
    results, _ = run("segment", IMAGES=[scene], PHRASE="water", AREA=corner, OUTPUT=target)
    layer = results["layers"]["OUTPUT"] or QgsVectorLayer(results["OUTPUT"], "masks", "ogr")
    assert layer.isValid() and layer.featureCount() > 0
    assert layer.crs() == QgsRasterLayer(scene, "scene").crs() or sink == "geojson"
    names = [field.name() for field in layer.fields()]
    assert "label" in names and "share" in names
    rows = list(layer.getFeatures())
    assert {row["label"] for row in rows} == {"water"} and all(row["area_m2"] > 0 for row in rows)


def test_a_path_that_cannot_be_written_is_named(run, scene, corner):
    with pytest.raises(QgsProcessingException, match="nowhere"):
        run("segment", IMAGES=[scene], PHRASE="water", AREA=corner, OUTPUT="/nowhere/at/all/masks.gpkg")


@pytest.mark.parametrize(
    ("name", "parameters", "said"),
    [
        ("segment", {"IMAGES": ["/nowhere/a.tif"], "PHRASE": "water"}, "/nowhere/a.tif"),
        ("segment", {"IMAGES": ["SCENE"], "PHRASE": " "}, "What to find"),
        ("ask", {"IMAGES": ["SCENE"], "QUESTION": ""}, "Question"),
        ("ask", {"IMAGES": ["SCENE", "/nowhere/b.tif"], "QUESTION": "How much water?"}, "/nowhere/b.tif"),
        ("change", {"BEFORE": "SCENE", "AFTER": "/nowhere/c.tif", "PHRASE": "water"}, "/nowhere/c.tif"),
        ("measure", {"MASK": "/nowhere/d.gpkg"}, '"/nowhere/d.gpkg" cannot be used for "Masks'),
        ("segment", {"IMAGES": ["SCENE"], "PHRASE": "water", "AREA": "0,1,0,1 [EPSG:4326]"}, "area"),
        ("measure", {"MASK": "SCENE"}, "not a mask"),
    ],
)
def test_a_wrong_parameter_is_a_plain_sentence(run, scene, name, parameters, said):
    filled = json.loads(json.dumps(parameters).replace("SCENE", scene))
    with pytest.raises(QgsProcessingException) as caught:
        run(name, OUTPUT="memory:", **filled)
    text = str(caught.value)
    assert said in text and "Traceback" not in text


def test_a_run_never_takes_the_place_of_something_else(run, scene, run_gpkg, tmp_path):
    """Refused before anything begins, with the file's name."""
    roads, masks = tmp_path / "roads.gpkg", str(tmp_path / "masks.gpkg")
    with closing(sqlite3.connect(roads)) as database, database:
        database.execute("CREATE TABLE roads (fid INTEGER)")
    before = roads.read_bytes()
    assert writing.begin(run_gpkg)
    cases = {
        str(roads): "is no run",
        masks: "two things at once",
        scene: "two things at once",
        run_gpkg: "being written",
    }
    try:
        for file, said in cases.items():
            with pytest.raises(QgsProcessingException, match=said) as caught:
                run("ask", IMAGES=[scene], QUESTION="How much water?", OUTPUT=masks, RUN=file)
            assert file in str(caught.value)
        with pytest.raises(QgsProcessingException, match="being written"):
            run_job({"type": "ask", "out": run_gpkg}, Heard(), lambda _message: None)
    finally:
        writing.end(run_gpkg)
    assert roads.read_bytes() == before and not Path(masks).exists()


def test_a_question_that_is_too_long_is_refused_with_the_limit(run, scene):
    with pytest.raises(QgsProcessingException, match="4001 characters; 4000"):
        run("ask", IMAGES=[scene], QUESTION="x" * 4001, OUTPUT="memory:")


def test_polygons_are_measured_each_and_together(run):
    layer = QgsVectorLayer("Polygon?crs=EPSG:32633&field=class:string", "plots", "memory")
    boxes = (QgsRectangle(500_000, 5_100_000, 501_000, 5_101_000), QgsRectangle(502_000, 5_100_000, 504_000, 5_101_000))
    for box, name in zip(boxes, ("small", "large")):
        feature = QgsFeature(layer.fields())
        feature.setGeometry(QgsGeometry.fromRect(box))
        feature.setAttributes([name])
        layer.dataProvider().addFeature(feature)
    results, _ = run("measure", MASK=layer, OUTPUT="memory:")
    table = results["layers"]["OUTPUT"]
    areas = {row["label"]: row["area_m2"] for row in table.getFeatures()}
    assert table.wkbType() == QgsWkbTypes.NoGeometry and set(areas) == {"small", "large"}
    assert areas["small"] == pytest.approx(1e6, rel=1e-3) and areas["large"] == pytest.approx(2e6, rel=1e-3)
    assert results["COUNT"] == 2 and results["AREA_M2"] == pytest.approx(sum(areas.values()))


def test_a_zip_of_a_product_is_an_image(run, scene, tmp_path):
    path = tmp_path / "delivery.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(scene, Path(scene).name)
    results, _ = run("ask", IMAGES=[str(path)], QUESTION="How much of the area is water?", OUTPUT="memory:")
    assert results["END"] == "answered"


def test_change_measures_gain_loss_and_what_stayed(run, scene, corner):
    results, heard = run("change", BEFORE=scene, AFTER=scene, PHRASE="water", AREA=corner, OUTPUT="memory:")
    assert results["GAIN_M2"] == results["LOSS_M2"] == 0 and results["PERSISTENT_M2"] > 0
    assert heard.fractions == sorted(heard.fractions)


def test_ask_shows_progress_and_says_the_answer(run, scene, corner):
    question = "How much of the area is covered by water?"
    results, heard = run("ask", IMAGES=[scene], QUESTION=question, AREA=corner, OUTPUT="memory:")
    assert results["END"] in ("answered", "abstained") and any(results["ANSWER"] in text for text in heard.said)
    assert len(set(heard.fractions)) >= 2 and heard.fractions == sorted(heard.fractions)


def model_of(provider) -> QgsProcessingModelAlgorithm:
    """segment -> measure, as drawn in the model designer."""
    Source = QgsProcessingModelChildParameterSource
    model = QgsProcessingModelAlgorithm("water area", "tests")
    model.addModelParameter(QgsProcessingParameterRasterLayer("image", "Image"), QgsProcessingModelParameter("image"))
    find = QgsProcessingModelChildAlgorithm("terrascope:segment")
    find.setChildId("find")
    find.addParameterSources("IMAGES", [Source.fromModelParameter("image")])
    find.addParameterSources("PHRASE", [Source.fromStaticValue("water")])
    model.addChildAlgorithm(find)
    measure = QgsProcessingModelChildAlgorithm("terrascope:measure")
    measure.setChildId("size")
    measure.addParameterSources("MASK", [Source.fromChildOutput("find", "OUTPUT")])
    table = QgsProcessingModelOutput("sizes", "sizes")
    table.setChildId("size")
    table.setChildOutputName("OUTPUT")
    measure.setModelOutputs({"sizes": table})
    model.addChildAlgorithm(measure)
    return model


def test_a_model_feeds_what_segment_finds_to_measure(provider, scene, tmp_path):
    model = model_of(provider)
    assert model.childAlgorithm("find").algorithm() is not None
    file = str(tmp_path / "water.model3")
    assert model.toFile(file) and model.fromFile(file)  # as saved by the designer
    model.initAlgorithm({})
    context, heard = QgsProcessingContext(), Heard()
    context.setProject(QgsProject.instance())
    table = next(each.name() for each in model.destinationParameterDefinitions())
    results, worked = model.run({"image": scene, table: "memory:"}, context, heard, {}, False)
    assert worked, heard.said
    found, measured = results["CHILD_RESULTS"]["find"], results["CHILD_RESULTS"]["size"]
    masks = context.getMapLayer(found["OUTPUT"])
    assert measured["COUNT"] == masks.featureCount() > 0
    assert measured["AREA_M2"] == pytest.approx(sum(row["area_m2"] for row in masks.getFeatures()), rel=2e-3)


def test_batch_runs_one_row_after_another_and_the_window_lives(provider, scene, corner, tmp_path, monkeypatch):
    """The batch window, filled from a saved batch, and run."""
    sys.path.append(str(Path(QgsApplication.pkgDataPath()) / "python" / "plugins"))
    from processing.core.Processing import Processing
    from processing.gui import BatchPanel
    from processing.gui.BatchAlgorithmDialog import BatchAlgorithmDialog

    Processing.initialize()
    outputs = {phrase: tmp_path / f"{phrase}.gpkg" for phrase in ("water", "forest")}
    asked = {phrase: {"IMAGES": [scene], "PHRASE": phrase, "AREA": corner} for phrase in outputs}
    newer = getattr(BatchPanel.BatchPanel, "CURRENT_FORMAT", None)  # the older kind is asked about before it is opened
    rows = [
        {
            "PARAMETERS": {name: value if newer else repr(value) for name, value in asked[phrase].items()},
            "OUTPUTS": {"OUTPUT": str(out)},
        }
        for phrase, out in outputs.items()
    ]
    batch = tmp_path / "batch.json"
    batch.write_text(json.dumps({"format": newer, "rows": rows} if newer else rows))
    monkeypatch.setattr(BatchPanel.QFileDialog, "getOpenFileName", lambda *_args: (str(batch), ""))
    dialog = BatchAlgorithmDialog(QgsApplication.processingRegistry().createAlgorithmById("terrascope:segment"))
    dialog.mainWidget().load()
    dialog.mainWidget().checkLoadLayersOnCompletion.setChecked(False)
    turns: list[float] = []
    timer = QTimer()
    timer.timeout.connect(lambda: turns.append(time.thread_time()))
    timer.start(10)
    dialog.runAlgorithm()
    assert wait_until(lambda: all(out.is_file() for out in outputs.values()), 120)
    timer.stop()
    gaps = [later - former for former, later in zip(turns, turns[1:])]
    assert len(gaps) > 20 and max(gaps) < 1  # s of this thread's own work; QGIS 3.22 runs a batch in it
    for phrase, out in outputs.items():
        layer = QgsVectorLayer(str(out), "masks", "ogr")
        assert layer.isValid() and layer.featureCount() > 0
        assert {row["label"] for row in layer.getFeatures()} <= {phrase, "tree", "trees"}


@pytest.mark.parametrize("moment", ["at the start", "while it works"])
def test_cancel_ends_a_run_within_300_ms(provider, scene, moment):
    """As the toolbox runs it: in a task of its own."""
    heard, context = Heard(), QgsProcessingContext()
    context.setProject(QgsProject.instance())
    algorithm = provider.algorithm("ask").create()
    question = "Which covers more area: forest or built-up land?"
    ended: list[bool] = []
    task = QgsProcessingAlgRunnerTask(
        algorithm, {"IMAGES": [scene], "QUESTION": question, "OUTPUT": "memory:"}, context, heard
    )
    task.executed.connect(lambda worked, _results: ended.append(worked))
    QgsApplication.taskManager().addTask(task)
    wait_until(lambda: len(heard.fractions) >= (1 if moment == "while it works" else 0), 60)
    begun = time.monotonic()
    heard.cancel()
    assert wait_until(lambda: bool(ended), 10)
    assert time.monotonic() - begun < 0.3 + 0.1  # the clock of this test looks every 5 ms, the machine is shared


@pytest.mark.parametrize("phrase", ["water", "forest"])
def test_masks_come_in_their_classes_colours(run, scene, corner, phrase):
    from terrascope_plugin.processing.style import ClassColours

    layer = run("segment", IMAGES=[scene], PHRASE=phrase, AREA=corner, OUTPUT="memory:")[0]["layers"]["OUTPUT"]
    ClassColours().postProcessLayer(layer, QgsProcessingContext(), QgsProcessingFeedback())
    row = next(layer.getFeatures())
    shown = {each.value(): each.symbol().color().name() for each in layer.renderer().categories()}
    assert shown[row["label"]] == row["colour"]


def test_a_query_gives_one_row_a_polygon(run, scene, corner, tmp_path):
    raster = QgsRasterLayer(scene, "scene")
    box = raster.extent()
    zones = QgsVectorLayer(f"Polygon?crs={raster.crs().authid()}&field=name:string", "zones", "memory")
    middle = (box.xMinimum() + box.xMaximum()) / 2
    for name, west, east in (("west", box.xMinimum(), middle), ("east", middle, box.xMaximum())):
        feature = QgsFeature(zones.fields())
        feature.setAttributes([name])
        feature.setGeometry(QgsGeometry.fromRect(QgsRectangle(west, box.yMinimum(), east, box.yMaximum())))
        zones.dataProvider().addFeature(feature)
    QgsProject.instance().addMapLayer(zones)
    query = {"measures": [{"is": "area", "of": {"is": "class", "name": "water"}}]}
    values = str(tmp_path / "values.gpkg")
    found, heard = run(
        "query", IMAGES=[scene], QUERY=json.dumps(query), ZONES=zones.id(), ZONE_FIELD="name", RESULTS=values,
        OUTPUT="TEMPORARY_OUTPUT", RUN=str(tmp_path / "run.gpkg"),
    )  # fmt: skip
    layer = QgsVectorLayer(found["RESULTS"], "values", "ogr")
    rows = {
        feature["key"]: (feature["area of water (m2)"], feature.geometry().area()) for feature in layer.getFeatures()
    }
    assert set(rows) == {"west", "east"} and all(shape > 0 for _area, shape in rows.values())
    assert rows["east"][0] > rows["west"][0] >= 0, "the sea is in the south-east"
    assert "east" in found["ANSWER"]
    QgsProject.instance().removeMapLayer(zones)


def test_a_query_that_is_none_is_a_plain_sentence(run, scene):
    with pytest.raises(QgsProcessingException, match="no JSON"):
        run("query", IMAGES=[scene], QUERY="water please", OUTPUT="TEMPORARY_OUTPUT")
    with pytest.raises(QgsProcessingException, match="no query"):
        run("query", IMAGES=[scene], QUERY='{"measures": [{"is": "weight"}]}', OUTPUT="TEMPORARY_OUTPUT")
