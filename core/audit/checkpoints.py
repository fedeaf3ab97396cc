"""Checkpoints of the audit log: its end, signed, in files beside the data; the form is C2SP's signed note with an Ed25519 key.

https://c2sp.org/signed-note and https://c2sp.org/tlog-checkpoint, with the hash of the last event in the place of a tree's root.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from core.desk import Desk
from core.errors import DiskFull
from core.security.encryption import house_key
from core.settings import Settings
from storage.clock import now
from storage.people import audit

EVERY = timedelta(days=1)
_ED25519 = b"\x01"
_NOTE = re.compile(
    r"(?P<text>slate-audit/(?P<origin>[0-9a-f]{16})\n(?P<number>[0-9]{1,18})\n(?P<hash>[A-Za-z0-9+/=]{44})\n(?P<at>[0-9T:+.-]{20,40})\n)"
    r"\n\u2014 (?P<name>[^ +\n]+) (?P<signature>[A-Za-z0-9+/=]+)\n",
    re.ASCII,
)
_LONGEST = 2000


@dataclass(frozen=True)
class Checkpoint:
    """That the log of this origin had so many events, and the hash of the last."""

    origin: str
    """The first 16 digits of the log's origin."""
    number: int
    hash: str
    at: datetime


class BadCheckpoint(Exception):
    """The text is no checkpoint, or is not signed with this Slate's key."""


def folder(settings: Settings) -> Path:
    return settings.data / "audit"


def public_key(settings: Settings, origin: str) -> str:
    """The key that checks the signatures, in the form of https://c2sp.org/signed-note: `name+id+key`."""
    name, key = _name(origin), _key(settings)
    return f"{name}+{_key_id(name, key).hex()}+{base64.b64encode(_ED25519 + _public(key)).decode()}"


def sign(settings: Settings, made: Checkpoint) -> str:
    """The checkpoint as a signed note."""
    digest = base64.b64encode(bytes.fromhex(made.hash)).decode()
    name, key = _name(made.origin), _key(settings)
    text = f"{name}\n{made.number}\n{digest}\n{made.at.astimezone(UTC).isoformat(timespec='seconds')}\n"
    signature = base64.b64encode(_key_id(name, key) + key.sign(text.encode())).decode()
    return f"{text}\n\u2014 {name} {signature}\n"


def read(settings: Settings, note: str) -> Checkpoint:
    """The checkpoint that a note holds. Raises BadCheckpoint unless this Slate signed it."""
    found = _NOTE.fullmatch(note) if len(note) <= _LONGEST else None
    if found is None:
        raise BadCheckpoint
    name, key = _name(found["origin"]), _key(settings)
    try:
        signature = base64.b64decode(found["signature"], validate=True)
        digest = base64.b64decode(found["hash"], validate=True)
        key.public_key().verify(signature[4:], found["text"].encode())
        at = datetime.fromisoformat(found["at"])
    except (InvalidSignature, binascii.Error, ValueError) as problem:
        raise BadCheckpoint from problem
    if found["name"] != name or signature[:4] != _key_id(name, key) or len(digest) != 32 or at.tzinfo is None:
        raise BadCheckpoint
    return Checkpoint(found["origin"], int(found["number"]), digest.hex(), at)


def write(desk: Desk) -> tuple[Checkpoint, Path] | None:
    """Sign the end of the log as it is now, and keep it in a file of its own; None for a log without events. Raises DiskFull."""
    with desk.reading() as session:
        head = audit.head(session)
    if head is None or not head.number:
        return None
    made = Checkpoint(head.origin[:16], head.number, head.hash, now())
    kept = folder(desk.settings)
    path = kept / f"checkpoint-{made.number:012}.txt"
    try:
        kept.mkdir(parents=True, exist_ok=True)
        (kept / "key.txt").write_text(public_key(desk.settings, made.origin) + "\n")
        fresh = path.with_suffix(f".{os.getpid()}.new")
        fresh.write_text(sign(desk.settings, made), encoding="utf-8")
        fresh.replace(path)
    except OSError as problem:
        raise DiskFull(f"The checkpoint cannot be written to {kept}.", hint=str(problem)) from problem
    return made, path


def write_daily(desk: Desk) -> Path | None:
    """Write a checkpoint unless the newest one is less than a day old. Raises DiskFull."""
    newest = max((path.stat().st_mtime for path in _files(desk.settings)), default=0.0)
    if now().timestamp() - newest < EVERY.total_seconds():
        return None
    written = write(desk)
    return written[1] if written else None


def notes(settings: Settings) -> Iterator[tuple[Path, str]]:
    """Every checkpoint file, with what is in it."""
    for path in _files(settings):
        with path.open("rb") as file:
            yield path, file.read(_LONGEST * 4).decode("utf-8", "replace")


def _files(settings: Settings) -> list[Path]:
    return sorted(folder(settings).glob("checkpoint-*.txt"))


def _name(origin: str) -> str:
    return f"slate-audit/{origin[:16]}"


def _key(settings: Settings) -> Ed25519PrivateKey:
    """Derived from the house's own key, so that there is one secret to keep."""
    derived = HKDF(SHA256(), length=32, salt=None, info=b"slate audit checkpoint").derive(house_key(settings).encode())
    return Ed25519PrivateKey.from_private_bytes(derived)


def _public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def _key_id(name: str, key: Ed25519PrivateKey) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + _public(key)).digest()[:4]
