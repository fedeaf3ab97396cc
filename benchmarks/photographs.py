"""Recognising copies of photographs: for each way one comes back changed, how often it is named, and how often another.

    python -m benchmarks.photographs [--half tuned|blind] [--asked 10] [--strangers 5] [--changes "turned by 45°,collage"]

Photographs are JPEG files of Debian's gnome-backgrounds, plasma-workspace-wallpapers, mate-backgrounds and lomiri-wallpapers,
as far as they are installed; none is part of Slate. They are halved by name: thresholds were chosen on the tuned half only.
Each is kept at 1024 pixels and asked about as JPEG 82. Times are CPU milliseconds of this process, with decoding.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from benchmarks.stage import percentile
from core import files
from core.desk import Desk, open_desk
from core.people import projects
from core.recognition import keypoint_match
from core.recognition.identify import Certainty, recognise
from core.settings import Settings
from storage.files import assets
from storage.people import members
from storage.tables import Role

FOLDERS = ("/usr/share/backgrounds", "/usr/share/wallpapers")
_EDGE = 1024
_PLACE, _FRAME = 540, 3
Dice = random.Random


def photographs(half: str) -> list[Image.Image]:
    """Those of one half, one of each name, in an order that says nothing."""
    named = {}
    for file in sorted(file for folder in FOLDERS for file in Path(folder).rglob("*.jp*g")):
        name = (
            file.parts[4]
            if "contents" in file.parts
            else file.stem.partition("_")[0] + ("" if file.stem[-9:].replace("x", "").isdigit() else file.stem[-9:])
        )
        if "images_dark" not in file.parts and "screenshot" not in file.stem:
            named[name] = file
    digests = {name: hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest() for name in named}
    chosen = [name for name in named if (int(digests[name], 16) % 2 == 1) == (half == "tuned")]
    found = []
    for name in sorted(chosen, key=lambda one: digests[one]):
        with Image.open(named[name]) as image:
            image.draft("RGB", (2 * _EDGE, 2 * _EDGE))
            shrunk = image.convert("RGB")
        shrunk.thumbnail((_EDGE, _EDGE), Image.Resampling.LANCZOS)
        found.append(shrunk)
    return found


def _turned(degrees: float, fill: int = 0) -> Callable[[Image.Image, Dice], Image.Image]:
    return lambda image, _: image.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=(fill, fill, fill))


def _cropped(share: float) -> Callable[[Image.Image, Dice], Image.Image]:
    def cropped(image: Image.Image, dice: Dice) -> Image.Image:
        width, height = round(image.width * (1 - share)), round(image.height * (1 - share))
        left, top = dice.randint(0, image.width - width), dice.randint(0, image.height - height)
        return image.crop((left, top, left + width, top + height))

    return cropped


def _photographed(image: Image.Image, dice: Dice) -> Image.Image:
    """On a screen seen from the side, with moiré, uneven light, noise and blur."""
    width, height = round(image.width * 1.3), round(image.height * 1.3)
    edges = [(0.1 + dice.random() * 0.12, 0.1 + dice.random() * 0.12) for _ in range(4)]
    corners = [
        (width * (x if right else 1 - x), height * (y if down else 1 - y))
        for (x, y), (right, down) in zip(edges, ((1, 1), (0, 1), (0, 0), (1, 0)), strict=True)
    ]
    source = [(0, 0), (image.width, 0), (image.width, image.height), (0, image.height)]
    rows = []
    for (x, y), (u, v) in zip(corners, source, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
    terms = tuple(float(one) for one in np.linalg.solve(np.array(rows), np.array(source).ravel()))
    shown = image.transform((width, height), Image.Transform.PERSPECTIVE, terms, Image.Resampling.BICUBIC, fillcolor=(40, 42, 48))
    y, x = np.mgrid[0:height, 0:width]
    light = (1 + 0.03 * np.sin(x * 0.9 + y * 0.2) + 0.03 * np.sin(y * 1.1)) * (0.75 + 0.4 * x / width)
    noise = np.random.default_rng(dice.randint(0, 9999)).normal(0, 4, (height, width, 3))
    lit = (np.asarray(shown) * light[..., None] + noise).clip(0, 255).astype(np.uint8)
    return Image.fromarray(lit).filter(ImageFilter.GaussianBlur(0.8))


def _written_over(image: Image.Image, _: Dice) -> Image.Image:
    changed, height = image.copy(), round(image.height * 0.18)
    pen = ImageDraw.Draw(changed)
    pen.rectangle((0, image.height - height, image.width, image.height), fill=(255, 255, 255))
    pen.text((20, image.height - height + 10), "SUMMER SALE 50 % OFF", fill=(0, 0, 0), font_size=height * 0.5)
    return changed


def _in_a_chat(image: Image.Image, _: Dice) -> Image.Image:
    """400 pixels wide in a dark window of 1280 × 900 with lines of text."""
    window = Image.new("RGB", (1280, 900), (49, 51, 56))
    pen = ImageDraw.Draw(window)
    pen.rectangle((0, 0, 260, 900), fill=(43, 45, 49))
    for row in range(20):
        pen.text((20, 14 + row * 42), f"# project-{row} {'client' * (row % 3)}", fill=(180, 180, 180), font_size=18)
    for row in range(3):
        pen.text(
            (290, 10 + 48 * row), "ana   here is the one they liked, can we have it larger?", fill=(220, 220, 220), font_size=17
        )
    shown = image.resize((400, round(image.height * 400 / image.width)), Image.Resampling.LANCZOS)
    window.paste(shown, (290, 154))
    for top in range(174 + shown.height, 900, 48):
        pen.text((290, top), "bo   yes, the second take, with more light from the left", fill=(220, 220, 220), font_size=17)
    return window


CHANGES: dict[str, Callable[[Image.Image, Dice], Image.Image]] = {
    "turned by 10° on white": _turned(-10, 255),
    "turned by 45°": _turned(45),
    "on its side": _turned(90),
    "upside down": _turned(180),
    "photographed from a screen": _photographed,
    "squeezed by 15 %": lambda image, _: image.resize((round(image.width * 0.85), image.height), Image.Resampling.LANCZOS),
    "letterboxed to a story": lambda image, _: ImageOps.pad(image, (1080, 1920), color=(0, 0, 0)),
    "with a white border of 8 %": lambda image, _: ImageOps.expand(image, round(0.08 * max(image.size)), (255, 255, 255)),
    "cropped by 30 %": _cropped(0.3),
    "cropped by 50 %": _cropped(0.5),
    "mirrored and cropped by 15 %": lambda image, dice: ImageOps.mirror(_cropped(0.15)(image, dice)),
    "its lowest 18 % cut off": lambda image, _: image.crop((0, 0, image.width, round(image.height * 0.82))),
    "its lowest 18 % written over": _written_over,
    "a screenshot of a chat": _in_a_chat,
    "JPEG 30": lambda image, _: Image.open(io.BytesIO(_jpeg(image, 30))).convert("RGB"),
}


def _collage(images: list[Image.Image], at: int, dice: Dice) -> Image.Image:
    """Four squares, the asked one among its followers."""
    four = [images[(at + step) % len(images)] for step in range(4)]
    dice.shuffle(four)
    made = Image.new("RGB", (2 * _PLACE, 2 * _PLACE), (255, 255, 255))
    for place, image in enumerate(four):
        square = ImageOps.fit(image, (_PLACE - 2 * _FRAME, _PLACE - 2 * _FRAME), Image.Resampling.LANCZOS)
        made.paste(square, (place % 2 * _PLACE + _FRAME, place // 2 * _PLACE + _FRAME))
    return made


def _jpeg(image: Image.Image, quality: int) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return file.getvalue()


def _fill(desk: Desk, images: list[Image.Image]) -> list[int]:
    with desk.writing() as session:
        where = projects.ensure_defaults(session)
        who = members.add(session, "Ana", "ana", Role.LEAD)
    kept = []
    for number, image in enumerate(images):
        file = io.BytesIO()
        image.save(file, "PNG", compress_level=1)
        draft = files.keep(desk, file.getvalue(), f"{number}.png", member_id=who.id, project_id=where.id)
        with desk.writing() as session:
            kept.append(assets.add(session, draft).id)
    began = time.process_time()
    noted = keypoint_match.note(desk)
    print(f"{noted} kept; keypoints noted at {(time.process_time() - began) * 1000 / max(1, noted):.0f} ms each")
    return kept


def _asked(desk: Desk, pictures: Iterator[tuple[Image.Image, set[int]]]) -> tuple[list[str], list[float]]:
    """What each was told to be (named, wrong, similar or unknown), and how long that took."""
    told, taken = [], []
    for image, right in pictures:
        data = _jpeg(image, 82)
        began = time.process_time()
        seen = recognise(desk, data, "x.jpg")
        taken.append((time.process_time() - began) * 1000)
        sure = seen.certainty in (Certainty.PROBABLE, Certainty.CERTAIN)
        is_right = seen.asset is not None and seen.asset.id in right
        told.append(("named" if is_right else "wrong") if sure else "similar" if is_right else "unknown")
    return told, taken


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--half", choices=("tuned", "blind"), default="tuned")
    asked.add_argument("--asked", type=int, default=10)
    asked.add_argument("--strangers", type=int, default=5)
    asked.add_argument("--changes", default=",".join([*CHANGES, "collage"]))
    given = asked.parse_args()
    images = photographs(given.half)
    count = len(images) - given.strangers
    with tempfile.TemporaryDirectory() as folder:
        desk = open_desk(Settings(data=Path(folder)))
        desk.database.migrate()
        kept = _fill(desk, images[:count])
        print(f"  {'change':<32}named  similar  not found  wrong  p50 ms  p95 ms   never kept: named, p50 ms")
        for change in given.changes.split(","):
            if change == "collage":
                some = [
                    (_collage(images[:count], at, Dice(at)), {kept[(at + step) % count] for step in range(4)})
                    for at in range(given.asked)
                ]
                never = iter(())
            else:
                some = [(CHANGES[change](images[at], Dice(at)), {kept[at]}) for at in range(min(given.asked, count))]
                never = ((CHANGES[change](image, Dice(at)), set[int]()) for at, image in enumerate(images[count:]))
            told, taken = _asked(desk, iter(some))
            others, longer = _asked(desk, never)
            shares = "".join(f"{told.count(word) / len(told):9.2f}" for word in ("named", "similar", "unknown", "wrong"))
            rest = f"{others.count('wrong')} of {len(others)}, {percentile(longer, 0.5):.0f}" if others else ""
            print(f"  {change:<30}{shares}{percentile(taken, 0.5):8.0f}{percentile(taken, 0.95):8.0f}   {rest}", flush=True)
        desk.close()


if __name__ == "__main__":
    main()
