"""Stories of verdicts, tags and reactions."""

from __future__ import annotations

from bot import emoji, show
from bot.reactions import react
from core.rendering import lifecycle
from tests.bot.conftest import Talk


def test_a_leads_word_decides_and_stands_on_the_card(talk: Talk) -> None:
    render = talk.ask()
    asset = talk.finish(render)[0]
    answer = talk.say(f"approve {asset.code} lovely: the light", by=talk.ana)
    assert answer.text == f"{asset.code}: approved by Ana Ruiz."
    assert not answer.private
    assert answer.data["results"][0]["status"] == "approved"
    with talk.desk.reading() as session:
        card = show.render_card(session, lifecycle.get(session, render.code))
    assert card.tone == "approved"
    assert "approved by Ana Ruiz: lovely: the light" in {field.value for field in card.fields}
    assert "approve" not in {button.verb for button in card.buttons}


def test_anybody_elses_word_is_a_vote(talk: Talk) -> None:
    asset = talk.finish(talk.ask())[0]
    answer = talk.say(f"reject {asset.code} logo:cut off", by=talk.mia)
    assert "votes" in answer.text
    given = answer.data["results"][0]
    assert given["status"] == ""
    assert given["verdicts"][0]["note"] == "logo:cut off"


def test_a_render_stands_for_each_of_its_pictures(talk: Talk) -> None:
    render = talk.ask()
    made = talk.finish(render, pictures=3)
    answer = talk.press(f"approve:{render.code}", by=talk.ana)
    assert [one["status"] for one in answer.data["results"]] == ["approved"] * 3
    assert all(asset.code in answer.text for asset in made)


def test_the_same_word_twice_changes_nothing(talk: Talk) -> None:
    asset = talk.finish(talk.ask())[0]
    talk.press(f"approve:{asset.code}", by=talk.ana)
    again = talk.press(f"approve:{asset.code}", by=talk.ana)
    assert again.private
    assert "nothing changed" in again.text
    undone = talk.say(f"approve {asset.code} undo:yes", by=talk.ana)
    assert "took back" in undone.text
    assert undone.data["results"][0]["status"] == ""


def test_tags_are_put_on_and_taken_off(talk: Talk) -> None:
    asset = talk.finish(talk.ask())[0]
    assert talk.say(f"tag {asset.code} Hero, pick").data["results"][0]["tags"] == ["hero", "pick"]
    assert "nothing changed" in talk.say(f"tag {asset.code} hero").text
    assert talk.say(f"untag {asset.code} hero").data["results"][0]["tags"] == ["pick"]
    assert talk.say(f"tag {asset.code}").error == "missing-input"


def test_a_verdict_needs_a_picture(talk: Talk) -> None:
    for line in ("approve", "approve nothing", "tag", "reject R-0000", "needs-work A-0000 dark"):
        assert talk.say(line).error in ("missing-input", "unknown-asset", "unknown-render"), line


def test_nothing_is_judged_before_there_is_a_picture(talk: Talk) -> None:
    answer = talk.say(f"approve {talk.ask().code}", by=talk.ana)
    assert answer.error == "conflict"
    assert "not made its picture yet" in answer.cards[0].title


def test_a_reaction_says_it_and_taking_it_off_takes_it_back(talk: Talk) -> None:
    render = talk.ask()
    talk.finish(render, pictures=2)
    for mark in ("✅", "✅\ufe0f"):
        on = react(talk.desk, talk.ana, talk.place, render.code, mark, True)
        assert on is not None
        assert [one["status"] for one in on.data["results"]] == ["approved"] * 2
        off = react(talk.desk, talk.ana, talk.place, render.code, mark, False)
        assert off is not None
        assert [one["status"] for one in off.data["results"]] == ["", ""]


def test_a_star_tags_and_unknown_emoji_mean_nothing(talk: Talk) -> None:
    asset = talk.finish(talk.ask())[0]
    on = react(talk.desk, talk.mia, talk.place, asset.code, "⭐", True)
    assert on is not None
    assert on.data["results"][0]["tags"] == ["pick"]
    off = react(talk.desk, talk.mia, talk.place, asset.code, "⭐", False)
    assert off is not None
    assert off.data["results"][0]["tags"] == []
    assert react(talk.desk, talk.mia, talk.place, asset.code, "🦑", True) is None
    again = react(talk.desk, talk.mia, talk.place, asset.code, "🔁", True)
    assert again is not None
    assert again.data["verb"] == "reroll"
    assert react(talk.desk, talk.mia, talk.place, asset.code, "🔁", False) is None, "a reroll is not taken back"


def test_skin_tones_and_variants_are_one_emoji() -> None:
    assert emoji.plain("👍🏿") == emoji.plain("👍")
    assert emoji.plain("🏷") == emoji.plain("🏷️")
