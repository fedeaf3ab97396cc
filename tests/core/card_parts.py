"""Pictures, facts and fonts that the card's tests share."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

from core.provenance.card import CardFacts
from core.provenance.card.boxes import Chip, TextBlock
from core.provenance.card.fonts import FontBook, font_book
from core.provenance.card.layout import Layout
from core.provenance.card.system_fonts import SystemFonts
from core.provenance.card.text import TextLine, Typesetter

LINK = "https://slate.studio.example/assets/A-7Q0D"
FACTS = CardFacts(
    title="Hero shoe on wet asphalt, low evening sun",
    asset="A-7Q0D",
    render="R-4F2K",
    who="Mia Chen",
    client="Acme Athletics",
    project="Summer 2027",
    shot="sh010",
    workflow="product-depth@3",
    models=(
        (
            "sdxl-base-1.0.safetensors",
            "31E35C80FC4829D14F90153F4C74CD59C90B779F6AFE05A74CD6120B893F7E5B",
            "CreativeML Open RAIL++-M",
        ),
        ("controlnet-depth-sdxl.safetensors", "", ""),
    ),
    seed="18446744073709551615",
    settings=(("Steps", "28"), ("CFG", "6.5"), ("Sampler", "dpmpp_2m"), ("Scheduler", "karras"), ("Size", "1024 × 1024")),
    date=datetime(2026, 11, 23, 14, 5, tzinfo=UTC),
    status="approved",
    link=LINK,
)

MACHINE = Typesetter(font_book())
"""All fonts there are here."""
BUNDLED = Typesetter(FontBook(SystemFonts(()), font_book().shaping))
"""Only the fonts that pip installs."""
UNSHAPED = Typesetter(FontBook(SystemFonts(()), shaping=False))
"""As on a machine whose Pillow finds no libfribidi."""


def scene(width: int, height: int) -> Image.Image:
    """A smooth picture in which every place has its own colour."""
    down, across = np.mgrid[0:height, 0:width]
    planes = (40 + 200 * across / width, 30 + 190 * down / height, 220 - 150 * (across / width) * (down / height))
    return Image.fromarray(np.stack(planes, axis=-1).astype(np.uint8))


def file(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def picture(width: int, height: int) -> bytes:
    return file(scene(width, height))


def read(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data))
    image.load()
    return image


def said(line: TextLine) -> str:
    """The text of a line as it is seen from left to right (where Pillow cannot shape, the runs are turned already)."""
    return "".join(run.text[::-1] if run.rtl and MACHINE.book.shaping else run.text for run in line.runs)


def words_of(layout: Layout) -> str:
    """All words on a card, one text a line."""
    texts = [" ".join(said(line) for line in item.lines) for item in layout.items if isinstance(item, TextBlock)]
    return "\n".join(texts + [said(item.line) for item in layout.items if isinstance(item, Chip)])
