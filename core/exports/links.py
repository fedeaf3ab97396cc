"""Links to files for people without an account: made, used, listed and taken back, and each of it in the audit log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlmodel import Session

from core.desk import Desk
from core.errors import Conflict, NotFound, Refused
from core.events import Event, record
from core.events.actions import Action
from core.people.roles import Permission, allow, role_in
from core.security import signed_links
from core.security.signed_links import LinkedFile
from storage import ids
from storage.clock import now
from storage.files import assets, links
from storage.people import projects
from storage.tables import Asset, Member, Role, SharedLink

_ASK = "Ask whoever sent it for a new one."


def make(desk: Desk, file: LinkedFile, *, by: Member, asset: Asset | None = None) -> str:
    """The whole address of a new link to a file."""
    settings = desk.settings
    link = SharedLink(
        sha256=file.sha256,
        filename=file.filename,
        mime=file.mime,
        asset_id=asset.id if asset else None,
        member_id=by.id or 0,
        most_uses=settings.link_uses,
        ends_at=now() + timedelta(days=settings.link_days),
    )
    with desk.writing() as session:
        links.add(session, link)
        told = {"file": file.filename, "sha256": file.sha256, "until": link.ends_at.isoformat(), "uses": link.most_uses}
        record(session, Event(Action.LINK_MADE, link.code, by=by, after=told, asset_id=link.asset_id))
        return signed_links.address(settings, link.id)


def follow(desk: Desk, token: str) -> LinkedFile:
    """The file behind a token, for one download more. Raises NotFound, Conflict."""
    told = signed_links.read(desk.settings, token)
    if isinstance(told, LinkedFile):
        return told
    with desk.writing() as session:
        link = links.by_id(session, told)
        if link is None:
            raise NotFound("There is no file behind this link.", hint="Check that the whole link was copied.")
        if not links.count_use(session, told, now()):
            raise Conflict(_why_not(link), hint=_ASK)
        record(session, Event(Action.LINK_USED, link.code, after={"file": link.filename}, asset_id=link.asset_id))
        return LinkedFile(link.sha256, link.filename, link.mime)


def behind(desk: Desk, token: str) -> LinkedFile:
    """The file behind a token, for whoever runs Slate: it counts as no use. Raises NotFound, Conflict."""
    told = signed_links.read(desk.settings, token)
    if isinstance(told, LinkedFile):
        return told
    with desk.reading() as session:
        link = links.by_id(session, told)
    if link is None:
        raise NotFound("There is no file behind this link.")
    return LinkedFile(link.sha256, link.filename, link.mime)


def _why_not(link: SharedLink) -> str:
    if link.revoked_at is not None:
        return "This link was revoked."
    return "This link is no longer good." if link.ends_at <= now() else "This link was used as often as it may be."


def listed(session: Session, *, by: Member, asset: Asset | None = None, limit: int = 100) -> Sequence[SharedLink]:
    """Links, newest first: to an Asset that one may see, all of them for leads, one's own for others. Raises Refused."""
    if asset is not None:
        allow(session, by, Permission.SEE, projects.by_id(session, asset.project_id))
        return links.listed(session, asset_id=asset.id, limit=limit)
    return links.listed(session, member_id=None if _leads(session, by) else by.id, limit=limit)


def revoke(desk: Desk, code: str, *, by: Member) -> SharedLink:
    """Take a link back: whoever made it, and leads. Raises NotFound, Refused, Conflict when it is taken back already."""
    with desk.writing() as session:
        link = links.by_id(session, ids.number("L", code) or 0)
        if link is None:
            raise NotFound(f"There is no link {code[:20]}.", hint="`/links` lists them.")
        asset = assets.by_id(session, link.asset_id) if link.asset_id else None
        project = projects.by_id(session, asset.project_id) if asset else None
        if link.member_id != by.id and role_in(session, by, project).rank < Role.LEAD.rank:
            raise Refused(f"{link.code} is somebody else's.", hint="Whoever made it, a lead or an admin can take it back.")
        if link.revoked_at is not None:
            raise Conflict(f"{link.code} is revoked already.")
        link.revoked_at = now()
        session.add(link)
        told = {"file": link.filename, "uses": link.uses}
        record(session, Event(Action.LINK_REVOKED, link.code, by=by, after=told, asset_id=link.asset_id))
    return link


def revoke_all_of(session: Session, maker: Member, *, by: Member) -> list[SharedLink]:
    """Take back every link of somebody who leaves, in the caller's transaction."""
    found = list(links.good_of(session, maker.id or 0, now()))
    for link in found:
        link.revoked_at = now()
        session.add(link)
        told = {"file": link.filename, "uses": link.uses}
        record(session, Event(Action.LINK_REVOKED, link.code, by=by, after=told, asset_id=link.asset_id))
    return found


def _leads(session: Session, by: Member) -> bool:
    return role_in(session, by, None).rank >= Role.LEAD.rank
