"""Making pictures another size."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image, ImageOps

from hooks.simulator.nodes.kinds import NodeResult, NodeType, Work, choice, link, real, whole
from hooks.simulator.values import Frame, Pictures, Weights

WAYS = {
    "nearest-exact": Image.Resampling.NEAREST, "bilinear": Image.Resampling.BILINEAR, "area": Image.Resampling.BOX,
    "bicubic": Image.Resampling.BICUBIC, "lanczos": Image.Resampling.LANCZOS,
}  # fmt: skip


def fitted(frame: Frame, width: int, height: int, way: str = "bicubic", *, crop: bool = False) -> Frame:
    """The frame at that size; with `crop`, its middle part of the right shape instead of the whole, squeezed."""
    if frame.shape[:2] == (height, width):
        return frame
    picture = Image.fromarray(frame)
    if crop:
        return np.asarray(ImageOps.fit(picture, (width, height), WAYS[way]))
    return np.asarray(picture.resize((width, height), WAYS[way]))


def scaled(width: int, height: int, wanted_width: int, wanted_height: int) -> tuple[int, int]:
    """The wanted size, where 0 stands for whatever keeps the proportions (both 0: as it is)."""
    if not wanted_width and not wanted_height:
        return width, height
    if not wanted_width:
        return max(1, round(width * wanted_height / height)), wanted_height
    if not wanted_height:
        return wanted_width, max(1, round(height * wanted_width / width))
    return wanted_width, wanted_height


def _all(image: Pictures, width: int, height: int, way: str, *, crop: bool = False) -> NodeResult:
    return NodeResult((Pictures(tuple(fitted(frame, width, height, way, crop=crop) for frame in image.frames), image.caption),))


def _scale(work: Work, image: Pictures, upscale_method: str, width: int, height: int, crop: str) -> NodeResult:
    width, height = scaled(image.width, image.height, width, height)
    return _all(image, width, height, upscale_method, crop=crop == "center")


def _scale_by(work: Work, image: Pictures, upscale_method: str, scale_by: float) -> NodeResult:
    return _all(image, max(1, round(image.width * scale_by)), max(1, round(image.height * scale_by)), upscale_method)


def _scale_to(work: Work, image: Pictures, upscale_method: str, megapixels: float, resolution_steps: int) -> NodeResult:
    factor = math.sqrt(megapixels * 2**20 / (image.width * image.height))
    sides = (
        max(resolution_steps, round(side * factor / resolution_steps) * resolution_steps) for side in (image.width, image.height)
    )
    width, height = sides
    return _all(image, width, height, upscale_method)


def _longer_edge(work: Work, images: Pictures, longer_edge: int) -> NodeResult:
    factor = longer_edge / max(images.width, images.height)
    return _all(images, max(1, round(images.width * factor)), max(1, round(images.height * factor)), "lanczos")


def _with_model(work: Work, upscale_model: Weights, image: Pictures) -> NodeResult:
    """Four times the size, whatever the model, like most real ones; step by step, as the tiles of a real one."""
    for tile in range(4):
        work.step(tile + 1, 4)
    return _all(image, image.width * 4, image.height * 4, "bicubic")


_SIDE = whole(512, 0, 16384, 1)
_MODERN = choice(*WAYS, modern=True)
_UP = "image/upscaling"

NODES = (
    NodeType(
        "ImageScale", "Upscale Image", _UP,
        {"image": link("IMAGE"), "upscale_method": choice(*WAYS), "width": _SIDE, "height": _SIDE,
         "crop": choice("disabled", "center")},
        ("IMAGE",), _scale,
    ),
    NodeType(
        "ImageScaleBy", "Upscale Image By", _UP,
        {"image": link("IMAGE"), "upscale_method": choice(*WAYS), "scale_by": real(1.0, 0.01, 8.0, 0.01)}, ("IMAGE",), _scale_by,
    ),
    NodeType(
        "ImageScaleToTotalPixels", "Scale Image to Total Pixels", _UP,
        {"image": link("IMAGE"), "upscale_method": _MODERN, "megapixels": real(1.0, 0.01, 16.0, 0.01),
         "resolution_steps": whole(1, 1, 256, advanced=True)},
        ("IMAGE",), _scale_to, module="comfy_extras.nodes_post_processing",
    ),
    NodeType(
        "ResizeImagesByLongerEdge", "Resize Images by Longer Edge (DEPRECATED)", "image/transform",
        {"images": link("IMAGE"), "longer_edge": whole(1024, 1, 8192)}, ("IMAGE",), _longer_edge, names=("images",),
        module="comfy_extras.nodes_dataset",
    ),
    NodeType(
        "ImageUpscaleWithModel", "Upscale Image (using Model)", _UP,
        {"upscale_model": link("UPSCALE_MODEL"), "image": link("IMAGE")}, ("IMAGE",), _with_model,
        module="comfy_extras.nodes_upscale_model",
    ),
)  # fmt: skip
