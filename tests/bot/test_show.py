"""What the one message of a render shows, in every state."""

from __future__ import annotations

import doctest
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

import bot.emoji
import bot.formatting
from bot import show
from bot.cards import Card, from_json, to_json
from bot.formatting import short
from core.rendering.lifecycle import get
from storage.clock import now
from storage.rendering import backends, renders
from storage.tables import Render, RenderState
from tests.bot.conftest import Talk
from tests.makers import make_backend


def card_of(talk: Talk, render: Render) -> Card:
    with talk.desk.reading() as session:
        card = show.render_card(session, talk.reread(render))
        assert show.render_alt(session, talk.reread(render)).startswith(render.code)
    assert from_json(to_json(card)) == card
    assert card.subject == render.code
    return card


def facts(card: Card) -> dict[str, str]:
    return {field.label: field.value for field in card.fields}


def verbs(card: Card) -> list[str]:
    return [button.verb for button in card.buttons]


def test_the_examples_hold() -> None:
    assert doctest.testmod(bot.formatting).failed == doctest.testmod(bot.emoji).failed == 0


def test_a_queued_render_says_where_it_stands_and_why(talk: Talk) -> None:
    with talk.desk.writing() as session:
        make_backend(session)
    talk.ask()
    card = card_of(talk, talk.ask())
    assert card.tone == "queued"
    assert card.text.startswith("Number 2 in line, starts in about 10 s; takes about")
    assert "1 ahead of you" in facts(card)["Why"]
    assert facts(card) | {"By": "Mia Chen", "Workflow": "text-to-image@1", "Seed": "7"} == facts(card)
    assert facts(card)["For"] == "House · playground · sh010"
    assert verbs(card) == ["cancel", "copy"]


def test_without_a_server_it_says_so_and_gives_no_estimate(talk: Talk) -> None:
    card = card_of(talk, talk.ask())
    assert "no ComfyUI server" in facts(card)["Why"]
    assert "starts in" not in card.text


def test_a_running_render_has_a_bar_and_can_be_stopped_once(talk: Talk) -> None:
    render = talk.ask()
    with talk.desk.writing() as session:
        backend = make_backend(session, "gpu-03")
        values = {"backend_id": backend.id, "progress": 0.43, "progress_label": "step 12/28", "started_at": now()}
        later = now() + timedelta(seconds=30)
        renders.change_queued(session, render.id or 0, state=RenderState.RUNNING, expected_end_at=later, **values)
    card = card_of(talk, render)
    assert card.progress is not None
    assert (card.progress.done, card.progress.label, card.progress.preview) == (0.43, "step 12/28", render.code)
    assert card.progress.seconds_left is not None
    assert 0 < card.progress.seconds_left <= 30
    assert "cancel" in verbs(card)
    assert "43% step 12/28" in talk.say("queue").cards[0].fields[0].value
    stopping = talk.press(f"cancel:{render.code}")
    assert "stops at its next step" in stopping.text
    after = card_of(talk, render)
    assert after.progress is not None
    assert after.progress.label == "stopping"
    assert "cancel" not in verbs(after)
    assert talk.press(f"cancel:{render.code}").error == "conflict"


def test_a_done_render_shows_pictures_facts_and_what_can_be_done(talk: Talk) -> None:
    render = talk.ask()
    with talk.desk.writing() as session:
        backend = make_backend(session, "gpu-03")
        assert backends.by_id(session, backend.id or 0)
    asset = talk.finish(render)[0]
    card = card_of(talk, render)
    assert card.tone == "done"
    assert card.pictures[0].asset == asset.code
    assert card.pictures[0].alt == "hero shoe, low sun (text-to-image)"
    assert card.link == f"/assets/{asset.code}"
    assert "steps" in facts(card)["Settings"]
    assert "prompt" not in facts(card)["Settings"]
    assert facts(card)["Models"].endswith("CC-BY-4.0")
    assert "Took" in facts(card)
    assert verbs(card) == ["reroll", "vary", "approve", "reject", "upscale", "edit", "provenance", "copy"]
    for button in card.buttons:
        assert not talk.press(button.action, by=talk.ana).error, button


def test_what_has_no_seed_offers_no_reroll(talk: Talk) -> None:
    [asset] = talk.finish(talk.ask())
    code = talk.press(f"upscale:{asset.code}").data["render"]
    with talk.desk.reading() as session:
        larger = get(session, code)
    talk.finish(larger)
    card = card_of(talk, larger)
    assert "reroll" not in verbs(card)
    assert "Seed" not in facts(card)


def test_a_failed_render_says_what_to_do_and_offers_it_again(talk: Talk) -> None:
    render = talk.ask()
    talk.end(
        render, RenderState.FAILED, error_code="out-of-memory", error_message="The GPU ran out.", error_hint="Smaller, please."
    )
    card = card_of(talk, render)
    assert (card.tone, card.text, card.footer) == ("failed", "The GPU ran out.\nSmaller, please.", "out-of-memory")
    assert verbs(card) == ["retry", "edit", "copy"]
    assert talk.press(card.buttons[0].action).data["seed"] == "7"
    shape = talk.say("retry").data
    assert shape["error"] is None


def test_a_cancelled_render_says_by_whom(talk: Talk) -> None:
    render = talk.ask()
    talk.press(f"cancel:{render.code}", by=talk.ana)
    card = card_of(talk, render)
    assert (card.tone, card.text) == ("cancelled", "Cancelled by Ana Ruiz.")


def test_markup_of_a_prompt_is_carried_as_it_is(talk: Talk) -> None:
    prompt = "<b>x</b> @everyone <!channel> [a](http://b) *c* _d_ `e`"
    render = talk.ask(f'render text-to-image prompt:"{prompt}"')
    talk.finish(render)
    assert card_of(talk, render).text == prompt


def test_a_long_prompt_is_cut_on_the_card_and_whole_in_the_copied_line(talk: Talk) -> None:
    render = talk.ask("render text-to-image " + "shoe " * 2000)
    talk.finish(render)
    card = card_of(talk, render)
    assert len(card.text) <= show.LONGEST_PROMPT
    assert len(card.title) < 100
    assert len(card.pictures[0].alt) < 400
    assert talk.say(f"copy {render.code}").copy.count("shoe") == 2000


def test_verdicts_on_several_pictures_each_say_which(talk: Talk) -> None:
    render = talk.ask()
    first, second = talk.finish(render, pictures=2)
    talk.say(f"approve {first.code}", by=talk.ana)
    talk.say(f"reject {second.code} too dark", by=talk.mia)
    card = card_of(talk, render)
    assert card.tone == "done"
    assert facts(card)["Verdict"] == f"{first.code}: approved by Ana Ruiz\n{second.code}: rejected by Mia Chen (vote): too dark"
    assert ("approve", render.code) in [(button.verb, button.subject) for button in card.buttons]


@given(st.text(), st.integers(5, 80))
def test_shortened_texts_fit_on_one_line(text: str, most: int) -> None:
    made = short(text, most)
    assert len(made) <= most
    assert "\n" not in made
