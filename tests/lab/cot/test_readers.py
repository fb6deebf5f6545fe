"""Readers, each on a few files made to the published layout of its data set."""

from __future__ import annotations

import json

import numpy as np
import pytest

from terrascope_lab.cot.assembly.run import build
from terrascope_lab.cot.assembly.settings import BuildSettings
from terrascope_lab.cot.check.run import check_files, files_of
from terrascope_lab.cot.formats.json_list import read_list
from terrascope_lab.cot.readers.legends import CHATEARTHNET_COLOURS, DEEPGLOBE_COLOURS
from terrascope_lab.cot.readers.registry import FOLDERS, READERS, SourceSpec, found_in, parse_sources
from terrascope_lab.cot.scenes import DataError, LabelledScene

from . import made

LABELS = made.label_map(3, 120)
COLOURS = {value: colour for colour, value in CHATEARTHNET_COLOURS.items()}
WORLDCOVER = {1: 80, 2: 10, 3: 40, 4: 50, 5: 60}
CORINE = {1: 512, 2: 312, 3: 211, 4: 112, 5: 331}
S2 = "S2A_MSIL2A_20170613T101031_N9999_R022_T33UUP"
PATCH = f"{S2}_26_57"
S1 = "S1A_IW_GRDH_1SDV_20170613T165043"


def recoded(values: dict[int, int], dtype: str = "uint16") -> np.ndarray:
    table = np.zeros(6, dtype)
    for old, new in values.items():
        table[old] = new
    return table[LABELS]


def coloured(values: dict[int, tuple[int, int, int]]) -> np.ndarray:
    return np.array([(0, 0, 0), *(values[i] for i in range(1, 6))], np.uint8)[LABELS]


def chatearthnet(root):
    made.save_png(root / "s2_rgb_images" / "s2_images" / "a.png", made.picture(LABELS))
    made.save_png(root / "s2_band_5_6_7_images" / "a.png", made.picture(LABELS))
    made.save_png(root / "segmentation_masks" / "a.png", coloured({k: COLOURS[v] for k, v in WORLDCOVER.items()}))
    made.save_png(root / "s1_images" / "vh" / "a.png", LABELS * 40)
    made.save_png(root / "s1_images" / "vv" / "a.png", LABELS * 50)
    made.save_json(
        root / "json_files" / "ChatEarthNet_caps_35_train.json", [{"image": "a.png", "caption": "A town by a lake."}]
    )
    return {"water": 1, "trees": 2, "cropland": 3, "built-up area": 4, "bare land": 5}


def bigearthnet(root):
    for number, band in enumerate(("B02", "B03", "B04", "B08")):
        made.save_tif(
            root / "BigEarthNet-S2" / S2 / PATCH / f"{PATCH}_{band}.tif",
            (LABELS * (100 + 37 * number)).astype("uint16"),
        )
    maps = root / "Reference_Maps" / S2 / PATCH
    made.save_tif(maps / f"{PATCH}_reference_map.tif", recoded(CORINE))
    radar = f"{S1}_33UUP_26_57"
    for band in ("VV", "VH"):
        made.save_tif(root / "BigEarthNet-S1" / S1 / radar / f"{radar}_{band}.tif", (-5.0 * LABELS).astype("float32"))
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    row = {"patch_id": PATCH, "labels": ["Arable land"], "split": "train", "country": "Austria", "s1_name": radar}
    pq.write_table(pa.Table.from_pylist([row]), root / "metadata.parquet")
    return {"inland waters": 1, "conifer forest": 2, "arable land": 3, "urban fabric": 4, "sands": 5}


def deepglobe(root):
    from PIL import Image

    values = {value: colour for colour, value in DEEPGLOBE_COLOURS.items()}
    Image.fromarray(made.picture(LABELS)).save(_parent(root / "train" / "119_sat.jpg"), quality=95)
    coded = coloured({1: values[5], 2: values[4], 3: values[2], 4: values[1], 5: values[6]})
    made.save_png(root / "train" / "119_mask.png", coded)
    return {"water": 1, "trees": 2, "cropland": 3, "built-up area": 4, "bare land": 5}


