"""Compares the watermark that a file's manifest names with the one its pixels carry: different ones do not belong together.

A manifest put into another picture has a broken signature, unless somebody signs it again with a key of their own. In
both cases the mark in the pixels stays as it was.
"""

from __future__ import annotations

from PIL import Image

from core import files
from core.desk import Desk
from core.formats import kinds
from core.provenance.seal import read
from core.provenance.seal.read import Credentials
from core.provenance.watermark import confirm
from core.provenance.watermark.interface import PROVES
from core.recognition.identify import Recognition

OTHER = "Its manifest names the watermark of another picture than the one its pixels come from."
NONE = "Its manifest names a watermark that its pixels do not carry: they are not those it was written for, or much changed."


def contradiction(desk: Desk, image: Image.Image | None, found: Credentials | None, seen: Recognition) -> str:
    """What does not fit, as a sentence that names no picture, for strangers read it.

    Empty where manifest and pixels agree, or nothing can be said. `image` is upright; None for what is no picture.
    """
    named = {alg: ident for alg, ident in (found.bindings.items() if found else ()) if confirm.is_mark(alg)}
    if not named:
        return ""
    carried = confirm.said(seen.asset.statement) if seen.asset is not None and _proved(seen) else ("", "")
    for alg, ident in named.items():
        bits = confirm.agreement(desk.settings, image, {"mark": {"alg": alg, "id": ident}}) if image is not None else None
        if bits is None or bits >= PROVES:
            continue
        return OTHER if carried[1] and carried[1] != ident else NONE
    return ""


def of_file(desk: Desk, data: bytes, filename: str, seen: Recognition) -> str:
    """The same of a file whose credentials are not read yet. Raises BadPicture, TooManyPixels, TooLong."""
    found = read.read(desk.settings, data, kinds.mime_of(data, filename)) if read.carries(data) else None
    if found is None or not any(map(confirm.is_mark, found.bindings)):
        return ""
    return contradiction(desk, files.look(data, filename, files.limits_of(desk.settings))[1], found, seen)


def _proved(seen: Recognition) -> bool:
    """Whether it is sure which picture's pixels these are: they are equal, or they carry its mark."""
    return seen.distance == 0 or seen.mark_bits is not None
