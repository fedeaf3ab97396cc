"""Seals small secrets, such as a workspace's bot token, for the database; the key is this house's own."""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core.errors import Conflict
from core.settings import Settings

_KEY = "room.key"


class Vault:
    """Seals and opens with one key: Fernet (AES-128-CBC and HMAC-SHA-256), the key derived by HKDF from the house's own."""

    def __init__(self, key: str, purpose: str = "slate vault") -> None:
        derived = HKDF(SHA256(), length=32, salt=None, info=purpose.encode()).derive(key.encode())
        self._fernet = Fernet(base64.urlsafe_b64encode(derived))

    def seal(self, text: str) -> str:
        """
        >>> vault = Vault("a key")
        >>> vault.open(vault.seal("xoxb-1"))
        'xoxb-1'
        """
        return self._fernet.encrypt(text.encode()).decode("ascii")

    def open(self, sealed: str) -> str:
        """What was sealed. Raises Conflict when it was sealed with another key, or is no seal at all."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken as problem:
            hint = "Set the SLATE_SECRET (or bring back the room.key) it was stored with, or install Slate there again."
            raise Conflict("A stored secret does not open with this house's key.", hint=hint) from problem


def vault(settings: Settings) -> Vault:
    return Vault(house_key(settings))


def house_key(settings: Settings) -> str:
    """The configured key, or one made once and kept in the data folder, readable by its owner only."""
    return settings.secret or _kept_key(settings.data / _KEY)


def _kept_key(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    if not path.exists():
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
        try:
            os.link(fresh, path)  # whole or not at all: of two processes that start together, both then read the first one's key
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text().strip()
