"""The index of keypoints: which Assets show a spot that looks like one of these, in an ordinary table on every database.

A row is a keypoint's word of 28 bits, its Asset, and its place there. Words are looked up as they are; which of the Assets that
share some is really seen is settled by who asks. A word that hundreds of keypoints share tells nothing and is left out.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import TextClause, bindparam, delete, insert, text, update
from sqlmodel import Session, col, select

from storage.files.fingerprints import seen
from storage.tables import Asset, Keypoint

_TOGETHER = 64
"""Words asked for at once."""
_COMMON = 400
"""Keypoints that share a word, from which on it tells nothing."""
_CUT = 3_200
"""Rows one question may bring; beyond it, it is halved."""
_SHARING: Mapping[str, TextClause] = {
    "sqlite": text(
        "SELECT keypoint.word, asset_id, place FROM json_each(:words) AS asked"
        " CROSS JOIN keypoint ON keypoint.word = asked.value LIMIT :most"
    ),
    "postgresql": text(
        "SELECT word, asset_id, place FROM keypoint WHERE word = ANY(CAST(:words AS int[])) LIMIT :most"
    ).bindparams(bindparam("words")),
}


class Noted(NamedTuple):
    """A keypoint of an Asset: its word and its place, both as numbers whose meaning core/recognition/keypoint_match.py knows."""

    word: int
    asset_id: int
    place: int


def note(session: Session, spots: Mapping[int, Iterable[tuple[int, int]]], finder: int) -> Sequence[int]:
    """Keep (word, place) of each Asset, and that this finder has looked at it; what an older one found goes.

    What another process has noted meanwhile stays as it is. Returns the Assets whose keypoints were kept.
    """
    connection = session.connection()
    older = (col(Asset.id).in_(spots), col(Asset.landmarks) < finder)
    again = list(session.exec(select(Asset.id).where(*older, col(Asset.landmarks) > 0)))
    if again:
        connection.execute(delete(Keypoint).where(col(Keypoint.asset_id).in_(again)))
    taken = connection.execute(update(Asset).where(*older).values(landmarks=finder).returning(col(Asset.id))).scalars().all()
    rows = [{"asset_id": one, "word": word, "place": place} for one in taken for word, place in {*spots[one]}]
    if rows:
        connection.execute(insert(Keypoint), rows)
    return taken


def unseen(session: Session, finder: int, *, limit: int) -> Sequence[Asset]:
    """Assets that no finder of this number or a later one has looked at, oldest first."""
    asked = select(Asset).where(col(Asset.landmarks) < finder).order_by(col(Asset.landmarks), col(Asset.id)).limit(limit)
    return session.exec(asked).all()


def sharing(session: Session, words: Iterable[int]) -> Iterator[Noted]:
    """Every keypoint with one of these words, but for words that hundreds share."""
    asked = sorted(set(words))
    for start in range(0, len(asked), _TOGETHER):
        yield from _with(session, asked[start : start + _TOGETHER])


def visible(
    session: Session, asset_ids: Iterable[int], projects: Collection[int] | None, only: Collection[str] | None = None
) -> set[int]:
    """Which of these Assets are of these projects and of these origins; None means all."""
    return set(asset_ids) if projects is None and only is None else seen(session, sorted(asset_ids), projects, only)


def _with(session: Session, words: Sequence[int]) -> Iterator[Noted]:
    most = _CUT if len(words) > 1 else _COMMON
    dialect = session.get_bind().dialect.name
    given = json.dumps(words) if dialect == "sqlite" else list(words)
    rows = session.connection().execute(_SHARING[dialect], {"words": given, "most": most}).all()
    if len(rows) < most:
        yield from (Noted(row[0], row[1], row[2]) for row in rows)
    elif len(words) > 1:
        half = len(words) // 2
        yield from _with(session, words[:half])
        yield from _with(session, words[half:])
