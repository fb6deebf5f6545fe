"""What users were promised, held against what the scripts in QGIS found: (promise, kept, what was seen)."""

from __future__ import annotations

import sys
from pathlib import Path

Promise = tuple[str, bool, object]


def is_strange(path: str) -> bool:
    """Return whether a path has spaces, an umlaut, Chinese characters and 180 characters."""
    return len(path) >= 180 and all(letter in path for letter in " ü卫")


def child_lives(facts: dict) -> bool:
    """Return whether the backend of the closed QGIS is still there."""
    try:
        command = Path(f"/proc/{facts['closed_child']['pid']}/cmdline").read_bytes()
    except OSError:
        return False
    return b"terrascope" in command


def whole_path(facts: dict) -> list[Promise]:
    """A question from the map to the project and back, and what goes wrong on the way."""
    first, killed, again = facts["first"], facts["killed"], facts["again"]
    arrivals = first["arrivals_s"]
    found = [
        ("the profile lies where a user's may", is_strange(facts["profile"]), facts["profile"]),
        (
            "a question is answered",
            first["end"] in ("answered", "abstained") and bool(first["answer"]),
            first["answer"],
        ),
        ("steps arrive one by one, before the answer", bool(arrivals) and arrivals == sorted(arrivals), arrivals),
        ("a mask is on the map before its layer is", facts["preview_on_map"], facts["preview_on_map"]),
        (
            "every mask that is not empty is a layer",
            first["layers_valid"] and first["layers"] == first["non_empty"],
            first["layers"],
        ),
        ("the keyboard steps through", facts["stepping"]["current"] is not None, facts["stepping"]),
        ("Stop ends a question", facts["cancelled"]["end"] == "cancelled", facts["cancelled"]["end"]),
        (
            "Stop is answered within 300 ms",
            facts["cancel_ms"] < 300,
            f"{facts['cancel_ms']} ms",
        ),
        ("a killed child costs one message", "ended unexpectedly" in killed["error"], killed["error"]),
        (
            "and no step that had arrived",
            killed["masks"] >= 1 and killed["layers"] == killed["non_empty"],
            killed["masks"],
        ),
        ("the next question works", again["end"] in ("answered", "abstained"), again["end"]),
        (
            "masks, text and report are exported",
            not facts["export"]["error"] and facts["export"]["report"],
            facts["export"]["error"],
        ),
        (
            "the saved project finds every layer again",
            facts["reopened"]["valid"] and facts["reopened"]["groups"] >= 2,
            facts["reopened"],
        ),
        ("a run opens without a backend", facts["reopened"]["cards_without_backend"] >= 2, facts["reopened"]),
        (
            "a rotated map in another CRS works",
            facts["rotated"]["end"] in ("answered", "abstained"),
            facts["rotated"]["end"],
        ),
        ("closing QGIS in the middle of a question leaves no child", not child_lives(facts), facts["closed_child"]),
        (
            "a reload leaves no child and one panel",
            facts["reload"] == {"old_child_gone": True, "docks": 1},
            facts["reload"],
        ),
        (
            "the window's thread never works 50 ms at a stretch",
            facts["stall"]["worst_ms_own_work"] < 50,
            facts["stall"],
        ),
    ]
    for name in ("stack", "no_crs"):
        case = facts[name]
        if isinstance(case, str):
            sys.stdout.write(f"SKIPPED {name}: {case}\n")
            continue
        found.append((f"{name}: answered", case["end"] in ("answered", "abstained"), case["answer"] or case["error"]))
        found.append((f"{name}: the masks lie on their image", case["inside_layer"], case["layers"]))
    return found


def map_path(facts: dict) -> list[Promise]:
    """Radar and optical, web maps, time, layout, runs."""
    found: list[Promise] = []
    for name in ("radar", "xyz", "wms", "time"):
        if isinstance(facts[name], str):
            sys.stdout.write(f"SKIPPED {name}: {facts[name]}\n")
            continue
        case = facts[name]
        found.append((f"{name}: answered", case["end"] in ("answered", "abstained"), case["answer"] or case["error"]))
        if name == "radar":
            found.append(("the roles are recognised", case["roles"] == ["optical", "sar"], case["roles"]))
        elif name == "time":
            kept = case["dated_layers"] == 0 or case["frames_show_one_date"]
            found.append(("the temporal controller plays one date after the other", kept, case.get("played")))
        else:
            found.append((f"{name}: the panel says that pixels are exported", bool(case["warned"]), case["warned"]))
            found.append((f"{name}: the masks lie in the view", case["inside_view"], case["layers"]))
    if "no_tiles" in facts:
        said = facts["no_tiles"]["said"]
        found.append(("a web map that shows nothing is said to show nothing", "shows nothing" in said, said))
    runs, layout = facts["runs"], facts["layout"]
    undo = runs["undo_in_one_action"]
    kept = layout["maps"] == 1 and layout["says_the_answer"] and layout["colours"] > 20
    found += [
        ("the result goes into a print layout", kept, layout),
        ("a run that is dropped on a page is a map there", layout["dropped"], layout["dropped"]),
        ("a run is renamed, and its layers follow", runs["renamed"] and runs["layers_follow"], runs),
        ("two runs are compared", runs["compared"], runs["compared"]),
        ("a run is deleted with its layers", runs["deleted"], runs["deleted"]),
        (
            "one action takes a run off the map and leaves nothing behind but its file",
            undo["layers_after"] == 0 and undo["group_gone"] and undo["file_stays"],
            undo,
        ),
    ]
    return found


def models_path(facts: dict) -> list[Promise]:
    """The models page."""
    lost = facts["out_of_reach"]
    found = [
        (
            "the embedded model is there with its hash",
            "SHA-256" in facts["embedded"],
            facts["embedded"].splitlines()[0],
        ),
        ("every precision is held against the machine", len(facts["memory"]) == 5, facts["memory"]),
        ("a hub out of reach is named with the way out", "HF_ENDPOINT" in lost and "folder" in lost, lost),
        ("the page never works 50 ms at a stretch", facts["stall_ms_own_work"] < 50, facts["stall_ms_own_work"]),
    ]
    if "chosen" not in facts:
        sys.stdout.write("SKIPPED import: the backend's environment has no torch\n")
        return found
    asked = facts["asked"]
    found += [
        ("size and licence stand there before an import", "Licence" in facts["looked_up"], facts["looked_up"]),
        ("the imported model is the one that is asked", bool(asked["network"]) and asked["end"] != "error", asked),
    ]
    return found


def install_path(facts: dict) -> list[Promise]:
    """The zip, in a clean profile."""
    asked = facts["asked"]
    return [
        ("the zip stays under 25 MB", facts["megabytes"] < 25, f"{facts['megabytes']} MB"),
        ("a clean profile has no TerraScope", not facts["there_before"], facts["there_before"]),
        ("QGIS's plugin manager installs the zip", facts["installed"] and facts["in_profile"], facts["installed"]),
        ("it runs, with its algorithms", facts["runs"] and facts["provider"], facts["runs"]),
        ("it answers", asked["end"] in ("answered", "abstained"), asked["answer"] or asked["error"]),
        ("it is uninstalled without a trace", facts["gone"], facts["gone"]),
    ]
