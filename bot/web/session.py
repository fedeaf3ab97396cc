"""What a browser keeps for us: the cookie of its session, and signed receipts for the uploads that are its member's."""

from __future__ import annotations

from dataclasses import asdict

from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.requests import Request
from starlette.responses import Response

from bot.request import Attachment
from core.files import waiting
from core.people.sessions import DAYS
from core.security.encryption import house_key
from core.settings import Settings

COOKIE = "slate_room"
_SECURE_COOKIE = "__Host-slate"
"""Over HTTPS: browsers then take it from this host alone, for all of its paths."""


def token_of(request: Request, settings: Settings) -> str:
    """The token in the browser's cookie, or empty."""
    return request.cookies.get(_name(settings), "")[:500]


def cookie(token: str, settings: Settings) -> str:
    """A `Set-Cookie` value that carries a session's token."""
    response = Response()
    response.set_cookie(
        _name(settings), token, max_age=DAYS * 86_400, httponly=True, samesite="lax", secure=https(settings), path="/"
    )
    return response.headers["set-cookie"]


def let_in(response: Response, token: str, settings: Settings) -> None:
    """Give the browser its session cookie."""
    response.headers.append("set-cookie", cookie(token, settings))


def see_out(response: Response, settings: Settings) -> None:
    response.delete_cookie(_name(settings), httponly=True, samesite="lax", secure=https(settings), path="/")


def https(settings: Settings) -> bool:
    """Whether people reach this Slate by HTTPS."""
    return settings.base_url.startswith("https:")


def _name(settings: Settings) -> str:
    return _SECURE_COOKIE if https(settings) else COOKIE


class Signer:
    """Signs and reads receipts for uploads, with one key per Slate."""

    def __init__(self, secret: str) -> None:
        self._uploads = URLSafeTimedSerializer(secret, salt="room upload 2")

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
