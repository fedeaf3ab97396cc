"""The command links: links to files for people without an account, listed and revoked."""

from __future__ import annotations

from sqlmodel import Session

from bot.cards import Answer, Button, Card, Field
from bot.commands import subjects
from bot.commands.command import Asked
from bot.formatting import when
from core.exports import links
from core.schemas.exports import LinkList, LinkSchema, RevokedLink
from storage import ids
from storage.clock import now
from storage.files import assets
from storage.people import members
from storage.tables import SharedLink

_SHOWN, _MOST = 15, 100


def listed(asked: Asked) -> Answer:
    """List the links to files that people without an account can use, or revoke one.

    You see your own, leads see all; with the id of a picture, those to it. A link expires after a number of days or downloads;
    `revoke:yes` revokes it at once. Creating, using and revoking links is in the audit log.
    /links
    /links A-7Q0D
    /links L-4F2K revoke:yes
    """
    code = next((part.value for part in asked.line.words if ids.number("L", part.value)), "")
    if code and asked.switch("revoke"):
        link = links.revoke(asked.desk, code, by=asked.member)
        text = f"{link.code} to {link.filename} is revoked. It was used {_times(link.uses)}."
        return Answer(text, private=True, schema=RevokedLink(link=_schema(link)))
    limit = asked.count("limit", _SHOWN, _MOST)
    with asked.desk.reading() as session:
        asset = subjects.some_assets(session, asked)[0] if not code and asked.line.words else None
        found = links.listed(session, by=asked.member, asset=asset, limit=_MOST)
        found = [one for one in found if not code or one.code == code]
        fields = tuple(_field(session, one) for one in found[:limit])
    ready = [one for one in found[:limit] if _state(one) == "good"]
    buttons = tuple(Button("links", f"{one.code} revoke:yes", f"Revoke {one.code}") for one in ready[:5])
    title = f"{len(found)} link{'' if len(found) == 1 else 's'}" if found else "No links"
    told = LinkList(links=[_schema(one) for one in found[:limit]], count=len(found))
    card = Card(title, text="" if found else "Exports make them.", fields=fields, buttons=buttons)
    return Answer(cards=(card,), private=True, schema=told)


def _field(session: Session, link: SharedLink) -> Field:
    maker = members.by_id(session, link.member_id)
    asset = assets.by_id(session, link.asset_id) if link.asset_id else None
    of = f" of {asset.code}" if asset else ""
    told = {"good": f"until {when(link.ends_at)}", "over": "expired", "taken back": "revoked"}
    state = told.get(_state(link), _state(link))
    used = f"used {link.uses} of {link.most_uses} times"
    return Field(link.code, f"{link.filename}{of}, by {maker.name if maker else 'somebody'}: {state}, {used}", short=False)


def _state(link: SharedLink) -> str:
    if link.revoked_at is not None:
        return "taken back"
    if link.ends_at <= now():
        return "over"
    return "used up" if link.uses >= link.most_uses else "good"


def _schema(link: SharedLink) -> LinkSchema:
    return LinkSchema(
        link=link.code,
        file=link.filename,
        state=_state(link),
        uses=link.uses,
        most_uses=link.most_uses,
        until=link.ends_at,
    )


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
