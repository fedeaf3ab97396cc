"""Output nodes that write pictures, marked SIMULATED, with the graph inside as ComfyUI puts it there."""

from __future__ import annotations

import json
import random
import string
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from hooks.simulator.nodes.kinds import Input, NodeResult, NodeType, Work, choice, link, real, text, whole
from hooks.simulator.nodes.names import OutputName, numbered
from hooks.simulator.values import Pictures
from hooks.simulator.watermark import marked

EXIF_MODEL, EXIF_MAKE = 0x0110, 0x010F


def embedded(work: Work) -> dict[str, str]:
    """What goes into the file: `prompt`, then one entry for each key of extra_pnginfo, each as ASCII JSON."""
    return {"prompt": json.dumps(work.prompt), **{key: json.dumps(value) for key, value in (work.extra_pnginfo or {}).items()}}


def png_text(work: Work) -> PngInfo:
    """tEXt chunks right after IHDR; a key that is not latin-1 fails here, after all the work, as it does for real."""
    info = PngInfo()
    for key, value in embedded(work).items():
        info.add_text(key, value)
    return info


def _entry(name: str, place: OutputName, kind: str) -> dict[str, str]:
    return {"filename": name, "subfolder": place.subfolder, "type": kind}


def _save(work: Work, images: Pictures, filename_prefix: str, kind: str = "output") -> NodeResult:
    place = numbered(work.folders, kind, filename_prefix, images.width, images.height)
    info = png_text(work)
    entries = []
    for number, frame in enumerate(images.frames):
        name = f"{place.stem.replace('%batch_num%', str(number))}_{place.counter + number:05}_.png"
        marked(frame, images.caption).save(place.folder / name, pnginfo=info, compress_level=4 if kind == "output" else 1)
        entries.append(_entry(name, place, kind))
    return NodeResult((images,), {"images": entries})


_TEMPORARY = "ComfyUI_temp_" + "".join(random.choices(string.ascii_lowercase, k=5))


def _preview(work: Work, images: Pictures) -> NodeResult:
    return _save(work, images, _TEMPORARY, "temp")


def _frames(images: Pictures) -> tuple[Image.Image, list[Image.Image]]:
    first, *rest = [marked(frame, images.caption) for frame in images.frames]
    return first, rest


def _save_apng(work: Work, images: Pictures, filename_prefix: str, fps: float, compress_level: int) -> NodeResult:
    place = numbered(work.folders, "output", filename_prefix, images.width, images.height)
    info = PngInfo()
    for key, value in embedded(work).items():
        info.add(b"comf", key.encode("latin-1", "strict") + b"\0" + value.encode("latin-1", "strict"), after_idat=True)
    name = f"{place.stem}_{place.counter:05}_.png"
    first, rest = _frames(images)
    first.save(
        place.folder / name,
        pnginfo=info,
        compress_level=compress_level,
        save_all=True,
        append_images=rest,
        duration=int(1000 / fps),
    )
    return _animated(images, name, place)


def _save_webp(
    work: Work, images: Pictures, filename_prefix: str, fps: float, lossless: bool, quality: int, method: str
) -> NodeResult:
    place = numbered(work.folders, "output", filename_prefix, images.width, images.height)
    name = f"{place.stem}_{place.counter:05}_.webp"
    first, rest = _frames(images)
    first.save(
        place.folder / name, save_all=True, append_images=rest, duration=int(1000 / fps), lossless=lossless, quality=quality,
        method={"default": 4, "fastest": 0, "slowest": 6}[method], exif=_exif(work),
    )  # fmt: skip
    return _animated(images, name, place)


def _exif(work: Work) -> Image.Exif:
    """`prompt:{…}` in Model; the others in Make and the tags below it, in order."""
    exif = Image.Exif()
    given = embedded(work)
    exif[EXIF_MODEL] = f"prompt:{given.pop('prompt')}"
    for offset, (key, value) in enumerate(given.items()):
        exif[EXIF_MAKE - offset] = f"{key}:{value}"
    return exif


def _animated(images: Pictures, name: str, place: OutputName) -> NodeResult:
    shown: dict[str, Any] = {"images": [_entry(name, place, "output")], "animated": [True]}
    return NodeResult((images,), shown)


_IMAGES = {"images": link("IMAGE")}
_PREFIX = text("ComfyUI", multiline=False)
_FPS = real(6.0, 0.01, 1000.0, 0.01)
_EXTRAS = "comfy_extras.nodes_images"

NODES = (
    NodeType(
        "SaveImage", "Save Image", "image", {**_IMAGES, "filename_prefix": text("ComfyUI")}, ("IMAGE",), _save, names=("images",),
        output=True, saves=True,
    ),
    NodeType("PreviewImage", "Preview Image", "image", _IMAGES, ("IMAGE",), _preview, names=("images",), output=True, saves=True),
    NodeType(
        "SaveAnimatedPNG", "Save Animated PNG", "image",
        {**_IMAGES, "filename_prefix": _PREFIX, "fps": _FPS, "compress_level": whole(4, 0, 9, advanced=True)},
        ("IMAGE",), _save_apng, names=("images",), output=True, saves=True, module=_EXTRAS,
    ),
    NodeType(
        "SaveAnimatedWEBP", "Save Animated WEBP", "image",
        {**_IMAGES, "filename_prefix": _PREFIX, "fps": _FPS, "lossless": Input("BOOLEAN", {"default": True}),
         "quality": whole(80, 0, 100), "method": choice("default", "fastest", "slowest", modern=True)},
        ("IMAGE",), _save_webp, names=("images",), output=True, saves=True, module=_EXTRAS,
    ),
)  # fmt: skip
