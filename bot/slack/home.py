"""The App Home: a person's active renders, what needs their review, their recent results, and their projects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sqlmodel import Session

from bot import formatting, show
from bot.cards import Button, Card, Field
from bot.commands import sorry
from bot.slack import block_kit, limits, payloads
from bot.slack.block_kit import CardContext
from bot.slack.payloads import Payload
from bot.slack.people import member_of
from bot.slack.runtime import Front, SlackRequest
from bot.slack.shortcuts import OPEN_FIND, OPEN_RENDER
from core.errors import SlateError
from core.people.roles import Permission, may
from storage.files import assets
from storage.people import projects
from storage.rendering import renders
from storage.tables import Asset, Member, Project, Render, RenderState

ACTIVE, LATELY, WAITING = 8, 5, 8
"""How many of each are shown."""
_LOOKED_AT = 60


def opened(front: Front, body: Payload) -> None:
    """Somebody opened the Home tab."""
    if body["event"].get("tab") == "home":
        heard = payloads.event(body)
        front.later(lambda: publish(front, heard))


def publish(front: Front, heard: SlackRequest) -> None:
    """Show the person's Home as it is now. Raises ChatError, DatabaseUnavailable."""
    try:
        member = member_of(front, heard)
        with front.desk.reading() as session:
            cards = [*_cards(session, member, front)]
    except SlateError as problem:
        cards = list(sorry(problem).cards)
    shown = CardContext(base_url=front.desk.settings.base_url)
    blocks = [block for card in cards for block in block_kit.card_blocks(card, shown)]
    view = {"type": "home", "blocks": list(block_kit.named_once(blocks))[: limits.VIEW_BLOCKS]}
    front.api(heard.tenant).do("views_publish", user_id=heard.user, view=view)


def _cards(session: Session, member: Member, front: Front) -> Iterator[Card]:
    doors = tuple(Button(verb, subject, label) for verb, subject, label in (OPEN_RENDER, OPEN_FIND, ("queue", "", "Queue")))
    yield Card(f"Hello, {member.name}", buttons=(*doors, Button("help", "", "Help")))
    yield from _listed("Your active renders", list(_active(session, member)), "None of your renders is waiting or running.")
    yield from _listed("Needs your review", list(_undecided(session, member)), "")
    yield from _listed("Your recent renders", list(_lately(session, member)), "")
    yield _projects(session, member)


def _listed(title: str, cards: list[Card], empty: str) -> Iterator[Card]:
    if cards or empty:
        yield Card(title, text="" if cards else empty)
        yield from cards


def _active(session: Session, member: Member) -> Iterator[Card]:
    states = (RenderState.RUNNING, RenderState.QUEUED)
    for render in renders.newest(session, member_id=member.id, states=states, limit=ACTIVE):
        yield _short(show.render_card(session, render))


def _lately(session: Session, member: Member) -> Iterator[Card]:
    for render in renders.newest(session, member_id=member.id, states=(RenderState.DONE, RenderState.FAILED), limit=LATELY):
        yield _short(show.render_card(session, render), keep=("reroll", "edit", "retry"))


def _undecided(session: Session, member: Member) -> Iterator[Card]:
    """Results in projects where the member's word decides."""
    decides: dict[int, bool] = {}
    found = 0
    for asset in assets.undecided(session, limit=_LOOKED_AT):
        if asset.project_id not in decides:
            decides[asset.project_id] = may(session, member, Permission.APPROVE, projects.by_id(session, asset.project_id))
        if decides[asset.project_id] and found < WAITING:
            found += 1
            yield _short(_asset_card(session, asset), keep=("approve", "reject", "needs-work"))


def _asset_card(session: Session, asset: Asset) -> Card:
    card = show.asset_card(session, asset)
    return replace(card, fields=card.fields[:2], text="")


def _short(card: Card, keep: tuple[str, ...] = ("cancel",)) -> Card:
    """A card in two or three lines."""
    return Card(
        formatting.short(card.title, 90),
        card.tone,
        card.subject,
        text=formatting.short(card.text, 140) if card.tone in ("queued", "failed") else "",
        fields=card.fields if card.fields and card.link and card.tone == "done" and len(card.fields) <= 2 else (),
        progress=card.progress,
        buttons=tuple(one for one in card.buttons if one.verb in keep),
        link=card.link,
    )


def _projects(session: Session, member: Member) -> Card:
    """Where the member works: the projects of their latest renders, by name."""
    lately: list[Render] = renders.newest(session, member_id=member.id, limit=100)
    rows = list(dict.fromkeys(render.project_id for render in lately))[:8]
    known: dict[int, Project] = projects.by_ids(session, rows)
    fields = [Field(known[row].slug, show.purpose(session, known[row], ""), short=False) for row in rows if row in known]
    text = "" if fields else "None yet. A render is saved to the project of the channel you ask in."
    return Card("Your projects", text=text, fields=tuple(fields))
