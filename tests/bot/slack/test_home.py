"""The Home tab, the shortcuts and the links: everything in Slack that is not a message to Slate."""

from __future__ import annotations

from typing import Any

from storage.tables import RenderState
from tests.bot.slack.conftest import SHOE, Studio
from tests.pictures import encoded, scene
from tests.stories.in_slack import _buttons, _text
from tests.stories.telling import Person


def open_home(studio: Studio, person: Person) -> str:
    """What stands on somebody's Home tab after they opened it."""
    user = studio.user(person)
    event = {"type": "app_home_opened", "user": user.id, "channel": studio.direct(person).id, "tab": "home", "event_ts": "1.1"}
    studio.do(studio.slack.events.tell, studio.house.team, event)
    return home(studio, person)


def home(studio: Studio, person: Person) -> str:
    return _text(studio.slack.world.homes[studio.user(person).id].payload["blocks"])


def press_home(studio: Studio, person: Person, label: str) -> None:
    view = studio.slack.world.homes[studio.user(person).id]
    action = next(action for shown, action in _buttons(view.payload["blocks"]) if shown == label)
    studio.run(studio.slack.people.press_in_view(studio.user(person), view, action))


def test_home_shows_what_is_mine_and_what_waits_for_my_word(studio: Studio, mia: Person, ana: Person) -> None:
    shoe = studio.shoe(mia)
    waiting = mia.asks("/render text-to-image a long boat")
    shown = open_home(studio, mia)
    assert "Hello, Mia Chen" in shown
    assert f"{waiting.subject} · a long boat" in shown
    assert "Your recent renders" in shown
    assert f"{shoe.subject} · hero shoe" in shown
    assert "playground" in shown
    assert "Needs your review" not in shown, "she is an artist"
    (asset,) = studio.story.assets(shoe)
    lead = open_home(studio, ana)
    assert "Needs your review" in lead
    assert asset.code in lead
    assert waiting.subject not in lead


def test_what_is_pressed_at_home_is_done_and_home_follows(studio: Studio, mia: Person, ana: Person) -> None:
    shoe = studio.shoe(mia)
    waiting = mia.asks("/render text-to-image a long boat")
    open_home(studio, mia)
    press_home(studio, mia, "Cancel")
    assert studio.story.render(waiting).state is RenderState.CANCELLED
    assert "None of your renders is waiting or running." in home(studio, mia)
    open_home(studio, ana)
    press_home(studio, ana, "Approve")
    assert mia.sees("approved by Ana Ruiz", again=shoe).tone == "approved"
    assert "Needs your review" not in home(studio, ana)


def test_what_is_this_tells_where_a_picture_in_somebodys_message_is_from(studio: Studio, mia: Person, ana: Person) -> None:
    (asset,) = studio.story.assets(studio.shoe(mia))
    data = studio.story.desk.blobs.get(asset.sha256)
    file = studio.slack.do(studio.slack.file, studio.user(ana), "from-a-mail.png", data)
    said = studio.do(studio.slack.people.say, studio.user(ana), studio.general, "whose is this?", (file,))
    receipt = studio.run(studio.slack.people.shortcut(studio.user(mia), "whatis", studio.general, said))
    assert receipt.error == ""
    assert f"This is {asset.code}" in studio.whispers(mia)[-1]
    assert studio.whispers(ana) == [], "only who asked is told"


def test_what_is_this_on_a_message_of_slates_own_shows_its_provenance(studio: Studio, mia: Person) -> None:
    shoe = studio.shoe(mia)
    studio.run(studio.slack.people.shortcut(studio.user(mia), "whatis", studio.general, studio.message(shoe)))
    assert f"Provenance of {studio.story.assets(shoe)[0].code}" in studio.whispers(mia)[-1]
    words = studio.do(studio.slack.people.say, studio.user(mia), studio.general, "just words")
    studio.run(studio.slack.people.shortcut(studio.user(mia), "whatis", studio.general, words))
    assert "I can see no picture in this message" in studio.whispers(mia)[-1]


def test_a_picture_nobody_knows_is_said_to_be_unknown_and_not_kept(studio: Studio, mia: Person) -> None:
    file = studio.slack.do(studio.slack.file, studio.user(mia), "holiday.png", encoded(scene(42)))
    said = studio.do(studio.slack.people.say, studio.user(mia), studio.general, "", (file,))
    with studio.story.nothing_is_kept():
        studio.run(studio.slack.people.shortcut(studio.user(mia), "whatis", studio.general, said))
    assert "holiday.png is not known" in studio.whispers(mia)[-1]


