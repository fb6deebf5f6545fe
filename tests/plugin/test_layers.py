"""Layers in: what a raster is, and where the question is asked. Results out: a group that keeps its promises."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest
from conftest import ROOT, wait_until
from osgeo import gdal, osr
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsGeometry,
    QgsMapSettings,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
)
from qgis.PyQt.QtCore import QSize

from terrascope_plugin.layers import area, choice, results
from terrascope_plugin.layers.area import Area, AreaError, AreaKind
from terrascope_plugin.layers.run_file import RunFileError, read_run
from terrascope_plugin.session.history import delete_run, past_runs, rename_run
from terrascope_plugin.session.reopen import reopened


@pytest.fixture
def project(application):
    """The project, empty before and after."""
    instance = QgsProject.instance()
    instance.clear()
    yield instance
    instance.clear()


def raster(
    path: Path, *, epsg: int | None = 32633, bands: int = 3, name: str = "scene", size: int = 100
) -> QgsRasterLayer:
    """Write a small raster and open it as a layer."""
    file = gdal.GetDriverByName("GTiff").Create(str(path), size, size, bands, gdal.GDT_Byte)
    if epsg:
        reference = osr.SpatialReference()
        reference.ImportFromEPSG(epsg)
        file.SetProjection(reference.ExportToWkt())
        file.SetGeoTransform((500_000, 10, 0, 5_100_000, 0, -10) if epsg != 4326 else (10, 0.01, 0, 50, 0, -0.01))
    for band in range(1, bands + 1):
        file.GetRasterBand(band).Fill(band * 20)
    del file
    layer = QgsRasterLayer(str(path), name)
    assert layer.isValid()
    return layer


def masks_of(path: str) -> list[results.MaskLayer]:
    """Return the layers of a run's file."""
    run = reopened(read_run(path))
    return [
        results.MaskLayer(step.number, mask.label, mask.colour, mask.derived, step.date, f"{step.number} {mask.label}")
        for step in run.with_masks()
        for mask in step.masks
    ]


def test_sensor_and_date_are_recognised_from_names():
    assert choice.guess_role("S1A_IW_GRDH_20230703") == "sar"
    assert choice.guess_role("sentinel2_crossvalley") == "optical"
    assert choice.guess_role("scene VV VH") == "sar"
    assert choice.guess_date("S2B_20230703T1010") == "2023-07-03"
    assert choice.guess_date("pucallpa_landsat_1985") == "1985"
    assert choice.guess_date("naip_2009-08-18") == "2009-08-18"
    assert choice.guess_date("tile_12345678") is None


def test_a_layer_without_crs_is_warned_about_and_asked_about_in_pixels(project, tmp_path):
    layer = raster(tmp_path / "plain.tif", epsg=None)
    assert any("No CRS" in warning for warning in choice.choice_of(layer).warnings)
    part = Area(
        AreaKind.RECTANGLE, QgsGeometry.fromRect(QgsRectangle(10, -60, 30, -20)), QgsCoordinateReferenceSystem()
    )
    assert area.to_message(part, layer, project) == {"window": [10, 20, 21, 41]}


def test_what_the_user_corrects_is_kept_with_the_layer(project, tmp_path):
    layer = raster(tmp_path / "scene.tif")
    choice.store_correction(layer, "sar", "2024-05-06", {"vv": 1, "vh": 2})
    message = choice.choice_of(layer).to_message()
    assert message["role"] == "sar" and message["date"] == "2024-05-06" and message["bands"] == {"vv": 1, "vh": 2}
    choice.forget_correction(layer)
    assert "role" not in choice.choice_of(layer).to_message()


def test_a_virtual_raster_in_memory_has_to_be_exported(project, tmp_path):
    raster(tmp_path / "scene.tif")
    gdal.BuildVRT("/vsimem/virtual.vrt", [str(tmp_path / "scene.tif")])
    layer = QgsRasterLayer("/vsimem/virtual.vrt", "virtual")
    described = choice.choice_of(layer)
    assert described.needs_export and any("GeoTIFF" in warning for warning in described.warnings)


