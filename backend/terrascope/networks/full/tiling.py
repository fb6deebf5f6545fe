"""How one image is cut into the vision tower's tiles (InternVL's dynamic preprocessing), as published."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

MAX_TILES = 12


class TileGrid(NamedTuple):
    """Tiles across and down."""

    cols: int
    rows: int


@lru_cache(maxsize=8)
def _candidates(max_tiles: int) -> tuple[TileGrid, ...]:
    grids = {
        TileGrid(cols, rows)
        for cols in range(1, max_tiles + 1)
        for rows in range(1, max_tiles + 1)
        if cols * rows <= max_tiles
    }
    return tuple(sorted(grids, key=lambda grid: (grid.cols * grid.rows, grid.cols)))


def tile_grid(width: int, height: int, tile_px: int = 448, max_tiles: int = MAX_TILES) -> TileGrid:
    """Choose the tile grid of an image.

    The grid whose aspect ratio is nearest to the image's wins; of grids equally near, a larger one wins only if the
    image has more than half of its pixels.
    """
    ratio, area = width / height, width * height
    best, nearest = TileGrid(1, 1), float("inf")
    for grid in _candidates(max_tiles):
        distance = abs(ratio - grid.cols / grid.rows)
        if distance < nearest:
            best, nearest = grid, distance
        elif distance == nearest and area > 0.5 * tile_px**2 * grid.cols * grid.rows:
            best = grid
    return best


def resized(image: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """Resize uint8 [H, W, 3] by PIL's bicubic filter (antialiased), which the weights were trained with."""
    picture = Image.fromarray(image)
    if picture.size == (width, height):
        return image
    return np.asarray(picture.resize((width, height), Image.Resampling.BICUBIC))


def cut_tiles(
    image: NDArray[np.uint8], tile_px: int = 448, max_tiles: int = MAX_TILES, thumbnail: bool = True
) -> tuple[NDArray[np.uint8], TileGrid]:
    """Cut an image into tiles.

    Parameters
    ----------
    image
        uint8 [H, W, 3].
    thumbnail
        Add the whole image as a last tile where there is more than one.

    Returns
    -------
    tiles
        uint8 [n, tile_px, tile_px, 3], row-major, the thumbnail last.
    grid
        Tiles across and down, without the thumbnail.
    """
    height, width = image.shape[:2]
    grid = tile_grid(width, height, tile_px, max_tiles)
    whole = resized(image, grid.cols * tile_px, grid.rows * tile_px)
    tiles = whole.reshape(grid.rows, tile_px, grid.cols, tile_px, 3).swapaxes(1, 2).reshape(-1, tile_px, tile_px, 3)
    if thumbnail and len(tiles) > 1:
        tiles = np.concatenate([tiles, resized(image, tile_px, tile_px)[None]])
    return np.ascontiguousarray(tiles), grid
