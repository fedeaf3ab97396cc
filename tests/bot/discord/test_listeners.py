"""People on Discord: commands, buttons, menus, forms, threads and reactions, through the unmodified discord.py."""

from __future__ import annotations

from storage.tables import Role
from tests.bot.discord.conftest import Studio, actions, words
from tests.pictures import encoded, scene
from tests.simulators.discord import Person, checking
from tests.waiting import until


def test_a_render_is_one_message_from_its_place_in_line_to_the_result(studio: Studio, mia: Person) -> None:
    message = studio.asks(mia)
    assert "Number 1 in line" in words(message)
    assert message.interaction is not None, "it is the answer to the command itself"
    studio.works()
    assert "Took" in words(message)
    assert [one["filename"].rpartition(".")[2] for one in message.attachments] == ["png"]
    assert message.attachments[0]["description"].startswith("hero shoe")
    assert [one for one in mia.sees(studio.channel) if one.author.bot] == [message]


def test_a_button_of_a_result_makes_another_message_and_refuses_politely(studio: Studio, mia: Person) -> None:
    message = studio.asks(mia)
    studio.works()
    (again,) = studio.said(mia.press(message, actions(message)["Reroll"]))
    studio.works()
    assert "Took" in words(again)
    assert "**Based on**" in words(again)
    vic = studio.person("Vic Low", Role.VIEWER)
    (refused,) = studio.said(vic.press(message, actions(message)["Reroll"]))
    assert refused.only_for == vic.user.id
    assert "As a viewer you may not render" in words(refused)


def test_buttons_work_after_a_restart(studio: Studio, mia: Person) -> None:
    message = studio.asks(mia)
    studio.works()
    studio.restart()
    (again,) = studio.said(mia.press(message, actions(message)["Reroll"]))
    assert "in line" in words(again)


def test_an_edited_message_sends_no_file_twice(studio: Studio, mia: Person, ana: Person) -> None:
    message = studio.asks(mia)
    studio.works()
    before = [one["id"] for one in message.attachments]
    ana.reacts("✅", message)
    studio.settles()
    assert "approved by Ana Ruiz" in words(message)
    assert [one["id"] for one in message.attachments] == before, "the picture is the one that is there"
    gallery = next(one for one in checking.walk(message.components) if one["type"] == checking.GALLERY)
    assert gallery["items"][0]["media"]["attachment_id"] == before[0]


def test_the_edit_form_has_pages_menus_and_the_former_values(studio: Studio, mia: Person) -> None:
    message = studio.asks(mia)
    studio.works()
    opened = mia.press(message, actions(message)["Edit…"])
    assert opened.form is not None
    assert opened.form["title"].startswith("Edit R-")
    inputs = {part["label"]: part["component"] for part in opened.form["components"]}
    assert next(one["value"] for label, one in inputs.items() if label.casefold() == "prompt") == "hero shoe, low sun"
    studio.restart()
    prompt = next(one["custom_id"] for label, one in inputs.items() if label.casefold() == "prompt")
    (changed,) = studio.said(mia.fill(opened, {prompt: "hero shoe at night"}))
    studio.works()
    assert "hero shoe at night" in words(changed), "and it is taken after a restart, too"


def test_a_form_that_was_refused_has_lost_nothing(studio: Studio, mia: Person) -> None:
    opened = mia.slash(studio.channel, "edit", id="text-to-image")
    assert opened.form is not None
    prompt = next(part["component"]["custom_id"] for part in opened.form["components"] if part["label"].casefold() == "prompt")
    (asked,) = studio.said(mia.fill(opened, {prompt: "x" * 50, "next": "1"}))
    assert asked.only_for == mia.user.id
    assert "Prompt: " + "x" * 50 in words(asked)
    buttons = {
        one["custom_id"].rpartition(":")[2]: one["custom_id"] for one in checking.walk(asked.components) if one.get("custom_id")
    }
    second = mia.press(asked, buttons["1"])
    numbers = [
        part["component"] for part in (second.form or {})["components"] if "a whole number" in str(part) or " to " in str(part)
    ]
    field = next(one["custom_id"] for one in numbers if one["type"] == checking.INPUT)
    mia.fill(second, {field: "many"})
    until(lambda: "wrong-type" in words(asked), "the form says what is wrong")
    assert "send" in buttons
    ana = studio.person("Ana Low")
    assert "somebody else" in words(studio.said(ana.press(asked, buttons["0"]))[0])
    again = mia.press(asked, buttons["0"])
    assert "x" * 50 in str(again.form)


