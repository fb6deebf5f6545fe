"""Try hard to lose something: kills, fuzzed lines, changed files, hostile rasters, a full disk, a long session.

    python scripts/soak.py [--seed N] [--short]

Prints a table of what was tried, what survived and what was lost; ends with 1 where anything was lost. About 20 minutes
on two cores. The network is the embedded one, the scenes are made, 350 x 350 pixels.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "backend"), str(ROOT), str(ROOT / "tests" / "backend" / "trace")]

import numpy as np
import rasterio
from conftest_trace import UTM, make_trace
from rasterio.transform import from_origin

from terrascope.errors import TerraScopeError
from terrascope.trace.geopackage import Picture, read_trace, write_geopackage
from tests.backend.hostile import lines, rasters, run_files
from tests.backend.hostile.child import Child

QUESTIONS = [
    "How much of the area is water?", "Is there any forest?", "Which is larger, water or forest?",
    "Where is the water?", "Describe the scene.", "How many lakes are there?", "What is the dominant land cover?",
    "How far is water from forest?", "Do water and forest touch?", "Is this a good place for a football pitch?",
]  # fmt: skip


class Row(NamedTuple):
    """One line of the table."""

    what: str
    tried: int
    lost: list[str]
    note: str


class Soak:
    """What the trials share: a folder, scenes, random numbers."""

    def __init__(self, folder: Path, seed: int, part: float) -> None:
        self.folder, self.draw, self.part = folder, random.Random(seed), part
        self.scene = str(_scene(folder / "scene_20200601.tif", seed))
        self.spare: Child | None = None

    def number(self, whole: int) -> int:
        """How often a trial is done."""
        return max(2, int(whole * self.part))

    def child(self) -> Child:
        """A backend that has begun to import; the next one is started, so that it is ready in time."""
        ready, self.spare = self.spare or Child(), Child()
        return ready

    def ask(self, job: str, out: Path, question: str = QUESTIONS[0]) -> dict[str, Any]:
        return {"type": "ask", "id": job, "question": question, "layers": [{"path": self.scene}], "out": str(out)}


def _scene(path: Path, seed: int) -> Path:
    """Four bands of a made landscape: a lake, forest, fields, noise."""
    draw = np.random.default_rng(seed)
    y, x = np.mgrid[0:350, 0:350] / 350
    lake = (x - 0.35) ** 2 + (y - 0.6) ** 2 < 0.04
    forest = y < 0.35 + 0.1 * np.sin(9 * x)
    bands = [np.where(lake, low, np.where(forest, mid, high)) for low, mid, high in
             ((0.05, 0.03, 0.08), (0.05, 0.05, 0.1), (0.03, 0.03, 0.12), (0.01, 0.35, 0.25))]  # fmt: skip
    data = (10000 * (np.stack(bands) + draw.normal(0, 0.004, (4, 350, 350)))).clip(1).astype("uint16")
    with rasterio.open(
        path, "w", driver="GTiff", width=350, height=350, count=4, dtype="uint16", crs="EPSG:32633",
        transform=from_origin(500000, 5000000, 10, 10),
    ) as file:  # fmt: skip
        file.write(data)
        file.descriptions = ("blue", "green", "red", "nir")
    return path


def whole(path: Path) -> str:
    """What is wrong with a result file; empty where nothing is."""
    try:
        read_trace(path)
        with closing(sqlite3.connect(path)) as connection:
            said = connection.execute("PRAGMA integrity_check").fetchone()[0]
    except (TerraScopeError, sqlite3.Error) as error:
        return f"{path.name}: {error}"
    return "" if said == "ok" else f"{path.name}: {said}"


def seconds_of_a_question(soak: Soak) -> float:
    child = soak.child()
    child.send({"type": "probe", "id": "p"})
    child.until("result", job="p", timeout=300)
    begin = time.monotonic()
    child.send(soak.ask("q", soak.folder / "first.gpkg"))
    child.until("end", job="q", timeout=300)
    child.kill()
    return time.monotonic() - begin


def kills_of_the_backend(soak: Soak) -> Row:
    lost, tried, steps = [], soak.number(200), 0
    took = seconds_of_a_question(soak)
    for number in range(tried):
        again = number % 2 == 1
        out = soak.folder / f"kill{number}.gpkg"
        before = None
        if again:
            write_geopackage(make_trace(UTM), out)
            before = out.read_bytes()
        child = soak.child()
        child.send(soak.ask("q", out))
        child.until("accepted", job="q", timeout=120)
        if soak.draw.random() < 0.9:
            child.until("scene", "error", job="q", timeout=120)
        time.sleep(soak.draw.uniform(0, 1.1 * took))
        child.kill()
        beside = out.with_name(f"{out.stem}-unfinished.gpkg")
        for path in (out, beside):
            if path.exists():
                if wrong := whole(path):
                    lost.append(wrong)
                else:
                    steps += any(step.mask for step in read_trace(path).steps)
        if before is not None and out.read_bytes() != before and read_trace(out).end_reason is None:
            lost.append(f"{out.name}: the earlier result was replaced by half a run")
    return Row("Kills of the backend at random moments, half of them over an earlier result", tried, lost,
               f"{steps} files with masks")  # fmt: skip


_PARENT = """
import json, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-m", "terrascope", "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
print(child.pid, flush=True)
child.stdin.write(sys.argv[1].encode() + b"\\n")
child.stdin.flush()
for line in child.stdout:
    print(json.loads(line)["type"], flush=True)
