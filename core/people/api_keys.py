"""Keys with which programs act for a Member: made, rotated without a gap, revoked; a service account is a Member for programs."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlmodel import Session

from core.errors import BadInput, Conflict, NotFound, Refused
from core.events import Event, record
from core.events.actions import Action
from core.people.roles import Permission, a, allow, may
from core.people.sessions import digest
from core.text import names
from storage import ids
from storage.clock import now
from storage.people import api_keys, members
from storage.tables import ApiKey, Member, Role

PREFIX = "slate_"
"""Begins every key, so that scanners for secrets know one."""
DAYS, MOST_DAYS = 90, 366
OVERLAP = timedelta(hours=24)
"""How long the old key holds after a rotation."""
SERVICE = "service"
"""The platform of a service account's Handle."""
_START = len(PREFIX) + 4
_NOTED = timedelta(minutes=10)
_MOST_KEYS = 50


class KeyScope(StrEnum):
    """What a key may do of what its Member may."""

    READ = "read"
    WRITE = "write"


@dataclass(frozen=True)
class KeyUse:
    """A key that holds, and for whom it acts."""

    row: int
    member: Member
    scope: KeyScope
    stale: bool
    """Whether its last use is to be noted again."""


def make(session: Session, member: Member, name: str, scope: KeyScope, days: int, *, by: Member) -> tuple[ApiKey, str]:
    """A new key for a Member, and its text, which is not kept. Raises Refused, BadInput, Conflict for too many."""
    _own(session, member, by)
    allow(session, member, Permission.SEE, None)
    if not 1 <= days <= MOST_DAYS:
        raise BadInput(f"A key is valid for 1 to {MOST_DAYS} days.", hint=f"Write days:{DAYS}.", input="days")
    valid = [one for one in api_keys.listed(session, member.id, _MOST_KEYS * 10) if state(one) == "valid"]
    if len(valid) >= _MOST_KEYS:
        raise Conflict(f"{member.name} has {len(valid)} keys.", hint="Revoke those that nobody uses: /apikeys")
    text = _text()
    made = ApiKey(
        member_id=member.id,
        name=names.clean(name, "key's name"),
        scope=scope.value,
        digest=digest(text),
        start=text[:_START],
        expires_at=now() + timedelta(days=days),
    )
    api_keys.save(session, made)
    after = {"name": member.name, "called": made.name, "scope": scope.value, "until": made.expires_at.isoformat()}
    record(session, Event(Action.KEY_MADE, f"key/{made.code}", by=by, after=after))
    return made, text


def rotate(session: Session, code: str, *, by: Member) -> tuple[ApiKey, str]:
    """A new text for a key; the old one holds for OVERLAP. Raises NotFound, Conflict for one that does not hold."""
    key = _theirs(session, code, by)
    if state(key) != "valid":
        raise Conflict(f"{key.code} is {state(key)}.", hint="Make a new one: /apikeys new NAME")
    text = _text()
    key.old_digest, key.old_until = key.digest, now() + OVERLAP
    key.digest, key.start = digest(text), text[:_START]
    api_keys.save(session, key)
    record(session, Event(Action.KEY_ROTATED, f"key/{key.code}", by=by, after={"called": key.name}))
    return key, text


def revoke(session: Session, code: str, *, by: Member) -> ApiKey:
    """The key does not hold any more, nor the one before its rotation. Raises NotFound, Conflict."""
    key = _theirs(session, code, by)
    if key.revoked_at is not None:
        raise Conflict(f"{key.code} is revoked already.")
    key.revoked_at = now()
    api_keys.save(session, key)
    record(session, Event(Action.KEY_REVOKED, f"key/{key.code}", by=by, after={"called": key.name}))
    return key


def held(session: Session, text: str) -> KeyUse | None:
    """The key of this text, if it holds."""
    if not text.startswith(PREFIX):
        return None
    at = now()
    found = api_keys.by_digest(session, digest(text), at)
    if found is None:
        return None
    key, member = found
    return KeyUse(key.id, member, KeyScope(key.scope), key.used_at is None or at - key.used_at > _NOTED)


def note_use(session: Session, row: int) -> None:
    api_keys.note_use(session, row, now())


def listed(session: Session, *, by: Member, everybody: bool, limit: int) -> Sequence[ApiKey]:
    """A Member's keys, or, for an admin, everybody's; newest first. Raises Refused."""
    if everybody:
        allow(session, by, Permission.MANAGE_MEMBERS, None)
    return api_keys.listed(session, None if everybody else by.id, limit)


def state(key: ApiKey, at: datetime | None = None) -> str:
    if key.revoked_at is not None:
        return "revoked"
    return "expired" if key.expires_at <= (at or now()) else "valid"


def service_account(session: Session, name: str, role: Role, *, by: Member) -> Member:
    """The service account of this name, made with this role if there is none. Raises Refused, BadInput, Conflict."""
    allow(session, by, Permission.MANAGE_MEMBERS, None)
    shown = names.clean(name)
    members.one_at_a_time(session)
    known = members.by_key(session, names.key(shown))
    if known is not None:
        if members.handle_on(session, known.id, SERVICE) is None:
            raise Conflict(f"{known.name} is a person.", hint="Give the service account another name.")
        return known
    if role is Role.ADMIN:
        raise Refused(f"A service account cannot be {a(role)}.", hint="Use viewer, artist or lead.")
    if names.skeleton(shown) in {names.skeleton(one.name) for one in members.everybody(session)} | {names.skeleton("Slate")}:
        raise BadInput("This name looks like one that is taken.", hint="Choose another one.", input="service")
    made = members.add(session, shown, names.key(shown), role)
    members.add_handle(session, made.id, SERVICE, made.name_key)
    after = {"name": made.name, "role": role.value, "platform": SERVICE}
    record(session, Event(Action.MEMBER_JOINED, f"member/{made.id}", by=by, after=after))
    return made


def _own(session: Session, member: Member, by: Member) -> None:
    if member.id != by.id:
        allow(session, by, Permission.MANAGE_MEMBERS, None)


def _theirs(session: Session, code: str, by: Member) -> ApiKey:
    """The key of this id, as if it did not exist where it is somebody else's. Raises NotFound."""
    row = ids.number("K", code)
    key = api_keys.for_change(session, row) if row is not None else None
    if key is None or not (key.member_id == by.id or may(session, by, Permission.MANAGE_MEMBERS, None)):
        raise NotFound(f"There is no key {code[:20]}.", hint="/apikeys lists yours.")
    return key


def _text() -> str:
    return PREFIX + secrets.token_urlsafe(32)
