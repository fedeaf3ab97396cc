"""Links to Slate's pages, shown as what they lead to: as a Work Object where the workspace has them, else as a card."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import structlog
from sqlmodel import Session

from bot import show
from bot.cards import Card
from bot.commands.subjects import asset_by
from bot.slack import block_kit, payloads
from bot.slack.block_kit import CardContext
from bot.slack.payloads import Payload
from bot.slack.people import member_of
from bot.slack.rich_text import Json, cut, shown
from bot.slack.runtime import Front, SlackRequest
from core.errors import ChatError, NotFound, Refused, SlateError
from core.people.roles import Permission, allow
from core.rendering import lifecycle
from storage.files import assets
from storage.people import projects
from storage.tables import Asset, Member

log = structlog.get_logger(__name__)

FILE = "slack#/entities/file"
_PATH = re.compile(r"/(?:assets|renders|r)/([RA]-[0-9A-Z]{4,13})/?", re.IGNORECASE)
_MOST = 10
_LONGEST = 300


@dataclass(frozen=True)
class UnfurledLink:
    """What a link leads to."""

    url: str
    asset: Asset
    card: Card


def shared(front: Front, body: Payload) -> None:
    """Somebody wrote a message with links of ours in it."""
    heard = payloads.event(body)
    front.later(lambda: _unfurl(front, heard, [str(one["url"]) for one in body["event"].get("links", [])]))


def asked(front: Front, body: Payload) -> None:
    """Somebody opened the details of a Work Object."""
    front.later(lambda: _present(front, payloads.event(body), body["event"]))


def _unfurl(front: Front, heard: SlackRequest, urls: Iterable[str]) -> None:
    """Show what the links lead to, as far as whoever wrote them may see it; a link to anything else stays a link."""
    try:
        member = member_of(front, heard)
    except Refused:
        return
    with front.desk.reading() as session:
        found = [one for url in list(urls)[:_MOST] if (one := _behind(session, front, member, url)) is not None]
    if not found:
        return
    api, where = front.api(heard.tenant), {"channel": heard.channel, "ts": heard.message}
    try:
        api.do("chat_unfurl", **where, metadata={"entities": [_entity(one) for one in found]})
    except ChatError as problem:
        log.info("slack.no-work-objects", why=problem.message)
        looks = CardContext(base_url=front.desk.settings.base_url)
        api.do(
            "chat_unfurl", **where, unfurls={one.url: {"blocks": block_kit.card_blocks(one.card, looks)[:20]} for one in found}
        )


def _present(front: Front, heard: SlackRequest, event: dict[str, Any]) -> None:
    api, url = front.api(heard.tenant), str(event.get("entity_url") or event.get("app_unfurl_url") or "")
    try:
        member = member_of(front, heard)
        with front.desk.reading() as session:
            found = _behind(session, front, member, url)
        if found is None:
            raise NotFound("This page no longer exists.", hint="Find it with /find.")
    except SlateError as problem:
        refusal = {"status": "custom", "custom_title": cut(problem.message, 150), "custom_message": cut(problem.hint or "–", 300)}
        api.do("entity_presentDetails", trigger_id=heard.trigger, error=refusal)
        return
    api.do("entity_presentDetails", trigger_id=heard.trigger, metadata=_entity(found))


def _behind(session: Session, front: Front, member: Member, url: str) -> UnfurledLink | None:
    """The asset behind a link of ours, if the member may see it."""
    ours, asked_for = urlsplit(front.desk.settings.base_url), urlsplit(url)
    path = _PATH.fullmatch(asked_for.path)
    if asked_for.hostname != ours.hostname or path is None:
        return None
    try:
        asset = _asset(session, path[1])
        allow(session, member, Permission.SEE, projects.by_id(session, asset.project_id))
    except (NotFound, Refused):
        return None
    return UnfurledLink(url, asset, show.asset_card(session, asset))


def _asset(session: Session, code: str) -> Asset:
    if code.upper().startswith("A-"):
        return asset_by(session, code)
    made = assets.of_render(session, lifecycle.get(session, code.upper()).id or 0)
    if not made:
        raise NotFound("This render has no picture yet.")
    return made[0]


def _entity(one: UnfurledLink) -> Json:
    """The picture as Slack's Work Object of a file."""
    asset, card = one.asset, one.card
    facts = [
        {"key": f"fact{at}", "label": shown(each.label)[:60], "value": cut(shown(each.value), _LONGEST), "type": "string"}
        for at, each in enumerate(card.fields)
        if shown(each.value)
    ]
    buttons = [{"text": each.label[:75], "action_id": each.action, "value": each.action} for each in card.buttons[:6]]
    maker = next((each.value for each in card.fields if each.label == "By"), "")
    fields: Json = {"date_created": {"value": int(asset.created_at.timestamp())}, "mime_type": {"value": asset.mime or "file"}}
    fields |= {"created_by": {"value": maker, "type": "string"}} if maker else {}
    about = {"title": {"text": cut(shown(card.title), 150)}, "display_type": "Picture", "display_id": asset.code}
    return {
        "app_unfurl_url": one.url,
        "url": one.url,
        "external_ref": {"id": asset.code, "type": "asset"},
        "entity_type": FILE,
        "entity_payload": {
            "attributes": about | {"product_name": "Slate"},
            "fields": fields | {"file_size": {"value": f"{asset.size:,} bytes"}},
            "custom_fields": facts,
            "actions": {"primary_actions": buttons[:2], "overflow_actions": buttons[2:]},
        },
    }
