"""Sessions of browsers: begun at sign-in, ended by time, by signing out, by an admin, or when their member is deactivated."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from sqlmodel import Session

from core.errors import NotFound, Refused
from core.events import Event, record
from core.events.actions import Action
from core.people.roles import Permission, may
from core.settings import Settings
from storage.clock import now
from storage.people import sessions
from storage.tables import Member, Role, WebSession

DAYS = 30
"""A session ends when it was not used for so long."""
_IDLE, _LONGEST = timedelta(days=DAYS), timedelta(days=90)
_ADMIN_IDLE, _ADMIN_LONGEST = timedelta(hours=12), timedelta(days=7)
_NOTED = timedelta(minutes=10)
"""How exactly the last use of a session is known."""
_BROWSER = 120


class Way(StrEnum):
    """How somebody signed in."""

    NAME = "name"
    LINK = "link"
    FIRST_ADMIN = "first-admin"
    OPENID = "openid"


@dataclass(frozen=True)
class SignedIn:
    """A session that holds."""

    row: int
    member: Member
    stale: bool
    """Whether its last use is to be noted again."""


def begin(session: Session, member: Member, way: Way, *, browser: str = "", before: str = "") -> str:
    """Begin a session for a Member; the token for its cookie. The session of the token `before`, if any, ends.

    Raises Refused for a Member who was deactivated.
    """
    if not member.active:
        raise Refused(f"{member.name} is no longer active here.", hint="An admin can change that.", member=member.name)
    old = sessions.by_digest(session, digest(before)) if before else None
    if old is not None:
        sessions.end(session, old[0].id, now())
    token = secrets.token_urlsafe(32)
    shown = "".join(letter for letter in browser if letter.isprintable())[:_BROWSER]
    kept = WebSession(digest=digest(token), member_id=member.id, way=way.value, browser=shown)
    sessions.add(session, kept, forget_before=now() - _LONGEST)
    record(session, Event(Action.SESSION_BEGUN, f"member/{member.id}", by=member, after={"way": way.value, "session": kept.id}))
    return token


def held(session: Session, settings: Settings, token: str) -> SignedIn | None:
    """The session of a cookie's token, if it holds."""
    return _holding(settings, sessions.by_digest(session, digest(token)))


def holds(session: Session, settings: Settings, row: int) -> bool:
    """Whether the session of this row still holds: for a page that stays open."""
    return _holding(settings, sessions.by_row(session, row)) is not None


def _holding(settings: Settings, found: tuple[WebSession, Member] | None) -> SignedIn | None:
    if found is None or not found[1].active or _over(settings, *found):
        return None
    return SignedIn(found[0].id, found[1], now() - found[0].seen_at > _NOTED)


def _over(settings: Settings, kept: WebSession, member: Member) -> bool:
    """Whether its time is over. Where people sign in with an account, a session that began with a name alone is worth nothing."""
    by_name = kept.way == Way.NAME
    if by_name and settings.sign_in != "name":
        return True
    admin = member.role is Role.ADMIN and not by_name
    idle, longest = (_ADMIN_IDLE, _ADMIN_LONGEST) if admin else (_IDLE, _LONGEST)
    return now() - kept.seen_at > idle or now() - kept.created_at > longest


def note_use(session: Session, row: int) -> None:
    """The session was used just now."""
    sessions.note_use(session, row, now())


def sign_out(session: Session, token: str) -> None:
    """End the session of a cookie, if there is one."""
    found = sessions.by_digest(session, digest(token))
    if found is not None:
        _end(session, found[0], found[1], by=found[1])


def listed(session: Session, settings: Settings, member: Member, *, by: Member) -> Sequence[WebSession]:
    """The sessions of a Member that hold, the one used last first. Raises Refused for other people's unless `by` is an admin."""
    _theirs(session, member, by)
    return [one for one in sessions.of_member(session, member.id) if not _over(settings, one, member)]


def end(session: Session, row: int, *, by: Member) -> Member:
    """End a session; whose it was. Raises NotFound, also for other people's unless `by` is an admin."""
    found = sessions.by_row(session, row)
    if found is None or not (found[1].id == by.id or may(session, by, Permission.MANAGE_MEMBERS, None)):
        raise NotFound(f"There is no session {row}.", hint="/sessions lists yours.")
    _end(session, found[0], found[1], by=by)
    return found[1]


def end_all(session: Session, member: Member, *, by: Member) -> int:
    """End every session of a Member; how many. Raises Refused for other people's unless `by` is an admin."""
    _theirs(session, member, by)
    ended = sessions.end_all(session, member.id, now())
    if ended:
        record(session, Event(Action.SESSION_ENDED, f"member/{member.id}", by=by, after={"name": member.name, "sessions": ended}))
    return ended


def _end(session: Session, kept: WebSession, member: Member, *, by: Member) -> None:
    if sessions.end(session, kept.id, now()):
        after = {"name": member.name, "session": kept.id}
        record(session, Event(Action.SESSION_ENDED, f"member/{member.id}", by=by, after=after))


def _theirs(session: Session, member: Member, by: Member) -> None:
    if member.id != by.id and not may(session, by, Permission.MANAGE_MEMBERS, None):
        raise Refused("Only admins see where other people are signed in.", hint="/sessions shows your own.")


def digest(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token[:500].encode("utf-8", "replace")).hexdigest()
