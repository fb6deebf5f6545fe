"""The scene benchmark compares like with like: every tool comes to the same result."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from terrascope_lab.bench.scene_jobs import JOBS, make

SIZE = 256


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("bench")
    make(found, SIZE)
    return found


@pytest.mark.parametrize("task", sorted({job.split(".")[0] for job in JOBS}))
def test_all_tools_come_to_the_same_result(task: str, folder: Path) -> None:
    tools = [job for job in JOBS if job.startswith(f"{task}.")]
    if shutil.which("gdalwarp") is None:
        tools = [job for job in tools if not job.endswith(".gdal")]
    values = {job: JOBS[job](folder, SIZE)() for job in tools}
    assert len(values) > 1
    assert all(value == pytest.approx(values[f"{task}.ours"], rel=1e-3) for value in values.values()), values