def test_a_layer_that_is_no_file_is_saved_with_its_place_and_pixels(project, tmp_path):
    from qgis.core import QgsApplication

    from terrascope_plugin.layers.export import ExportTask

    layer = raster(tmp_path / "scene.tif")
    task = ExportTask(layer, QgsRectangle(500_200, 5_099_500, 500_700, 5_099_900), tmp_path / "out")
    ends: list[tuple[str, str]] = []
    task.exported.connect(lambda path, error: ends.append((path, error)))
    QgsApplication.taskManager().addTask(task)
    assert wait_until(lambda: bool(ends))
    path, error = ends[0]
    assert error == ""
    saved = gdal.Open(path)
    assert (saved.RasterXSize, saved.RasterYSize, saved.RasterCount) == (50, 40, 3)
    assert saved.GetGeoTransform()[:2] == (500_200, 10) and saved.GetRasterBand(2).ReadAsArray().max() == 40


def test_the_pixel_size_is_that_on_the_ground(project, tmp_path):
    utm, degrees = raster(tmp_path / "utm.tif"), raster(tmp_path / "degrees.tif", epsg=4326)
    assert choice.pixel_size_m(utm) == pytest.approx(10, rel=2e-3)
    assert choice.pixel_size_m(degrees) == pytest.approx(1112, rel=2e-3)  # 0.01 degrees northwards at 49.5 N
    web = raster(tmp_path / "web.tif", epsg=3857)
    web_60n = QgsRectangle(0, 8_300_000, 1000, 8_401_000)  # where web mercator draws everything twice as large
    assert choice.metres_of(web, web_60n.center(), 10) == pytest.approx(5, rel=2e-2)
    assert choice.pixel_size_m(raster(tmp_path / "none.tif", epsg=None)) is None


def test_a_view_in_another_crs_and_rotated_is_asked_about_in_the_layers_crs(project, tmp_path):
    layer = raster(tmp_path / "scene.tif")
    settings = QgsMapSettings()
    settings.setOutputSize(QSize(200, 200))
    settings.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:3857"))
    transform = area.QgsCoordinateTransform(layer.crs(), settings.destinationCrs(), project)
    inner = QgsRectangle(500_300, 5_099_300, 500_600, 5_099_600)
    settings.setExtent(transform.transformBoundingBox(inner))
    settings.setRotation(30)
    message = area.to_message(area.view_area(settings), layer, project)
    assert message["crs"] == "EPSG:32633" and "wkt" in message
    asked = QgsGeometry.fromWkt(message["wkt"])
    assert asked.contains(QgsGeometry.fromRect(inner.buffered(-100)))
    assert asked.area() < 2.5 * inner.area()


def test_a_view_of_everything_is_the_whole_layer(project, tmp_path):
    layer = raster(tmp_path / "scene.tif")
    around = Area(AreaKind.VIEW, QgsGeometry.fromRect(layer.extent().buffered(500)), layer.crs())
    assert area.to_message(around, layer, project) is None


def test_a_view_elsewhere_is_refused_with_a_way_out(project, tmp_path):
    layer = raster(tmp_path / "scene.tif")
    elsewhere = Area(AreaKind.VIEW, QgsGeometry.fromRect(QgsRectangle(0, 0, 10, 10)), layer.crs())
    with pytest.raises(AreaError, match='"scene".*Whole layer'):
        area.to_message(elsewhere, layer, project)


def test_one_group_a_run_and_one_layer_a_step(project, run_gpkg):
    group = results.make_group(project, run_gpkg, "How much water?")
    layers = [results.add_mask(project, group, run_gpkg, mask) for mask in masks_of(run_gpkg)]
    assert [layer.featureCount() for layer in layers] == [1, 1]
    assert results.add_mask(project, group, run_gpkg, masks_of(run_gpkg)[0]) is None  # not twice
    results.show_step(group, 2)
    assert [node.isVisible() for node in group.findLayers()] == [False, True]
    results.show_step(group, None)
    assert all(node.isVisible() for node in group.findLayers())
    begin = layers[0].temporalProperties().fixedTemporalRange().begin()
    assert layers[0].temporalProperties().isActive() and begin.date().year() == 2011


