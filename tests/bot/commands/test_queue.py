"""Stories of renders that wait: the queue, and cancelling."""

from __future__ import annotations

from storage.rendering import backends
from storage.tables import RenderState
from tests.bot.conftest import Talk
from tests.makers import make_backend


def test_cancel_ends_a_waiting_render_and_says_so_once(talk: Talk) -> None:
    render = talk.ask()
    answer = talk.press(f"cancel:{render.code}")
    assert answer.text == f"Cancelled {render.code}."
    assert answer.private
    assert answer.data["state"] == "cancelled"
    again = talk.press(f"cancel:{render.code}")
    assert again.error == "conflict"
    assert "already" in again.cards[0].title


def test_only_the_owner_or_a_lead_cancels(talk: Talk) -> None:
    render = talk.ask()
    refused = talk.press(f"cancel:{render.code}", by=talk.vic)
    assert refused.error == "refused"
    assert talk.reread(render).state is RenderState.QUEUED
    assert talk.press(f"cancel:{render.code}", by=talk.ana).data["state"] == "cancelled"


def test_cancel_all_is_ones_own_only(talk: Talk) -> None:
    mine = [talk.ask() for _ in range(2)]
    other = talk.say("render text-to-image other", by=talk.ana).data["render"]
    answer = talk.say("cancel all")
    assert {one["render"] for one in answer.data["renders"]} == {one.code for one in mine}
    assert [one["render"] for one in talk.say("queue").data["renders"]] == [other]
    assert talk.say("cancel all").text == "None of your renders is waiting or running."


def test_the_queue_shows_where_other_people_work_outside_of_slate(talk: Talk) -> None:
    assert talk.say("queue").cards[0].text == ""
    with talk.desk.writing() as session:
        backend = make_backend(session)
        backends.mark(session, backend.id, outside=3)
    answer = talk.say("queue")
    assert answer.cards[0].text == f"{backend.name}: 3 jobs of other people, outside Slate"
    assert answer.data["outside"] == {backend.name: 3}


def test_several_are_cancelled_together_or_not_at_all(talk: Talk) -> None:
    first, second = talk.ask(), talk.ask()
    talk.say(f"cancel {first.code}")
    assert talk.say(f"cancel {first.code}, {second.code}").error == "conflict"
    assert talk.reread(second).state is RenderState.QUEUED


def test_the_queue_shows_place_and_reason(talk: Talk) -> None:
    assert talk.say("queue").cards[0].title == "Nothing is running or waiting"
    first, second = talk.ask(), talk.ask("render text-to-image another")
    talk.say("render text-to-image other", by=talk.ana)
    answer = talk.say("queue")
    card = answer.cards[0]
    assert answer.private
    assert card.title == "0 running, 3 waiting"
    assert {first.code, second.code} <= {one.label.split()[0] for one in card.fields}
    assert [button.verb for button in card.buttons] == ["cancel", "cancel"], "only what the reader may cancel as the owner"
    assert len(talk.say("queue mine:yes").data["renders"]) == 2
    assert talk.say("queue limit:0").error == "wrong-type"
    assert talk.say("queue mine:perhaps").error == "wrong-type"
