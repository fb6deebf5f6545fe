"""What the panel shows of how a question was understood, and what it offers instead."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from qgis.core import QgsProject, QgsRasterLayer, QgsVectorLayer

from terrascope_plugin.layers.named import named_layers
from terrascope_plugin.layers.run_file import read_run
from terrascope_plugin.panel.card import AnswerCard
from terrascope_plugin.panel.question_box import QuestionBox
from terrascope_plugin.session.apply import apply
from terrascope_plugin.session.question import Question, Run
from terrascope_plugin.session.reopen import reopened

QUERY = {"measures": [{"is": "area", "of": {"is": "class", "name": "water"}}]}


def said(query: dict | None, **more) -> dict:
    return {"type": "understood", "id": "1", "text": "", "not_used": [], "nearest": [], "query": query, **more}


def ended(run: Run, reason: str = "answered") -> Run:
    apply(run, {"type": "end", "id": "1", "reason": reason})
    return run


def test_what_was_understood_and_what_was_not_used_stand_by_the_answer(application):
    run = Run("How much water, roughly, by noon?")
    apply(run, said(QUERY, text="Area of <water>", not_used=["noon"]))
    apply(run, {"type": "answer", "id": "1", "text": "Area of water: 3 ha.", "confidence": 0.4})
    card = AnswerCard()
    card.show_run(ended(run))
    assert card.understood.text() == "Understood: Area of <water>"
    assert "noon" in card.doubts.text() and "doubtful" in card.certainty.text() and "40" in card.certainty.text()
    assert card.nearest.isHidden() and card.table.isHidden()


def test_other_questions_are_offered_as_links(application):
    run = Run("How much water was it that splashed?")
    near = [{"text": "Area of <water>", "query": QUERY}, {"text": "Share of water", "query": QUERY}]
    apply(run, said(None, nearest=near, not_used=["splashed"]))
    card, chosen = AnswerCard(), []
    card.chosen.connect(chosen.append)
    card.show_run(ended(run, "abstained"))
    assert 'href="0"' in card.nearest.text() and "Area of &lt;water&gt;" in card.nearest.text()
    card.nearest.linkActivated.emit("1")
    assert chosen == [1] and run.nearest[1].query == QUERY


def test_values_by_row_are_a_table(application):
    run = Run("Water per district")
    apply(run, said(QUERY, text="Area of water, per district"))
    apply(
        run, {"type": "results", "id": "1", "columns": ["", "area of water"], "rows": [["A<b>", "3 ha"], ["B", "4 ha"]]}
    )
    card = AnswerCard()
    card.show_run(ended(run))
    assert "A&lt;b&gt;" in card.table.text() and "4 ha" in card.table.text() and not card.table.isHidden()


def test_the_question_before_is_shown_and_can_be_dropped(application):
    box, dropped = QuestionBox("[]"), []
    box.context_dropped.connect(lambda: dropped.append(True))
    box.show_context("Area of <water>")
    assert "Area of &lt;water&gt;" in box.context.text() and not box.context.isHidden()
    box.context.linkActivated.emit("drop")
    assert dropped == [True]
    box.show_context("")
    assert box.context.isHidden()


def test_a_question_carries_layers_query_and_context():
    message = Question("and in 2010?", (), named={"zones": "z.gpkg"}, query=QUERY, context=QUERY).to_message(
        "1", "o.gpkg"
    )
    assert message["named_layers"] == {"zones": "z.gpkg"} and message["query"] == message["context"] == QUERY
    assert not {"named_layers", "query", "context"} & set(Question("water?", ()).to_message("1", "o.gpkg"))


def test_files_of_the_project_are_named_and_nothing_else(application, tmp_path):
    from qgis.core import QgsCoordinateTransformContext, QgsVectorFileWriter

    memory = QgsVectorLayer("Polygon?crs=EPSG:4326&field=name:string", "drawn", "memory")
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.layerName = "areas"
    file = str(tmp_path / "zones.gpkg")
    QgsVectorFileWriter.writeAsVectorFormatV2(memory, file, QgsCoordinateTransformContext(), options)
    zones = QgsVectorLayer(f"{file}|layername=areas", "districts", "ogr")
    project = QgsProject.instance()
    for layer in (memory, zones):
        project.addMapLayer(layer)
    assert named_layers(project, ()) == {"districts": f"{file}|layername=areas"}
    assert named_layers(project, {zones.id()}) == {}
    assert not isinstance(zones, QgsRasterLayer)
    project.removeAllMapLayers()


def test_a_run_file_gives_back_what_was_understood(run_gpkg, tmp_path):
    with closing(sqlite3.connect(run_gpkg)) as file, file:
        columns = {row[1] for row in file.execute("PRAGMA table_info(run)")}
        for name in {"understood", "query"} - columns:
            file.execute(f"ALTER TABLE run ADD COLUMN {name} TEXT")
        file.execute("UPDATE run SET understood = 'Area of water', query = '{\"measures\": []}'")
        file.execute(
            'CREATE TABLE IF NOT EXISTS results (fid INTEGER PRIMARY KEY, row INTEGER, "by" TEXT, "key" TEXT,'
            " measure TEXT, value DOUBLE, unit TEXT, text TEXT)"
        )
        for number, (key, value) in enumerate((("2010", 25_000.0), ("2020", None))):
            file.execute(
                'INSERT INTO results (row, "key", measure, value, unit, text) VALUES (?, ?, ?, ?, ?, ?)',
                (number, key, "area of water", value, "m2", "none" if value is None else ""),
            )
    run = reopened(read_run(str(run_gpkg)))
    assert run.understood == "Area of water" and run.query == {"measures": []}
    assert run.columns == ["", "area of water"] and run.rows == [["2010", "2.5 ha"], ["2020", "none"]]