def test_layers_survive_saving_moving_and_reopening_the_project(project, run_gpkg, tmp_path):
    folder = tmp_path / "a"
    folder.mkdir()
    copy = folder / "run.gpkg"
    copy.write_bytes(Path(run_gpkg).read_bytes())
    group = results.make_group(project, str(copy), "run")
    for mask in masks_of(str(copy)):
        results.add_mask(project, group, str(copy), mask)
    assert project.write(str(folder / "map.qgz"))
    project.clear()
    folder.rename(tmp_path / "b")
    assert project.read(str(tmp_path / "b" / "map.qgz"))
    found = results.find_group(project, str(copy))
    assert found is not None
    layers = results.layers_of(found)
    assert len(layers) == 2 and all(layer.isValid() and layer.featureCount() == 1 for layer in layers)
    assert results.step_of(found.findLayers()[1]) == 2


def test_a_new_question_takes_the_masks_of_older_ones_out_of_sight(project, run_gpkg, tmp_path):
    newer = tmp_path / "newer.gpkg"
    newer.write_bytes(Path(run_gpkg).read_bytes())
    for path in (run_gpkg, str(newer)):
        group = results.make_group(project, path, "run")
        results.add_mask(project, group, path, masks_of(path)[0])
    own = project.layerTreeRoot().addGroup("the user's own")
    results.hide_other_runs(project, str(newer))
    seen = {path: results.find_group(project, path).isVisible() for path in (run_gpkg, str(newer))}
    assert seen == {run_gpkg: False, str(newer): True} and own.isVisible()


def test_removing_a_run_leaves_nothing_behind(project, run_gpkg):
    group = results.make_group(project, run_gpkg, "run")
    for mask in masks_of(run_gpkg):
        results.add_mask(project, group, run_gpkg, mask)
    assert results.remove_run(project, run_gpkg)
    assert not project.mapLayers() and not project.layerTreeRoot().children()
    assert not results.remove_run(project, run_gpkg)


def test_a_run_is_read_back_without_a_backend(run_gpkg):
    begun = time.perf_counter()
    run = reopened(read_run(run_gpkg))
    assert time.perf_counter() - begun < 0.2
    assert run.question == "How much water is there?"
    assert run.end_reason == "error"  # its process died before the end
    assert [(step.label, step.text) for step in run.ordered()] == [
        ("water", "Water lies in the west."),
        ("forest", "Forest."),
    ]
    assert run.steps[1].mask.area_m2 == 1.8e6 and run.steps[1].mask.colour == "#2166ff"


def test_expressions_read_a_run(project, run_gpkg):
    from qgis.core import QgsExpression, QgsExpressionContext, QgsExpressionContextUtils

    from terrascope_plugin.layers import expressions

    run = reopened(read_run(run_gpkg))
    step = run.with_masks()[0]
    group = results.make_group(project, run_gpkg, run.question)
    layer = results.add_mask(project, group, run_gpkg, masks_of(run_gpkg)[0])
    context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))

    def value(text: str):
        expression = QgsExpression(text)
        result = expression.evaluate(context)
        return expression.evalErrorString() or result

    made = expressions.functions()
    expressions.register(made)
    try:
        assert (value(f"terrascope_answer('{layer.name()}')") or "") == run.answer
        assert value("terrascope_question(@layer_id)") == run.question
        assert value(f"terrascope_area(@layer_id, '{step.label}')") == pytest.approx(step.masks[0].area_m2)
        assert 0 < value(f"terrascope_share('{layer.id()}', '{step.label}')") <= 1
        assert "no layer of a TerraScope run" in value("terrascope_answer('roads')")
    finally:
        expressions.unregister(made)


def test_a_file_that_is_no_run_is_named(tmp_path):
    other = tmp_path / "other.gpkg"
    other.write_bytes(b"not a database at all")
    with pytest.raises(RunFileError, match="other.gpkg"):
        read_run(str(other))
    with pytest.raises(RunFileError, match="not there any more"):
        read_run(str(tmp_path / "gone.gpkg"))


