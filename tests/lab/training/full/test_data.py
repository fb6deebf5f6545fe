"""Reading the published formats: what each holds, and what is said where something is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed: nothing is trained")

from terrascope.masks.rle import encode as encode_mask
from terrascope.networks.full.processing import TerraScopeProcessor
from terrascope.reasoning.selection import select_tokens
from terrascope_lab.training.errors import TrainingError
from terrascope_lab.training.full.encoding import IGNORED, encode, splice
from terrascope_lab.training.full.examples import Examples, Selection
from terrascope_lab.training.full.records import record_of
from terrascope_lab.training.full.sources import DataEntry, Samples, checked
from training.conftest import SIDE, entry, picture, temporal_entry, write

pytestmark = pytest.mark.torch


def samples(path: Path, data: Path, **values: Any) -> Samples:
    return Samples([DataEntry(path, data / "images", **values)])


def test_json_lists_json_lines_and_parquet_give_the_same_samples(data: Path, tmp_path: Path) -> None:
    entries = [entry(number) for number in range(3)]
    write(tmp_path / "lines.json", entries)
    (tmp_path / "indented.json").write_text(json.dumps(entries, indent=2))
    (tmp_path / "plain.jsonl").write_text("".join(json.dumps(each) + "\n" for each in entries))
    names = ["lines.json", "indented.json", "plain.jsonl"]
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    rows = [
        {**each, **{key: json.dumps(each[key]) for key in ("conversations", "masks", "labels", "seg_info")}}
        for each in entries
    ]
    for row in rows:
        row["image"] = {"bytes": (data / "images" / row["image"]).read_bytes(), "path": row["image"]}
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "table.parquet", row_group_size=2)
    read = [samples(tmp_path / name, data) for name in [*names, "table.parquet"]]
    for number in range(3):
        found = [each[number] for each in read]
        assert len({record.turns for record in found}) == 1
        assert len({str(record.regions) for record in found}) == 1
        pixels = [record.pictures[0].read(record.where) for record in found]
        assert all(np.array_equal(pixels[0], each) for each in pixels)
    assert checked(read[-1]) == 3


def test_stage_1_asks_for_each_labelled_mask(data: Path) -> None:
    found = samples(data / "single.json", data, style="referring")
    assert len(found) == 8
    record = found[1]
    assert record.turns == (("<image>\nPlease segment the forest.", "Sure, [SEG]."),)
    assert np.array_equal(record.regions[0].mask(SIDE, SIDE, ""), picture(0)[1]["forest"])


def test_each_seg_of_two_dates_is_trained_on_its_own_mask_and_image(data: Path) -> None:
    """The released training pairs the first [SEG] with both masks (two dates, two masks); here each has its own."""
    record = samples(data / "temporal.json", data)[0]
    assert [region.view for region in record.regions] == [0, 1]
    for region, number in zip(record.regions, (0, 1)):
        assert np.array_equal(region.mask(SIDE, SIDE, ""), picture(number)[1]["water"])
    row = temporal_entry(0)
    row["masks"] = row["masks"] * 2
    row["conversations"][1]["value"] = "[SEG] [SEG] [SEG] [SEG]"
    assert [region.view for region in record_of(row, "", data).regions] == [0, 0, 1, 1], "the first half is the first"
    row["seg_info"] = [{"image": view} for view in (0, 1, 0, 1)]
    assert [region.view for region in record_of(row, "", data).regions] == [0, 1, 0, 1], "named views count"


def test_overlapping_pieces_of_a_mask_are_one_mask(data: Path) -> None:
    """The released data code adds them up and trains on targets of 2."""
    piece = np.zeros((SIDE, SIDE), bool)
    piece[:10, :10] = True
    row = {**entry(0, ("water",)), "masks": [[dict(encode_mask(piece)), dict(encode_mask(piece))]]}
    assert record_of(row, "", data).regions[0].mask(SIDE, SIDE, "").sum() == 100


def test_a_sar_picture_is_vh_vv_and_their_mean(data: Path) -> None:
    record = samples(data / "optical_sar.json", data, kind="sar")[0]
    pixels, optical = record.pictures[1].read(""), picture(0)[0]
    assert np.array_equal(pixels[..., :2], optical[..., :2])
    assert np.array_equal(pixels[..., 2], (optical[..., :2].astype(int).sum(-1) // 2).astype(np.uint8))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"conversations": None}, "no column 'conversations'"),
        ({"image": None}, "no column 'image'"),
        ({"masks": [[]]}, "has 2 [SEG], masks has 1"),
        ({"image": "nowhere.png"}, "there is no image"),
        ({"masks": [[dict(encode_mask(np.ones((8, 9), bool)))], []]}, "a mask is 9 x 8 pixels, its image 64 x 64"),
        ({"masks": [[{"size": [64, 64], "counts": "zz"}], []]}, "a mask cannot be read"),
        ({"conversations": [{"from": "gpt", "value": "x"}]}, "the speakers are ['gpt']"),
    ],
)
def test_a_faulty_sample_is_named_with_its_file_and_row(
    data: Path, tmp_path: Path, change: dict[str, Any], named: str
) -> None:
    write(tmp_path / "bad.json", [entry(0), {**entry(1), **change}])
    with pytest.raises(TrainingError) as error:
        checked(samples(tmp_path / "bad.json", data))
    assert named in str(error.value)
    assert "bad.json[1]" in str(error.value)


def test_faulty_data_sets_are_named_with_the_way_out(data: Path, tmp_path: Path) -> None:
    write(tmp_path / "empty.json", [])
    with pytest.raises(TrainingError, match="There are no samples in 'empty.json'"):
        samples(tmp_path / "empty.json", data)
    with pytest.raises(TrainingError, match="There is no data file"):
        samples(tmp_path / "nothing.json", data)
    with pytest.raises(TrainingError, match="of no known kind"):
        samples(write(tmp_path / "list.txt", [entry(0)]), data)
    strange = {**entry(0, ("water",)), "labels": ["zorblax"]}
    with pytest.raises(TrainingError, match="'zorblax' is no known class"):
        samples(write(tmp_path / "strange.json", [strange]), data, style="referring")
    assert len(samples(tmp_path / "strange.json", data, style="referring", any_label=True)) == 1
    with pytest.raises(TrainingError, match="Use one of auto, optical"):
        samples(data / "single.json", data, kind="radar")


def test_only_what_the_network_writes_is_trained(base: Path, data: Path) -> None:
    """The prompt, the images and the tokens that masks bring back are read; assistant text, [SEG] and the end are
    trained, the token after a mask's tokens too."""
    processor = TerraScopeProcessor.from_pretrained(base)
    record = samples(data / "single.json", data)[0]
    encoded = encode(record, processor, (1,), instruct=True)
    spliced = splice(encoded, [3, 0], processor.tokens.region or 0, 10_000)
    trained = processor.decode([token for token in spliced.labels if token != IGNORED])
    assert trained == record.turns[0][1] + "<|im_end|>"
    assert spliced.ids.count(processor.tokens.region) == 3
    assert [spliced.ids[at] for at in spliced.segs] == [processor.tokens.seg] * 2
    assert spliced.places == [[spliced.segs[0] + 1, spliced.segs[0] + 2, spliced.segs[0] + 3], []]
    prompt = processor.decode(encoded.ids[: encoded.trained.index(True)])
    assert prompt.startswith("<|im_start|>user\nThink first.\n\n<img><IMG_CONTEXT>")
    assert prompt.endswith("Which is larger?<|im_end|>\n<|im_start|>assistant\n")