def sen1floods11(root):
    folder = root / "v1.1" / "data" / "flood_events" / "HandLabeled"
    power = np.stack([-4.0 * LABELS, -5.0 * LABELS]).astype("float32")
    made.save_tif(folder / "S1Hand" / "Ghana_103272_S1Hand.tif", power)
    made.save_tif(folder / "LabelHand" / "Ghana_103272_LabelHand.tif", (LABELS == 1).astype("int16"))
    made.save_tif(folder / "JRCWaterHand" / "Ghana_103272_JRCWaterHand.tif", LABELS)
    return {"water": 1}


PUBLISHED = {
    "chatearthnet": chatearthnet, "bigearthnet": bigearthnet, "deepglobe": deepglobe, "sen1floods11": sen1floods11,
}  # fmt: skip


def _parent(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def only_scene(name, root) -> LabelledScene:
    reader = READERS[name](root)
    names = reader.names()
    assert len(names) == 1
    return reader.load(names[0])


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_published_layout_is_read(name, tmp_path):
    wanted = PUBLISHED[name](tmp_path)
    scene = only_scene(name, tmp_path)
    assert scene.valid.all()
    for label, value in wanted.items():
        assert np.array_equal(scene.moments[0].masks[label], LABELS == value), label
    assert scene.moments[0].picture.shape == (120, 120, 3)


@pytest.mark.parametrize("name", PUBLISHED)
def test_what_is_read_can_be_asked_about(name, tmp_path):
    PUBLISHED[name](tmp_path / "set")
    spec = SourceSpec(name, str(tmp_path / "set"))
    report = build(BuildSettings((spec,), rounds=2), tmp_path / "out", processes=1)
    assert report.samples >= 3
    assert check_files(files_of(tmp_path / "out"), tmp_path / "out" / "images", processes=1).mismatches == []


def test_bigearthnet_is_true_colour_with_its_radar_and_country(tmp_path):
    bigearthnet(tmp_path)
    scene = only_scene("bigearthnet", tmp_path)
    assert scene.place == "Austria"
    assert scene.moments[0].sar is not None
    made.save_tif(tmp_path / "BigEarthNet-S2" / S2 / PATCH / f"{PATCH}_B04.tif", (LABELS == 1).astype("uint16") * 900)
    red = only_scene("bigearthnet", tmp_path).moments[0].optical[..., 0]
    assert (red[LABELS == 1] == 255).all() and (red[LABELS != 1] == 0).all(), "B04 is red"


def test_optical_and_radar_samples_name_both_channels(tmp_path):
    bigearthnet(tmp_path / "set")
    build(BuildSettings((SourceSpec("bigearthnet", str(tmp_path / "set")),)), tmp_path / "out", processes=1)
    for entry in read_list(tmp_path / "out" / "optical_sar.json"):
        for folder in (".", "vh", "vv"):
            assert (tmp_path / "out" / "images" / folder / entry["image"]).exists()
    record_of = pytest.importorskip("terrascope_lab.training.full.records").record_of
    found = record_of(entry, "here", tmp_path / "out" / "images", "sar")
    assert found.pictures[1].read("here").shape == (120, 120, 3)


def test_chatearthnet_brings_its_captions_and_radar(tmp_path):
    chatearthnet(tmp_path)
    scene = only_scene("chatearthnet", tmp_path)
    assert scene.captions == ("A town by a lake.",)
    assert np.array_equal(scene.moments[0].sar[..., 0], LABELS * 40)


def test_sen1floods11_leaves_out_what_has_no_data_and_reads_hundredths_of_a_decibel(tmp_path):
    power = np.stack([-4.0 * LABELS, -5.0 * LABELS])
    power[:, :10] = np.nan
    whole = np.where(np.isnan(power), -32768, power * 100).astype("int16")
    labels = (LABELS == 1).astype("int16")
    labels[:, :5] = -1
    for root, stored in (("float", power.astype("float32")), ("whole", whole)):
        made.save_tif(tmp_path / root / "S1" / "Mekong_1_S1Hand.tif", stored)
        made.save_tif(tmp_path / root / "Labels" / "Mekong_1_LabelHand.tif", labels)
    one, two = (only_scene("sen1floods11", tmp_path / root) for root in ("float", "whole"))
    assert not one.valid[:10].any() and not one.valid[:, :5].any() and one.valid[10:, 5:].all()
    assert one.place == "Mekong"
    assert one.moments[0].optical is None
    assert np.abs(one.moments[0].sar.astype(int) - two.moments[0].sar).max() <= 1


BOX = "POLYGON (({0} {1}, {2} {1}, {2} {3}, {0} {3}, {0} {1}))"


def xbd(root, damage):
    features = [
        {
            "properties": {"feature_type": "building", "subtype": subtype, "uid": str(i)},
            "wkt": BOX.format(8 * (i % 10), 12 * (i // 10), 8 * (i % 10) + 5, 12 * (i // 10) + 6),
        }
        for i, subtype in enumerate(damage)
    ]
    label = {"features": {"lng_lat": [], "xy": features}, "metadata": {"gsd": 0.5, "disaster": "palu-tsunami"}}
    for when in ("pre", "post"):
        made.save_png(
            root / "train" / "images" / f"palu-tsunami_00000001_{when}_disaster.png", np.zeros((96, 96, 3), np.uint8)
        )
        made.save_json(root / "train" / "labels" / f"palu-tsunami_00000001_{when}_disaster.json", label)


DAMAGE = ["destroyed"] * 4 + ["no-damage"] * 9 + ["minor-damage", "major-damage", "un-classified"]


def test_xbd_buildings_are_single_objects_with_their_damage(tmp_path):
    xbd(tmp_path, DAMAGE)
    scene = only_scene("xbd", tmp_path)
    before, after = scene.moments
    assert {kind: len(masks) for kind, masks in after.objects.items()} == {
        "intact buildings": 9, "damaged buildings": 2, "destroyed buildings": 4,
    }  # fmt: skip
    assert len(before.objects["buildings"]) == 15
    assert scene.gsd_m == 0.5 and scene.place == "palu tsunami"
    assert int(after.masks["destroyed buildings"].sum()) == 4 * 5 * 6


def test_xbd_asks_for_the_destroyed_share_by_the_paper_s_rule(tmp_path):
    xbd(tmp_path / "set", DAMAGE)
    build(BuildSettings((SourceSpec("xbd", str(tmp_path / "set")),)), tmp_path / "out", processes=1)
    entries = [e for e in read_list(tmp_path / "out" / "temporal.json") if e["task"] == "building_damage"]
    assert len(entries) == 1
    assert [len(group) for group in entries[0]["masks"]] == [1, 1], "two dates have one mask a [SEG]"
    assert [len(group) for group in entries[0]["objects"]] == [15, 4]
    assert check_files(files_of(tmp_path / "out"), tmp_path / "out" / "images", processes=1).mismatches == []


def test_xbd_asks_for_no_share_of_few_buildings(tmp_path):
    xbd(tmp_path / "set", ["destroyed"] * 3 + ["no-damage"] * 6)
    with pytest.raises(DataError, match="No scene allows a question"):
        build(BuildSettings((SourceSpec("xbd", str(tmp_path / "set")),)), tmp_path / "out", processes=1)


def test_xbd_images_alone_have_their_buildings_counted(tmp_path):
    xbd(tmp_path / "set", DAMAGE)
    specs = tuple(SourceSpec(reader, str(tmp_path / "set")) for reader in ("xbd_pre", "xbd_post"))
    build(BuildSettings(specs, rounds=4), tmp_path / "out", processes=1)
    counted = [e for e in read_list(tmp_path / "out" / "single.json") if e["task"] == "counting"]
    assert {e["labels"][0]: len(e["masks"][0]) for e in counted} == {
        "buildings": 15, "intact buildings": 9, "damaged buildings": 2, "destroyed buildings": 4,
    }  # fmt: skip
    assert check_files(files_of(tmp_path / "out"), tmp_path / "out" / "images", processes=1).mismatches == []


def test_rsvqa_lr_joins_images_questions_and_active_answers(tmp_path):
    made.save_tif(tmp_path / "Images_LR" / "7.tif", np.moveaxis(made.picture(LABELS), -1, 0))
    questions = [
        {"id": 1, "img_id": 7, "question": "Is there a lake?", "type": "presence", "answers_ids": [11], "active": True},
        {"id": 2, "active": False},
    ]
    answers = [{"id": 11, "answer": "yes", "question_id": 1, "active": True}, {"id": 12, "active": False}]
    made.save_json(tmp_path / "LR_split_train_images.json", {"images": [{"id": 7, "active": True}]})
    made.save_json(tmp_path / "LR_split_train_questions.json", {"questions": questions})
    made.save_json(tmp_path / "LR_split_train_answers.json", {"answers": answers})
    scene = only_scene("rsvqa_lr", tmp_path)
    assert scene.questions == (("Is there a lake?", "yes"),)
    assert np.array_equal(scene.moments[0].optical, made.picture(LABELS))
    assert not scene.moments[0].masks


@pytest.mark.parametrize("reader", [name for name in READERS if name not in ("annotations", "folder")])
def test_a_folder_that_is_not_there_is_named_with_the_layout(reader, tmp_path):
    with pytest.raises(DataError) as caught:
        READERS[reader](tmp_path / "nowhere").names()
    assert "nowhere" in str(caught.value) or ".npz" in str(caught.value) or ".json" in str(caught.value)
    assert caught.value.hint


def test_sources_are_found_by_their_folders_or_named(tmp_path):
    (tmp_path / "dubai").mkdir()
    (tmp_path / "BigEarthNet").mkdir()
    assert [spec.reader for spec in found_in(tmp_path)] == ["dubai", "bigearthnet"]
    with pytest.raises(DataError, match="Readers: chatearthnet"):
        parse_sources(["nothing=here"], "", None, ())
    with pytest.raises(DataError, match="holds none of the sets"):
        found_in(tmp_path / "dubai")
    with pytest.raises(DataError, match="--classes"):
        made.folder_set(tmp_path / "set", 1)
        SourceSpec("folder", str(tmp_path / "set")).open().names()


def test_the_real_sets_are_read(shared):
    data = shared / "data"
    specs = found_in(data)
    assert len(specs) >= 10
    for spec in specs:
        reader = spec.open()
        scene = reader.load(reader.names()[0])
        height, width = scene.valid.shape
        for moment in scene.moments:
            assert moment.picture.shape == (height, width, 3)
            assert moment.picture.std() > 3, f"{spec.reader}: the picture is not empty"
            assert all(mask.shape == scene.valid.shape for mask in moment.masks.values())
            assert not any((mask & ~scene.valid).any() for mask in moment.masks.values())


def test_hls_water_is_that_of_the_image_date(shared):
    if not (shared / "data" / "hls_worldcover").is_dir():
        pytest.skip("no HLS patches")
    reader = READERS["hls_pairs"](shared / "data" / "hls_worldcover")
    pairs = json.loads((shared / "data" / "hls_worldcover" / "same_location_pairs.json").read_text())
    assert len(reader.names()) == len(pairs)
    before, after = reader.load(reader.names()[0]).moments
    assert before.masks["water"].sum() < after.masks["water"].sum()


def test_every_set_that_is_recognised_has_a_reader():
    assert all(reader in READERS for readers in FOLDERS.values() for reader in readers)