def test_runs_are_listed_renamed_on_the_map_too_and_deleted(project, run_gpkg, tmp_path):
    path = tmp_path / "one.gpkg"
    path.write_bytes(Path(run_gpkg).read_bytes())
    (tmp_path / "other.gpkg").write_bytes(b"")
    group = results.make_group(project, str(path), "run")
    layer = results.add_mask(project, group, str(path), masks_of(str(path))[0])
    assert [run.question for run in past_runs(project, tmp_path)] == ["How much water is there?"]
    told: list[tuple[str, str]] = []
    rename_run(project, str(path), "better name", lambda new, problem: told.append((new, problem)))
    ((new, problem),) = told
    assert problem == "" and not path.exists()
    assert layer.isValid() and layer.featureCount() == 1 and "better name" in layer.source()
    assert results.find_group(project, new) is not None
    problems: list[str] = []
    delete_run(project, new, problems.append)
    assert (
        problems == [""]
        and not Path(new).exists()
        and not project.mapLayers()
        and list(past_runs(project, tmp_path)) == []
    )


def test_nothing_but_qgis_and_the_standard_library_is_imported():
    import ast

    allowed = set(sys.stdlib_module_names) | {"qgis", "__future__"}
    for file in (ROOT / "terrascope_plugin").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            assert {name.split(".")[0] for name in names} <= allowed, file


def test_rooms_import_downwards_only():
    names = "settings i18n landcover units plain_text temporary backend_process layers session panel processing plugin"
    order = names.split()
    import re

    for file in (ROOT / "terrascope_plugin").rglob("*.py"):
        room = file.relative_to(ROOT / "terrascope_plugin").parts[0].removesuffix(".py")
        if room not in order:
            continue
        for target in re.findall(r"^from \.\.(\w+)", file.read_text(encoding="utf-8"), re.M):
            assert order.index(target) <= order.index(room), f"{file} looks up to {target}"


def test_the_label_on_the_map_is_the_area_of_the_whole_mask_once() -> None:
    from qgis.core import QgsExpression, QgsExpressionContext, QgsExpressionContextUtils, QgsFeature, QgsVectorLayer

    from terrascope_plugin.layers.style import LABEL

    fields = "field=part:integer&field=pixels:integer&field=mask_area_m2:double"
    layer = QgsVectorLayer(f"Polygon?{fields}", "masks", "memory")
    context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
    shown = []
    for part in (1, 2):
        feature = QgsFeature(layer.fields())
        feature.setAttributes([part, 100, 17_309_047.5])
        context.setFeature(feature)
        shown.append(QgsExpression(LABEL).evaluate(context))
    assert shown == ["17.31 km²", ""]


def test_what_was_chosen_where_the_backend_asked_is_kept_with_the_layer_and_sent(project, tmp_path):
    layer = raster(tmp_path / "lake_05-12-2021.tif")
    project.addMapLayer(layer)
    choice.store_setting(layer, "date_order", "mdy")
    choice.store_setting(layer, "offset", "-1000")
    assert {"date_order": "mdy", "offset": "-1000"}.items() <= choice.choice_of(layer).to_message().items()
    choice.forget_correction(layer)
    assert "offset" not in choice.choice_of(layer).to_message()


def test_known_settings_are_read_from_a_line():
    told = choice.with_settings({"path": "a.tif"}, "offset=-1000 date_order=mdy; bands=red,green,-,nir")
    assert told == {"path": "a.tif", "offset": "-1000", "date_order": "mdy", "bands": {"red": 1, "green": 2, "nir": 4}}
    with pytest.raises(ValueError, match="ofset=1"):
        choice.with_settings({"path": "a.tif"}, "ofset=1")


def test_the_dialog_offers_the_readings_of_what_is_not_sure(project, tmp_path):
    from terrascope_plugin.panel.bands_dialog import BandsDialog

    layer = raster(tmp_path / "scene.tif")
    project.addMapLayer(layer)
    readings = [{"key": "0", "text": "value / 10000"}, {"key": "-1000", "text": "(value - 1000) / 10000"}]
    doubt = {"what": "offset", "readings": readings, "reason": "the baseline is not known", "choice": None}
    dialog = BandsDialog(choice.choice_of(layer), ["1", "2", "3"], {"doubts": [doubt]})
    combo = dialog.readings["offset"]
    assert [combo.itemText(index) for index in range(combo.count())][1:] == [each["text"] for each in readings]
    combo.setCurrentIndex(2)
    dialog.store(layer)
    assert choice.choice_of(layer).settings == {"offset": "-1000"}
