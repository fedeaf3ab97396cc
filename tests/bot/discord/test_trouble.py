"""What goes wrong on Discord: handled once, told once, and said to a person where a person can help."""

from __future__ import annotations

import logging
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import replace
from types import SimpleNamespace

import httpx2
import pytest
from discord.asset import Asset
from discord.gateway import DiscordWebSocket
from discord.http import Route
from structlog.testing import capture_logs

from bot.cards import Card
from bot.discord import client, selftest
from bot.discord.chat import DiscordChat
from core.desk import Desk
from core.errors import ChatBusy, ChatRefused
from core.provenance.seal import keys
from core.verification import verify
from storage.chat import posts
from storage.tables import Post, Role
from tests.bot.discord.conftest import Studio, actions, words
from tests.simulators.discord import Person
from tests.waiting import until

MESSAGES = r"^POST /channels/\d+/messages"
EDITS = r"^PATCH /channels/\d+/messages"


@pytest.fixture
def chat(studio: Studio) -> DiscordChat:
    chat = studio.outbox._chats["discord"]
    assert isinstance(chat, DiscordChat)
    return chat


def post_of(studio: Studio, render: int = 1) -> Post:
    with studio.desk.reading() as session:
        return posts.of_render(session, render)[0]


@pytest.mark.parametrize("kind", ["busy", "broken", "dropped", "half-done"])
def test_the_last_edit_always_lands(studio: Studio, mia: Person, kind: str) -> None:
    message = studio.asks(mia)
    studio.server.faults.add(EDITS, kind, times=1, after=0.01)  # type: ignore[arg-type]
    studio.shop.sweeper.sweep()
    studio.shop.drain()
    until(lambda: (studio.outbox.drain(3), "Took" in words(message))[1], "it is shown after all", 20)
    assert studio.server.faults.met


def test_a_message_whose_sending_was_cut_off_is_not_posted_twice(studio: Studio, mia: Person) -> None:
    message = studio.asks(mia)
    studio.works()
    studio.server.faults.add(MESSAGES, "half-done")
    mia.reacts("🔁", message)
    studio.settles()
    until(lambda: (studio.outbox.drain(3), len(mia.sees(studio.channel)) == 2)[1], "the second message is there", 20)
    studio.outbox.drain(3)
    assert len([one for one in mia.sees(studio.channel) if one.author.bot]) == 2


def test_a_message_whose_sending_was_cut_off_shows_the_newest_state_all_the_same(studio: Studio, mia: Person) -> None:
    message = studio.asks(mia)
    studio.works()
    studio.server.faults.add(MESSAGES, "half-done")
    mia.reacts("🔁", message)
    studio.settles()
    studio.outbox.drain(0.1)
    studio.shop.sweeper.sweep()
    studio.shop.drain()
    until(lambda: (studio.outbox.drain(3), "Took" in words(mia.sees(studio.channel)[-1]))[1], "its end is shown", 20)
    assert len([one for one in mia.sees(studio.channel) if one.author.bot]) == 2


def test_a_message_that_was_deleted_is_posted_again(studio: Studio, mia: Person) -> None:
    message = studio.asks(mia)
    studio.server.erases(message)
    studio.works()
    (again,) = [one for one in mia.sees(studio.channel) if one.author.bot]
    assert again.id != message.id
    assert "Took" in words(again)
    assert again.attachments


def test_a_channel_that_is_gone_is_tried_with_pauses_and_the_render_is_safe(studio: Studio, mia: Person) -> None:
    studio.asks(mia)
    studio.server.removes(studio.channel)
    with capture_logs() as logs:
        studio.works()
        studio.catches_up()
    assert [one["why"] for one in logs if one["event"] == "post.failed"] == ["That Discord channel is not there any more."]
    assert post_of(studio).next_try_at is not None
    assert studio.shop.now(studio.shop.ask()).id


