"""Signed values that a browser keeps for us: who has joined, and which uploads are theirs."""

from __future__ import annotations

from dataclasses import asdict

from itsdangerous import BadSignature, URLSafeSerializer
from starlette.requests import Request
from starlette.responses import Response

from bot.request import Attachment
from core.security.encryption import house_key
from core.settings import Settings

COOKIE = "slate_room"
_YEAR = 365 * 24 * 3600


class Signer:
    """Signs and reads what browsers keep, with one key per Slate."""

    def __init__(self, secret: str) -> None:
        self._sessions = URLSafeSerializer(secret, salt="room session")
        self._uploads = URLSafeSerializer(secret, salt="room upload")

    def member_of(self, request: Request) -> int | None:
        """The row number of whoever joined with this browser, or None."""
        try:
            member = self._sessions.loads(request.cookies.get(COOKIE, ""))
        except BadSignature:
            return None
        return member if isinstance(member, int) else None

    def let_in(self, response: Response, member_id: int, *, https: bool) -> None:
        """Give the browser its session cookie."""
        value = self._sessions.dumps(member_id)
        response.set_cookie(COOKIE, str(value), max_age=_YEAR, httponly=True, samesite="lax", secure=https)

    def see_out(self, response: Response) -> None:
        response.delete_cookie(COOKIE, httponly=True, samesite="lax")

    def receipt(self, upload: Attachment, member_id: int) -> str:
        """What the browser hands back to say "the file I uploaded": naming a digest alone would open other people's files."""
        return str(self._uploads.dumps({"member": member_id, **asdict(upload)}))

    def redeem(self, receipt: str, member_id: int) -> Attachment | None:
        """The upload behind a receipt of that member; None when it is not theirs or was tampered with."""
        try:
            kept = self._uploads.loads(receipt)
        except BadSignature:
            return None
        if not isinstance(kept, dict) or kept.pop("member", None) != member_id:
            return None
        return Attachment(**kept)


def signer(settings: Settings) -> Signer:
    """A Signer with this house's key."""
    return Signer(house_key(settings))
