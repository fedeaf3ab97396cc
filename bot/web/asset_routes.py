"""Pages about what was made: an asset with its provenance and lineage, its card picture, its files; short ways to them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from bot import show
from bot.show.history import history_card
from bot.web.app_state import House, house, visitor
from bot.web.asset_views import card_facts, graph_of, page_of, picture_bytes
from bot.web.bearer import reader
from bot.web.files import seen_asset, send
from bot.web.message_views import face
from core.events import Event, record
from core.events.actions import Action
from core.people.roles import Permission, allow
from core.provenance.card import draw
from core.rendering import lifecycle
from core.rendering.history import timeline
from storage.clock import now
from storage.files import assets
from storage.people import projects
from storage.tables import Member

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
Home = Annotated[House, Depends(house)]
Me = Annotated[Member, Depends(visitor)]
MeOrKey = Annotated[Member, Depends(reader)]
"""Whoever is signed in, or a program with a key."""

_BRIEFLY = {"Cache-Control": "private, no-cache"}


@router.get("/assets/{code}")
def asset_page(code: str, home: Home, me: Me) -> HTMLResponse:
    """Everything about one asset."""
    with home.desk.reading() as session:
        asset = seen_asset(session, me, code)
        page = page_of(session, asset, me)
        picture = show.picture_of(asset)
        return HTMLResponse(home.templates.html("asset.html", page=page, asset=asset, picture=picture, me=face(me.name)))


@router.get("/assets/{code}/card.png")
def card_picture(code: str, home: Home, me: MeOrKey, dark: bool = False) -> Response:
    """The provenance card as a PNG, drawn from what is known now."""
    with home.desk.reading() as session:
        asset = seen_asset(session, me, code)
        facts = card_facts(session, asset, home.desk.settings.public_url)
    still = asset.preview or (asset.sha256 if asset.mime.startswith("image/") else "")
    drawn = draw(picture_bytes(home.desk, still) if still else None, facts, dark=dark)
    headers = _BRIEFLY | {"Content-Disposition": f'inline; filename="{asset.code}-card.png"'}
    return Response(drawn, media_type="image/png", headers=headers)


@router.get("/assets/{code}/graph.json")
def asset_graph(code: str, home: Home, me: MeOrKey) -> Response:
    """The workflow graph, to be saved and opened in ComfyUI."""
    with home.desk.reading() as session:
        asset = seen_asset(session, me, code)
    headers = _BRIEFLY | {"Content-Disposition": f'attachment; filename="{asset.code}-graph.json"'}
    return Response(graph_of(home.desk, asset), media_type="application/json", headers=headers)


@router.get("/assets/{code}/original")
def original(code: str, home: Home, me: MeOrKey) -> Response:
    """The file itself, byte for byte as it is kept, to be saved."""
    with home.desk.writing() as session:
        asset = seen_asset(session, me, code)
        record(session, Event(Action.ASSET_DOWNLOADED, asset.code, by=me, after={"sha256": asset.sha256}, asset_id=asset.id))
    return send(home.desk, asset.sha256, asset.mime, asset.filename, download=True)


@router.get("/renders/{code}", response_model=None)
def render_page(code: str, home: Home, me: Me) -> Response:
    """A render with one file is that file's page; any other has a page of its own."""
    with home.desk.reading() as session:
        render = lifecycle.get(session, code)
        allow(session, me, Permission.SEE, projects.by_id(session, render.project_id))
        made = assets.of_render(session, render.id or 0)
        if len(made) == 1:
            return RedirectResponse(f"/assets/{made[0].code}", 303)
        return HTMLResponse(home.templates.html("render.html", card=show.render_card(session, render), me=face(me.name)))


@router.get("/renders/{code}/history")
def render_history(code: str, home: Home, me: Me) -> HTMLResponse:
    """The steps of a render, and what its time went to."""
    with home.desk.reading() as session:
        render = lifecycle.get(session, code)
        allow(session, me, Permission.SEE, projects.by_id(session, render.project_id))
        card = history_card(session, render, timeline(session, render, now()))
    return HTMLResponse(home.templates.html("render.html", card=card, me=face(me.name)))


@router.get("/r/{code}")
def short(code: str) -> RedirectResponse:
    """A short address for codes people type or scan: `/r/A-7Q0D`, `/r/R-4F2K`."""
    return RedirectResponse(f"/{'assets' if code.upper().startswith('A-') else 'renders'}/{code}", 303)
