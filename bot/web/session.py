"""Signed values that a browser keeps for us: who has joined, and which uploads are theirs."""

from __future__ import annotations

import secrets
import time
from dataclasses import asdict, dataclass

from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.requests import Request
from starlette.responses import Response

from bot.request import Attachment
from core.files import waiting
from core.security.encryption import house_key
from core.settings import Settings

COOKIE = "slate_room"
DAYS = 30
"""How long a session lasts from its last use; a cookie older than RENEWED_AFTER is made anew when it is used."""
RENEWED_AFTER = 24 * 3600.0
_DAY = 24 * 3600


@dataclass(frozen=True)
class Session:
    """What a cookie says: who joined, in which session, and how many seconds ago the cookie was made."""

    member: int
    ident: str
    age: float


class Signer:
    """Signs and reads what browsers keep, with one key per Slate."""

    def __init__(self, secret: str) -> None:
        self._sessions = URLSafeTimedSerializer(secret, salt="room session 2")
        self._uploads = URLSafeTimedSerializer(secret, salt="room upload 2")

    def session_of(self, request: Request) -> Session | None:
        """The session of whoever joined with this browser; None where there is none or it is too old."""
        try:
            told, made = self._sessions.loads(request.cookies.get(COOKIE, "")[:2000], max_age=DAYS * _DAY, return_timestamp=True)
        except BadSignature:
            return None
        if not (isinstance(told, list) and len(told) == 2 and isinstance(told[0], int) and isinstance(told[1], str)):
            return None
        return Session(told[0], told[1], max(0.0, time.time() - made.timestamp()))

    def cookie(self, member_id: int, ident: str = "", *, https: bool) -> str:
        """A `Set-Cookie` value that lets a member in, for a new session or to carry on one."""
        response = Response()
        value = str(self._sessions.dumps([member_id, ident or secrets.token_hex(16)]))
        response.set_cookie(COOKIE, value, max_age=DAYS * _DAY, httponly=True, samesite="lax", secure=https)
        return response.headers["set-cookie"]

    def let_in(self, response: Response, member_id: int, *, https: bool) -> None:
        """Give the browser its session cookie."""
        response.headers.append("set-cookie", self.cookie(member_id, https=https))

    def see_out(self, response: Response) -> None:
        response.delete_cookie(COOKIE, httponly=True, samesite="lax")

    def receipt(self, upload: Attachment, member_id: int) -> str:
        """What the browser hands back to say "the file I uploaded": naming a digest alone would open other people's files."""
        return str(self._uploads.dumps({"member": member_id, **asdict(upload)}))

    def redeem(self, receipt: str, member_id: int) -> Attachment | None:
        """The upload behind a receipt of that member; None when it is not theirs or was tampered with."""
        try:
            kept = self._uploads.loads(receipt, max_age=waiting.HOURS * 3600)
        except BadSignature:
            return None
        if not isinstance(kept, dict) or kept.pop("member", None) != member_id:
            return None
        return Attachment(**kept)


def signer(settings: Settings) -> Signer:
    """A Signer with this house's key."""
    return Signer(house_key(settings))
