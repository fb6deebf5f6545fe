"""Pictures with coloured masks, as a large multimodal model is shown them to write a caption."""

from __future__ import annotations

import io
import zlib
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from terrascope.landcover.colours import colour_of
from terrascope_lab.cot.scenes import Mask, Picture

#: Colours for labels that have none of their own, in order.
_SPARE = ("#e6194b", "#3cb44b", "#4363d8", "#f58231", "#911eb4", "#46f0f0", "#f032e6", "#bcf60c", "#fabebe", "#008080")


def colours(labels: tuple[str, ...] | list[str]) -> dict[str, str]:
    """Return a colour "#rrggbb" for each label, all different."""
    found: dict[str, str] = {}
    for label in labels:
        colour = colour_of(label)
        spare = iter(_SPARE)
        while colour in found.values():
            colour = next(spare, "#%06x" % (len(found) * 0x31A2F1 % 0xFFFFFF))
        found[label] = colour
    return found


def overlay(picture: Picture, masks: Mapping[str, Mask], colour: Mapping[str, str], strength: float = 0.45) -> Picture:
    """Blend masks over a picture and draw their outlines.

    Parameters
    ----------
    picture
        uint8 [H, W, 3].
    masks
        bool [H, W] by label; later ones lie on top.
    strength
        Part of the colour inside a mask, 0..1.

    Returns
    -------
    uint8 [H, W, 3].
    """
    out = picture.astype(np.float32)
    for label, mask in masks.items():
        rgb = _rgb(colour[label])
        out[mask] = (1 - strength) * out[mask] + strength * rgb
        out[_edge(mask)] = rgb
    return np.clip(np.rint(out), 0, 255).astype(np.uint8)


def _rgb(colour: str) -> NDArray[np.float32]:
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], np.float32)


def _edge(mask: Mask) -> Mask:
    wide = np.pad(mask, 1)
    core = wide[:-2, 1:-1] & wide[2:, 1:-1] & wide[1:-1, :-2] & wide[1:-1, 2:]
    return np.asarray(mask & ~core, bool)


def png(picture: NDArray[np.uint8], level: int = 1) -> bytes:
    """Encode uint8 [H, W, 3] or [H, W] as PNG; `level` 0..9 is zlib's, with its quick Huffman coding."""
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "PNG", compress_level=level, compress_type=zlib.Z_HUFFMAN_ONLY)
    return stream.getvalue()
