"""Turns the bytes of a text into characters, by what is declared and by what the bytes themselves show.

Declarations are often wrong: EXIF comments say UNICODE and hold UTF-8, PNG text that must be Latin-1 holds UTF-8. So each is
checked against the bytes, and what fits nothing is read as a Windows code page. The bytes are kept beside; see RawText.
"""

from __future__ import annotations

import codecs
import re

from core.formats.raw_text import RawText

UTF8, LATIN1, UTF16, UTF16_LE, COMMENT = "utf-8", "latin-1", "utf-16", "utf-16-le", "exif-comment"
"""The values of `RawText.code`. COMMENT is an EXIF UserComment, which begins with eight bytes that name its encoding."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE = 4_096
_COMMON = re.compile("[\t\n\r -~\u00a0-\u024f\u0370-\u052f\u2010-\u2040\u3000-\u30ff\u4e00-\u9fff\uac00-\ud7a3\uff00-\uff9f]")
_KANA = re.compile("[\u3040-\u30ff]")
_COMMON_HAN = frozenset(
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所"
    "民得经三十之进着等部度家电力里如水化高自二理起小现实加量都两体制机当使点从业本去把性好应开它合因由其些然前外天政四日那社"
    "女光色花海山风雪夜月白红黑长发眼手衣画质细节背景柔和"
)
_CYRILLIC = re.compile("[\u0410-\u044f\u0401\u0451]")
_MOJIBAKE = re.compile(
    "[\u00c2-\u00f4][\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]"
)


def text_of(raw: RawText) -> str:
    """The characters of a text, without byte order mark and closing NULs.

    >>> text_of(RawText("", "", UTF16, "sea".encode("utf-16-be")))
    'sea'
    >>> text_of(RawText("", "", LATIN1, "Möwe".encode()))
    'Möwe'
    """
    return comment(raw.body) if raw.code == COMMENT else decoded(raw.body, raw.code)


def decoded(body: bytes, code: str = UTF8) -> str:
    """Bytes declared to be of one of the codes; a byte order mark and what the bytes show come before the declaration.

    >>> decoded("灯".encode("cp932") + "の海、かもめ".encode("cp932"))
    '灯の海、かもめ'
    >>> decoded(b"caf\\xe9 \\x96 dusk")
    'café – dusk'
    """
    for mark, name in _MARKS:
        if body.startswith(mark):
            return _clean(body[len(mark) :].decode(name, "replace"))
    if code in (UTF16, UTF16_LE) or _has_nuls(body):
        return _clean(_wide(body, code))
    return _clean(_narrow(body))


def comment(body: bytes) -> str:
    """An EXIF UserComment (EXIF 2.32, 4.6.5): the code may be missing, blank, zero, in small letters, or wrong.

    >>> comment(b"UNICODE\\0" + "sea".encode("utf-16-le")), comment(b"ASCII\\0\\0\\0sea"), comment(b"a sea, gulls")
    ('sea', 'sea', 'a sea, gulls')
    """
    head = body[:8].rstrip(b"\0 ").upper()
    if head in (b"ASCII", b"UNICODE", b"JIS", b"") or (head == b"UNDEFINE" and len(body) > 8):
        rest = body[8:] if len(body) >= 8 else b""
    else:
        head, rest = b"", body
    if head == b"JIS":
        return _japanese(rest)
    return decoded(rest, UTF16 if head == b"UNICODE" else UTF8)


def _japanese(body: bytes) -> str:
    for name in ("iso2022_jp", "cp932"):
        try:
            found = body.decode(name)
        except UnicodeDecodeError:
            continue
        if "\x1b" not in found and not _has_nuls(body):
            return _clean(found)
    return decoded(body)


def _has_nuls(body: bytes) -> bool:
    """Whether zero bytes stand between the letters, as they do in UTF-16 only."""
    sample = body[:_SAMPLE].rstrip(b"\0")
    return len(sample) > 3 and sample.count(0) * 4 > len(sample)


def _wide(body: bytes, code: str) -> str:
    """UTF-16 of the order that gives the more common letters, or UTF-8 where that is what the bytes are."""
    even = body[: len(body) & ~1]
    first, second = (even[at:_SAMPLE:2].count(0) for at in (0, 1))
    if first == second and (plain := _utf8_that_reads_as_well(body)):
        return plain
    orders = ("utf-16-le", "utf-16-be") if code == UTF16_LE else ("utf-16-be", "utf-16-le")
    if first != second:
        best = "utf-16-be" if first > second else "utf-16-le"
    else:
        best = max(orders, key=lambda name: _ordinary(_piece(even, name)))
    return even.decode(best, "replace")


def _utf8_that_reads_as_well(body: bytes) -> str:
    """The bytes as UTF-8 where they are that and it looks more like writing than UTF-16 of either order; else empty."""
    try:
        plain = body.decode("utf-8")
    except UnicodeDecodeError:
        return ""
    wide = max(_ordinary(_piece(body, name)) for name in ("utf-16-le", "utf-16-be"))
    return plain if _ordinary(plain[:_SAMPLE]) > wide - 0.01 else ""


def _piece(body: bytes, name: str) -> str:
    return body[:_SAMPLE].decode(name, "replace")


def _ordinary(text: str) -> float:
    """The share of letters that people write."""
    text = text.rstrip("\0")
    return len(_COMMON.findall(text)) / len(text) if text else 0.0


def _narrow(body: bytes) -> str:
    if body.isascii():
        return body.decode("ascii")
    try:
        return _repaired(body.decode("utf-8"))
    except UnicodeDecodeError:
        pass
    cut = _cut_utf8(body)
    return cut if cut is not None else _code_page(body)


def _cut_utf8(body: bytes) -> str | None:
    """UTF-8 whose last letter was cut off, or None."""
    for short in (1, 2, 3):
        try:
            return body[:-short].decode("utf-8") if len(body) > 8 and not body[:-short].isascii() else None
        except UnicodeDecodeError:
            continue
    return None


def _repaired(text: str) -> str:
    """UTF-8 that was taken for Latin-1 or Windows-1252 and written as UTF-8 again, read as it was meant.

    >>> _repaired("MÃ¶wen"), _repaired("São Paulo")
    ('Möwen', 'São Paulo')
    """
    if not _MOJIBAKE.search(text):
        return text
    for name in ("latin-1", "cp1252"):
        try:
            return text.encode(name).decode("utf-8")
        except (UnicodeEncodeError, UnicodeDecodeError):
            continue
    return text


def _code_page(body: bytes) -> str:
    """Shift-JIS, GB 18030 or Windows-1251 where the bytes make words of these, else Windows-1252."""
    for name, fits in (("cp932", _is_japanese), ("gb18030", _is_chinese), ("cp1251", _is_russian)):
        try:
            found = body.decode(name)
        except UnicodeDecodeError:
            continue
        if fits(found[:_SAMPLE]):
            return found
    try:
        return body.decode("cp1252")
    except UnicodeDecodeError:
        return body.decode("latin-1")


def _is_japanese(text: str) -> bool:
    foreign = [one for one in text if not one.isascii()]
    return bool(foreign) and len(_KANA.findall(text)) * 6 >= len(foreign) and all(map(_COMMON.match, foreign))


def _is_chinese(text: str) -> bool:
    foreign = [one for one in text if not one.isascii()]
    han = [one for one in foreign if "\u4e00" <= one <= "\u9fff"]
    known = sum(one in _COMMON_HAN for one in han)
    return len(han) * 2 > len(foreign) and all(map(_COMMON.match, foreign)) and known * 12 >= len(han)


def _is_russian(text: str) -> bool:
    foreign = [one for one in text if not one.isascii()]
    words = re.findall("[\u0410-\u044f\u0401\u0451]{3,}", text)
    return sum(map(len, words)) * 2 > len(foreign) and len(_CYRILLIC.findall(text)) * 10 >= len(foreign) * 9


def _clean(text: str) -> str:
    return text.strip("\ufeff\0") if text[:1] in ("\ufeff", "\0") or text[-1:] in ("\ufeff", "\0") else text
