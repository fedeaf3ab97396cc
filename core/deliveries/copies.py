"""The copy of an asset that a destination gets: exported with the profile it names, once for each delivery."""

from __future__ import annotations

from sqlmodel import Session

from core.desk import Desk
from core.errors import NotFound
from core.events.outgoing import FILE_KINDS
from core.exports import export, links
from core.exports.export import Wish
from core.security.signed_links import LinkedFile
from storage import deliveries
from storage.files import assets
from storage.people import members
from storage.tables import Asset, Delivery, Destination, Member, OutgoingEvent, Role


def of(desk: Desk, destination: Destination, event: OutgoingEvent, held: Delivery) -> Asset:
    """The copy for this delivery, made now if it was not made before. Raises NotFound and what an export raises."""
    with desk.reading() as session:
        known = deliveries.delivery(session, held.id)
        made = assets.by_id(session, known.copy_id) if known and known.copy_id else None
        asset = assets.by_id(session, event.asset_id) if event.asset_id else None
        by = _sender(session, destination)
    if made is not None:
        return made
    if asset is None:
        raise NotFound(f"There is no file of {event.subject}.")
    wish = Wish(str(destination.options["profile"]), recipient=destination.name, reason=event.kind)
    [left] = export.leave(desk, [asset], wish, by=by)
    with desk.writing() as session:
        deliveries.note_copy(session, held.id, left.asset.id)
    return left.asset


def link(desk: Desk, destination: Destination, event: OutgoingEvent, held: Delivery) -> str:
    """A link to the copy, for a webhook that is to get one; empty for others."""
    if not destination.options.get("profile") or event.kind not in FILE_KINDS:
        return ""
    copy = of(desk, destination, event, held)
    with desk.reading() as session:
        by = _sender(session, destination)
    return links.make(desk, LinkedFile(copy.sha256, copy.filename, copy.mime), by=by, asset=copy)


def _sender(session: Session, destination: Destination) -> Member:
    """In whose name files go there: whoever added it, or another admin after they left. Raises NotFound."""
    added = members.by_id(session, destination.member_id)
    if added is not None and added.active:
        return added
    admins = members.with_roles(session, [Role.ADMIN], None, 1)
    if not admins:
        raise NotFound("There is no admin in whose name files could be sent.", hint="`slate role NAME admin` makes one.")
    return admins[0]
