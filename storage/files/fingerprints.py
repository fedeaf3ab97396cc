"""The fingerprint index: multi-index hashing of 256-bit perceptual hashes in an ordinary table, the same on every database.

A hash is cut into 16 bands of 16 bits, one row each. Two hashes at most 15 bits apart agree in a whole band, two at most 31 apart
agree in a band but for one bit (pigeonhole), so looking those bands up finds all of them; then every candidate's distance is
counted, out of a table that holds hashes and nothing else: a candidate's row among the Assets would be a page of the disk each.
Where a band's value is so common that its bucket is cut off, every hash is compared instead, in pages: slow, not wrong.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, TextClause, and_, text, true
from sqlmodel import Session, col, select

from storage.tables import Asset, Fingerprint, FingerprintBand

BITS = 256
BANDS = 16
_WIDTH = BITS // BANDS
_MOST = 80_000
"""Candidates that are compared; where there are more, all hashes are."""
_PAGE = 5_000


@dataclass(frozen=True)
class HashTable:
    """The statements for one table of hashes and the table of their bands, by dialect."""

    candidates: Mapping[str, TextClause]
    """One statement for some 270 values of bands, each key a band and a value in one number: the hashes of all that have one."""
    page: TextClause

    @classmethod
    def of(cls, whole: str, bands_of: str, key: str, *, row: str = "") -> HashTable:
        """`key` is the column of the bands that names a row of the hashes, whose own column is `row` (empty: called the same)."""
        row = row or key
        return cls(
            {
                "sqlite": text(
                    f"SELECT {whole}.{row}, {whole}.phash FROM json_each(:keys) AS asked"
                    f" CROSS JOIN {bands_of} ON band = asked.value >> {_WIDTH}"
                    f" AND {bands_of}.value = asked.value & {2**_WIDTH - 1}"
                    f" CROSS JOIN {whole} ON {whole}.{row} = {bands_of}.{key} LIMIT :limit"
                ),
                "postgresql": text(
                    f"SELECT {whole}.{row}, {whole}.phash FROM json_array_elements_text(CAST(:keys AS json)) AS asked (pair)"
                    f" JOIN {bands_of} ON band = pair::int >> {_WIDTH} AND value = pair::int & {2**_WIDTH - 1}"
                    f" JOIN {whole} ON {whole}.{row} = {bands_of}.{key} LIMIT :limit"
                ),
            },
            text(f"SELECT {row}, phash FROM {whole} WHERE {row} > :last ORDER BY {row} LIMIT :limit"),
        )


_PICTURES = HashTable.of("fingerprint", "fingerprintband", "asset_id")


@dataclass(frozen=True, order=True)
class Near:
    """An Asset whose picture looks alike: in how many of 256 bits its hash differs, and whether it is the mirror image."""

    distance: int
    asset_id: int
    mirrored: bool = False


def seen_in(projects: Collection[int] | None, only: Collection[str] | None = None) -> ColumnElement[bool]:
    """Only Assets of these projects, and only of these origins; None means all."""
    here: ColumnElement[bool] = true() if projects is None else col(Asset.project_id).in_(sorted(projects))
    return here if only is None else and_(here, col(Asset.origin).in_(sorted(only)))


def bands(phash: str) -> tuple[int, ...]:
    """The 16 values of a hash of 64 hex digits; none for an empty hash. Raises ValueError for any other text."""
    if not phash:
        return ()
    number = _number(phash)
    return tuple((number >> (_WIDTH * band)) & (2**_WIDTH - 1) for band in range(BANDS))


def add(session: Session, asset_id: int, phash: str) -> None:
    """Index an Asset under its hash; an empty hash leaves it out."""
    cut = bands(phash)
    session.add_all(FingerprintBand(band=band, value=value, asset_id=asset_id) for band, value in enumerate(cut))
    if cut:
        session.add(Fingerprint(asset_id=asset_id, phash=phash))
    session.flush()


def has(session: Session, asset_id: int, phash: str) -> bool:
    """Whether an Asset is in the index under this hash, whole and in all its bands."""
    whole = session.get(Fingerprint, asset_id)
    known = set(session.exec(select(FingerprintBand.value).where(FingerprintBand.asset_id == asset_id)))
    return whole is not None and whole.phash == phash and set(bands(phash)) <= known


def remove(session: Session, asset_id: int) -> None:
    for row in session.exec(select(FingerprintBand).where(FingerprintBand.asset_id == asset_id)):
        session.delete(row)
    if (whole := session.get(Fingerprint, asset_id)) is not None:
        session.delete(whole)
    session.flush()


def near(
    session: Session,
    phash: str,
    *,
    mirrored: str = "",
    within: int = 40,
    projects: Collection[int] | None = None,
    only: Collection[str] | None = None,
    limit: int = 20,
) -> list[Near]:
    """The Assets whose hash is at most `within` bits from `phash` or from `mirrored` (that of the mirror image), nearest first.

    All of them up to 31 bits, nearly all up to 40. `projects` are those whose Assets may be seen, `only` their origins; None
    means all.
    """
    best: dict[int, Near] = {}
    for asked, flipped in ((phash, False), (mirrored, True)):
        for one in _around(session, asked, within, flipped) if asked else ():
            best[one.asset_id] = min(one, best.get(one.asset_id, one))
    found = sorted(best.values())
    if projects is None and only is None:
        return found[:limit]
    visible = seen(session, [one.asset_id for one in found], projects, only)
    return [one for one in found if one.asset_id in visible][:limit]


def _around(session: Session, phash: str, within: int, flipped: bool) -> Iterator[Near]:
    for distance, asset_id in around(session, _PICTURES, phash, within):
        yield Near(distance, asset_id, flipped)


def around(session: Session, table: HashTable, phash: str, within: int) -> Iterator[tuple[int, int]]:
    """(bits that differ, row) of what stands in such a table and is at most so many bits away."""
    number = _number(phash)
    for row, other in _candidates(session, table, phash, within):
        distance = (number ^ int(other, 16)).bit_count()
        if distance <= within:
            yield distance, row


def _candidates(session: Session, table: HashTable, phash: str, within: int) -> Iterator[tuple[int, str]]:
    flips = (0, *(1 << bit for bit in range(_WIDTH))) if within >= BANDS else (0,)
    keys = [band << _WIDTH | value ^ flip for band, value in enumerate(bands(phash)) for flip in flips]
    asked = table.candidates[session.get_bind().dialect.name]
    found = _pairs(session, asked, {"keys": json.dumps(keys), "limit": _MOST})
    yield from dict(found).items() if len(found) < _MOST else _all(session, table)


def _all(session: Session, table: HashTable) -> Iterator[tuple[int, str]]:
    page = _pairs(session, table.page, {"last": 0, "limit": _PAGE})
    while page:
        yield from page
        page = _pairs(session, table.page, {"last": page[-1][0], "limit": _PAGE}) if len(page) == _PAGE else []


def _pairs(session: Session, asked: TextClause, given: dict[str, object]) -> list[tuple[int, str]]:
    return [(row[0], row[1]) for row in session.connection().execute(asked, given)]


def seen(
    session: Session, asset_ids: Sequence[int], projects: Collection[int] | None, only: Collection[str] | None = None
) -> set[int]:
    """Those of the Assets that belong to these projects and are of these origins; None means all.

    One statement is carried out even for no Asset: how many there are tells a stranger who asks what is kept here.
    """
    found = set[int]()
    for start in range(0, len(asset_ids) or 1, 500):
        some = asset_ids[start : start + 500]
        found |= set(session.exec(select(Asset.id).where(col(Asset.id).in_(some), seen_in(projects, only))))
    return found


def _number(phash: str) -> int:
    if len(phash) != BITS // 4:
        raise ValueError(f"a fingerprint has {BITS // 4} hex digits, not {len(phash)}")
    return int(phash, 16)