"""


def kills_of_the_parent(soak: Soak) -> Row:
    lost, tried, slowest = [], soak.number(50), 0.0
    for number in range(tried):
        out = soak.folder / f"parent{number}.gpkg"
        parent = subprocess.Popen(
            [sys.executable, "-c", _PARENT, json.dumps(soak.ask("q", out))], stdout=subprocess.PIPE, text=True,
            stderr=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": str(ROOT / "backend"), "OMP_NUM_THREADS": "1"},
        )  # fmt: skip
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        if soak.draw.random() < 0.8:
            while parent.stdout.readline().strip() not in ("scene", "error", ""):
                pass
        time.sleep(soak.draw.uniform(0, 1.0))
        parent.kill()
        parent.wait()
        begin = time.monotonic()
        while Path(f"/proc/{pid}").exists() and time.monotonic() - begin < 10:
            if "\nState:\tZ" in _status(pid):
                break
            time.sleep(0.02)
        else:
            if Path(f"/proc/{pid}").exists():
                lost.append(f"the backend {pid} outlived its parent")
        slowest = max(slowest, time.monotonic() - begin)
        if out.exists() and (wrong := whole(out)):
            lost.append(wrong)
    return Row("Kills of the parent", tried, lost, f"the last backend ended after {slowest:.1f} s")


def _status(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return ""


def fuzzed_lines(soak: Soak) -> Row:
    child, tried, lost = Child(), soak.number(200) * 50, []
    try:
        lines.fuzz(child, tried // 50)
        peak = child.peak_mb()
        begin = time.monotonic()
        child.leave(10)
        if time.monotonic() - begin > 2:
            lost.append("it did not end within 2 s of the end of stdin")
    except AssertionError as error:
        lost.append(str(error)[:300])
        peak = 0.0
    finally:
        child.kill()
    return Row("Fuzzed lines", tried, lost, f"peak {peak:.0f} MiB")


def changed_run_files(soak: Soak) -> Row:
    source, target = soak.folder / "source.gpkg", soak.folder / "changed.gpkg"
    write_geopackage(make_trace(UTM), source, {0: Picture(b"\xff\xd8jpeg", "image/jpeg")})
    lost, refused, tried = [], 0, soak.number(2000)
    for number in range(10_000, 10_000 + tried):
        done = run_files.mutate(source, target, number)
        try:
            run_files.read_everything(target)
        except TerraScopeError:
            refused += 1
        except Exception as error:  # noqa: BLE001 - this is what is looked for
            lost.append(f"{number} ({done}): {type(error).__name__}: {error}")
        for leftover in soak.folder.glob("changed.gpkg-*"):
            leftover.unlink()
    return Row("Changed run files", tried, lost, f"{refused} refused with a sentence, the others read")


def hostile_rasters(soak: Soak) -> Row:
    listener, child, lost = rasters.Listener(), Child(), []
    made = rasters.make(soak.folder / "hostile", listener.url)
    for number, (name, path) in enumerate(made.items()):
        child.send({"type": "describe", "id": f"d{number}", "layers": [{"path": path}]})
        try:
            answer = child.until("result", "error", job=f"d{number}", timeout=30)[-1]
        except AssertionError as error:
            lost.append(f"{name}: {str(error)[:200]}")
            break
        if answer["type"] == "error" and not answer.get("hint"):
            lost.append(f"{name}: an error without a way out")
    if listener.visits:
        lost.append(f"the network was reached: {listener.visits[:3]}")
    child.kill()
    listener.close()
    return Row("Hostile rasters", len(made), lost, "no visit to the listening server")


def full_disks(soak: Soak) -> Row:
    """A small file system that becomes full at a random moment of a run over an earlier result."""
    place, lost, refused, tried = soak.folder / "small", [], 0, soak.number(20)
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "none", str(place)], check=False).returncode:
        return Row("Full disk at random moments", 0, [], "not tried: to mount a small file system needs root")
    took = seconds_of_a_question(soak)
    try:
        for number in range(tried):
            out, filler = place / "a.gpkg", place / "filler"
            filler.unlink(missing_ok=True)
            for old in place.glob("*.gpkg*"):
                old.unlink()
            write_geopackage(make_trace(UTM), out)
            before = out.read_bytes()
            child = soak.child()
            child.send(soak.ask("q", out))
            child.until("scene", "error", job="q", timeout=120)
            timer = threading.Timer(soak.draw.uniform(0, took), _fill, (filler,))
            timer.start()
            end = child.until("end", "error", job="q", timeout=120)[-1]
            timer.join()
            if end["type"] == "error":
                refused += 1
                if out.read_bytes() != before:
                    lost.append(f"{number}: the earlier result has changed")
                if "should not" in end["message"] or not end.get("hint"):
                    lost.append(f"{number}: {end['message']}")
            elif wrong := whole(Path(end["gpkg"])):
                lost.append(wrong)
            child.send({"type": "ping", "n": 1})
            child.until("pong", timeout=20)
            child.kill()
    except AssertionError as error:
        lost.append(str(error)[:300])
    finally:
        subprocess.run(["umount", str(place)], check=False)
    what = "Full disk at random moments, over an earlier result"
    return Row(what, tried, lost, f"{refused} runs ended with a sentence")


def _fill(path: Path) -> None:
    try:
        with path.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(65536))
    except OSError:
        pass


def one_long_session(soak: Soak) -> Row:
    child, lost, tried, early = Child(), [], soak.number(300), 0.0
    for number in range(tried):
        out = soak.folder / f"session{number % 7}.gpkg"
        child.send(soak.ask(f"q{number}", out, QUESTIONS[number % len(QUESTIONS)]))
        try:
            end = child.until("end", "error", job=f"q{number}", timeout=120)[-1]
        except AssertionError as error:
            lost.append(f"question {number}: {str(error)[:200]}")
            break
        if end["type"] == "error":
            lost.append(f"question {number}: {end['message']}")
        elif wrong := whole(out):
            lost.append(wrong)
        if number == tried // 5:
            early = child.peak_mb()
    late = child.peak_mb()
    if late - early > 100:
        lost.append(f"memory grew from {early:.0f} to {late:.0f} MiB")
    child.kill()
    return Row("Questions to one backend", tried, lost, f"peak {early:.0f} MiB after a fifth, {late:.0f} at the end")


def a_minute_of_silence(soak: Soak) -> Row:
    """The test that watches every socket and file, with 60 idle seconds."""
    seen = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/backend/test_nothing_leaves.py"],
        env={**os.environ, "TERRASCOPE_IDLE_S": "60" if soak.part == 1 else "5"}, cwd=ROOT,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    summary = seen.stdout.strip().splitlines()[-1] if seen.stdout.strip() else seen.stderr[-300:]
    return Row("A question and 60 idle seconds with every socket and file watched", 1,
               [] if seen.returncode == 0 else [summary], summary)  # fmt: skip


TRIALS: tuple[Callable[[Soak], Row], ...] = (
    kills_of_the_backend, kills_of_the_parent, fuzzed_lines, changed_run_files, hostile_rasters, full_disks,
    one_long_session, a_minute_of_silence,
)  # fmt: skip


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seed", type=int, default=20260101)
    options.add_argument("--short", action="store_true", help="a twentieth of everything: does the soak itself work?")
    options.add_argument("--only", default="", metavar="NAME", help="trials whose function's name holds this")
    given = options.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="soak-"))
    os.environ["TMPDIR"] = str(folder / "tmp")
    (folder / "tmp").mkdir()
    tempfile.tempdir = None
    begin, rows = time.monotonic(), []
    soak = Soak(folder, given.seed, 0.05 if given.short else 1.0)
    try:
        for trial in (each for each in TRIALS if given.only in each.__name__):
            start = time.monotonic()
            row = trial(soak)
            rows.append(row)
            took = time.monotonic() - start
            print(f"{row.what}: {row.tried} tried, {len(row.lost)} lost, {took:.0f} s", flush=True)
            for each in row.lost[:20]:
                print(f"  LOST {each}", flush=True)
    finally:
        if soak.spare is not None:
            soak.spare.kill()
        shutil.rmtree(folder, ignore_errors=True)
    print(f"\nSeed {given.seed}, {(time.monotonic() - begin) / 60:.0f} minutes.\n")
    print("| what | tried | survived | lost | |\n|---|---:|---:|---:|---|")
    for row in rows:
        survived = row.tried - min(len(row.lost), row.tried)
        print(f"| {row.what} | {row.tried:,} | {survived:,} | {len(row.lost)} | {row.note} |")
    return 1 if any(row.lost for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
