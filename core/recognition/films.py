"""Frames of films: those by which a film is recognised, and those shown at a given second."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np
import structlog
from PIL import Image

from core.desk import Desk
from core.errors import BadInput, BlobDamaged, BlobMissing, SandboxBusy, StoreError
from core.files import stored
from core.formats import kinds
from core.pictures import film_frames, phash
from core.pictures.film_frames import ShownFrame
from core.pictures.keypoints import Keypoints, keypoints
from storage.tables import Asset, Origin

log = structlog.get_logger(__name__)

LARGEST = 512 << 20
"""Bytes of a film that is looked into."""
_KEPT = 64
"""Keypoints of each picture of a film."""
_READ = 4
"""Films that are read for one question."""


@dataclass(frozen=True)
class FilmPicture:
    """One picture of a film, as the index keeps it."""

    millisecond: int
    phash: str
    keypoints: Keypoints = field(repr=False)


def is_film(asset: Asset) -> bool:
    """Whether it has pictures that follow each other: a film, or an animated picture. Copies made for others do not count."""
    moves = asset.mime.startswith("video/") or (asset.mime in kinds.PICTURES and asset.frames > 1)
    return moves and asset.origin is not Origin.EXPORT


def pictures_of(desk: Desk, asset: Asset) -> list[FilmPicture]:
    """What the index keeps of a film; nothing of one that is too large or cannot be decoded, which is logged.

    Raises SandboxBusy, StoreError.
    """
    try:
        frames = film_frames.spread(data, asset.mime, desk.settings.max_pixels) if (data := _bytes(desk, asset)) else []
    except (BadInput, BlobMissing, BlobDamaged) as problem:
        log.warning("films.unreadable", asset=asset.code, problem=str(problem)[:200])
        return []
    return [
        FilmPicture(round(one.second * 1000), look, keypoints(np.asarray(one.image), _KEPT))
        for one in frames
        if (look := phash.phash(one.image))
    ]


def _bytes(desk: Desk, asset: Asset) -> bytes:
    if asset.size > LARGEST:
        log.warning("films.too-large", asset=asset.code, size=asset.size)
        return b""
    return stored.read(desk, asset.sha256, name=asset.code)


@dataclass
class Reel:
    """The films that one question needs pictures of, each read as rarely as can be."""

    desk: Desk
    _known: dict[tuple[int, float], Image.Image] = field(default_factory=dict)
    _read: dict[int, int] = field(default_factory=dict)

    def prepare(self, wanted: Collection[tuple[Asset, float]]) -> None:
        """Take all these pictures at once."""
        films = {asset.id: asset for asset, _ in wanted}
        for number, asset in films.items():
            seconds = sorted({second for one, second in wanted if one.id == number and (number, second) not in self._known})
            if seconds and len(self._read.keys() | {number}) <= _READ:
                self._read[number] = self._read.get(number, 0) + 1
                self._known |= {
                    (number, second): frame.image for second, frame in zip(seconds, self.frames(asset, seconds), strict=False)
                }

    def picture(self, asset: Asset, second: float) -> Image.Image | None:
        """What a film shows at a second; None where it cannot be had."""
        if (asset.id, second) not in self._known:
            self.prepare([(asset, second)])
        return self._known.get((asset.id, second))

    def frames(self, asset: Asset, seconds: Sequence[float]) -> list[ShownFrame]:
        """The pictures at these seconds, with those at which they are really shown; none where they cannot be had."""
        try:
            data = _bytes(self.desk, asset)
            found = film_frames.at(data, asset.mime, seconds, self.desk.settings.max_pixels) if data else []
        except (BadInput, SandboxBusy, StoreError) as problem:
            log.warning("films.unreadable", asset=asset.code, problem=str(problem)[:200])
            return []
        self._known |= {(asset.id, one.second): one.image for one in found}
        return found
