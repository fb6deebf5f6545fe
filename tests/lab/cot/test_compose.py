"""Terra-CoT: what is asked, by which rules, and that the answers are the true ones."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pytest

from terrascope_lab.cot import grammar, level2_phrases, rules, wording
from terrascope_lab.cot.captions.rule_based import RuleCaptioner
from terrascope_lab.cot.check.evidence import Mismatch
from terrascope_lab.cot.check.run import check_entry
from terrascope_lab.cot.compose import change, level1, semantic, spatial
from terrascope_lab.cot.compose.choose import questions
from terrascope_lab.cot.facts import Facts
from terrascope_lab.cot.formats.record import record
from terrascope_lab.cot.scenes import LabelledScene, Moment

from . import made


def records(scene: LabelledScene, seed: int = 0, rounds: int = 4) -> list[dict]:
    facts = [Facts(scene, moment) for moment in range(len(scene.moments))]
    drafts = questions(scene, random.Random(seed), rounds=rounds, facts=facts)
    caption = RuleCaptioner().caption(scene, facts, random.Random(seed))
    return [record(scene, facts, draft, i) for i, draft in enumerate([caption, *drafts])]


def test_every_answer_follows_from_its_masks():
    tasks = Counter()
    for seed in range(10):
        for scene in (made.scene(seed), made.pair(seed)):
            for entry in records(scene, seed):
                check_entry(entry)
                tasks[entry["task"]] += 1
    wanted = {"caption", "existence", "localisation", "share", "area", *spatial.KINDS, *change.KINDS}
    wanted -= {"building_damage", "largest_region"}
    missing = wanted - set(tasks)
    assert not missing, f"never asked: {missing}"


def test_an_image_is_asked_two_to_four_kinds_and_pixels_are_needed_for_one():
    for seed in range(10):
        asked = [d for d in questions(made.scene(seed), random.Random(seed)) if d.level == "l1"]
        kinds = [{"share": "area"}.get(d.task, d.task) for d in asked]
        assert 2 <= len(kinds) <= 4
        assert len(set(kinds)) == len(kinds)
        assert set(kinds) & level1.PIXEL_KINDS


def test_the_same_seed_asks_the_same_and_another_does_not():
    one, two, three = (records(made.scene(3), seed) for seed in (5, 5, 6))
    assert one == two
    assert one != three


def test_nothing_is_asked_twice_however_many_rounds():
    drafts = questions(made.scene(1), random.Random(0), rounds=8)
    assert len({draft.key for draft in drafts}) == len(drafts)
    assert len(drafts) > 20


def test_without_a_pixel_size_no_area_and_no_distance_is_asked():
    for seed in range(6):
        for draft in questions(made.scene(seed, gsd=None), random.Random(seed), rounds=6):
            assert draft.query.get("unit", "%") == "%"
            assert "metres" not in draft.query


def test_absence_is_asked_only_of_classes_that_the_data_set_knows():
    scene = made.scene(0)
    masks = dict(scene.moments[0].masks) | {"snow": np.zeros(scene.valid.shape, bool)}
    facts = Facts(LabelledScene("made", "x", (Moment(scene.moments[0].optical, masks),), scene.valid, 10.0), 0)
    assert facts.absent() == ["snow"]
    draft = level1.existence(facts, "snow", random.Random(0))
    assert draft.answer == "No"
    assert "nothing is found" in draft.steps[0].after


@pytest.mark.parametrize("task", [*wording.KINDS, *level2_phrases.PHRASES])
def test_every_task_has_a_hundred_wordings_and_fills_all_slots(task):
    assert sum(grammar.count(pattern) for pattern in wording.patterns_of(task)) >= 80
    labels = ["water", "trees", "cropland"][: max(map(len, (_slots(level2_phrases.PLAIN[task]),)))]
    rng = random.Random(0)
    texts = {wording.question(task, labels, rng, metres="100 m", place="left half") for _ in range(200)}
    assert len(texts) > 100
    assert not any("{" in text or "[" in text for text in texts)


def _slots(text: str) -> list[str]:
    return sorted({slot for slot in "ABC" if f"{{{slot}" in text.replace("{AREA}", "")})


@pytest.mark.parametrize("unit", ["ha", "m2", "km2"])
def test_a_question_names_no_other_unit_than_its_answer_s(unit):
    rng = random.Random(0)
    for _ in range(300):
        assert wording.units_named(wording.question("area", ["water"], rng, unit=unit)) == {unit}
        assert wording.units_named(wording.question("gain", ["water"], rng, answer_unit=unit)) <= {unit}
        assert not wording.units_named(wording.question("boundary", ["water", "trees"], rng))


def test_opening_and_touching_agree_with_scipy():
    from scipy import ndimage

    rng = np.random.default_rng(0)
    for _ in range(20):
        one, two = (ndimage.gaussian_filter(rng.standard_normal((37, 51)), 2) > 0.05 for _ in range(2))
        assert np.array_equal(rules.opened(one), ndimage.binary_opening(one, np.ones((3, 3))))
        assert rules.touching(one, two) == bool((ndimage.binary_dilation(one, np.ones((3, 3))) & two).any())


def test_semantic_rules_are_stated_in_the_chain():
    seen = set()
    for seed in range(20):
        for draft in questions(made.scene(seed), random.Random(seed), ("l2_semantic",), rounds=6):
            seen.add(draft.task)
            assert "%" in draft.conclusion
    assert seen == set(semantic.KINDS)


def test_captions_of_two_dates_mark_as_many_masks_on_each():
    scene = made.pair(2)
    entry = records(scene, rounds=0)[0]
    assert [info["image"] for info in entry["seg_info"]] == sorted(info["image"] for info in entry["seg_info"])
    assert entry["conversations"][1]["value"].count("Image: t1") == entry["conversations"][1]["value"].count(
        "Image: t2"
    )


@pytest.mark.parametrize("damage", ["answer", "pixels", "mask", "option", "label", "half"])
def test_the_checker_notices(damage):
    entries = [e for seed in range(8) for s in (made.scene(seed), made.pair(seed)) for e in records(s, seed, rounds=2)]
    entry = next(e for e in entries if _can(e, damage))
    check_entry(entry)
    _break(entry, damage)
    with pytest.raises(Mismatch):
        check_entry(entry)


def _can(entry: dict, damage: str) -> bool:
    if damage == "half":
        return "pre_image" in entry and entry["task"] == "gain"
    if damage == "option":
        return bool(entry["options"]) and entry["task"] == "share"
    return entry["task"] == "share" and not entry["options"]


def _break(entry: dict, damage: str) -> None:
    said = entry["conversations"][1]
    if damage == "answer":
        head, tail = said["value"].split("<answer>")
        said["value"] = f"{head}<answer>1{tail}"
    elif damage == "pixels":
        said["value"] = said["value"].replace(" of 9,216 pixels.", " of 9,217 pixels.", 1)
    elif damage == "mask":
        other = made.label_map(77) == 1
        from terrascope.masks.rle import encode

        entry["masks"][0] = [dict(encode(other))]
    elif damage == "option":
        letter = said["value"][-10]
        said["value"] = said["value"].replace(f"<answer>{letter}", "<answer>" + ("B" if letter == "A" else "A"))
    elif damage == "label":
        entry["labels"][0] = "snow"
    else:
        entry["seg_info"][0]["image"] = 1
