"""One-time links to sign in on the web: asked for in chat or at the command line, or printed for the first admin."""

from __future__ import annotations

import secrets
from datetime import timedelta
from enum import StrEnum

from sqlmodel import Session

from core.desk import Desk
from core.errors import Conflict, Refused
from core.events import Event, record
from core.events.actions import Action
from core.people.sessions import digest
from storage.clock import now
from storage.people import members, sessions
from storage.rate_limit import Budget
from storage.tables import Member, Role, SignInTicket

MINUTES = 10
"""How long a link is good."""
FIRST_ADMIN_MINUTES = 60
_REFUSALS_A_MINUTE = 30
"""More refused sign-ins than this are logged, but not audited: strangers must not fill the audit log."""


class Ticket(StrEnum):
    """What a SignInTicket is for."""

    LINK = "link"
    FIRST_ADMIN = "first-admin"
    OPENID = "openid"


LINKS = (Ticket.LINK, Ticket.FIRST_ADMIN)


def offer_link(desk: Desk, member: Member, *, platform: str) -> str:
    """The address at which this Member can sign in, once, within MINUTES; earlier ones are void. Raises Refused."""
    with desk.writing() as session:
        stored = members.by_id(session, member.id)
        if stored is None or not stored.active:
            raise Refused(f"{member.name} is no longer active here.", hint="An admin can change that.", member=member.name)
        sessions.forget_tickets(session, Ticket.LINK, member.id)
        token = _add(session, Ticket.LINK, MINUTES, member_id=member.id)
        event = Event(Action.SIGN_IN_LINK_MADE, f"member/{member.id}", by=member, after={"platform": platform})
        record(session, event)
    return address(desk, token)


def offer_first_admin(desk: Desk) -> str:
    """The address at which the first admin can sign in; empty where there is an admin already, or a name is enough."""
    if desk.settings.sign_in == "name":
        return ""
    with desk.writing() as session:
        if members.with_roles(session, [Role.ADMIN], None, limit=1):
            return ""
        sessions.forget_tickets(session, Ticket.FIRST_ADMIN, None)
        token = _add(session, Ticket.FIRST_ADMIN, FIRST_ADMIN_MINUTES)
    return address(desk, token)


def address(desk: Desk, token: str) -> str:
    return f"{desk.settings.base_url}/signin/{token}"


def new_token() -> str:
    return secrets.token_urlsafe(32)


def open_visit(session: Session, token: str, minutes: int, facts: dict[str, str]) -> None:
    """Remember that somebody has gone to the identity provider, and what must come back."""
    _keep(session, token, Ticket.OPENID, minutes, None, facts)


def _add(session: Session, kind: Ticket, minutes: int, *, member_id: int | None = None) -> str:
    token = new_token()
    _keep(session, token, kind, minutes, member_id, {})
    return token


def _keep(session: Session, token: str, kind: Ticket, minutes: int, member_id: int | None, facts: dict[str, str]) -> None:
    at = now()
    made = SignInTicket(
        digest=digest(token), kind=kind.value, member_id=member_id, facts=facts, expires_at=at + timedelta(minutes=minutes)
    )
    sessions.add_ticket(session, made, at)


def look(session: Session, token: str) -> tuple[Ticket, Member | None]:
    """What a link is good for, and for whom; it stays good. Raises Refused."""
    return _meant(session, sessions.ticket(session, digest(token), LINKS, now()))


def redeem(session: Session, token: str) -> tuple[Ticket, Member | None]:
    """As `look`; the link is spent by this. Raises Refused, Conflict where it was for the first admin and there is one."""
    kind, member = _meant(session, sessions.redeem(session, digest(token), LINKS, now()))
    if kind is Ticket.FIRST_ADMIN:
        members.one_at_a_time(session)
        known = members.with_roles(session, [Role.ADMIN], None, limit=1)
        if known:
            raise Conflict("There is an admin already.", hint=f"Ask {known[0].name} who may sign in, and how.")
    return kind, member


def redeem_visit(session: Session, token: str) -> dict[str, str]:
    """The facts of a visit to the identity provider, which ends by this. Raises Refused."""
    kept = sessions.redeem(session, digest(token), (Ticket.OPENID,), now())
    if kept is None:
        raise Refused("This sign-in has expired, or was used before.", hint="Begin again from the sign-in page.")
    return {name: str(value) for name, value in kept.facts.items()}


def _meant(session: Session, kept: SignInTicket | None) -> tuple[Ticket, Member | None]:
    if kept is None:
        raise Refused("This link has expired, or was used before.", hint="Type /signin in Slack or Discord to get a new one.")
    member = members.by_id(session, kept.member_id) if kept.member_id is not None else None
    if kept.member_id is not None and (member is None or not member.active):
        raise Refused("The person this link is for is no longer active here.", hint="An admin can change that.")
    return Ticket(kept.kind), member


def note_refusal(desk: Desk, way: str, why: str) -> None:
    """Record that a sign-in was refused."""
    if desk.queue.pacing.take([Budget("sign-in-refused", 60 / _REFUSALS_A_MINUTE, _REFUSALS_A_MINUTE)]):
        return
    with desk.writing() as session:
        record(session, Event(Action.SIGN_IN_REFUSED, f"sign-in/{way}", after={"why": why[:200]}))