@pytest.mark.parametrize("denied", ["Missing Permissions", "Missing Access"])
def test_a_missing_permission_is_said_to_whoever_asked_once(studio: Studio, mia: Person, denied: str) -> None:
    message = studio.asks(mia)
    studio.works()
    studio.channel.denied["send" if denied == "Missing Permissions" else "view"] = denied
    mia.reacts("🔁", message)
    studio.settles()
    studio.works()
    studio.works()
    told = [words(one) for one in mia.sees(mia.direct())]
    assert len(told) == 1
    assert "goes on, but I cannot show it there" in told[0]
    assert "Slate's role" in told[0]


def test_an_archived_thread_is_opened_for_the_result(studio: Studio, mia: Person) -> None:
    message = studio.asks(mia)
    studio.works()
    thread = mia.opens_thread(message)
    inside = studio.said(mia.slash(thread, "reroll"))[0]
    thread.archived = True
    studio.works()
    assert "Took" in words(inside)
    assert not thread.archived


def test_a_revoked_token_is_said_plainly_and_nothing_is_lost(studio: Studio, mia: Person) -> None:
    message = studio.asks(mia)
    with studio.server.revoked(), capture_logs() as logs:
        studio.works()
    assert [one["why"] for one in logs if one["event"] == "post.failed"] == ["Discord no longer accepts Slate's token."]
    with studio.desk.writing() as session:
        posts.touch(session, [1])
    studio.works()
    assert "Took" in words(message)


