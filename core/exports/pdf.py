"""Paper for PDFs: a page with Slate's fonts, in which every script of a name is shown that a font is there for."""

from __future__ import annotations

import atexit
import tempfile
from functools import lru_cache
from pathlib import Path

import noto_cjk_sans_otc
import pymupdf_fonts
from fpdf import FPDF
from fpdf.enums import Align, XPos, YPos

MARGIN = 14.0
GREY, BLACK = (110, 110, 116), (24, 24, 27)
TONES = {"pass": (22, 128, 80), "fail": (190, 40, 50), "unknown": (150, 110, 10), "human": (60, 80, 190)}


class PdfDocument(FPDF):
    """A4, with a footer that numbers the pages."""

    def __init__(self, title: str, *, landscape: bool = False) -> None:
        super().__init__(orientation="L" if landscape else "P", format="A4")
        self.set_title(title)
        self.set_creator("Slate")
        self.set_lang("en")
        self.set_margin(MARGIN)
        self.set_auto_page_break(True, MARGIN + 6)
        for style, name in (("", "figo"), ("B", "figbo")):
            self.add_font("body", style, _font(name))
        self.set_text_shaping(False)
        self.add_page()

    def footer(self) -> None:
        self.set_y(-MARGIN)
        self.set_font("body", size=8)
        self.set_text_color(*GREY)
        self.cell(0, 5, f"{self.title} · page {self.page_no()} of {{nb}}", align="C")

    def heading(self, text: str, size: float = 18) -> None:
        self.set_text_color(*BLACK)
        self.set_font("body", "B", size)
        self.multi_cell(0, size * 0.5, self.known(text), align=Align.L, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def line_of(self, text: str, size: float = 9, *, grey: bool = False, bold: bool = False) -> None:
        self.set_text_color(*(GREY if grey else BLACK))
        self.set_font("body", "B" if bold else "", size)
        self.multi_cell(0, size * 0.52, self.known(text), align=Align.L, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def known(self, text: str) -> str:
        """The text, with a font at hand that has its letters; what no font has is replaced."""
        missing = {letter for letter in text if letter > "~" and not self._has("body", letter)}
        if missing and "wide" not in self.fonts:
            self.add_font("wide", "", str(noto_cjk_sans_otc.FONT_PATH), collection_font_number=0)
            self.set_fallback_fonts(["wide"], exact_match=False)
        gone = {letter for letter in missing if not self._has("wide", letter)}
        return "".join("\ufffd" if letter in gone else letter for letter in text)

    def _has(self, family: str, letter: str) -> bool:
        font = self.fonts.get(family)
        return font is not None and ord(letter) in getattr(font, "cmap", {})

    def bytes(self) -> bytes:
        return bytes(self.output())


@lru_cache(maxsize=4)
def _font(name: str) -> str:
    """The path of a font of the pymupdf-fonts package, which holds them packed; it lies in the temporary folder meanwhile."""
    path = Path(_folder().name) / f"{name}.ttf"
    path.write_bytes(pymupdf_fonts.myfont(name))
    return str(path)


@lru_cache(maxsize=1)
def _folder() -> tempfile.TemporaryDirectory[str]:
    made = tempfile.TemporaryDirectory(prefix="slate-fonts-")
    atexit.register(made.cleanup)
    return made
