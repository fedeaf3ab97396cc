"""Named queries about people: Members, their Handles, and their role in a Project."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, or_, text
from sqlmodel import Session, col, select

from storage.tables import Handle, Member, Membership, Role

_DOOR = 7528324


def one_at_a_time(session: Session) -> None:
    """Let only one transaction at a time take in people or make places, so that two cannot both be the first.

    Until the transaction ends. SQLite writes one at a time anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.connection().execute(text("SELECT pg_advisory_xact_lock(:door)"), {"door": _DOOR})


def by_id(session: Session, member_id: int) -> Member | None:
    return session.get(Member, member_id)


def by_ids(session: Session, member_ids: Collection[int]) -> dict[int, Member]:
    """Row number -> Member, for those that exist."""
    found = session.exec(select(Member).where(col(Member.id).in_(member_ids)))
    return {member.id: member for member in found if member.id is not None}


def by_key(session: Session, name_key: str) -> Member | None:
    """The Member whose name folds to `name_key` (see core/text/names.py)."""
    return session.exec(select(Member).where(Member.name_key == name_key)).first()


def by_handle(session: Session, platform: str, user_id: str) -> Member | None:
    asked = select(Member).join(Handle, col(Handle.member_id) == Member.id)
    return session.exec(asked.where(Handle.platform == platform, Handle.user_id == user_id)).first()


def everybody(session: Session, *, active_only: bool = False) -> Sequence[Member]:
    """All Members by name."""
    asked = select(Member).order_by(Member.name_key)
    return session.exec(asked.where(col(Member.active)) if active_only else asked).all()


def anybody(session: Session) -> bool:
    """Whether there is a Member at all."""
    return session.exec(select(Member.id).limit(1)).first() is not None


def anybody_beyond(session: Session, platform: str) -> bool:
    """Whether there is a Member who has a Handle on another platform than `platform`."""
    return session.exec(select(Handle.id).where(Handle.platform != platform).limit(1)).first() is not None


def add(session: Session, name: str, name_key: str, role: Role) -> Member:
    member = Member(name=name, name_key=name_key, role=role)
    session.add(member)
    session.flush()
    return member


def add_handle(session: Session, member_id: int, platform: str, user_id: str) -> Handle:
    handle = Handle(platform=platform, user_id=user_id, member_id=member_id)
    session.add(handle)
    session.flush()
    return handle


def handle(session: Session, platform: str, user_id: str) -> Handle | None:
    return session.exec(select(Handle).where(Handle.platform == platform, Handle.user_id == user_id)).first()


def handle_on(session: Session, member_id: int, platform: str) -> Handle | None:
    """The Member's newest open account on a platform."""
    where = (Handle.member_id == member_id, Handle.platform == platform, col(Handle.active))
    return session.exec(select(Handle).where(*where).order_by(col(Handle.id).desc())).first()


def save_handle(session: Session, kept: Handle) -> None:
    session.add(kept)
    session.flush()


def handles(session: Session, member_id: int) -> Sequence[Handle]:
    return session.exec(select(Handle).where(Handle.member_id == member_id).order_by(col(Handle.id))).all()


def handles_of(session: Session, member_ids: Collection[int]) -> dict[int, list[Handle]]:
    """Member row -> their accounts, the oldest first."""
    found: dict[int, list[Handle]] = {}
    for one in session.exec(select(Handle).where(col(Handle.member_id).in_(member_ids)).order_by(col(Handle.id))):
        found.setdefault(one.member_id, []).append(one)
    return found


def membership(session: Session, member_id: int, project_id: int) -> Role | None:
    """The role a Membership gives in that Project, or None when there is none."""
    kept = session.get(Membership, (member_id, project_id))
    return kept.role if kept else None


def set_membership(session: Session, member_id: int, project_id: int, role: Role) -> None:
    kept = session.get(Membership, (member_id, project_id)) or Membership(member_id=member_id, project_id=project_id, role=role)
    kept.role = role
    session.add(kept)
    session.flush()


def drop_membership(session: Session, member_id: int, project_id: int) -> None:
    kept = session.get(Membership, (member_id, project_id))
    if kept is not None:
        session.delete(kept)
        session.flush()


def memberships(session: Session, member_ids: Collection[int]) -> dict[int, dict[int, Role]]:
    """Member row -> Project row -> the role there."""
    found: dict[int, dict[int, Role]] = {}
    for one in session.exec(select(Membership).where(col(Membership.member_id).in_(member_ids))):
        found.setdefault(one.member_id, {})[one.project_id] = one.role
    return found


def save(session: Session, kept: Member) -> None:
    session.add(kept)
    session.flush()


def with_roles(session: Session, roles: Collection[Role], project_id: int | None, limit: int) -> Sequence[Member]:
    """Active Members who hold one of `roles` everywhere, or in the Project when one is given; by name."""
    holds: ColumnElement[bool] = col(Member.role).in_(roles)
    if project_id is not None:
        here = select(Membership.member_id).where(Membership.project_id == project_id, col(Membership.role).in_(roles))
        holds = or_(holds, col(Member.id).in_(here))
    return session.exec(select(Member).where(col(Member.active), holds).order_by(Member.name_key).limit(limit)).all()


def by_any_handle(session: Session, user_id: str) -> Member | None:
    """The one Member who goes by this user id on some platform; None where several do."""
    asked = select(Member).join(Handle, col(Handle.member_id) == Member.id).where(Handle.user_id == user_id).distinct()
    found = session.exec(asked.limit(2)).all()
    return found[0] if len(found) == 1 else None


def stand_in(session: Session, name: str, name_key: str) -> Member:
    """A Member who is nobody: not active, so that nobody can speak as them."""
    member = Member(name=name, name_key=name_key, role=Role.VIEWER, active=False)
    session.add(member)
    session.flush()
    return member
