"""Reads marks with a candidate in hand: looks say which picture it may be, the mark proves which one it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.provenance.watermark import choice
from core.provenance.watermark.interface import MarkError, Watermark, agreeing
from core.provenance.watermark.realign import aligned
from core.settings import Settings


def said(stated: Mapping[str, Any]) -> tuple[str, str]:
    """Way and id that a statement names; empty where it names none."""
    told = stated.get("mark")
    return (str(told.get("alg") or ""), str(told.get("id") or "")) if isinstance(told, Mapping) else ("", "")


def is_mark(alg: str) -> bool:
    """Whether a soft binding of that name is a watermark that can be read here."""
    return alg in choice.NAMES


def agreement(settings: Settings, image: Image.Image, stated: Mapping[str, Any]) -> int | None:
    """In how many of 64 bits a whole picture agrees with the mark of a statement; None where that cannot be read here."""
    way, ident = _way(settings, stated)
    return _agreement(way, image, ident) if way is not None else None


def agreement_in_place(
    settings: Settings, image: Image.Image, still: Image.Image, matrix: NDArray[np.float64], stated: Mapping[str, Any]
) -> int | None:
    """The same of a copy that was cropped, framed or turned; `matrix` lays it over `still`, which shows the whole original."""
    way, ident = _way(settings, stated)
    if way is None:
        return None
    placed = aligned(image, still, matrix)
    return _agreement(way, placed, ident) if placed is not None else None


def _way(settings: Settings, stated: Mapping[str, Any]) -> tuple[Watermark | None, str]:
    """How a statement's mark is read, and its id; no way where there is none, or the house's key cannot be read."""
    alg, ident = said(stated)
    try:
        return choice.named(settings, alg) if ident else None, ident
    except OSError:
        return None, ident


def _agreement(way: Watermark, image: Image.Image, ident: str) -> int | None:
    try:
        return agreeing(way.decode(image), ident)
    except MarkError:
        return None
