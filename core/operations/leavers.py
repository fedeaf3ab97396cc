"""Somebody leaves the team: deactivated, with what they wait for cancelled and their links taken back, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass

from core.desk import Desk
from core.exports import links
from core.people import team
from core.rendering import lifecycle
from storage.rendering import renders
from storage.tables import Member, Render, SharedLink


@dataclass(frozen=True)
class Departure:
    """What a deactivation came to."""

    member: Member
    changed: bool
    cancelled: tuple[Render, ...] = ()
    revoked: tuple[SharedLink, ...] = ()
    """Links to files for people outside that this Member had made."""


def deactivate(desk: Desk, name: str, *, by: Member, operator: str = "", platform: str = "", tenant: str = "") -> Departure:
    """Deactivate the Member of this name. Running renders go on: they are the team's.

    Raises Refused, LastAdmin, UnknownMember.
    """
    with desk.writing() as session:
        member = team.for_change(session, name, platform=platform, tenant=tenant)
        if not team.deactivate(session, member, by=by, operator=operator):
            return Departure(member, changed=False)
        waiting = renders.waiting_of_inactive(session, member_id=member.id, limit=100_000)
        done = lifecycle.cancel_waiting(desk, session, waiting, by=by)
        revoked = links.revoke_all_of(session, member, by=by)
    return Departure(member, True, tuple(done), tuple(revoked))
