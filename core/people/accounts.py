"""Several accounts of one person: joined by a one-time code, kept fresh, closed when the platform says so."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import timedelta

from sqlmodel import Session

from core.desk import Desk
from core.errors import BadInput, Conflict
from core.events import Event, record
from core.events.actions import Action
from core.people.roles import Permission, allow
from core.people.signin import Ticket
from storage.clock import now
from storage.people import link_codes, members, sessions
from storage.tables import Member

_ADDRESS = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,255}")
GOOD_FOR = timedelta(minutes=15)
_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_LENGTH = 10
"""31**10 codes: guessing one of the few that hold for a quarter of an hour is hopeless."""


def offer(desk: Desk, member: Member) -> str:
    """A code that joins another account to this Member, once, within GOOD_FOR: `K7PQ2-M9XTR`."""
    code = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
    with desk.writing() as session:
        link_codes.add(session, _digest(code), _id(member), now() + GOOD_FOR)
    return f"{code[:5]}-{code[5:]}"


def join(desk: Desk, platform: str, user_id: str, code: str) -> Member:
    """Let the account (platform, user id) belong to whoever made `code`; what it had done before stays with its former Member.

    Raises BadInput for a code that does not hold, Conflict when the account is that Member's already.
    """
    with desk.writing() as session:
        members.one_at_a_time(session)
        row = link_codes.redeem(session, _digest(code), now())
        member = members.by_id(session, row) if row is not None else None
        if member is None or not member.active:
            raise BadInput(
                "This code is not valid, or has expired.",
                hint="Type /link where you already have an account, and use its code here.",
            )
        kept = members.handle(session, platform, user_id)
        if kept is not None and kept.member_id == member.id:
            raise Conflict(
                f"This account is {member.name}'s already.", hint="Type /link here, and use the code on the other platform."
            )
        if kept is None:
            members.add_handle(session, _id(member), platform, user_id)
            record(session, Event(Action.MEMBER_HANDLE_ADDED, f"member/{member.id}", by=member, after={"platform": platform}))
            return member
        before, kept.member_id = kept.member_id, _id(member)
        members.save_handle(session, kept)
        was, becomes = {"member": before}, {"member": member.id, "platform": platform}
        record(session, Event(Action.MEMBER_HANDLE_MOVED, f"member/{member.id}", by=member, before=was, after=becomes))
        return member


def keep_profile(
    session: Session,
    platform: str,
    user_id: str,
    *,
    name: str = "",
    avatar_url: str = "",
    active: bool | None = None,
    guest: bool | None = None,
) -> bool:
    """Note how the platform shows an account, whether it is still open and whether it is a guest's (None: not known).

    False for one nobody knows.
    """
    kept = members.handle(session, platform, user_id)
    if kept is None:
        return False
    if active is not None and kept.active != active:
        action = Action.MEMBER_HANDLE_REOPENED if active else Action.MEMBER_HANDLE_CLOSED
        record(session, Event(action, f"member/{kept.member_id}", after={"platform": platform}))
        kept.active = active
        if not active:  # whoever has another account may sign in by that
            sessions.end_all(session, kept.member_id, now())
            sessions.forget_tickets(session, Ticket.LINK, kept.member_id)
    kept.guest = kept.guest if guest is None else guest
    kept.name = name or kept.name
    kept.avatar_url = avatar_url or kept.avatar_url
    members.save_handle(session, kept)
    return True


def set_email(session: Session, member: Member, email: str, *, by: Member) -> bool:
    """Note by which e-mail address an identity provider knows this Member; whether that changed anything.

    Raises Refused unless `by` is an admin, BadInput for what is no address, Conflict for one that is somebody else's.
    """
    allow(session, by, Permission.MANAGE_MEMBERS, None)
    address = email.strip().casefold()
    if not _ADDRESS.fullmatch(address):
        raise BadInput(f"`{email[:60]}` is no e-mail address.", input="email")
    known = members.by_handle(session, "email", address)
    if known is not None and known.id != member.id:
        raise Conflict(f"This address is {known.name}'s.", hint="Every address belongs to one person.")
    if known is None:
        members.add_handle(session, _id(member), "email", address)
        record(session, Event(Action.MEMBER_HANDLE_ADDED, f"member/{member.id}", by=by, after={"platform": "email"}))
    return known is None


def _digest(code: str) -> str:
    folded = "".join(letter for letter in code.upper() if letter.isalnum())
    return hashlib.sha256(folded.encode()).hexdigest()


def _id(member: Member) -> int:
    if member.id is None:
        raise ValueError("a member who is not stored yet")
    return member.id
