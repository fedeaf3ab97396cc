"""Texts that no generator wrote: titles, credits, cameras' and encoders' notes. They are understood as what they are."""

from __future__ import annotations

import re

from core.generators.texts import Text
from core.generators.xmp_texts import KNOWN

_KEYS_LISTED = """
    title author artist creator description imagedescription copyright creationtime software disclaimer warning source url
    date time make model datetime datetimeoriginal datetimedigitized offsettime offsettimeoriginal offsettimedigitized
    subsectime subsectimeoriginal subsectimedigitized hostcomputer documentname pagename imageuniqueid cameraownername
    bodyserialnumber lensmake lensmodel imagetitle photographer imageeditor camerafirmware rawdevelopingsoftware
    imageeditingsoftware metadataeditingsoftware relatedsoundfile customrendered uniquecameramodel gdalmetadata
    targetprinter makernote xptitle xpauthor xpkeywords xpsubject keywords headline credit caption writer byline
    bylinetitle instructions reference encoder encodedby majorbrand minorversion compatiblebrands creationdate handlername
    vendorid duration genre album year track language name performer album producer director format rating isrc label
    organization contact version location licence license bps numberofframes numberofbytes statisticswritingapp
    statisticswritingdateutc statisticstags timecode capdate owner comments type compression lineorder view chunkcount
    tooling codinghistory idit thumbnail thumburi thumbmtime thumbsize thumbmimetype thumbimagewidth thumbimageheight
    originatingsoftware generationtime subject subtitle lyrics engine revision xmp slaterecord signature
"""
_KEYS = frozenset(_KEYS_LISTED.split())
_LIKE = re.compile(
    r"^(date:|exif:|png:|tiff:|pdf:|icc:|photoshop:|thumb::|jpeg:|dc:|xmp:|file:|com\.apple\.|com\.android\.|tag 0x)",
    re.IGNORECASE,
)
_NOTES = re.compile(
    r"^(created (with|by|using)|made with|creator: gd-jpeg|lavf|lavc|file written by|lead technologies|"
    r"optimi[sz]ed (by|using|with)|"
    r"screenshot|intel\(r\)|processed by|compressed by|resized (on|with)|handbrake|gif (by|made)|ezgif|edited (with|by|in)|xv \d|"
    r"optimized jpeg|jpeg encoder|ffmpeg|gstreamer|vlc|google$|xr_|quality ?=|dct|none$|null$|undefined$|\{\}$|\[\]$|n/a$)",
    re.IGNORECASE,
)
_SETTING = re.compile(r"\b(steps|seed|sampler|cfg|scheduler|prompt|negative|checkpoint|lora)\b[\"']?\s*[:=]", re.IGNORECASE)


def is_plain(one: Text) -> bool:
    """Whether a text is nothing a generator wrote its settings into, as far as can be told.

    >>> is_plain(Text("EXIF Make", "Make", "Canon")), is_plain(Text("EXIF UserComment", "UserComment", "tea | 30 | 7.5"))
    (True, False)
    """
    text = one.text
    if not text.strip() or _NOTES.match(text):
        return True
    key = re.sub(r"[\W_]+", "", one.key).casefold()
    known = (
        key in _KEYS
        or _LIKE.match(one.key) is not None
        or (one.place.startswith("XMP") and one.place.partition(" ")[2].partition(":")[0] in KNOWN)
    )
    if one.place.startswith("film tag") and len(text) < 40 and not looks_like_settings(text):
        return True
    return known and not looks_like_settings(text) and one.value is None


def looks_like_settings(text: str) -> bool:
    """Whether a text names at least two of a generator's settings, or is JSON."""
    if text[:1] in ("{", "[") and text[-1:] in ("}", "]") and len(text) > 2:
        return True
    return len({found.casefold() for found in _SETTING.findall(text[:20_000])}) >= 2


def shape_of(one: Text) -> str:
    """What a text looks like, in few words and the same for texts of one kind: "JSON with `a`, `b`", "text".

    >>> shape_of(Text("", "", "", {"tea": 1, "cups": 2})), shape_of(Text("", "", "Steps = 3; Seed = 4"))
    ('JSON with `tea`, `cups`', 'text with `seed`, `steps`')
    """
    if one.object is not None:
        names = [str(key)[:30] for key in list(one.object)[:4]]
        return "JSON with " + ", ".join(f"`{name}`" for name in names) if names else "empty JSON"
    if isinstance(one.value, list):
        return "a JSON list"
    if one.text[:1] in ("{", "["):
        return "broken JSON"
    named = sorted({found.casefold() for found in _SETTING.findall(one.text[:20_000])})[:4]
    return "text with " + ", ".join(f"`{name}`" for name in named) if named else "text"
