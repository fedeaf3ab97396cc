"""Of which Assets a picture shows a part: the likeliest by their landmarks, laid over where both show the same."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from PIL import Image, ImageOps

from core.desk import Desk
from core.errors import BadPicture
from core.files import previews
from core.pictures.align import lay_over
from core.recognition import keypoint_match
from core.recognition.keypoint_match import Box, Sighting
from storage.blobs import BlobError
from storage.files import assets, fingerprints
from storage.tables import Asset

_RIVALLED, _RIVALS, _ALIKE = 2, 4, 64
"""What looks like the likeliest, within so many bits, is laid over there too: a part they share must not name one."""
_WAYS = ((False, False), (True, False), (False, True))
"""Looked at as it is, closer, and mirrored."""


@dataclass(frozen=True)
class Part:
    """An Asset of which a picture shows a part, and how well they agree there, from 0 to 1."""

    asset: Asset
    agreement: float
    shown: float
    """How much of the Asset that is; 1 is all of it."""
    mirrored: bool = False


def seen_in(desk: Desk, image: Image.Image, projects: Collection[int] | None, *, least: float, enough: float) -> list[Part]:
    """The Assets of `projects` (None: all) that are seen in a picture and agree at least so well; `enough` ends the search."""
    found: list[Part] = []
    for closer, mirrored in _WAYS:
        faced = ImageOps.mirror(image) if mirrored else image
        found += [part for part in _seen(desk, faced, projects, closer=closer, mirrored=mirrored) if part.agreement >= least]
        if any(part.agreement >= enough for part in found):
            break
    return found


def still_of(desk: Desk, asset: Asset, *, large: bool = False) -> Image.Image | None:
    """The small picture of an Asset (the medium one if `large`), upright; None where it has none that can be read."""
    for digest in (asset.preview, asset.thumbnail) if large else (asset.thumbnail, asset.preview):
        try:
            if digest:
                return previews.still(desk.blobs.get(digest), desk.settings.max_pixels)
        except (BlobError, BadPicture):
            continue
    return None


def _seen(desk: Desk, image: Image.Image, projects: Collection[int] | None, *, closer: bool, mirrored: bool) -> list[Part]:
    with desk.reading() as session:
        seen = keypoint_match.sightings(session, image, closer=closer, projects=projects)
        known = assets.many(session, [one.asset_id for one in seen])
        for one in [one for one in seen if one.asset_id in known][:_RIVALLED]:
            near = fingerprints.near(session, known[one.asset_id].phash, within=_ALIKE, projects=projects, limit=_RIVALS)
            rivals = [rival.asset_id for rival in near if rival.asset_id not in known]
            known |= assets.many(session, rivals)
            seen += [replace(one, asset_id=rival) for rival in rivals]
    laid = [_laid(desk, image, one, known[one.asset_id], mirrored=mirrored) for one in seen if one.asset_id in known]
    return [part for part in laid if part is not None]


def _laid(desk: Desk, image: Image.Image, seen: Sighting, asset: Asset, *, mirrored: bool) -> Part | None:
    still = still_of(desk, asset, large=True)
    boxes = seen.shared(image, still) if still is not None else None
    if still is None or boxes is None:
        return None
    here, there = boxes
    over = lay_over(image.crop(_whole(here)), still.crop(_whole(there)))
    shown = (there[2] - there[0]) * (there[3] - there[1]) / (still.width * still.height)
    return Part(asset, over.agreement, round(shown, 2), mirrored)


def _whole(box: Box) -> tuple[int, int, int, int]:
    left, top, right, bottom = (round(one) for one in box)
    return left, top, right, bottom
