"""Recognises a clip that was cut from a film: a few of its pictures are looked for, and their seconds say from where to where."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from statistics import median

from PIL import Image

from core.desk import Desk
from core.pictures import film_frames, phash
from core.recognition import candidates
from core.recognition.candidates import Candidate, clock
from storage.files import film_frames as storage_film_frames
from storage.tables import Asset

_ASKED = 7
"""Pictures of a clip that are looked for."""
_GIVEN_UP = 3
"""Pictures that are looked for in vain, after which the others are not."""
_MOST = 0.6
"""The share of them that must be found in one film for it to be named."""
_SLOWEST, _FASTEST = 0.2, 5.0
_STEADY = 0.25
"""Seconds by which most pictures lie beside where the pace of a clip says, at most; more where it ran as it did before."""
_STRAY = 0.6
"""Seconds that may be missing of all of a film."""


@dataclass(frozen=True)
class Cut:
    """A film and the part of it that a clip shows, in seconds."""

    asset: Asset
    start: float
    end: float
    seen: int
    """Pictures of the clip that were found in it,"""
    asked: int
    """and how many were looked for."""
    mirrored: bool = False
    pace: float = 1.0
    """Seconds of the film in one of the clip."""
    is_all: bool = False

    @property
    def is_most(self) -> bool:
        return self.seen >= _MOST * self.asked


def words_of(one: Cut) -> str:
    """How a person reads it: `from 0:02.0 to 0:05.5, mirrored: 7 of 7 pictures match`."""
    said = ["all of it" if one.is_all else f"from {clock(one.start)} to {clock(one.end)}"]
    said += ["mirrored"] if one.mirrored else []
    said += [f"at {one.pace:.2g} times its speed"] if one.pace != 1 else []
    return f"{', '.join(said)}: {one.seen} of {one.asked} pictures match"


def recognise_clip(
    desk: Desk, data: bytes, mime: str, projects: Collection[int] | None, *, only: Collection[str] | None
) -> list[Cut]:
    """The films of `projects` (None: all) that a clip may be cut from, likeliest first; `only` of these origins.

    Raises BadPicture, TooManyPixels.
    """
    frames, length = film_frames.evenly(data, mime, _ASKED, desk.settings.max_pixels)
    found: dict[int, list[tuple[float, Candidate]]] = {}
    asked = 0
    for frame in frames:
        if not found and asked >= _GIVEN_UP:
            break
        upright, mirrored = phash.both(frame.image)
        asked += bool(upright)
        for one in _films_of(desk, frame.image, upright, mirrored, projects, only) if upright else ():
            found.setdefault(one.asset.id, []).append((frame.second, one))
    cuts = [_cut(desk, shown, length, asked) for shown in found.values()]
    return sorted(cuts, key=lambda one: (-one.seen, one.asset.id))


def _films_of(
    desk: Desk,
    image: Image.Image,
    upright: str,
    mirrored: str,
    projects: Collection[int] | None,
    only: Collection[str] | None,
) -> list[Candidate]:
    """The films that show a picture, each once, with its second."""
    with desk.reading() as session:
        near = candidates.in_films(session, upright, mirrored, projects, only)
    ranking = candidates.rank(desk, image, near, projects, only=only)
    shown = [one for one in ranking.found[:1] if one.proven and one.second is not None]
    return [*shown, *(one for one in ranking.ties if one.second is not None)]


def _cut(desk: Desk, shown: Sequence[tuple[float, Candidate]], length: float, asked: int) -> Cut:
    """Which part of a film it is, from the seconds of some pictures there and here."""
    film = shown[0][1].asset
    pace, offset = _line([(here, one.second or 0.0) for here, one in shown])
    with desk.reading() as session:
        last = max([film.seconds or 0.0, *storage_film_frames.seconds_of(session, film.id)])
    start = min(max(0.0, offset), last)
    end = max(start, min(last, offset + pace * length))
    whole = start < _STRAY and last - end < _STRAY and bool(last)
    mirrored = sum(one.mirrored for _, one in shown) * 2 > len(shown)
    return Cut(film, round(start, 2), round(end, 2), len(shown), asked, mirrored, pace, whole)


def _line(times: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """(pace, second of the film where the clip begins), by the medians of all pairs (Theil and Sen), as some may be wrong."""
    slopes = [
        (there - other) / (here - at)
        for number, (here, there) in enumerate(times)
        for at, other in times[:number]
        if here - at > 1e-3
    ]
    pace = median(slopes) if slopes else 1.0
    if not _SLOWEST <= pace <= _FASTEST or not _strays(times, pace) < _STEADY <= _strays(times, 1.0):
        pace = 1.0
    return float(pace), median(there - pace * here for here, there in times)


def _strays(times: Sequence[tuple[float, float]], pace: float) -> float:
    """By how many seconds most of the times miss this pace at most."""
    offset = median(there - pace * here for here, there in times)
    missed = sorted(abs(there - pace * here - offset) for here, there in times)
    return missed[(len(missed) * 4 + 4) // 5 - 1]
