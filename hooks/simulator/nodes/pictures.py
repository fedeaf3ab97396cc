"""Pictures in, and what can be done to them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter, ImageOps, UnidentifiedImageError

from hooks.simulator.nodes.kinds import NodeResult, NodeType, Work, choice, link, real, unreadable, upload, whole
from hooks.simulator.nodes.scale import fitted
from hooks.simulator.paint import luminance
from hooks.simulator.values import Grey, Pictures


def opened(path: Path) -> Image.Image:
    """The picture in a file, turned upright; NodeFailed when it is none."""
    try:
        with Image.open(path) as picture:
            picture.load()
            return ImageOps.exif_transpose(picture)
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as error:
        raise unreadable(path) from error


def _found(work: Work, name: str) -> Image.Image:
    path = work.folders.picture(name)
    if path is None:
        raise FileNotFoundError(2, "No such file or directory", name)
    return opened(path)


def _load(work: Work, image: str) -> NodeResult:
    picture = _found(work, image)
    mask: Grey = np.zeros((64, 64), np.float32)
    if "A" in picture.getbands():
        mask = np.float32(1) - np.asarray(picture.getchannel("A"), dtype=np.float32) / np.float32(255)
    return NodeResult((Pictures((np.asarray(picture.convert("RGB")),)), mask))


def _load_mask(work: Work, image: str, channel: str) -> NodeResult:
    picture = _found(work, image).convert("RGBA")
    values = np.asarray(picture.getchannel(channel[0].upper()), dtype=np.float32) / 255
    return NodeResult((1 - values if channel == "alpha" else values,))


def _empty(work: Work, width: int, height: int, batch_size: int, color: int) -> NodeResult:
    colour = np.array([color >> 16 & 255, color >> 8 & 255, color & 255], np.uint8)
    return NodeResult((Pictures((np.broadcast_to(colour, (height, width, 3)).copy(),) * batch_size),))


def _invert(work: Work, image: Pictures) -> NodeResult:
    return NodeResult((Pictures(tuple(255 - frame for frame in image.frames), image.caption),))


def _blur(work: Work, image: Pictures, blur_radius: int, sigma: float) -> NodeResult:
    blur = ImageFilter.GaussianBlur(min(blur_radius, sigma * 2))
    return NodeResult(
        (Pictures(tuple(np.asarray(Image.fromarray(frame).filter(blur)) for frame in image.frames), image.caption),)
    )


def _noise(work: Work, image: Pictures, seed: int, strength: float) -> NodeResult:
    random = np.random.default_rng(seed)
    grains = (random.standard_normal(frame.shape, dtype=np.float32) * 255 * strength * 0.5 for frame in image.frames)
    frames = zip(image.frames, grains, strict=True)
    return NodeResult(
        (Pictures(tuple(np.clip(frame + grain, 0, 255).astype(np.uint8) for frame, grain in frames), image.caption),)
    )


def _canny(work: Work, image: Pictures, low_threshold: float, high_threshold: float) -> NodeResult:
    """Edges by gradient and two thresholds: the first half of Canny's method, without thinning and tracing."""
    frames = []
    for frame in image.frames:
        soft = luminance(np.asarray(Image.fromarray(frame).filter(ImageFilter.GaussianBlur(1.4))))
        down, along = np.gradient(soft)
        slope = np.hypot(down, along) * 8
        edges = np.where(slope >= high_threshold, 255, np.where(slope >= low_threshold, 128, 0)).astype(np.uint8)
        frames.append(np.repeat(edges[:, :, None], 3, axis=2))
    return NodeResult((Pictures(tuple(frames), image.caption),))


def _batch(work: Work, image1: Pictures, image2: Pictures) -> NodeResult:
    rest = tuple(fitted(frame, image1.width, image1.height, "bilinear", crop=True) for frame in image2.frames)
    return NodeResult((Pictures((*image1.frames, *rest), image1.caption or image2.caption),))


def _size(work: Work, image: Pictures) -> NodeResult:
    work.tell(f"width: {image.width}, height: {image.height}\n batch size: {len(image.frames)}")
    return NodeResult((image.width, image.height, len(image.frames)))


_ONE = {"image": link("IMAGE")}
_SIDE = whole(512, 1, 16384, 1)
_EXTRAS = "comfy_extras.nodes_images"

NODES = (
    NodeType("LoadImage", "Load Image", "image", {"image": upload()}, ("IMAGE", "MASK"), _load, fingerprint="image"),
    NodeType(
        "LoadImageMask", "Load Image (as Mask)", "image", {"image": upload(), "channel": choice("alpha", "red", "green", "blue")},
        ("MASK",), _load_mask, fingerprint="image",
    ),
    NodeType(
        "EmptyImage", "Empty Image", "image",
        {"width": _SIDE, "height": _SIDE, "batch_size": whole(1, 1, 4096), "color": whole(0, 0, 0xFFFFFF, 1, display="color")},
        ("IMAGE",), _empty,
    ),
    NodeType("ImageInvert", "Invert Image Colors", "image/color", _ONE, ("IMAGE",), _invert),
    NodeType(
        "ImageBlur", "Blur Image", "image/filters",
        {**_ONE, "blur_radius": whole(1, 1, 31, 1), "sigma": real(1.0, 0.1, 10.0, 0.1)}, ("IMAGE",), _blur,
        module="comfy_extras.nodes_post_processing",
    ),
    NodeType(
        "ImageAddNoise", "Add Noise to Image", "image/filters",
        {**_ONE, "seed": whole(0, 0, 2**64 - 1, control_after_generate=True), "strength": real(0.5, 0.0, 1.0, 0.01)},
        ("IMAGE",), _noise, module=_EXTRAS,
    ),
    NodeType(
        "Canny", "Detect Edges (Canny)", "image/filters",
        {**_ONE, "low_threshold": real(0.4, 0.01, 0.99, 0.01), "high_threshold": real(0.8, 0.01, 0.99, 0.01)}, ("IMAGE",), _canny,
        module="comfy_extras.nodes_canny",
    ),
    NodeType(
        "ImageBatch", "Batch Images (DEPRECATED)", "image/batch", {"image1": link("IMAGE"), "image2": link("IMAGE")},
        ("IMAGE",), _batch,
    ),
    NodeType(
        "GetImageSize", "Get Image Size", "image", _ONE, ("INT", "INT", "INT"), _size, names=("width", "height", "batch_size"),
        module=_EXTRAS, hidden={"unique_id": ["UNIQUE_ID"]},
    ),
)  # fmt: skip
