"""Read, align and render what a question is asked about."""

from terrascope.scene.build import LayerDescription, SceneDescription, describe, open_scene
from terrascope.scene.render import render_rgb, render_sar
from terrascope.scene.request import Area, LayerRequest
from terrascope.scene.types import Affine6, Grid, Role, Scale, Scene, Source, View

__all__ = [
    "Affine6", "Area", "Grid", "LayerDescription", "LayerRequest", "Role", "Scale", "Scene", "SceneDescription",
    "Source", "View", "describe", "open_scene", "render_rgb", "render_sar",
]  # fmt: skip