def test_a_text_of_two_dates_names_the_image_of_each_seg(base: Path, data: Path) -> None:
    """So that inference, which reads it, decodes the mask on the image that training used."""
    processor = TerraScopeProcessor.from_pretrained(base)
    row = temporal_entry(0)
    row["conversations"][1]["value"] = "water [SEG] then [SEG]"
    encoded = encode(record_of(row, "", data / "images"), processor, (1, 1), instruct=False)
    assert "water (Image: t1) [SEG] then (Image: t2) [SEG]" in processor.decode(encoded.ids)


def test_a_sequence_beyond_the_limit_is_cut_before_a_mask_that_does_not_fit(base: Path, data: Path) -> None:
    processor = TerraScopeProcessor.from_pretrained(base)
    encoded = encode(samples(data / "single.json", data)[0], processor, (1,), instruct=False)
    whole = splice(encoded, [2, 9], processor.tokens.region or 0, 10_000)
    cut = splice(encoded, [2, 9], processor.tokens.region or 0, whole.segs[1] + 5)
    assert cut.segs == whole.segs[:1]
    assert cut.ids == whole.ids[: whole.segs[1] + 1]
    assert len(cut.labels) == len(cut.ids)


def test_tokens_of_true_masks_are_chosen_as_at_inference(base: Path, data: Path) -> None:
    processor = TerraScopeProcessor.from_pretrained(base)
    example = Examples(samples(data / "single.json", data), processor, Selection("released", 8), True)[0]
    masks = picture(0)[1]
    assert example.tokens == [select_tokens(masks[k], example.grids[0], "released", 8) for k in ("water", "forest")]
    assert example.truth.shape == (2, 64, 64)
    assert np.array_equal(example.truth[0].numpy().astype(bool), masks["water"])
