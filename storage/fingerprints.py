"""The fingerprint index: multi-index hashing of 256-bit perceptual hashes in an ordinary table, the same on every database.

A hash is cut into 16 bands of 16 bits, one row each. Two hashes at most 15 bits apart agree in a whole band, two at most 31 apart
agree in a band but for one bit (pigeonhole), so looking those bands up finds all of them; then every candidate's distance is
counted. Where a band's value is so common that its bucket is cut off, every hash is compared instead, in pages: slow, not wrong.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, true
from sqlmodel import Session, col, select

from storage.tables import Asset, FingerprintBand

BITS = 256
BANDS = 16
_WIDTH = BITS // BANDS
_BUCKET_LIMIT = 5_000
"""Candidates taken from one look-up; beyond it, all hashes are compared."""
_PAGE = 5_000


@dataclass(frozen=True, order=True)
class Near:
    """An Asset whose picture looks alike: in how many of 256 bits its hash differs, and whether it is the mirror image."""

    distance: int
    asset_id: int
    mirrored: bool = False


def seen_in(projects: Collection[int] | None) -> ColumnElement[bool]:
    """Only Assets of these projects; None means all."""
    return true() if projects is None else col(Asset.project_id).in_(sorted(projects))


def bands(phash: str) -> tuple[int, ...]:
    """The 16 values of a hash of 64 hex digits; none for an empty hash. Raises ValueError for any other text."""
    if not phash:
        return ()
    number = _number(phash)
    return tuple((number >> (_WIDTH * band)) & (2**_WIDTH - 1) for band in range(BANDS))


def add(session: Session, asset_id: int, phash: str) -> None:
    """Index an Asset under its hash; an empty hash leaves it out."""
    session.add_all(FingerprintBand(band=band, value=value, asset_id=asset_id) for band, value in enumerate(bands(phash)))
    session.flush()


def remove(session: Session, asset_id: int) -> None:
    for row in session.exec(select(FingerprintBand).where(FingerprintBand.asset_id == asset_id)):
        session.delete(row)
    session.flush()


def near(
    session: Session,
    phash: str,
    *,
    mirrored: str = "",
    within: int = 40,
    projects: Collection[int] | None = None,
    limit: int = 20,
) -> list[Near]:
    """The Assets whose hash is at most `within` bits from `phash` or from `mirrored` (that of the mirror image), nearest first.

    All of them up to 31 bits, nearly all up to 40. `projects` are those whose Assets may be seen; None means all.
    """
    best: dict[int, Near] = {}
    for asked, flipped in ((phash, False), (mirrored, True)):
        for one in _around(session, asked, within, projects, flipped) if asked else ():
            best[one.asset_id] = min(one, best.get(one.asset_id, one))
    return sorted(best.values())[:limit]


def _around(session: Session, phash: str, within: int, projects: Collection[int] | None, flipped: bool) -> Iterator[Near]:
    number = _number(phash)
    for asset_id, other in _candidates(session, phash, within, projects):
        distance = (number ^ int(other, 16)).bit_count()
        if distance <= within:
            yield Near(distance, asset_id, flipped)


def _candidates(session: Session, phash: str, within: int, projects: Collection[int] | None) -> Iterator[tuple[int, str]]:
    flips = (0, *(1 << bit for bit in range(_WIDTH))) if within >= BANDS else (0,)
    found: set[int] = set()
    for band, value in enumerate(bands(phash)):
        values = col(FingerprintBand.value).in_([value ^ flip for flip in flips])
        bucket = session.exec(
            select(FingerprintBand.asset_id).where(FingerprintBand.band == band, values).limit(_BUCKET_LIMIT)
        ).all()
        if len(bucket) == _BUCKET_LIMIT:
            yield from _all(session, projects)
            return
        found.update(bucket)
    yield from _hashes(session, sorted(found), projects)


def _hashes(session: Session, asset_ids: Sequence[int], projects: Collection[int] | None) -> Iterator[tuple[int, str]]:
    for start in range(0, len(asset_ids), 500):
        asked = select(Asset.id, Asset.phash).where(col(Asset.id).in_(asset_ids[start : start + 500]), seen_in(projects))
        yield from _known(session.exec(asked).all())


def _all(session: Session, projects: Collection[int] | None) -> Iterator[tuple[int, str]]:
    last = 0
    while True:
        asked = select(Asset.id, Asset.phash).where(Asset.phash != "", col(Asset.id) > last, seen_in(projects))
        page = list(_known(session.exec(asked.order_by(col(Asset.id)).limit(_PAGE)).all()))
        yield from page
        if len(page) < _PAGE:
            return
        last = page[-1][0]


def _known(rows: Sequence[tuple[int | None, str]]) -> Iterator[tuple[int, str]]:
    return ((asset_id, phash) for asset_id, phash in rows if asset_id is not None and phash)


def _number(phash: str) -> int:
    if len(phash) != BITS // 4:
        raise ValueError(f"a fingerprint has {BITS // 4} hex digits, not {len(phash)}")
    return int(phash, 16)
