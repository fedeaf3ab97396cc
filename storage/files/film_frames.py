"""The index of pictures out of films: which film shows a picture that looks like this one, and when."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, insert
from sqlmodel import Session, col, select

from storage.files import fingerprints
from storage.files.fingerprints import HashTable
from storage.tables import FilmFrame, FilmFrameBand

_TABLE = HashTable.of("filmframe", "filmframeband", "frame_id", row="id")
_TOGETHER = 500


@dataclass(frozen=True, order=True)
class NearFrame:
    """A film that shows a picture which looks alike: in how many of 256 bits it differs, and when it is shown."""

    distance: int
    asset_id: int
    second: float
    mirrored: bool = False


def note(session: Session, frames: Mapping[int, Sequence[tuple[int, str]]]) -> None:
    """Keep (millisecond, hash) of each film's pictures in their order; what was noted of it before goes."""
    forget(session, frames)
    rows = [
        {"asset_id": asset_id, "number": number, "millisecond": millisecond, "phash": phash}
        for asset_id, shown in frames.items()
        for number, (millisecond, phash) in enumerate(shown)
    ]
    if not rows:
        return
    session.connection().execute(insert(FilmFrame), rows)
    written = session.exec(select(FilmFrame.id, FilmFrame.phash).where(col(FilmFrame.asset_id).in_(frames))).all()
    cut = [
        {"band": band, "value": value, "frame_id": frame}
        for frame, phash in written
        for band, value in enumerate(fingerprints.bands(phash))
    ]
    session.connection().execute(insert(FilmFrameBand), cut)


def forget(session: Session, asset_ids: Iterable[int]) -> None:
    """Take a film's pictures out of the index."""
    known = select(FilmFrame.id).where(col(FilmFrame.asset_id).in_(asset_ids))
    session.connection().execute(delete(FilmFrameBand).where(col(FilmFrameBand.frame_id).in_(known)))
    session.connection().execute(delete(FilmFrame).where(col(FilmFrame.asset_id).in_(asset_ids)))


def near(
    session: Session,
    phash: str,
    *,
    mirrored: str = "",
    within: int,
    projects: Collection[int] | None = None,
    only: Collection[str] | None = None,
    limit: int = 12,
    a_film: int = 3,
) -> list[NearFrame]:
    """Pictures of films at most `within` bits from `phash` or `mirrored`, nearest first; at most `a_film` of each film.

    `projects` are those whose films may be seen, `only` their origins; None means all.
    """
    best: dict[int, tuple[int, bool]] = {}
    for asked, flipped in ((phash, False), (mirrored, True)):
        for distance, frame in fingerprints.around(session, _TABLE, asked, within) if asked else ():
            best[frame] = min((distance, flipped), best.get(frame, (distance, flipped)))
    frames = _frames(session, list(best))
    found = sorted(NearFrame(best[one.id][0], one.asset_id, one.millisecond / 1000, best[one.id][1]) for one in frames)
    if projects is not None or only is not None:
        visible = fingerprints.seen(session, sorted({one.asset_id for one in found}), projects, only)
        found = [one for one in found if one.asset_id in visible]
    count: dict[int, int] = {}
    chosen = []
    for one in found:
        count[one.asset_id] = count.get(one.asset_id, 0) + 1
        chosen += [one] if count[one.asset_id] <= a_film else []
    return chosen[:limit]


def seconds_of(session: Session, asset_id: int) -> list[float]:
    """When each kept picture of a film is shown, in their order; nothing for what is no film."""
    asked = select(FilmFrame.millisecond).where(FilmFrame.asset_id == asset_id).order_by(col(FilmFrame.number))
    return [one / 1000 for one in session.exec(asked)]


def _frames(session: Session, frame_ids: Sequence[int]) -> list[FilmFrame]:
    found: list[FilmFrame] = []
    for start in range(0, len(frame_ids) or 1, _TOGETHER):
        some = frame_ids[start : start + _TOGETHER]
        found += session.exec(select(FilmFrame).where(col(FilmFrame.id).in_(some))).all()
    return found
