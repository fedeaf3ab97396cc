"""Pages that show results beside each other: two with the difference between them, and a lineage as a drawing."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, Response

from bot import show
from bot.web.app_state import House, house, visitor
from bot.web.files import seen_asset
from bot.web.message_views import face
from core.errors import UnknownAsset
from core.review import compare
from storage.tables import Member

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
Home = Annotated[House, Depends(house)]
Me = Annotated[Member, Depends(visitor)]


@router.get("/assets/{code}/beside/{other}")
def beside(code: str, other: str, home: Home, me: Me) -> HTMLResponse:
    """Two results: their pictures, the difference, and what they were made with differently."""
    with home.desk.reading() as session:
        one, two = seen_asset(session, me, code), seen_asset(session, me, other)
        seen = compare.compare(session, one, two)
        pictures = [show.alt_of(asset) for asset in (one, two)]
        shown = bool((one.preview or one.thumbnail) and (two.preview or two.thumbnail))
        page = home.templates.html("beside.html", seen=seen, alts=pictures, shown=shown, me=face(me.name))
        return HTMLResponse(page)


@router.get("/assets/{code}/beside/{other}/difference.png")
def difference(code: str, other: str, home: Home, me: Me) -> Response:
    """Both pictures with the difference between them."""
    with home.desk.reading() as session:
        one, two = seen_asset(session, me, code), seen_asset(session, me, other)
    drawn = compare.picture(home.desk, one, two)
    if drawn is None:
        raise UnknownAsset("These two cannot be compared as pictures.", hint="One of them has no preview.")
    headers = {"Cache-Control": "private, max-age=3600", "Content-Disposition": f'inline; filename="{one.code}-{two.code}.png"'}
    return Response(drawn, media_type="image/png", headers=headers)
