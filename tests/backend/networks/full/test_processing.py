"""Images become tiles and words become tokens as the official code does it; what cannot be seen is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed: the full model is not tested")
pytest.importorskip("transformers", reason="transformers is not installed: the full model is not tested")

import torch
from PIL import Image

from terrascope.errors import CheckpointError, NetworkError
from terrascope.networks.full.processing import INSTRUCTION, ProcessorSettings, TerraScopeProcessor, check_mask
from terrascope.networks.full.tiling import cut_tiles, tile_grid
from terrascope.networks.interface import Prompt

from .conftest import picture

pytestmark = pytest.mark.torch

#: width, height -> columns, rows, tiles with thumbnail: recorded from the official code.
GRIDS = (
    (256, 256, 1, 1, 1), (448, 448, 1, 1, 1), (512, 512, 1, 1, 1), (633, 633, 1, 1, 1), (634, 634, 2, 2, 5),
    (896, 896, 2, 2, 5), (1024, 1024, 3, 3, 10), (1000, 500, 2, 1, 3), (500, 1000, 1, 2, 3), (1024, 600, 3, 2, 7),
    (600, 1024, 2, 3, 7), (1920, 1080, 4, 2, 9), (3000, 250, 12, 1, 13), (120, 1440, 1, 12, 13),
    (650, 488, 4, 3, 13), (1344, 1792, 3, 4, 13), (2048, 2048, 3, 3, 10), (300, 301, 1, 1, 1), (900, 1350, 2, 3, 7),
    (64, 48, 4, 3, 13),
)  # fmt: skip


@pytest.fixture(scope="module")
def processor(imported: Path) -> TerraScopeProcessor:
    return TerraScopeProcessor.from_pretrained(imported)


@pytest.mark.parametrize(("width", "height", "cols", "rows", "tiles"), GRIDS)
def test_tile_grid_is_the_official_one(width: int, height: int, cols: int, rows: int, tiles: int) -> None:
    assert tile_grid(width, height) == (cols, rows)
    assert cols * rows + (cols * rows > 1) == tiles


def test_tiles_stand_row_by_row_and_the_thumbnail_last() -> None:
    image = picture(1000, 600, 1)
    tiles, grid = cut_tiles(image)
    whole = np.asarray(Image.fromarray(image).resize((448 * grid.cols, 448 * grid.rows), Image.Resampling.BICUBIC))
    for i in range(grid.cols * grid.rows):
        row, col = divmod(i, grid.cols)
        np.testing.assert_array_equal(tiles[i], whole[448 * row : 448 * (row + 1), 448 * col : 448 * (col + 1)])
    np.testing.assert_array_equal(tiles[-1], np.asarray(Image.fromarray(image).resize((448, 448))))


def test_one_image_is_tiled_and_several_are_not(processor: TerraScopeProcessor) -> None:
    one = processor.tiles([picture(1000, 600, 1)])
    assert (one.counts, one.grids[0][:2], len(one.tiles)) == ((7,), (3, 2), 7)
    several = processor.tiles([picture(1000, 600, 1), picture(300, 200, 2), picture(64, 48, 3)])
    assert several.counts == (1, 1, 1)
    assert {grid[:2] for grid in several.grids} == {(1, 1)}


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (np.zeros((1, 1, 3), np.uint8), r"1 x 1 pixels; at least 16 x 16.*larger area"),
        (np.zeros((200, 30_000, 3), np.uint8), r"30000 x 200 pixels, more than 24 times.*nearer to a square"),
        (np.zeros((0, 0, 3), np.uint8), r"0 x 0 pixels"),
        (np.zeros((64, 64, 4), np.uint8), r"uint8 \[64, 64, 4\].*uint8 RGB"),
        (np.zeros((64, 64, 3), np.float32), r"float32 \[64, 64, 3\]"),
    ],
)
def test_pictures_that_show_nothing_are_refused_with_a_way_out(processor, image: np.ndarray, words: str) -> None:
    with pytest.raises(NetworkError, match=words):
        processor.tiles([picture(64, 64, 0), image])


def test_a_question_without_an_image_is_refused(processor: TerraScopeProcessor) -> None:
    with pytest.raises(NetworkError, match=r"no image.*Add at least one view"):
        processor.tiles([])


def test_a_mask_on_another_grid_is_refused() -> None:
    check_mask(np.zeros((10, 20), bool), 10, 20)
    with pytest.raises(NetworkError, match="20 x 10 pixels, the view 30 x 10"):
        check_mask(np.zeros((10, 20), bool), 10, 30)


def test_prompt_is_worded_as_in_training(processor: TerraScopeProcessor) -> None:
    text = processor.prompt_text(Prompt("How much is built up?", ("58%", "80%")), (1,))
    context = "<IMG_CONTEXT>" * 256
    assert text == (
        f"<|im_start|>user\n{INSTRUCTION}<img>{context}</img>\nHow much is built up?\nA. 58%\nB. 80%\n<|im_end|>\n"
        "<|im_start|>assistant\n"
    )
    two = processor.prompt_text(Prompt("What changed?", past_text="earlier"), (1, 1))
    assert two.startswith("earlier<|im_start|>user\n")
    assert f"<img>{context}</img>\n<img>{context}</img>\nWhat changed?" in two


def test_odd_questions_are_refused(processor: TerraScopeProcessor) -> None:
    with pytest.raises(NetworkError, match="empty"):
        processor.prompt_text(Prompt("  "), (1,))
    with pytest.raises(NetworkError, match="2 times"):
        processor.prompt_text(Prompt("<image> and <image>"), (1,))


def test_special_ids_are_looked_up_by_name(processor: TerraScopeProcessor) -> None:
    vocabulary = processor.tokenizer.get_vocab()
    assert processor.tokens.seg == vocabulary["[SEG]"]
    assert processor.tokens.region == vocabulary["<REGION>"]
    assert processor.tokens.stop == {vocabulary["<|im_end|>"], vocabulary["<|end|>"]}


def test_a_tokenizer_without_seg_is_refused(imported: Path, tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    for name in ("tokenizer.json", "tokenizer_config.json"):
        text = (imported / name).read_text().replace("[SEG]", "[CUT]")
        (folder / name).write_text(text)
    with pytest.raises(CheckpointError, match=r"no token '\[SEG\]'.*published with the checkpoint"):
        TerraScopeProcessor.from_pretrained(folder)
    with pytest.raises(CheckpointError, match="no tokenizer"):
        TerraScopeProcessor.from_pretrained(tmp_path)


def test_a_tokenizer_published_as_vocabulary_and_merges_gives_the_same_ids(imported, portable_cases, tmp_path) -> None:
    for name in ("vocab.json", "merges.txt", "added_tokens.json", "special_tokens_map.json", "tokenizer_config.json"):
        shutil.copyfile(imported / name, tmp_path / name)
    processor = TerraScopeProcessor.from_pretrained(tmp_path)
    case = portable_cases["multi_2img"]
    ids = processor.encode(processor.prompt_text(Prompt(case.text), (1, 1)))
    np.testing.assert_array_equal(ids, case.figures["input_ids"])


def test_settings_are_saved_with_the_tokenizer(processor: TerraScopeProcessor, tmp_path: Path) -> None:
    other = TerraScopeProcessor(processor.tokenizer, ProcessorSettings(sam_constants="exact", max_tiles=6))
    other.save_pretrained(tmp_path)
    again = TerraScopeProcessor.from_pretrained(tmp_path)
    assert again.settings == other.settings
    text = "<think> the mask of area[SEG]<REGION></think><answer>A</answer><|im_end|>"
    assert again.encode(text) == processor.encode(text)
    assert again.decode(again.encode(text)) == text


def test_an_unknown_switch_is_refused() -> None:
    with pytest.raises(NetworkError, match=r"'rounded'.*'released', 'exact'"):
        ProcessorSettings(sam_constants="rounded")


def test_sam_input_has_released_or_exact_constants(processor: TerraScopeProcessor) -> None:
    image = picture(256, 256, 0)
    exact = TerraScopeProcessor(processor.tokenizer, ProcessorSettings(sam_constants="exact"))
    one, other = (p.sam_input(image, torch.float32) for p in (processor, exact))
    assert one.shape == other.shape == (1, 3, 1024, 1024)
    assert float((one - other).abs().max()) > 1e-3
    pixels = np.asarray(Image.fromarray(image).resize((1024, 1024)), np.float32) / 255
    mean, std = np.float32([0.485, 0.456, 0.406]), np.float32([0.229, 0.224, 0.225])
    np.testing.assert_allclose(other[0].permute(1, 2, 0).numpy(), (pixels - mean) / std, rtol=1e-5, atol=1e-6)


def test_unknown_settings_in_a_checkpoint_are_named(imported: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(imported, tmp_path / "newer"))
    (folder / "processor.json").write_text(json.dumps({"sharpen": True}))
    with pytest.raises(CheckpointError, match="'sharpen'"):
        TerraScopeProcessor.from_pretrained(folder)
