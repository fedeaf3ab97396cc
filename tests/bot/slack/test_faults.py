"""Slack at its worst: what comes twice, late or out of order, what is refused, what is gone; each is handled and told once."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.messages.outbox import Outbox
from bot.slack.chat import SlackChat
from storage.tables import RenderState
from tests.bot.slack.conftest import SHOE, Studio
from tests.stories.telling import Person
from tests.waiting import until


def test_an_event_that_comes_three_times_is_done_once(studio: Studio, mia: Person) -> None:
    studio.slack.faults.duplicates = 2
    studio.do(studio.slack.people.say, studio.user(mia), studio.general, f"<@{studio.install.bot}> {SHOE}")
    assert len(studio.story.renders()) == 1


def test_an_event_is_taken_again_when_the_memory_was_away_at_first(
    studio: Studio, mia: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.database._BUSY_MS", 100)
    studio.slack.events.speed = 600
    studio.slack.patience = 1.0
    path = Path(str(studio.story.desk.database.url.database))
    away, nowhere = path.with_suffix(".away"), path.with_suffix(".nowhere")
    studio.story.desk.database.engine.dispose()
    nowhere.symlink_to(path.parent / "not there" / path.name)
    away.hardlink_to(path)
    nowhere.replace(path)  # in one step, so that no thread finds the place free and puts an empty database there
    studio.slack.do(studio.slack.people.say, studio.user(mia), studio.general, f"<@{studio.install.bot}> {SHOE}")
    until(lambda: studio.slack.events.sent >= 2, "Slack sends it again")
    away.replace(path)
    studio.slack.settle()
    studio.story.catches_up()
    assert studio.slack.events.given_up == []
    assert len(studio.story.renders()) == 1


def test_reactions_that_overtake_each_other_end_as_they_are(studio: Studio, mia: Person, ana: Person) -> None:
    shoe = studio.shoe(mia)
    studio.slack.faults.withheld = True
    ana.reacts("✅", to=shoe)
    ana.takes_back("✅", from_=shoe)
    ana.reacts("❌", to=shoe)
    studio.slack.run(studio.slack.events.let_go())
    studio.story.catches_up()
    (asset,) = studio.story.assets(shoe)
    assert asset.status == "rejected"
    assert [event.action for event in studio.story.audit(asset.code)].count("asset:verdict") == 1


def test_a_pause_that_slack_asks_for_is_kept_and_the_last_state_shown(studio: Studio, mia: Person) -> None:
    asked = mia.asks(SHOE)
    studio.slack.fail("chat.update", status=429, retry_after=1, times=2)
    studio.story.works()
    assert mia.sees("Took", again=asked).tone == "done"
    calls = list(studio.slack.calls("chat.update"))
    refused = [call.at for call in calls if call.status == 429]
    after = [call.at for call in calls if call.at > refused[0]]
    assert (len(refused), after[0] - refused[0] >= 0.95) == (2, True)


@pytest.mark.parametrize(
    "fault", [{"status": 503}, {"error": "fatal_error"}, {"refused": True}], ids=["503", "fatal", "hangs up"]
)
def test_a_slack_that_fails_for_a_moment_is_asked_again(
    studio: Studio, mia: Person, fault: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.slack.errors.PAUSE", 0.1)
    studio.slack.fail("chat.postMessage", **fault)
    mia.says(SHOE)
    assert mia.sees("in line").tone == "queued"
    studio.slack.fail("files.getUploadURLExternal", **fault)
    studio.story.works()
    assert mia.sees("Took").pictures
    assert len([one for one in studio.general.messages if one.by_app]) == 1


def test_a_picture_that_slack_is_still_busy_with_is_waited_for(studio: Studio, mia: Person) -> None:
    studio.slack.processing = 2
    shoe = studio.shoe(mia)
    assert len(shoe.pictures) == 1
    assert [call.error for call in studio.slack.calls("chat.update")].count("invalid_blocks") == 2
    assert len(studio.slack.calls("files.getUploadURLExternal")) == 1, "uploaded once all the same"


def test_a_message_somebody_deleted_is_posted_again(studio: Studio, mia: Person) -> None:
    asked = mia.asks(SHOE)
    studio.general.messages.remove(studio.message(asked))
    studio.story.works()
    done = mia.sees("Took")
    assert done.ref != asked.ref
    assert [post.message_ref for post in studio.posts(done)] == [done.ref]


def test_an_answer_that_got_lost_makes_no_second_message_and_the_newest_state_is_shown(studio: Studio, mia: Person) -> None:
    studio.slack.fail("chat.postMessage", lost=True)
    mia.says(SHOE)
    studio.story.works()
    assert [one.tone for one in studio.client(mia).read() if one.subject] == ["done"]


def test_a_message_that_was_deleted_before_slate_knew_of_it_is_posted_anew(studio: Studio, mia: Person) -> None:
    studio.slack.fail("chat.postMessage", lost=True)
    studio.slack.run(studio.slack.people.slash(studio.user(mia), studio.general, *SHOE.split(" ", 1)))
    studio.front.settle()
    studio.house.outbox.drain(0.2)
    studio.slack.do(studio.general.messages.clear)
    studio.story.works()
    assert [one.tone for one in studio.client(mia).read() if one.subject] == ["done"]


def test_where_slack_forgets_what_it_posted_the_second_message_is_followed_once_it_is_pressed(
    studio: Studio, mia: Person
) -> None:
    studio.slack.world.keys = None
    studio.slack.fail("chat.postMessage", lost=True)
    mia.says(SHOE)
    studio.story.works()
    orphan, known = [one for one in studio.client(mia).read() if one.subject]
    assert (orphan.tone, known.tone) == ("queued", "done")
    mia.presses("Copy command", on=orphan)
    mia.presses("Approve", on=known)
    assert [one.fields["Verdict"] for one in studio.client(mia).read() if one.subject] == ["approved by Mia Chen (vote)"] * 2


def test_what_slate_says_itself_is_not_said_to_slate(studio: Studio, mia: Person) -> None:
    said = {"type": "message", "user": studio.install.bot, "text": "queue", "ts": "1.1", "event_ts": "1.1"}
    about = {"channel": studio.direct(mia).id, "channel_type": "im"}
    studio.do(studio.slack.events.tell, studio.house.team, said | about, "message.im")
    assert studio.whispers(mia) == []


def test_in_an_archived_channel_the_render_goes_on_and_whoever_asked_is_told(studio: Studio, mia: Person) -> None:
    asked = mia.asks(SHOE)
    studio.general.archived = True
    studio.story.works()
    assert studio.story.render(asked).state is RenderState.DONE
    assert [post.error for post in studio.posts(asked)] == ["The Slack channel is archived or deleted."]
    told = [text for text in studio.whispers(mia) if "archived" in text]
    assert (len(told), asked.subject in told[0]) == (1, True)


def test_a_private_channel_without_slate_is_told_how_to_let_it_in(studio: Studio, mia: Person) -> None:
    secret = studio.slack.do(studio.slack.channel, studio.house.team, "secret", studio.user(mia), kind="private", with_bot=False)
    studio.run(studio.slack.people.slash(studio.user(mia), secret, *SHOE.split(" ", 1)))
    (render,) = studio.story.renders()
    assert any("/invite @slate" in text for text in studio.whispers(mia)), studio.whispers(mia)
    studio.story.works()
    assert studio.story.render(render.code).state is RenderState.DONE


def test_a_public_channel_without_slate_is_joined(studio: Studio, mia: Person) -> None:
    hall = studio.slack.do(studio.slack.channel, studio.house.team, "hall", studio.user(mia), with_bot=False)
    studio.run(studio.slack.people.slash(studio.user(mia), hall, *SHOE.split(" ", 1)))
    assert studio.install.bot in hall.members
    assert [one.by_app for one in hall.messages] == [True]


def test_a_missing_scope_is_named_to_whoever_asked_and_logged_once(
    studio: Studio, mia: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = mia.asks(SHOE)
    object.__setattr__(studio.install, "scopes", studio.install.scopes - {"files:write"})
    studio.story.works()
    assert studio.story.render(asked).state is RenderState.DONE
    told = [text for text in studio.whispers(mia) if "files:write" in text]
    assert len(told) == 1, studio.whispers(mia)
    assert "docs/slack.md" in told[0]
    assert capsys.readouterr().out.count("post.failed") == 1, "a scope may be granted: it is tried again"


def test_dropped_sockets_are_opened_again_and_nothing_said_meanwhile_is_lost(studio: Studio, mia: Person) -> None:
    before = studio.slack.wires.connected
    studio.slack.run(studio.slack.wires.drop("refresh_requested"))
    until(lambda: studio.slack.wires.connected == before + 1, "a fresh socket is opened")
    assert mia.asks(SHOE).tone == "queued"
    studio.slack.patience = 20.0
    studio.slack.run(studio.slack.wires.drop())
    studio.run(studio.slack.people.slash(studio.user(mia), studio.general, "/queue", ""))
    assert studio.slack.wires.connected == before + 2
    assert any("waiting" in text for text in studio.whispers(mia))


def test_the_budgets_of_slack_are_kept_by_themselves(studio: Studio, mia: Person) -> None:
    """Twelve messages in one channel, at Slack's own pace, with no 429 at all."""
    studio.slack.budgets.strict = True
    outbox = Outbox(studio.story.desk, {"slack": SlackChat(studio.story.desk, studio.front.workspaces)})
    studio.house.outbox = outbox
    for _ in range(5):
        studio.slack.run(studio.slack.people.slash(studio.user(mia), studio.general, *SHOE.split(" ", 1)))
    studio.story.catches_up()
    studio.story.works()
    done = [one for one in studio.client(mia).read() if one.tone == "done"]
    assert len(done) == 5
    assert [call for call in studio.slack.world.calls if call.status == 429] == []


def test_a_revoked_token_is_noted_once_and_nothing_is_tried_with_it_again(studio: Studio, mia: Person) -> None:
    asked = mia.asks(SHOE)
    studio.install.revoked = True
    studio.story.works()
    assert studio.story.render(asked).state is RenderState.DONE
    actions = [event.action for event in studio.story.audit(f"workspace/slack/{studio.house.team}")]
    assert actions == ["workspace:installed", "workspace:revoked"]
    assert "Slack" in studio.posts(asked)[0].error
