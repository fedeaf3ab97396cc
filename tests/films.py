"""Small films, made here: a view that moves over a wide picture."""

from __future__ import annotations

import io
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw

from tests.pictures import scene

SIZE = (240, 160)
RATE = 12
_CODES = {"mp4": "mp4v", "webm": "VP80", "avi": "MJPG"}


def views(number: int, seconds: float = 6.0) -> list[Image.Image]:
    """The pictures of a film, 12 a second: a view that wanders over a picture, so that each moment is another."""
    width, height = SIZE
    wide = _wide(number, width * 4, height * 2)
    count = round(seconds * RATE)
    places = [(round(step / count * width * 3), round((step * 5) % (2 * height) / 2)) for step in range(count)]
    return [wide.crop((x, min(y, height), x + width, min(y, height) + height)) for x, y in places]


def _wide(number: int, width: int, height: int) -> Image.Image:
    """A picture with edges and corners all over."""
    wide, dice = scene(number, width, height, take=1), random.Random(number)
    pen = ImageDraw.Draw(wide)
    for _ in range(90):
        x, y, size = dice.randrange(width), dice.randrange(height), dice.randrange(6, 40)
        shape = pen.ellipse if dice.random() < 0.5 else pen.rectangle
        shape(
            (x, y, x + size, y + size * dice.uniform(0.5, 1.5)),
            fill=(dice.randrange(256), dice.randrange(256), dice.randrange(256)),
        )
    return wide


def film(pictures: Sequence[Image.Image], kind: str = "mp4", *, rate: float = RATE) -> bytes:
    """These pictures as a film."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"film.{kind}"
        code = cv2.VideoWriter.fourcc(*_CODES[kind])
        writer = cv2.VideoWriter(str(file), cv2.CAP_FFMPEG, code, rate, pictures[0].size)
        assert writer.isOpened()
        for one in pictures:
            writer.write(np.ascontiguousarray(np.asarray(one.convert("RGB"))[..., ::-1]))
        writer.release()
        return file.read_bytes()


def animation(pictures: Sequence[Image.Image], kind: str = "WEBP", *, rate: float = RATE) -> bytes:
    """These pictures as an animated picture."""
    file = io.BytesIO()
    pictures[0].save(file, kind, save_all=True, append_images=list(pictures[1:]), duration=round(1000 / rate), quality=80)
    return file.getvalue()
