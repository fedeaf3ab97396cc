"""Text from anywhere made fit to draw, and cut into the pieces a reader sees as one character.

The cutting follows the idea of Unicode's UAX #29 (extended grapheme clusters) closely enough for labels: combining marks,
variation selectors, emoji sequences (joined, skin tones, flags, keycaps), Hangul jamo and Indic conjuncts stay whole.
"""

from __future__ import annotations

import unicodedata

ZWJ, ZWNJ = 0x200D, 0x200C
TEXT_STYLE, EMOJI_STYLE = 0xFE0E, 0xFE0F
KEYCAP = 0x20E3
LONGEST = 600
"""Characters of one text that are looked at; a label shows far fewer."""
MARKS = 4
"""Combining marks kept on one character; more than that would climb out of the line."""

_TAGS = range(0xE0020, 0xE0080)
_FLAG_LETTERS = range(0x1F1E6, 0x1F200)
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_JAMO = (range(0x1100, 0x1200), range(0xA960, 0xA980), range(0xD7B0, 0xD800))
_BLACK_FLAG = 0x1F3F4
_INVISIBLE = {0x00AD, 0x034F, 0x061C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFEFF, 0xFFA0}

# Characters below U+1F000 that are shown as emoji unless told otherwise (Unicode emoji-data, Emoji_Presentation).
_EMOJI_BELOW = frozenset(
    "⌚⌛⏩⏪⏫⏬⏰⏳◽◾☔☕♈♉♊♋♌♍♎♏♐♑♒♓♿⚓⚡⚪⚫⚽⚾⛄⛅⛎⛔⛪⛲⛳⛵⛺⛽✅✊✋✨❌❎❓❔❕❗➕➖➗➰➿⬛⬜⭐⭕"
)


def clean(text: str) -> str:
    """One line of NFC text: control characters and direction marks dropped, all white space a single space, at most `LONGEST`."""
    shown = "".join(_shown(char) for char in text[: 4 * LONGEST])
    return " ".join(unicodedata.normalize("NFC", shown).split())[:LONGEST]


def _shown(char: str) -> str:
    point, category = ord(char), unicodedata.category(char)
    if category in ("Zs", "Zl", "Zp") or char in "\t\n\r\v\f\x85":
        return " "
    if category == "Cs":
        return "�"  # half of a pair: something was there, and it is shown that it cannot be told what
    if category == "Cc" or point in _INVISIBLE:
        return ""
    if category == "Cf" and point not in (ZWJ, ZWNJ) and point not in _TAGS:
        return ""
    return char


def clusters(text: str) -> list[str]:
    """`text` in pieces that must not be cut; joined together they are the text less what no reader could see."""
    pieces: list[str] = []
    for char in text:
        if pieces and _belongs(pieces[-1], char):
            pieces[-1] += char
        else:
            pieces.append(char)
    return [kept for piece in pieces if (kept := _tamed(piece))]


def _belongs(piece: str, char: str) -> bool:
    point, last = ord(char), ord(piece[-1])
    if piece == " ":
        return unicodedata.category(char) in ("Mn", "Me")
    if is_mark(char) or point in (ZWJ, ZWNJ) or point in _SKIN_TONES:
        return True
    if point in _TAGS:
        return ord(piece[0]) == _BLACK_FLAG
    if last == ZWJ:
        return _pictured(point) and _pictured(ord(piece[0]))
    if point in _FLAG_LETTERS:
        return len(piece) == 1 and last in _FLAG_LETTERS
    if unicodedata.combining(piece[-1]) == 9:  # a virama joins the next letter into a conjunct
        return unicodedata.category(char) == "Lo"
    return _jamo(point) and _jamo(last)


def is_mark(char: str) -> bool:
    """Whether it sits on the character before it."""
    return unicodedata.category(char) in ("Mn", "Mc", "Me") or ord(char) in (TEXT_STYLE, EMOJI_STYLE)


def is_emoji(piece: str) -> bool:
    """Whether a piece wants to be drawn as a colour picture."""
    first, points = ord(piece[0]), {ord(char) for char in piece}
    if TEXT_STYLE in points:
        return False
    if EMOJI_STYLE in points or KEYCAP in points:
        return True
    return piece[0] in _EMOJI_BELOW or (first >= 0x1F000 and _pictured(first))


def is_skin_tone(char: str) -> bool:
    return ord(char) in _SKIN_TONES


def ignorable(char: str) -> bool:
    """Whether a font need not have it: it only says how its neighbours are drawn."""
    return ord(char) in (ZWJ, ZWNJ, TEXT_STYLE, EMOJI_STYLE) or ord(char) in _TAGS


def _pictured(point: int) -> bool:
    """Roughly Unicode's Extended_Pictographic: what may take part in an emoji sequence."""
    return 0x1F000 <= point <= 0x1FAFF or 0x2190 <= point <= 0x2BFF or point in (0xA9, 0xAE, 0x3030, 0x303D, 0x3297, 0x3299)


def _jamo(point: int) -> bool:
    return any(point in block for block in _JAMO)


def _tamed(piece: str) -> str:
    """The piece without joiners that join nothing and without marks beyond what a line can hold."""
    if piece.strip(chr(ZWJ) + chr(ZWNJ)) == "":
        return ""
    if ord(piece[0]) in _TAGS:
        return ""
    kept, marks = "", 0
    for char in piece:
        marks += unicodedata.combining(char) not in (0, 9)
        if marks <= MARKS or not unicodedata.combining(char):
            kept += char
    return kept.rstrip(chr(ZWJ)) if is_emoji(kept) else kept
