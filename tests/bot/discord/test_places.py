"""Places on Discord: boards, other servers, direct messages, what holds on a server, and who sees what."""

from __future__ import annotations

import pytest

from core.people import projects
from storage.people import workspaces
from storage.tables import Role
from tests.bot.discord.conftest import Studio, words
from tests.simulators.discord import Channel, Person
from tests.simulators.discord.world import DIRECT


@pytest.fixture
def kit(studio: Studio) -> Person:
    """An admin."""
    return studio.person("Kit Fox", Role.ADMIN)


def test_a_post_of_a_forum_is_a_shot_and_carries_its_state(studio: Studio, mia: Person, ana: Person) -> None:
    forum = studio.server.forum(studio.guild, "shots", "Approved", "Done", "client", "rejected")
    tags = {one["name"]: one["id"] for one in forum.tags}
    post = studio.server.do(_opened(studio, forum, mia))
    post.applied = [tags["client"]]
    done = mia.slash(post, "render", workflow="text-to-image", prompt="hero", inputs="steps:1 size:64x64")
    (message,) = studio.said(done)
    assert "sh020" in words(message), "the post's title is the shot"
    studio.works()
    assert post.applied == [tags["client"], tags["Done"]]
    ana.reacts("✅", message)
    studio.settles()
    assert post.applied == [tags["client"], tags["Approved"]]
    mia.says(post, "cooler", mention=True)
    studio.settles()
    studio.works()
    newest = mia.sees(post)[-1]
    assert "sh020" in words(newest)
    other = mia.slash(post, "render", workflow="text-to-image", prompt="hero", inputs="steps:1", shot="sh099")
    assert "sh099" in words(studio.said(other)[0])


async def _opened(studio: Studio, forum: Channel, by: Person) -> Channel:
    made = studio.server.thread(forum, "sh020", by=by.user.id)
    await studio.server.gateway.dispatch("THREAD_CREATE", made.json() | {"newly_created": True})
    return made


def test_a_board_that_may_not_be_tagged_shows_its_results_all_the_same(studio: Studio, mia: Person) -> None:
    forum = studio.server.forum(studio.guild, "shots", "done")
    post = studio.server.do(_opened(studio, forum, mia))
    forum.denied["threads"] = "Missing Permissions"
    (message,) = studio.said(mia.slash(post, "render", workflow="text-to-image", prompt="hero", inputs="steps:1 size:64x64"))
    studio.works()
    assert "Took" in words(message)
    assert post.applied == []


def test_brought_along_by_a_person_it_answers_there_and_renders_into_direct_messages(studio: Studio, mia: Person) -> None:
    elsewhere = studio.server.guild("Somebody else's")
    elsewhere.with_bot = False
    place = studio.server.channel(elsewhere, "lobby")
    done = mia.slash(
        place, "render", user_installed=True, workflow="text-to-image", prompt="far away", inputs="steps:1 size:64x64"
    )
    (told,) = studio.said(done)
    assert told.only_for == mia.user.id
    assert "You will see it in our direct messages" in words(told)
    studio.works()
    assert "Took" in words(mia.sees(mia.direct())[-1])
    assert "Nothing is running or waiting" in words(studio.said(mia.slash(place, "queue", user_installed=True))[0])
    group = studio.server.at_once(lambda: _group(studio, mia))
    assert "Commands" in words(studio.said(mia.slash(group, "help", user_installed=True))[0])


def _group(studio: Studio, mia: Person) -> Channel:
    made = Channel("", DIRECT, recipients=[mia.user])
    studio.server.channels[made.id] = made
    return made


def test_newcomers_of_a_clients_server_look_on_and_its_channels_are_theirs(studio: Studio, kit: Person) -> None:
    client = studio.server.guild("Acme")
    channel = studio.server.channel(client, "review")
    client.members[kit.user.id] = kit.user
    with studio.desk.writing() as session:
        admin = studio.member(kit)
        assert admin is not None
        projects.add(session, "Acme", "Acme Spring", by=admin)
    (shown,) = studio.said(kit.slash(channel, "workspace", project="acme-spring", newcomers="viewer"))
    assert "acme-spring" in words(shown)
    sam = Person(studio.server, studio.server.user("Sam", client))
    (refused,) = studio.said(sam.slash(channel, "render", workflow="text-to-image", prompt="mine"))
    assert "As a viewer you may not render" in words(refused)
    later = studio.server.channel(client, "later")
    assert "acme-spring" in words(studio.said(sam.slash(later, "project"))[0])
    denied = sam.slash(channel, "workspace", newcomers="lead")
    assert "refused" in words(studio.said(denied)[0])
    studio.said(kit.slash(channel, "workspace", newcomers="nobody"))
    stranger = Person(studio.server, studio.server.user("Stranger", client))
    assert "New people cannot join from here" in words(studio.said(stranger.slash(channel, "queue"))[0])
    assert studio.member(stranger) is None
    assert "bad-input" in words(studio.said(kit.slash(channel, "workspace", newcomers="king"))[0])


def test_servers_come_and_go(studio: Studio) -> None:
    studio.running.settle(studio.server)
    with studio.desk.reading() as session:
        known = workspaces.find(session, "discord", studio.guild.id)
    assert known is not None
    assert (known.name, known.revoked_at) == ("Studio", None)
    studio.server.do(studio.server.gateway.dispatch("GUILD_DELETE", {"id": studio.guild.id}))
    studio.running.settle(studio.server)
    with studio.desk.reading() as session:
        gone = workspaces.find(session, "discord", studio.guild.id)
    assert gone is not None
    assert gone.revoked_at is not None


def test_two_accounts_of_one_person_are_joined_by_a_code(studio: Studio, mia: Person) -> None:
    other = Person(studio.server, studio.server.user("mia.private", studio.guild))
    (code,) = studio.said(mia.slash(studio.channel, "link"))
    line = next(word for word in words(code).split() if "-" in word and len(word) == 11)
    (joined,) = studio.said(other.slash(studio.channel, "link", code=line))
    assert joined.only_for == other.user.id
    assert "now linked to Mia Wong" in words(joined)
    member, same = studio.member(mia), studio.member(other)
    assert member is not None
    assert same is not None
    assert member.id == same.id


def test_completions_come_while_somebody_types(studio: Studio, mia: Person) -> None:
    found = [one["value"] for one in mia.complete(studio.channel, "render", "workflow", "depth")]
    assert found == ["product-depth"]
    inputs = mia.complete(studio.channel, "render", "inputs", "steps:3 samp", workflow="text-to-image")
    assert inputs[0]["value"] == "steps:3 sampler:"
    stranger = Person(studio.server, studio.server.user("Mallory"))
    assert stranger.complete(stranger.direct(), "render", "workflow", "") == []
