"""The fingerprint that strangers can compute: the Image-Code of ISCC (ISO 24138), registered with C2PA as `io.iscc.v0`.

Slate finds pictures by its own hash; this one is for those who look a stripped picture up elsewhere. The picture is prepared as
the standard's reference does (IEP-0004) and the value is one unit, header and 256 bits, as IEP-0020 lays it down.
"""

from __future__ import annotations

import iscc_lib
from PIL import Image, ImageChops

ALG = "io.iscc.v0"
_HEADER = "2107"
"""Content-Code, image, version 0, 256 bits."""
_BITS, _SIDE = 256, 32


def unit(image: Image.Image) -> str:
    """68 hex digits of an upright picture.

    >>> unit(Image.linear_gradient("L").convert("RGB"))[:4]
    '2107'
    """
    grey = _trimmed(_on_white(image)).convert("L").resize((_SIDE, _SIDE), Image.Resampling.BICUBIC)
    code = iscc_lib.gen_image_code_v0(grey.tobytes(), bits=_BITS).iscc
    *_, digest = iscc_lib.iscc_decode(code)
    return _HEADER + digest.hex()


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    return Image.alpha_composite(Image.new("RGBA", image.size, (255, 255, 255, 255)), image).convert("RGB")


def _trimmed(image: Image.Image) -> Image.Image:
    """Without a border of the colour of its first pixel."""
    differs = ImageChops.difference(image, Image.new(image.mode, image.size, image.getpixel((0, 0)))).getbbox()
    return image.crop(differs) if differs and differs != (0, 0, *image.size) else image
