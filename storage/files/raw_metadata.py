"""Keeps the words a file carried, packed, beside its Asset: facts can be read from them again by a better reader."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping

from sqlalchemy import insert
from sqlmodel import Session

from storage.tables import AssetWords

_LEVEL = 1
"""Workflows repeat themselves: the fastest level makes them five times smaller."""
_LONGEST = 64 << 20


def add(session: Session, words: Mapping[int, Mapping[str, str]]) -> None:
    """Keep each Asset's words; nothing is written for those that carried none."""
    rows = [{"asset_id": number, "packed": pack(said)} for number, said in words.items() if said]
    if rows:
        session.connection().execute(insert(AssetWords), rows)


def replace(session: Session, asset_id: int, words: Mapping[str, str]) -> None:
    """Keep these words in place of those there were."""
    session.merge(AssetWords(asset_id=asset_id, packed=pack(words)))


def of(session: Session, asset_id: int) -> dict[str, str] | None:
    """The words that came with an Asset, or None where none were kept."""
    kept = session.get(AssetWords, asset_id)
    return unpack(kept.packed) if kept is not None else None


def pack(words: Mapping[str, str]) -> bytes:
    return zlib.compress(json.dumps(dict(words)).encode("ascii"), _LEVEL)


def unpack(packed: bytes) -> dict[str, str]:
    """What `pack` made; at most _LONGEST characters."""
    text = zlib.decompressobj().decompress(packed, _LONGEST)
    return {str(key): str(value) for key, value in json.loads(text).items()}
