"""The room's rows: nothing is said twice, nothing that changed is missed, nobody reads what is not theirs."""

from __future__ import annotations

import threading

import pytest

from storage.chat import room
from storage.database import Database
from storage.people import members, projects
from storage.tables import Channel, Member, Role


@pytest.fixture
def general(database: Database) -> Channel:
    with database.writing() as session:
        house = projects.add_client(session, "House", "house")
        project = projects.add(session, house.id or 0, "Playground", "playground")
        return projects.add_channel(session, "room", "general", "general", project.id or 0)


@pytest.fixture
def people(database: Database) -> tuple[Member, Member]:
    with database.writing() as session:
        return members.add(session, "Mia", "mia", Role.ARTIST), members.add(session, "Ana", "ana", Role.LEAD)


def say(database: Database, channel: Channel, text: str, **more: object) -> int:
    with database.writing() as session:
        message = room.say(session, channel.id or 0, text=text, **more)  # type: ignore[arg-type]
        return message.id or 0


def changed(database: Database, channel: Channel, since: int, reader: Member) -> list[str]:
    with database.reading() as session:
        return [one.text for one in room.changed_since(session, channel.id or 0, since, seen_by=reader.id or 0)]


def test_a_message_said_twice_under_one_key_is_one_message(
    database: Database, general: Channel, people: tuple[Member, Member]
) -> None:
    first = say(database, general, "hello", key="k1")
    again = say(database, general, "hello again", key="k1")
    assert first == again
    assert changed(database, general, 0, people[0]) == ["hello"]


def test_a_reader_asks_for_what_changed_after_the_last_revision_it_saw(
    database: Database, general: Channel, people: tuple[Member, Member]
) -> None:
    first = say(database, general, "one")
    say(database, general, "two")
    with database.reading() as session:
        seen = room.revisions(session, [general.id or 0])[general.id or 0]
    assert changed(database, general, seen, people[0]) == []
    with database.writing() as session:
        message = room.message(session, first)
        assert message is not None
        room.edit(session, message, text="one, edited")
    assert changed(database, general, seen, people[0]) == ["one, edited"]


def test_only_some_things_of_a_message_change(database: Database, general: Channel) -> None:
    row = say(database, general, "mine")
    with database.writing() as session:
        message = room.message(session, row)
        assert message is not None
        with pytest.raises(TypeError, match="member_id does not change"):
            room.edit(session, message, member_id=7)


def test_a_private_message_is_seen_by_one_member_only(
    database: Database, general: Channel, people: tuple[Member, Member]
) -> None:
    mia, ana = people
    say(database, general, "psst", only_for=mia.id)
    assert changed(database, general, 0, mia) == ["psst"]
    assert changed(database, general, 0, ana) == []
    with database.reading() as session:
        assert room.page(session, general.id or 0, seen_by=ana.id or 0) == []
        assert room.unread(session, ana.id or 0, [general.id or 0]) == {}


def test_pages_go_backwards_and_leave_threads_out(database: Database, general: Channel, people: tuple[Member, Member]) -> None:
    rows = [say(database, general, f"message {number}") for number in range(5)]
    say(database, general, "in a thread", thread_id=rows[0])
    with database.reading() as session:
        newest = room.page(session, general.id or 0, seen_by=people[0].id or 0, limit=2)
        before = room.page(session, general.id or 0, seen_by=people[0].id or 0, before=newest[0].id, limit=2)
    assert [one.text for one in newest] == ["message 3", "message 4"]
    assert [one.text for one in before] == ["message 1", "message 2"]


def test_an_answer_in_a_thread_brings_its_first_message_along(
    database: Database, general: Channel, people: tuple[Member, Member]
) -> None:
    mia, _ = people
    root = say(database, general, "root", by=mia.id)
    with database.reading() as session:
        seen = room.revisions(session, [general.id or 0])[general.id or 0]
    say(database, general, "answer", thread_id=root, by=mia.id)
    say(database, general, "from Slate", thread_id=root)
    assert sorted(changed(database, general, seen, mia)) == ["answer", "from Slate", "root"]
    with database.reading() as session:
        found = room.replies(session, [root], seen_by=mia.id or 0)[root]
        assert (found.count, found.names) == (2, ("Mia", "Slate"))
        assert [one.text for one in room.thread(session, root, seen_by=mia.id or 0)] == ["answer", "from Slate"]


def test_a_reaction_is_there_once_and_can_be_taken_back(
    database: Database, general: Channel, people: tuple[Member, Member]
) -> None:
    mia, ana = people
    row = say(database, general, "look")
    done = []
    for change, member in ((room.react, mia), (room.react, mia), (room.react, ana), (room.unreact, mia), (room.unreact, mia)):
        with database.writing() as session:
            message = room.message(session, row)
            assert message is not None
            done.append(change(session, message, "✅", by=member.id or 0))
    assert done == [True, False, True, True, False]
    with database.reading() as session:
        assert [(one.emoji, one.name) for one in room.reactions(session, [row])] == [("✅", "Ana")]


def test_unread_counts_what_others_said_after_the_mark_which_never_goes_back(
    database: Database, general: Channel, people: tuple[Member, Member]
) -> None:
    mia, ana = people
    here = general.id or 0
    first = say(database, general, "from Ana", by=ana.id)
    say(database, general, "from Slate")
    say(database, general, "my own", by=mia.id)
    with database.reading() as session:
        assert room.unread(session, mia.id or 0, [here]) == {here: 2}
    for mark in (first, first - 1):
        with database.writing() as session:
            room.mark_read(session, mia.id or 0, here, mark)
    with database.reading() as session:
        assert room.read_up_to(session, mia.id or 0, here) == first
        assert room.unread(session, mia.id or 0, [here]) == {here: 1}


def test_a_reader_misses_nothing_while_several_write_at_once(
    database: Database, general: Channel, people: tuple[Member, Member]
) -> None:
    writers, each = 4, 15
    threads = [
        threading.Thread(target=lambda who=who: [say(database, general, f"{who}.{number}") for number in range(each)])  # type: ignore[misc]
        for who in range(writers)
    ]
    for one in threads:
        one.start()
    heard: list[str] = []
    cursor = 0
    while len(heard) < writers * each:
        alive = any(one.is_alive() for one in threads)
        with database.reading() as session:
            news = room.changed_since(session, general.id or 0, cursor, seen_by=people[0].id or 0)
        heard += [one.text for one in news]
        cursor = max((one.revision for one in news), default=cursor)
        if not alive and not news:
            break
    for one in threads:
        one.join(30)
    assert sorted(heard) == sorted(f"{who}.{number}" for who in range(writers) for number in range(each))
