"""The index of landmarks: which Assets show a spot that looks like one of these, in an ordinary table on every database.

A row is a spot's word of 24 bits, its Asset, and its place there. Words are looked up as they are; which of the Assets that share
some is really seen is settled by who asks. What so many share that it tells nothing is left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import delete, insert, update
from sqlmodel import Session, col, select

from storage.files.fingerprints import seen_in
from storage.tables import Asset, LandmarkWord

_TOGETHER = 400
"""Words asked for at once."""
_CUT = 8_000
"""Rows one question may bring; beyond it, it is halved, and a single word that brings more is left out."""


class Noted(NamedTuple):
    """A spot of an Asset: its word and its place, both as numbers whose meaning core/recognition/keypoint_match.py knows."""

    word: int
    asset_id: int
    place: int


def note(session: Session, spots: Mapping[int, Iterable[tuple[int, int]]], finder: int) -> None:
    """Keep (word, place) of each Asset, and that this finder has looked at it; what an older one found goes.

    What another process has noted meanwhile stays as it is.
    """
    connection = session.connection()
    older = (col(Asset.id).in_(spots), col(Asset.landmarks) < finder)
    again = list(session.exec(select(Asset.id).where(*older, col(Asset.landmarks) > 0)))
    if again:
        connection.execute(delete(LandmarkWord).where(col(LandmarkWord.asset_id).in_(again)))
    taken = connection.execute(update(Asset).where(*older).values(landmarks=finder).returning(col(Asset.id))).scalars().all()
    rows = [{"asset_id": one, "word": word, "place": place} for one in taken for word, place in {*spots[one]}]
    if rows:
        connection.execute(insert(LandmarkWord), rows)


def unseen(session: Session, finder: int, *, limit: int) -> Sequence[Asset]:
    """Assets that no finder of this number or a later one has looked at, oldest first."""
    asked = select(Asset).where(col(Asset.landmarks) < finder).order_by(col(Asset.landmarks), col(Asset.id)).limit(limit)
    return session.exec(asked).all()


def sharing(session: Session, words: Iterable[int]) -> Iterator[Noted]:
    """Every spot with one of these words, but for words that thousands share."""
    asked = sorted(set(words))
    for start in range(0, len(asked), _TOGETHER):
        yield from _with(session, asked[start : start + _TOGETHER])


def visible(session: Session, asset_ids: Iterable[int], projects: Collection[int] | None) -> set[int]:
    """Which of these Assets are of these projects; None means all."""
    if projects is None:
        return set(asset_ids)
    asked, found = sorted(asset_ids), set[int]()
    for start in range(0, len(asked), _TOGETHER):
        some = select(Asset.id).where(col(Asset.id).in_(asked[start : start + _TOGETHER]), seen_in(projects))
        found.update(one for one in session.exec(some) if one is not None)
    return found


def _with(session: Session, words: Sequence[int]) -> Iterator[Noted]:
    columns = (LandmarkWord.word, LandmarkWord.asset_id, LandmarkWord.place)
    rows = session.exec(select(*columns).where(col(LandmarkWord.word).in_(words)).limit(_CUT)).all()
    if len(rows) < _CUT:
        yield from (Noted(*row) for row in rows)
    elif len(words) > 1:
        half = len(words) // 2
        yield from _with(session, words[:half])
        yield from _with(session, words[half:])
