"""Links to files for people without an account: signed, for one file, good for some days."""

from __future__ import annotations

import time
from dataclasses import dataclass

from itsdangerous import BadSignature, URLSafeSerializer

from core.errors import Conflict, NotFound
from core.security.encryption import house_key
from core.settings import Settings


@dataclass(frozen=True)
class LinkedFile:
    """The file behind a link."""

    sha256: str
    filename: str
    mime: str


def address(settings: Settings, number: int) -> str:
    """The whole address of the link of this number (storage.files.links)."""
    return f"{settings.base_url}/get/{_signer(settings).dumps(number)}"


def read(settings: Settings, token: str) -> int | LinkedFile:
    """The number of the link behind a token; of a token from before links had numbers, its file.

    Raises NotFound for one that was not made here, Conflict for an old one that is over.
    """
    try:
        told = _signer(settings).loads(token[:4000])
        if type(told) is int:
            return told
        sha256, filename, mime, ends = (str(told[0]), str(told[1]), str(told[2]), int(told[3]))
    except (BadSignature, ValueError, TypeError, IndexError) as problem:
        raise NotFound("There is no file behind this link.", hint="Check that the whole link was copied.") from problem
    if time.time() > ends:
        raise Conflict("This link is no longer good.", hint="Ask whoever sent it for a new one.")
    return LinkedFile(sha256, filename, mime)


def _signer(settings: Settings) -> URLSafeSerializer:
    return URLSafeSerializer(house_key(settings), salt="file link")