def test_a_picture_is_asked_for_from_anywhere_by_menu_and_form(studio: Studio, mia: Person) -> None:
    user, world = studio.user(mia), studio.slack.world
    studio.run(studio.slack.people.shortcut(user, "render", None, None))
    (menu,) = world.modals[user.id]
    studio.run(studio.slack.people.submit(user, menu, {"workflow": "text-to-image"}))
    (form,) = world.modals[user.id]
    receipt = studio.run(
        studio.slack.people.submit(user, form, {"prompt": "a boat", "steps": "1", "width": "64", "height": "64"})
    )
    assert (receipt.error, receipt.errors, world.modals[user.id]) == ("", None, [])
    (render,) = studio.story.renders()
    assert (render.inputs["prompt"], render.inputs["steps"]) == ("a boat", 1)
    assert [one.subject for one in studio.client(mia).read() if one.private and one.subject] == [render.code], (
        "in her own messages"
    )


def test_a_picture_is_found_from_anywhere_for_ones_own_eyes(studio: Studio, mia: Person) -> None:
    (asset,) = studio.story.assets(studio.shoe(mia))
    user = studio.user(mia)
    studio.run(studio.slack.people.shortcut(user, "find", None, None))
    (search,) = studio.slack.world.modals[user.id]
    receipt = studio.run(studio.slack.people.submit(user, search, {"question": "steps:many " * 300}))
    assert receipt.error.startswith("too long")
    studio.run(studio.slack.people.submit(user, search, {"question": "hero shoe"}))
    (found,) = studio.slack.world.modals[user.id]
    assert asset.code in _text(found.payload["blocks"])


# Links


def link(studio: Studio, person: Person, path: str) -> Any:
    text = f"look: <https://slate.example.com{path}>"
    return studio.do(studio.slack.people.say, studio.user(person), studio.general, text)


def test_a_link_to_a_picture_unfolds_into_a_work_object_with_facts_and_buttons(studio: Studio, mia: Person, ana: Person) -> None:
    (asset,) = studio.story.assets(studio.shoe(mia))
    (entity,) = link(studio, ana, f"/assets/{asset.code}").entities
    payload = entity["entity_payload"]
    assert entity["external_ref"] == {"id": asset.code, "type": "asset"}
    assert payload["attributes"]["title"]["text"].startswith(f"{asset.code} · hero shoe")
    assert payload["fields"]["created_by"]["value"] == "Mia Chen"
    assert {one["label"]: one["value"] for one in payload["custom_fields"]}["Seed"] == "7"
    assert "Approve" in [one["text"] for one in payload["actions"]["primary_actions"] + payload["actions"]["overflow_actions"]]
    short = link(studio, ana, f"/r/{studio.story.renders()[0].code}")
    assert [one["external_ref"]["id"] for one in short.entities] == [asset.code]


def test_where_there_are_no_work_objects_a_card_is_shown_and_other_links_stay_links(studio: Studio, mia: Person) -> None:
    (asset,) = studio.story.assets(studio.shoe(mia))
    studio.slack.fail("chat.unfurl", error="invalid_metadata_schema")
    said = link(studio, mia, f"/assets/{asset.code}")
    assert asset.code in _text(said.unfurls[f"https://slate.example.com/assets/{asset.code}"]["blocks"])
    for path in ("/assets/A-ZZZZ", "/c/general", "/assets/../etc/passwd"):
        said = link(studio, mia, path)
        assert (said.unfurls, said.entities) == ({}, [])


def test_the_details_of_a_work_object_are_for_those_who_may_see_it(studio: Studio, mia: Person) -> None:
    (asset,) = studio.story.assets(studio.shoe(mia))
    for path, wanted in ((f"/assets/{asset.code}", "metadata"), ("/assets/A-ZZZZ", "error")):
        trigger = studio.slack.do(studio.slack.world.trigger, studio.user(mia).id, studio.house.team)
        event = {"type": "entity_details_requested", "user": studio.user(mia).id, "trigger_id": trigger, "event_ts": "1.1"}
        studio.do(studio.slack.events.tell, studio.house.team, event | {"entity_url": f"https://slate.example.com{path}"})
        assert studio.slack.world.details[-1][wanted]
    assert "This page no longer exists." in studio.slack.world.details[-1]["error"]["custom_title"]


def test_home_of_somebody_whose_account_was_closed_says_so(studio: Studio, mia: Person) -> None:
    studio.user(mia).deleted = True
    user = studio.user(mia).as_json()
    studio.do(studio.slack.events.tell, studio.house.team, {"type": "user_change", "user": user, "event_ts": "1.1"})
    assert "closed" in open_home(studio, mia)
    mia.says(SHOE)
    assert studio.story.renders() == []
