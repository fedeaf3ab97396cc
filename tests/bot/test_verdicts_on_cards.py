"""A verdict given anywhere changes the one message of the render."""

from __future__ import annotations

from bot.request import ChatPlace
from core.desk import Desk
from core.rendering.lifecycle import RenderRequest, submit
from core.review import verdicts
from storage.chat import posts
from storage.tables import Judgement, RoomMessage
from tests.shop import open_shop


def test_a_verdict_is_on_the_card_once_the_clerk_has_been_there(desk: Desk) -> None:
    with open_shop(desk) as shop:
        place = ChatPlace("room", "general", "", shop.project)
        inputs = {"prompt": "a red boat", "steps": 2, "width": 64, "height": 64}
        render = submit(desk, RenderRequest("text-to-image", shop.mia, shop.project, inputs=inputs, place=place))
        shop.drain()
        [asset] = shop.outputs(render)
        before = _card(desk, render.id)
        verdicts.decide(desk, asset, Judgement.APPROVED, by=shop.mia, note="lovely light")
        shop.drain()
        after = _card(desk, render.id)
    assert before["tone"] == "done"
    assert after["tone"] == "approved"
    assert "approved by Mia Chen: lovely light" in str(after)


def _card(desk: Desk, render_id: int | None) -> dict[str, object]:
    assert render_id is not None
    with desk.reading() as session:
        [post] = posts.of_render(session, render_id)
        message = session.get(RoomMessage, int(post.message_ref))
    assert message is not None
    assert message.card is not None
    return dict(message.card)
