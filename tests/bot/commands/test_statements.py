"""How many SQL statements a command takes: none that grows with the rows it shows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from bot import commands
from bot.request import ChatPlace, ChatRequest
from core.desk import Desk
from core.rendering.lifecycle import RenderRequest, submit
from tests.shop import Shop, open_shop


@contextmanager
def counted(desk: Desk) -> Iterator[list[str]]:
    """The statements that reach the database while the block runs."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(desk.database.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(desk.database.engine, "before_cursor_execute", note)


def ask(shop: Shop, count: int) -> None:
    inputs = {"prompt": "a red boat", "steps": 2, "width": 64, "height": 64}
    for _ in range(count):
        submit(shop.desk, RenderRequest("text-to-image", shop.mia, shop.project, inputs=inputs))


@pytest.mark.parametrize("rows", [15, 40])
def test_a_queue_takes_as_many_statements_however_long_it_is(desk: Desk, rows: int) -> None:
    with open_shop(desk) as shop:
        ask(shop, rows)
        said = ChatRequest(shop.mia, ChatPlace("cli"), f"/queue limit:{rows}")
        with counted(desk) as seen:
            answer = commands.answer(desk, said)
    assert [one["position"] for one in answer.data["renders"]] == list(range(1, rows + 1))
    assert len(answer.cards[0].fields) == rows
    assert len(seen) <= 25, len(seen)


def test_cancelling_all_takes_a_few_statements_a_render(desk: Desk) -> None:
    with open_shop(desk) as shop:
        ask(shop, 20)
        with counted(desk) as seen:
            answer = commands.answer(desk, ChatRequest(shop.mia, ChatPlace("cli"), "/cancel all"))
    assert [one["state"] for one in answer.data["renders"]] == ["cancelled"] * 20
    assert len(seen) <= 20 * 4 + 25, len(seen)
