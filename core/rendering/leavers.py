"""Somebody leaves the team: deactivated, and what they asked for that has not begun is cancelled, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass

from core.desk import Desk
from core.people import team
from core.rendering import lifecycle
from storage.rendering import renders
from storage.tables import Member, Render


@dataclass(frozen=True)
class Departure:
    """What a deactivation came to."""

    member: Member
    changed: bool
    cancelled: tuple[Render, ...] = ()


def deactivate(desk: Desk, name: str, *, by: Member, operator: str = "", platform: str = "", tenant: str = "") -> Departure:
    """Deactivate the Member of this name. Running renders go on: they are the team's.

    Raises Refused, LastAdmin, UnknownMember.
    """
    with desk.writing() as session:
        member = team.for_change(session, name, platform=platform, tenant=tenant)
        changed = team.deactivate(session, member, by=by, operator=operator)
        waiting = renders.waiting_of_inactive(session, member_id=member.id, limit=100_000) if changed else []
        done = lifecycle.cancel_waiting(desk, session, waiting, by=by)
    return Departure(member, changed, tuple(done))
