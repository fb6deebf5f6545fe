"""Ask a table of questions, each of its scene, and print question, what was understood and answer as Markdown.

    PYTHONPATH=backend python scripts/ask_questions.py TABLE.tsv FOLDER

TABLE has the columns `scene` (names of rasters in FOLDER, between blanks), `question` and `after` (number of the row
that it follows on, or empty); FOLDER holds the rasters.
"""

from __future__ import annotations

import csv
import sys
import tempfile
from pathlib import Path

from terrascope.errors import TerraScopeError
from terrascope.questions.query import Query, from_data
from terrascope.scene.request import LayerRequest
from terrascope.service.request import QuestionRequest, SceneRequest
from terrascope.service.run import run_question
from terrascope.service.workbench import Workbench


def main(table: Path, folder: Path) -> None:
    """Ask every row and print it."""
    bench, queries = Workbench(), {}
    write = sys.stdout.write
    write("| | question | understood | answer | certainty |\n|---|---|---|---|---|\n")
    with tempfile.TemporaryDirectory() as place, table.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        for number, row in enumerate(rows, 1):
            images = tuple(LayerRequest(str(folder / name)) for name in row["scene"].split())
            context: Query | None = queries.get(row.get("after") or "")
            request = QuestionRequest(
                row["question"], SceneRequest(images), Path(place) / f"{number}.gpkg", context=context
            )
            try:
                trace = run_question(request, lambda _message: None, workbench=bench)
            except TerraScopeError as error:
                understood, answer, sure = "", f"{error}", ""
            else:
                understood, answer = trace.understood, trace.answer.text if trace.answer else ""
                known = trace.answer.confidence if trace.answer else None
                sure = "" if known is None else f"{100 * known:.0f} %"
                if trace.query is not None:
                    queries[str(number)] = from_data(trace.query)
            cells = (str(number), row["question"], understood, answer, sure)
            write("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
