"""Who asks with a key: `Authorization: Bearer slate_…`."""

from __future__ import annotations

import structlog
from fastapi import Request

from bot.web import limits
from bot.web.app_state import NotJoined, house, visitor
from core.errors import StoreError
from core.people import api_keys, signin
from core.people.api_keys import KeyUse
from storage.tables import Member

log = structlog.get_logger(__name__)
_A_MINUTE = 600
"""Requests that one key may make a minute."""
_WRONG_A_MINUTE = 30


def key_of(request: Request) -> KeyUse:
    """The key that came with a request. Raises NotJoined where there is none that holds, Refused for too many requests."""
    desk = house(request).desk
    kind, _, text = request.headers.get("authorization", "").partition(" ")
    if kind.casefold() != "bearer":
        raise NotJoined
    with desk.reading() as session:
        found = api_keys.held(session, text.strip())
    if found is None:
        limits.take(desk, request, "wrong-key", _WRONG_A_MINUTE)
        signin.note_refusal(desk, "key", "a key that is not valid")
        raise NotJoined
    limits.take(desk, request, "key", _A_MINUTE, who=str(found.row))
    if found.stale:
        try:
            with desk.writing() as session:
                api_keys.note_use(session, found.row)
        except StoreError as problem:
            log.warning("web.key-not-noted", code=problem.code)
    return found


def reader(request: Request) -> Member:
    """Who asks to see something: whoever is signed in in the browser, or for whom the key acts. Raises NotJoined."""
    return key_of(request).member if "authorization" in request.headers else visitor(request)
