"""A child process that speaks the protocol from a script, for what the real backend does not do on demand.

Modes (first argument): normal, slow, deaf (ignores cancel), late (finishes its mask before it stops), crash (dies after
a mask), noisy (prints to stdout), old (another protocol version), silent (never says hello). Runs in QGIS's own Python.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import threading
import time
from pathlib import Path

from osgeo import ogr, osr

MODE = sys.argv[1] if len(sys.argv) > 1 else "normal"
cancelled: set[str] = set()
one_at_a_time = threading.Lock()
CLASSES = (("water", "#2166ff", 0.31), ("forest", "#00a000", 0.22))


def say(**message: object) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def write_file(path: str, question: str) -> None:
    """A GeoPackage with the tables of a run."""
    Path(path).unlink(missing_ok=True)
    reference = osr.SpatialReference()
    reference.ImportFromEPSG(32633)
    file = ogr.GetDriverByName("GPKG").CreateDataSource(path)
    masks = file.CreateLayer("masks", reference, ogr.wkbMultiPolygon)
    for name, kind in (
        ("step", ogr.OFTInteger),
        ("label", ogr.OFTString),
        ("view", ogr.OFTInteger),
        ("view_name", ogr.OFTString),
        ("date", ogr.OFTDate),
        ("part", ogr.OFTInteger),
        ("area_m2", ogr.OFTReal),
        ("share", ogr.OFTReal),
        ("pixels", ogr.OFTInteger),
        ("mask_area_m2", ogr.OFTReal),
        ("mask_share", ogr.OFTReal),
        ("confidence", ogr.OFTReal),
        ("colour", ogr.OFTString),
        ("derived", ogr.OFTInteger),
    ):
        masks.CreateField(ogr.FieldDefn(name, kind))
    file = None
    with sqlite3.connect(path) as database:
        database.execute(
            "CREATE TABLE steps (fid INTEGER PRIMARY KEY, step INTEGER, text TEXT, label TEXT, view "
            "INTEGER, view_name TEXT,"
            " date TEXT, area_m2 REAL, share REAL, confidence REAL, evidence TEXT, empty INTEGER, record TEXT)"
        )
        database.execute(
            "CREATE TABLE claims (fid INTEGER PRIMARY KEY, step INTEGER, claim TEXT, verdict TEXT, claimed "
            "TEXT, measured TEXT,"
            " unit TEXT, reason TEXT, record TEXT)"
        )
        database.execute(
            "CREATE TABLE run (fid INTEGER PRIMARY KEY, id TEXT, created TEXT, question TEXT, options TEXT, "
            "answer TEXT, choice TEXT,"
            " confidence REAL, end_reason TEXT, network TEXT, device TEXT, warnings TEXT, seconds REAL, record TEXT)"
        )
        database.execute(
            "INSERT INTO run (id, created, question, network, device) VALUES ('r', '2026-05-01T10:00:00', "
            "?, 'scripted', 'cpu')",
            (question,),
        )


def wkt_of(step: int) -> str:
    x, y = 500_000 + 2000 * step, 5_100_000 + 1500 * step
    return f"MULTIPOLYGON((({x} {y}, {x + 1500} {y}, {x + 1500} {y + 1200}, {x} {y + 1200}, {x} {y})))"


def add_step(path: str, step: int, label: str, colour: str, text: str) -> None:
    file = ogr.Open(path, 1)
    layer = file.GetLayer("masks")
    feature = ogr.Feature(layer.GetLayerDefn())
    feature.SetGeometry(ogr.CreateGeometryFromWkt(wkt_of(step)))
    values = {
        "step": step,
        "label": label,
        "view": 0,
        "view_name": "scene",
        "date": f"20{10 + step}/07/01",
        "part": 1,
        "area_m2": 1.8e6,
        "share": 0.3,
        "pixels": 18000,
        "mask_area_m2": 1.8e6,
        "mask_share": 0.3,
        "confidence": 0.9,
        "colour": colour,
        "derived": 0,
    }
    for name, value in values.items():
        feature.SetField(name, value)
    layer.CreateFeature(feature)
    file = layer = feature = None
    with sqlite3.connect(path) as database:
        record = json.dumps({"measurements": {"area_m2": 1.8e6, "share": 0.3, "pixels": 18000}})
        database.execute(
            "INSERT INTO steps (step, text, label, view_name, date, area_m2, share, confidence, empty, record)"
            " VALUES (?, ?, ?, 'scene', ?, 1.8e6, 0.3, 0.9, 0, ?)",
            (step, text, label, f"20{10 + step}-07-01", record),
        )


def answer(message: dict) -> None:
    say(type="accepted", id=message["id"])
    with one_at_a_time:
        reason(message)


def reason(message: dict) -> None:
    job, path = message["id"], message["out"]
    delay = 0.4 if MODE in ("slow", "deaf") else 0.01
    write_file(path, message["question"])
    say(type="scene", id=job, width=512, height=512, views=[], notes=[], tiled=False, crs="EPSG:32633")
    for step, (label, colour, share) in enumerate(CLASSES, 1):
        text = f"The {label} covers a part of the image, about {share:.0%} of it "
        for word in text.split(" "):
            time.sleep(delay)
            if job in cancelled and MODE not in ("deaf", "late"):
                say(type="end", id=job, reason="cancelled", gpkg=path)
                return
            say(type="text", id=job, step=step, text=word + " ")
        say(type="step", id=job, step=step, label=label, view=0, date=f"20{10 + step}-07-01", view_name="scene")
        if MODE == "late":
            time.sleep(0.7)
        add_step(path, step, label, colour, text)
        say(
            type="mask",
            id=job,
            step=step,
            label=label,
            gpkg=path,
            measurements={"area_m2": 1.8e6, "share": share, "pixels": 18000},
            colour=colour,
            date=f"20{10 + step}-07-01",
            view=0,
            view_name="scene",
            confidence=0.9,
            wkt=wkt_of(step),
        )
        if MODE == "crash":
            sys.stderr.write("Killed by the test\n")
            sys.stderr.flush()
            os._exit(137)
        if MODE == "late" and job in cancelled:
            say(type="end", id=job, reason="cancelled", gpkg=path)
            return
    say(type="claim", id=job, step=1, text="about 31% of it", verdict="supported", claimed=31, measured=31.2, unit="%")
    say(
        type="claim",
        id=job,
        step=2,
        text="about 22% of it",
        verdict="contradicted",
        claimed=22,
        measured=30.0,
        unit="%",
    )
    say(type="answer", id=job, text="Water covers 31 % of the area.", choice=None, confidence=0.8)
    with sqlite3.connect(path) as database:
        database.execute("UPDATE run SET answer = 'Water covers 31 % of the area.', end_reason = 'answered'")
        database.execute(
            "INSERT INTO claims (step, claim, verdict, claimed, measured, unit) VALUES (1, 'about 31% of "
            "it', 'supported', '31', '31.2', '%')"
        )
    say(type="end", id=job, reason="answered", gpkg=path, seconds=1.0, device="cpu", network="embedded", warnings=[])


def main() -> None:
    if MODE == "silent":
        sys.stdin.read()
        return
    if MODE == "noisy":
        print("a library that prints to stdout")
    say(
        type="hello",
        version=99 if MODE == "old" else 1,
        backend="scripted",
        pid=os.getpid(),
        capabilities=["ask"],
        device="cpu",
    )
    for line in sys.stdin:
        message = json.loads(line)
        kind = message["type"]
        if kind == "ping":
            say(type="pong", n=message["n"])
        elif kind == "cancel":
            cancelled.add(message["id"])
        elif kind == "shutdown":
            break
        elif kind == "ask":
            threading.Thread(target=answer, args=(message,), daemon=True).start()
        elif kind in ("report", "probe", "measure", "segment", "change", "networks"):
            say(type="error", id=message["id"], code="scripted", message="This child only answers questions.")
        elif kind == "describe":
            say(type="result", id=message["id"], value={"layers": [], "notes": [], "warnings": []})
    os._exit(0)


main()
