"""The runs of a project: those on the map and those in its folder."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from qgis.core import QgsProject

from ..layers.results import RUN_PROPERTY, find_group, remove_run
from ..layers.run_file import RunFileError, read_run, run_files


class PastRun(NamedTuple):
    """One line of the list."""

    path: str
    question: str
    answer: str
    when: str
    end_reason: str


def past_runs(project: QgsProject, folder: Path) -> list[PastRun]:
    """Return the runs, newest first; files that are no runs are left out."""
    result = []
    for path in dict.fromkeys([*run_files(folder), *_on_map(project)]):
        try:
            row = read_run(path).run
        except RunFileError:
            continue
        when = str(row.get("created") or "")[:16].replace("T", " ")
        result.append(
            PastRun(
                path,
                row.get("question") or Path(path).stem,
                row.get("answer") or "",
                when,
                row.get("end_reason") or "",
            )
        )
    return result


def _on_map(project: QgsProject) -> list[str]:
    paths = []
    for group in project.layerTreeRoot().findGroups(True):
        if group.customProperty(RUN_PROPERTY):
            sources = (node.layer().source() for node in group.findLayers() if node.layer() is not None)
            paths += [str(Path(source.split("|")[0])) for source in sources][:1]
    return paths


def delete_run(project: QgsProject, path: str) -> None:
    """Delete a run's file, after taking it off the map. Raises OSError."""
    remove_run(project, path)
    for suffix in ("", "-wal", "-shm", "-journal"):
        Path(path + suffix).unlink(missing_ok=True) if suffix else Path(path).unlink()


def rename_run(project: QgsProject, path: str, name: str) -> str:
    """Rename a run's file; on the map its layers follow. Return the new path. Raises OSError."""
    old = Path(path)
    new = old.with_name(name if name.endswith(".gpkg") else f"{name}.gpkg")
    if new.exists():
        raise FileExistsError(f'"{new.name}" exists already')
    group = find_group(project, path)
    layers = [node.layer() for node in group.findLayers() if node.layer() is not None] if group else []
    sources = [layer.source().split("|", 1)[1] for layer in layers]
    old.rename(new)
    for layer, rest in zip(layers, sources):
        layer.setDataSource(f"{new}|{rest}", layer.name(), "ogr")
    if group is not None:
        group.setCustomProperty(RUN_PROPERTY, new.name)
    return str(new)
