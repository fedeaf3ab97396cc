"""Stories of verdicts, tags and reactions."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from bot import emoji, show
from bot.reactions import react
from core.rendering import lifecycle
from storage.files import assets
from storage.tables import Asset
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
    assert {button.label: button.subject for button in card.buttons}["Undo approval"] == f"{asset.code} undo:yes"
    assert "Approve" not in {button.label for button in card.buttons}


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
    assert answer.text.startswith("All 3 pictures (")
    back = talk.press(answer.buttons[0].action, by=talk.ana)
    assert answer.buttons[0].label == "Undo"
    assert [one["status"] for one in back.data["results"]] == [""] * 3


@pytest.mark.parametrize("line", ["approve {}#2", "approve {} 2", "approve {}#2 the best light", "approve {} 2 the best light"])
def test_one_picture_of_several_is_judged_by_its_number(talk: Talk, line: str) -> None:
    render = talk.ask()
    made = talk.finish(render, pictures=3)
    answer = talk.say(line.format(render.code), by=talk.ana)
    assert [(one["asset"], one["status"]) for one in answer.data["results"]] == [(made[1].code, "approved")]
    assert answer.data["results"][0]["verdicts"][0]["note"] == ("the best light" if "light" in line else "")


def test_several_numbers_are_several_pictures_and_a_wrong_one_is_refused(talk: Talk) -> None:
    render = talk.ask()
    made = talk.finish(render, pictures=4)
    for line in (f"tag {render.code}#1,3 hero", f"tag {render.code} 1,3 hero", f"tag {render.code} 1 3 hero"):
        assert [one["asset"] for one in talk.say(line).data["results"]] == [made[0].code, made[2].code], line
    wrong = talk.say(f"approve {render.code}#7", by=talk.ana)
    assert (wrong.error, "has no picture 7; it has 4" in wrong.cards[0].title) == ("unknown-asset", True)


def test_each_picture_of_several_has_its_number_its_words_and_its_buttons(talk: Talk) -> None:
    render = talk.ask()
    made = talk.finish(render, pictures=4)
    talk.say(f"approve {render.code}#2", by=talk.ana)
    with talk.desk.reading() as session:
        card = show.render_card(session, lifecycle.get(session, render.code))
    assert [one.number for one in card.pictures] == [1, 2, 3, 4]
    assert len({one.alt for one in card.pictures}) == 4
    assert card.pictures[1].alt.startswith("2 of 4, approved: ")
    acts = {button.label: button.action for button in card.pictures[1].buttons}
    assert acts["Undo approval 2"] == f"approve:{made[1].code} undo:yes"
    assert (acts["Upscale 2"], acts["Vary 2"]) == (f"upscale:{made[1].code}", f"vary:{made[1].code}")
    assert {"Approve all", "Reject all"} <= {button.label for button in card.buttons}
    assert "upscale" not in {button.verb for button in card.buttons}


def test_which_picture_is_asked_where_a_command_takes_one(talk: Talk) -> None:
    render = talk.ask()
    made = talk.finish(render, pictures=3)
    asked = talk.say(f"upscale {render.code}")
    assert asked.error == "missing-input"
    assert [button.action for button in asked.cards[0].buttons] == [f"upscale:{render.code}#{number}" for number in (1, 2, 3)]
    done = talk.press(asked.cards[0].buttons[2].action)
    assert done.data["inputs"]["image"] == made[2].code
    assert done.note.startswith(f"{done.data['render']} is queued")
    assert talk.say(f"vary {render.code} 2").data["inputs"]["image"] == made[1].code
    assert talk.say(f"vary {render.code} 2 shoes").data["inputs"]["prompt"] == "2 shoes", (
        "a number before more words is the prompt"
    )


def test_two_pictures_of_one_render_are_compared(talk: Talk) -> None:
    render = talk.ask()
    made = talk.finish(render, pictures=3)
    for line in (f"{made[0].code} {made[2].code}", f"{render.code}#1 {render.code}#3", f"{render.code} 1 3"):
        seen = talk.say(f"compare {line}").data
        assert (seen["one"], seen["other"]) == (made[0].code, made[2].code), line
    assert talk.say(f"compare {made[0].code} {made[0].code}").error == "missing-input"


def test_the_same_word_twice_changes_nothing(talk: Talk) -> None:
    asset = talk.finish(talk.ask())[0]
    talk.press(f"approve:{asset.code}", by=talk.ana)
    again = talk.press(f"approve:{asset.code}", by=talk.ana)
    assert again.private
    assert "no change" in again.text
    undone = talk.say(f"approve {asset.code} undo:yes", by=talk.ana)
    assert "withdrew" in undone.text
    assert undone.data["results"][0]["status"] == ""


def test_tags_are_put_on_and_taken_off(talk: Talk) -> None:
    asset = talk.finish(talk.ask())[0]
    assert talk.say(f"tag {asset.code} Hero, pick").data["results"][0]["tags"] == ["hero", "pick"]
    assert "No change" in talk.say(f"tag {asset.code} hero").text
    assert talk.say(f"untag {asset.code} hero").data["results"][0]["tags"] == ["pick"]
    assert talk.say(f"tag {asset.code}").error == "missing-input"


def test_a_verdict_needs_a_picture(talk: Talk) -> None:
    for line in ("approve", "approve nothing", "tag", "reject R-0000", "needs-work A-0000 dark"):
        assert talk.say(line).error in ("missing-input", "unknown-asset", "unknown-render"), line


def test_nothing_is_judged_before_there_is_a_picture(talk: Talk) -> None:
    answer = talk.say(f"approve {talk.ask().code}", by=talk.ana)
    assert answer.error == "conflict"
    assert "is not finished yet" in answer.cards[0].title


def test_a_reaction_says_it_and_taking_it_off_takes_it_back(talk: Talk) -> None:
    render = talk.ask()
    talk.finish(render)
    for mark in ("✅", "✅\ufe0f"):
        on = react(talk.desk, talk.ana, talk.place, render.code, mark, True)
        assert on is not None
        assert [one["status"] for one in on.data["results"]] == ["approved"]
        off = react(talk.desk, talk.ana, talk.place, render.code, mark, False)
        assert off is not None
        assert [one["status"] for one in off.data["results"]] == [""]


def test_a_reaction_on_several_pictures_asks_which_and_changes_nothing_yet(talk: Talk) -> None:
    render = talk.ask()
    made = talk.finish(render, pictures=2)
    asked = react(talk.desk, talk.ana, talk.place, render.code, "✅", True)
    assert asked is not None
    assert asked.private
    assert "Nothing has changed yet" in asked.cards[0].text
    assert [button.label for button in asked.cards[0].buttons] == ["1", "2", "All 2"]
    assert status(talk, made) == ["", ""]
    talk.press(asked.cards[0].buttons[1].action, by=talk.ana)
    assert status(talk, made) == ["", "approved"]
    talk.press(asked.cards[0].buttons[2].action, by=talk.ana)
    assert status(talk, made) == ["approved", "approved"]
    react(talk.desk, talk.ana, talk.place, render.code, "✅", False)
    assert status(talk, made) == ["", ""], "taking it off takes back what it led to"


def test_a_keycap_approves_the_picture_with_its_number(talk: Talk) -> None:
    render = talk.ask()
    made = talk.finish(render, pictures=3)
    react(talk.desk, talk.ana, talk.place, render.code, "2\ufe0f\u20e3", True)
    assert status(talk, made) == ["", "approved", ""]
    react(talk.desk, talk.ana, talk.place, render.code, "2\ufe0f\u20e3", False)
    assert status(talk, made) == ["", "", ""]
    assert react(talk.desk, talk.ana, talk.place, render.code, "9\ufe0f\u20e3", True) is None
    assert react(talk.desk, talk.ana, talk.place, made[0].code, "1\ufe0f\u20e3", True) is None, "of one picture it says nothing"


def status(talk: Talk, made: Sequence[Asset]) -> list[str]:
    with talk.desk.reading() as session:
        found = assets.many(session, [one.id or 0 for one in made])
    return [found[one.id or 0].status for one in made]


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
