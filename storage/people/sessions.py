"""Named queries about signing in on the web: sessions of browsers, and one-time tickets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete
from sqlmodel import Session, col, select, update

from storage.tables import Member, SignInTicket, WebSession


def add(session: Session, kept: WebSession, *, forget_before: datetime) -> WebSession:
    """Keep a new session; those last used before `forget_before` are forgotten."""
    session.execute(delete(WebSession).where(col(WebSession.seen_at) < forget_before))
    session.add(kept)
    session.flush()
    return kept


def by_digest(session: Session, digest: str) -> tuple[WebSession, Member] | None:
    """The session that has not been ended, and whose it is."""
    asked = select(WebSession, Member).join(Member, col(Member.id) == col(WebSession.member_id))
    return session.exec(asked.where(WebSession.digest == digest, col(WebSession.ended_at).is_(None))).first()


def by_row(session: Session, row: int) -> tuple[WebSession, Member] | None:
    """As `by_digest`, by the row number."""
    asked = select(WebSession, Member).join(Member, col(Member.id) == col(WebSession.member_id))
    return session.exec(asked.where(WebSession.id == row, col(WebSession.ended_at).is_(None))).first()


def of_member(session: Session, member_id: int) -> Sequence[WebSession]:
    """The sessions of a Member that have not been ended, the one used last first."""
    asked = select(WebSession).where(WebSession.member_id == member_id, col(WebSession.ended_at).is_(None))
    return session.exec(asked.order_by(col(WebSession.seen_at).desc(), col(WebSession.id).desc())).all()


def note_use(session: Session, row: int, at: datetime) -> None:
    session.execute(update(WebSession).where(col(WebSession.id) == row).values(seen_at=at))


def end(session: Session, row: int, at: datetime) -> bool:
    """End one session; whether it went on until now."""
    return bool(_end(session, col(WebSession.id) == row, at))


def end_all(session: Session, member_id: int, at: datetime) -> int:
    """End every session of a Member; how many there were."""
    return _end(session, col(WebSession.member_id) == member_id, at)


def _end(session: Session, which: ColumnElement[bool], at: datetime) -> int:
    ended = update(WebSession).where(which, col(WebSession.ended_at).is_(None)).values(ended_at=at)
    return int(session.execute(ended).rowcount)  # type: ignore[attr-defined]


def add_ticket(session: Session, ticket: SignInTicket, at: datetime) -> None:
    """Keep a new ticket; expired ones are forgotten."""
    session.execute(delete(SignInTicket).where(col(SignInTicket.expires_at) <= at))
    session.add(ticket)
    session.flush()


def ticket(session: Session, digest: str, kinds: Sequence[str], at: datetime) -> SignInTicket | None:
    """A ticket that is still good, which stays so."""
    asked = select(SignInTicket).where(SignInTicket.digest == digest, col(SignInTicket.kind).in_(kinds))
    return session.exec(asked.where(col(SignInTicket.expires_at) > at)).first()


def redeem(session: Session, digest: str, kinds: Sequence[str], at: datetime) -> SignInTicket | None:
    """A ticket that is still good, which is spent by this: of two that redeem it at once, one gets it."""
    kept = ticket(session, digest, kinds, at)
    if kept is None:
        return None
    session.expunge(kept)
    gone = session.execute(delete(SignInTicket).where(col(SignInTicket.digest) == digest))
    return kept if gone.rowcount else None  # type: ignore[attr-defined]


def forget_tickets(session: Session, kind: str, member_id: int | None) -> None:
    """Every ticket of this kind and Member is void."""
    whose = col(SignInTicket.member_id).is_(None) if member_id is None else col(SignInTicket.member_id) == member_id
    session.execute(delete(SignInTicket).where(col(SignInTicket.kind) == kind, whose))