def test_a_file_within_the_limit_that_is_refused_after_all_is_a_preview(
    studio: Studio, mia: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.simulators.discord.limits.FILE_BYTES", 20_000)
    monkeypatch.setattr("bot.discord.chat._SMALL", 64)
    keys.init(studio.desk.settings.keys, "Studio")
    message = studio.asks(mia, inputs="seed:7 steps:1 size:256x256")
    studio.works()
    assert message.attachments[0]["filename"].endswith("-preview.jpg")
    shown = httpx2.get(message.attachments[0]["url"], timeout=30).raise_for_status().content
    told = verify.verify(studio.desk, shown, message.attachments[0]["filename"])
    assert told.outcome is verify.Outcome.PROVED
    assert told.is_ai
    assert told.asset is not None
    assert "Too large for Discord" in words(message)
    assert len(studio.server.refusals) == 1
    studio.server.refusals.clear()


def test_events_that_come_twice_are_acted_on_once(studio: Studio, mia: Person, ana: Person) -> None:
    studio.server.gateway.times = 3
    message = studio.asks(mia)
    studio.works()
    mia.reacts("🔁", message)
    mia.says(studio.channel, "warmer", to=message)
    studio.settles()
    studio.said(mia.press(message, actions(message)["Reroll"]))
    studio.settles()
    studio.server.gateway.times = 1
    assert len([one for one in mia.sees(studio.channel) if one.author.bot]) == 4


def test_a_dropped_socket_is_resumed_and_what_was_missed_comes_then(studio: Studio, mia: Person, ana: Person) -> None:
    message = studio.asks(mia)
    studio.works()
    studio.server.do(studio.server.gateway.drop())
    ana.reacts("✅", message)
    until(lambda: studio.server.gateway.resumed == 1, "the session is resumed")
    until(lambda: (studio.settles(), "approved by Ana Ruiz" in words(message))[1], "what was missed is carried out")
    studio.server.do(studio.server.gateway.again(3))
    studio.server.do(studio.server.gateway.drop(code=4009, forget=True))
    until(lambda: studio.server.gateway.identified == 2 and studio.running.ready, "a new session begins")
    assert "in line" in words(studio.asks(mia, "another"))


def test_a_malformed_event_ends_the_process_so_that_it_is_started_again(studio: Studio, mia: Person) -> None:
    studio.may_end = True
    studio.server.do(studio.server.gateway.garble())
    until(lambda: not studio.running.alive, "the gateway ends")
    assert isinstance(studio.running.problem, KeyError)
    studio.restart()
    assert "in line" in words(studio.asks(mia))


def test_the_process_exits_non_zero_when_the_gateway_dies_and_zero_when_told_to_stop(studio: Studio) -> None:
    studio.may_end = True
    settings = studio.desk.settings
    environment = {
        "SLATE_DATA": str(settings.data), "SLATE_DATABASE_URL": settings.database_url, "SLATE_REDIS_URL": settings.redis_url,
        "SLATE_DISCORD_API_URL": settings.discord_api_url, "PATH": "/usr/bin:/bin",
    }  # fmt: skip

    def ends(token: str, then: str) -> tuple[int, str]:
        before = studio.server.gateway.identified
        process = subprocess.Popen(
            [sys.executable, "-m", "bot.cli", "discord"], env=environment | {"SLATE_DISCORD_TOKEN": token},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        if then:
            until(lambda: studio.server.gateway.identified > before or process.poll() is not None, "it is connected", 60)
        if then == "garble":
            studio.server.do(studio.server.gateway.garble())
        elif then:
            process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=60)
        return process.returncode, said

    status, said = ends(settings.discord_token, "garble")
    assert status not in (0, None), said
    assert settings.discord_token not in said
    assert ends(settings.discord_token, "stop")[0] == 0
    status, said = ends("nonsense", "")
    assert status != 0
    assert "Reset it in the developer portal" in said


def test_no_token_is_ever_logged(studio: Studio, mia: Person, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), capture_logs() as logs:
        message = studio.asks(mia)
        studio.works()
        studio.said(mia.press(message, actions(message)["Provenance"]))
        mia.reacts("✅", message)
        studio.settles()
    said = caplog.text + repr(logs) + repr(studio.desk.settings)
    assert studio.desk.settings.discord_token not in said
    assert [one for one in studio.server.talking.by_token if one in said] == []


def test_somebody_who_left_loses_access_at_once_and_has_it_again_when_back(studio: Studio, mia: Person) -> None:
    studio.asks(mia)
    studio.running.client.listener.accounts._there.clear()  # type: ignore[union-attr]
    studio.server.leaves(mia.user, studio.guild)
    mia.says(mia.direct(), "/queue")
    studio.settles()
    assert "You are not on any Discord server" in words(mia.sees(mia.direct())[-1])
    studio.guild.members[mia.user.id] = mia.user
    assert "in line" in words(studio.asks(mia, "back again"))


def test_strangers_in_direct_messages_are_not_taken_in(studio: Studio) -> None:
    stranger = Person(studio.server, studio.server.user("Mallory"))
    stranger.says(stranger.direct(), "/find everything")
    studio.settles()
    assert "You are not on any Discord server" in words(stranger.sees(stranger.direct())[-1])
    assert studio.member(stranger) is None


def test_a_guest_of_a_server_is_refused_in_direct_messages_too(studio: Studio, mia: Person) -> None:
    studio.asks(mia)
    guest = Person(studio.server, studio.server.user("Gus", studio.guild))
    studio.guild.guests.add(guest.user.id)
    guest.says(guest.direct(), "/find everything")
    studio.settles()
    told = words(guest.sees(guest.direct())[-1])
    assert "Guests and people of other companies are not let in" in told
    assert f"/admit {guest.user.id}" in told
    assert studio.member(guest) is None


def test_names_are_kept_fresh(studio: Studio, mia: Person) -> None:
    studio.asks(mia)
    studio.guild.nicks[mia.user.id] = "Mia (night shift)"
    mia.user.avatar = "0123abcd"
    studio.asks(mia, "another")
    with studio.desk.reading() as session:
        from storage.people import members

        handle = members.handle(session, "discord", mia.user.id)
    assert handle is not None
    assert handle.name == "Mia (night shift)"
    assert "0123abcd" in handle.avatar_url


def test_words_that_would_ping_and_format_do_neither(studio: Studio, mia: Person) -> None:
    other = studio.person("Jo Lee", Role.ARTIST)
    nasty = f"@everyone <@{other.user.id}> **bold** [free](https://evil.example) # head"
    message = studio.asks(mia, nasty)
    studio.works()
    assert message.pings == []
    assert f"\\<@\u200b{other.user.id}>" in words(message)
    mia.says(studio.channel, f"find {nasty}", mention=True)
    studio.settles()
    assert all(not one.pings for one in mia.sees(studio.channel) if one.author.bot)


def test_what_takes_long_is_acknowledged_first_and_answered_after(
    studio: Studio, mia: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurry = threading.Event()
    real = studio.running.client.listener._answer  # type: ignore[union-attr]

    def slow(*args: object) -> object:
        hurry.wait(20)
        return real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(studio.running.client.listener, "_answer", slow)  # type: ignore[union-attr]
    monkeypatch.setattr("bot.discord.reply.WAIT", 0.05)
    private = mia.slash(studio.channel, "queue")
    public = mia.slash(studio.channel, "render", workflow="text-to-image", prompt="late", inputs="steps:1 size:64x64")
    form = mia.slash(studio.channel, "edit", id="text-to-image")
    assert (private.kind, public.kind, form.kind) == (5, 5, 5)
    hurry.set()
    assert studio.said(private)[0].only_for == mia.user.id
    (shown,) = studio.said(public)
    assert (shown.only_for, "in line" in words(shown)) == ("", True)
    (ready,) = studio.said(form)
    opened = mia.press(
        ready,
        actions(ready)["1: prompt, negative, width …"]
        if "1: prompt, negative, width …" in actions(ready)
        else next(action for label, action in actions(ready).items() if label.startswith(("1:", "Open"))),
    )
    assert opened.form is not None, "a form cannot follow an acknowledgement; a button opens it"
    studio.works()
    assert "Took" in words(shown)


def test_errors_of_the_platform_say_what_follows(studio: Studio, chat: DiscordChat) -> None:
    post = Post(platform="discord", channel_id=studio.channel.id, render_id=None)
    studio.server.faults.add(MESSAGES, "busy", after=7.5)
    with pytest.raises(ChatBusy) as busy:
        chat.tell(studio.desk, "", studio.server.user("Mia", studio.guild).id, Card("x"))
    assert busy.value.retry_after == 7.5
    studio.channel.denied["send"] = "Missing Permissions"
    with pytest.raises(ChatRefused, match="may not write"):
        chat.post(studio.desk, post, Card("x"))


def test_a_canary_goes_through_and_is_removed(studio: Studio) -> None:
    owner = studio.server.user("Kit", studio.guild)
    studio.server.owner = owner
    place = selftest.place(studio.desk)
    assert place is not None
    ref = place.post(b"a canary", "canary.png")
    assert place.fetch(ref) == b"a canary"
    place.remove(ref)
    assert Person(studio.server, owner).sees(studio.server.at_once(lambda: studio.server.direct(owner))) == []
    place._rest.close()


def test_a_network_that_is_away_is_waited_for_and_told_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for where, name in ((Route, "BASE"), (DiscordWebSocket, "DEFAULT_GATEWAY"), (Asset, "BASE")):
        monkeypatch.setattr(where, name, getattr(where, name))
    pauses: list[float] = []

    def stop_at_the_third(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(client, "time", SimpleNamespace(sleep=stop_at_the_third))
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{closed.getsockname()[1]}/api/v10"
        nowhere = replace(desk, settings=desk.settings.model_copy(update={"discord_api_url": address}))
        with capture_logs() as told, pytest.raises(KeyboardInterrupt):
            client.serve(nowhere)

    assert pauses == [1.0, 2.0, 4.0]
    assert [line["event"] for line in told] == ["discord.away"]