def test_a_picture_is_uploaded_in_a_form(studio: Studio, mia: Person) -> None:
    opened = mia.slash(studio.channel, "edit", id="image-to-image")
    parts = [part["component"] for part in (opened.form or {})["components"]]
    upload = next(one["custom_id"] for one in parts if one["type"] == checking.UPLOAD)
    texts = {one["custom_id"]: "a boat" for one in parts if one["type"] == checking.INPUT and one.get("required")}
    (message,) = studio.said(mia.fill(opened, texts, {upload: [("guide.png", encoded(scene(3, 128, 96)))]}))
    studio.works()
    assert "Took" in words(message)


def test_a_reply_a_mention_in_a_thread_and_a_direct_message_are_heard(studio: Studio, mia: Person) -> None:
    message = studio.asks(mia)
    studio.works()
    mia.says(studio.channel, "warmer, seed 8", to=message)
    studio.settles()
    studio.works()
    newest = mia.sees(studio.channel)[-1]
    assert "warmer" in words(newest)
    assert "**Seed** 8" in words(newest)
    thread = mia.opens_thread(message)
    mia.says(thread, "colder", mention=True)
    mia.says(thread, "talk among people")
    studio.settles()
    studio.works()
    (inside,) = [one for one in mia.sees(thread) if one.author.bot]
    assert "colder" in words(inside)
    slash = mia.slash(thread, "approve", note="the second is better")
    assert "approved" in words(studio.said(slash)[0]), "in the thread the id may be left out"
    mia.says(mia.direct(), "find hero shoe")
    studio.settles()
    assert "hero shoe" in words(mia.sees(mia.direct())[-1])


def test_talk_among_people_is_not_even_sent_to_slate(studio: Studio, mia: Person) -> None:
    before = len(studio.server.channels)
    mia.says(studio.channel, "find me a coffee")
    mia.says(studio.channel, "render it", ping=False)
    studio.settles()
    assert [one for one in mia.sees(studio.channel) if one.author.bot] == []
    assert len(studio.server.channels) == before


def test_what_is_this_asks_of_any_message(studio: Studio, mia: Person, ana: Person) -> None:
    message = studio.asks(mia)
    studio.works()
    (known,) = studio.said(ana.menu("What is this?", message))
    assert known.only_for == ana.user.id
    assert "A-" in words(known)
    data = studio.server.files[message.attachments[0]["id"]]
    shown = ana.says(studio.channel, "look at this", ("copy.png", data))
    (seen,) = studio.said(ana.menu("What is this?", shown))
    assert "This is A-" in words(seen)
    (nothing,) = studio.said(ana.menu("What is this?", ana.says(studio.channel, "no picture")))
    assert "there is no picture in it" in words(nothing)
    (card,) = studio.said(ana.menu("Provenance", message))
    assert "SHA-256" in words(card)
    asked = ana.slash(studio.channel, "whatis", picture=("from-mail.png", data))
    assert "the very same file" in words(studio.said(asked)[0])


def test_reactions_count_on_any_message_of_an_asset_by_anybody(studio: Studio, mia: Person, ana: Person) -> None:
    message = studio.asks(mia)
    studio.works()
    other = studio.server.channel(studio.guild, "directors")
    (elsewhere,) = studio.said(ana.slash(other, "whatis", id=words(message).split("**")[0].split()[1]))
    ana.reacts("✅", elsewhere)
    studio.settles()
    assert "approved by Ana Ruiz" in words(message), "the card follows in every channel"
    assert "approved by Ana Ruiz" in words(elsewhere)
    ana.reacts("✅", elsewhere, added=False)
    studio.settles()
    assert "approved by" not in words(message)
    stranger = Person(studio.server, studio.server.user("Passer By", studio.guild))
    stranger.reacts("👀", message)
    stranger.reacts("✅", studio.asks(mia, "another"))
    studio.settles()
    assert studio.member(stranger) is not None, "who reacts to a result is somebody"


def test_who_may_not_is_told_alone_and_nothing_changes(studio: Studio, mia: Person) -> None:
    message = studio.asks(mia)
    studio.works()
    before = words(message)
    vic = studio.person("Vic Low", Role.VIEWER)
    vic.reacts("⭐", message)
    studio.settles()
    assert "refused" in words(vic.sees(vic.direct())[-1])
    assert words(message) == before


def test_a_batch_is_a_gallery_with_alt_texts(studio: Studio, mia: Person) -> None:
    message = studio.asks(mia, inputs="seed:7 steps:1 size:64x64 count:3")
    studio.works()
    (gallery,) = [one for one in checking.walk(message.components) if one["type"] == checking.GALLERY]
    assert len(gallery["items"]) == 3
    told = [item["description"] for item in gallery["items"]]
    assert [text.startswith(f"{number} of 3") and "hero shoe" in text for number, text in enumerate(told, 1)] == [True] * 3
