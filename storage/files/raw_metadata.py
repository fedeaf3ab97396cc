"""Keeps the texts a file carried, packed, beside its Asset: as bytes, so that a better reader can decode and read them again."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence

from sqlalchemy import insert
from sqlmodel import Session

from storage.tables import AssetWords

Raw = tuple[str, str, str, bytes]
"""(place, key, code, bytes) of one text; core.formats.raw_text says what they mean."""

_LEVEL = 1
"""Workflows repeat themselves: the fastest level makes them five times smaller."""
_LONGEST = 64 << 20


def add(session: Session, texts: Mapping[int, Sequence[Raw]]) -> None:
    """Keep each Asset's texts; nothing is written for those that carried none."""
    rows = [{"asset_id": number, "packed": pack(said)} for number, said in texts.items() if said]
    if rows:
        session.connection().execute(insert(AssetWords), rows)


def replace(session: Session, asset_id: int, texts: Sequence[Raw]) -> None:
    """Keep these texts in place of those there were."""
    session.merge(AssetWords(asset_id=asset_id, packed=pack(texts)))


def of(session: Session, asset_id: int) -> list[Raw] | None:
    """The texts that came with an Asset, or None where none were kept."""
    kept = session.get(AssetWords, asset_id)
    return unpack(kept.packed) if kept is not None else None


def pack(texts: Sequence[Raw]) -> bytes:
    """A line of JSON that lists `[place, key, code, length]`, then the bytes of all texts; packed with zlib."""
    told = json.dumps([[place, key, code, len(body)] for place, key, code, body in texts]).encode("ascii")
    return zlib.compress(b"\n".join((told, b"".join(body for *_, body in texts))), _LEVEL)


def unpack(packed: bytes) -> list[Raw]:
    """What `pack` made, at most _LONGEST bytes; also what older versions made, an object of texts by key."""
    data = zlib.decompressobj().decompress(packed, _LONGEST)
    if data[:1] == b"{":
        return [(str(key), str(key), "utf-8", str(text).encode("utf-8", "replace")) for key, text in json.loads(data).items()]
    head, _, bodies = data.partition(b"\n")
    found, at = list[Raw](), 0
    for place, key, code, length in json.loads(head):
        found.append((str(place), str(key), str(code), bodies[at : at + int(length)]))
        at += int(length)
    return found
