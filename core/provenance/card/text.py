"""A text set into lines: each piece in a font that has it, in reading order of its script, wrapped and shortened to fit.

A piece that no font has becomes a small box with its code number, never an empty one.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from core.provenance.card import bidi
from core.provenance.card.clusters import clean, clusters, ignorable
from core.provenance.card.faces import EmojiFace, FontFace
from core.provenance.card.fonts import FontBook, Look, language_of

ELLIPSIS = "…"
_BREAK_AFTER = frozenset(" -_/\\·,;|&+@:")
_NOT_FIRST = frozenset("、。，．）」』】〉》！？：；ー…)]}»”’,.!?:;%")
_NOT_LAST = frozenset("（「『【〈《([{«“‘")
_MIRRORED = str.maketrans("()[]{}<>«»‹›", ")(][}{><»«›‹")


@dataclass(frozen=True)
class Style:
    """How a text looks; sizes in pixels."""

    size: int
    look: Look = "regular"
    tracking: float = 0.0
    """Extra space between letters; for short labels in capitals."""

    @property
    def pitch(self) -> int:
        """Height of a line."""
        return round(self.size * 1.4)

    @property
    def baseline(self) -> int:
        """From the top of a line to where its letters stand."""
        return round(self.size * 1.04)


@dataclass(frozen=True)
class TextRun:
    """Neighbouring pieces in one font and one direction. Neither face nor emoji: a box with the code number."""

    text: str
    width: float
    face: FontFace | None = None
    emoji: EmojiFace | None = None
    rtl: bool = False


@dataclass(frozen=True)
class TextLine:
    """Runs from left to right."""

    runs: tuple[TextRun, ...]
    rtl: bool
    """Whether it reads from right to left."""

    @property
    def width(self) -> float:
        return sum(run.width for run in self.runs)


@dataclass(frozen=True)
class _Part:
    """A piece and what draws it."""

    text: str
    face: FontFace | None
    emoji: EmojiFace | None


class Typesetter:
    """Sets texts with the fonts of one FontBook."""

    def __init__(self, book: FontBook) -> None:
        self.book = book
        self._parts = lru_cache(maxsize=8192)(self._find_parts)
        self._measured = lru_cache(maxsize=4096)(self._measure)

    def lines(self, text: str, style: Style, width: float, most: int) -> tuple[TextLine, ...]:
        """`text` in at most `most` lines no wider than `width`; what does not fit ends in an ellipsis. No text: no lines."""
        shown = clean(text)
        pieces, language, base = clusters(shown), language_of(shown), bidi.base_level(shown)

        def fits(some: Sequence[str]) -> bool:
            return self._line(some, style, base, language).width <= width

        done: list[TextLine] = []
        while pieces and len(done) < most:
            last = len(done) == most - 1
            count = _how_many(pieces, fits)
            taken = _shortened(pieces, fits) if last and count < len(pieces) else pieces[:count]
            done.append(self._line(_stripped(taken), style, base, language))
            pieces = _stripped(pieces[count:])
        return tuple(done)

    def balanced(self, text: str, style: Style, width: int, most: int) -> tuple[TextLine, ...]:
        """As `lines`, but of nearly equal length, so that no single word is left over on the last one."""
        lines = self.lines(text, style, width, most)
        words = [self.lines(word, style, width, 2) for word in clean(text).split()]
        if len(lines) < 2 or any(len(word) > 1 for word in words) or _is_cut(lines[-1]):
            return lines
        widest = max(word[0].width for word in words if word)
        for share in range(int(width * 0.55), width, max(1, width // 24)):
            tried = self.lines(text, style, share, most) if share >= widest else lines[:1]
            if len(tried) == len(lines) and not _is_cut(tried[-1]):
                return tried
        return lines

    def unknown(self, text: str) -> tuple[str, ...]:
        """The characters of a text that no font has, each once."""
        shown = clean(text)
        language = language_of(shown)
        parts = [part for piece in clusters(shown) for part in self._parts(piece, "regular", language)]
        return tuple(dict.fromkeys(part.text for part in parts if not part.face and not part.emoji))

    def _line(self, pieces: Sequence[str], style: Style, base: int, language: str) -> TextLine:
        return self._measured(tuple(pieces), style, base, language)

    def _measure(self, pieces: tuple[str, ...], style: Style, base: int, language: str) -> TextLine:
        found = bidi.levels(pieces, base)
        placed = [
            (level, part) for piece, level in zip(pieces, found, strict=True) for part in self._parts(piece, style.look, language)
        ]
        runs: list[tuple[int, TextRun]] = []
        for (level, face, kind), some in groupby(placed, key=lambda one: (one[0], one[1].face, _kind(one[1]))):
            parts = [part for _, part in some]
            groups = [parts] if face and not style.tracking else [[part] for part in parts]
            runs.extend((level, self._run(group, style, rtl=level % 2 == 1, kind=kind)) for group in groups)
        order = bidi.visual_order([level for level, _ in runs])
        return TextLine(tuple(runs[at][1] for at in order), rtl=base == 1)

    def _run(self, parts: Sequence[_Part], style: Style, *, rtl: bool, kind: str) -> TextRun:
        first = parts[0]
        if kind == "emoji" and first.emoji:
            picture = first.emoji.picture(first.text, emoji_height(style))
            return TextRun(first.text, picture.width + style.size * 0.08, emoji=first.emoji, rtl=rtl)
        if first.face is None:
            return TextRun(first.text, box_width(first.text, style) + style.size * 0.12, rtl=rtl)
        text = self._ordered([part.text for part in parts], rtl=rtl)
        font = first.face.at(style.size, shaping=self.book.shaping)
        width = font.getlength(text, direction="rtl" if rtl else "ltr") if self.book.shaping else font.getlength(text)
        return TextRun(text, width + style.tracking, face=first.face, rtl=rtl)

    def _ordered(self, texts: list[str], *, rtl: bool) -> str:
        """Pillow without Raqm (its wheels have it) does not turn words round: it is done here, and Arabic stays unjoined."""
        if self.book.shaping:
            return "".join(texts)
        plain = [text.translate({0x200C: None, 0x200D: None}) for text in texts]
        return "".join(reversed(plain)).translate(_MIRRORED) if rtl else "".join(plain)

    def _find_parts(self, piece: str, look: Look, language: str) -> tuple[_Part, ...]:
        emoji = self.book.emoji_for(piece)
        if emoji:
            return (_Part(piece, None, emoji),)
        face = self.book.face_for(piece, look, language)
        if face:
            return (_Part(piece, face, None),)
        chars = [char for char in piece if not ignorable(char)]
        if len(chars) < 2:
            return (_Part(piece[:1], None, None),)
        return tuple(part for char in chars for part in self._find_parts(char, look, language))


def emoji_height(style: Style) -> int:
    return round(style.size * 1.12)


def box_width(char: str, style: Style) -> int:
    """Of the box for a character that no font has: two rows of two or three digits."""
    return round(style.size * (0.8 if ord(char) <= 0xFFFF else 1.05))


def _is_cut(line: TextLine) -> bool:
    return any(ELLIPSIS in run.text for run in line.runs)


def _kind(part: _Part) -> str:
    return "emoji" if part.emoji else "text" if part.face else "box"


def _stripped(pieces: Sequence[str]) -> list[str]:
    start, end = 0, len(pieces)
    while start < end and pieces[start] == " ":
        start += 1
    while end > start and pieces[end - 1] == " ":
        end -= 1
    return list(pieces[start:end])


def _how_many(pieces: Sequence[str], fits: Callable[[Sequence[str]], bool]) -> int:
    """How many pieces go on this line: up to the last good place to break, or through the middle of a word that is too long."""
    most = _longest(pieces, fits, "")
    if most == len(pieces):
        return most
    for at in range(most, 0, -1):
        if _may_break(pieces, at) and at * 4 >= most:
            return at
    return max(1, most)


def _longest(pieces: Sequence[str], fits: Callable[[Sequence[str]], bool], ending: str) -> int:
    """The largest count of pieces from the start that fit together with `ending`."""
    tail = [ending] if ending else []

    def good(count: int) -> bool:
        return fits([*_stripped(pieces[:count]), *tail])

    low, high = 0, len(pieces)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if good(middle) else (low, middle - 1)
    while low and not good(low):  # joined letters make widths uneven: the search may have gone one too far
        low -= 1
    return low


def _shortened(pieces: Sequence[str], fits: Callable[[Sequence[str]], bool]) -> list[str]:
    count = _longest(pieces, fits, ELLIPSIS)
    return [*_stripped(pieces[:count]), ELLIPSIS]


def _may_break(pieces: Sequence[str], at: int) -> bool:
    before, after = pieces[at - 1], pieces[at]
    if before == " " or after == " ":
        return True
    if after[0] in _NOT_FIRST or before[-1] in _NOT_LAST:
        return False
    return before[-1] in _BREAK_AFTER or _wide(before) or _wide(after)


def _wide(piece: str) -> bool:
    return unicodedata.east_asian_width(piece[0]) in ("W", "F")
