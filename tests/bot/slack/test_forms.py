"""Forms in Slack: any Form fits into a modal and comes back whole; and what Slack shows of large and moving pictures."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as some

from bot.cards import Card, Choice, Form, FormField, Picture
from bot.slack import forms, pictures
from bot.slack.chat import SlackChat
from storage.tables import Post
from tests.bot.slack.conftest import Studio
from tests.bot.slack.test_block_kit import Any_
from tests.pictures import encoded, scene
from tests.simulators.slack import filling
from tests.simulators.slack.blocks import OPTION, many, view_problems
from tests.stories.telling import Person

PROMPT = "a line of words, with “quotes” and <marks>\n" * 300


def any_form(seed: int) -> Form:
    some_, dice = Any_(seed), random.Random(seed)
    kinds = ("text", "paragraph", "number", "integer", "choice", "switch", "picture")

    def field(at: int) -> FormField:
        kind = dice.choice(kinds)
        choices = tuple(Choice(f"{n} {some_.words(200)}", some_.words(200)) for n in some_.many(260)) if kind == "choice" else ()
        plain = {"number": "1.5", "integer": "7", "picture": "A-7Q0D", "switch": dice.choice(("yes", "no", ""))}
        value = choices[-1].value if choices else plain.get(kind, some_.words() if kind != "choice" else "")
        return FormField(f"in-{at}", some_.words(300), kind, value, some_.words(300), dice.random() < 0.5, 0, 1e12, 1, choices)  # type: ignore[arg-type]

    return Form(some_.words(200), "vary R-4F2K", tuple(field(at) for at in range(dice.choice((0, 1, 12, 120)))), some_.words(90))


@settings(max_examples=60, deadline=None)
@given(some.integers(0, 2**64))
def test_any_form_fits_into_a_modal(seed: int) -> None:
    assert view_problems(forms.modal(any_form(seed), {"channel": "C1", "thread": "1.1"})) == []


def sent(form: Form, typed: dict[str, Any]) -> tuple[dict[str, str], list[Any]]:
    view = forms.modal(form, {})
    values, wrong = filling.state(view["blocks"], typed)
    assert wrong == ""
    return forms.values(view | {"state": {"values": values}})


def test_a_form_that_is_sent_as_it_came_gives_every_value_back() -> None:
    form = Form(
        "Edit R-4F2K",
        "vary R-4F2K",
        (
            FormField("prompt", "Prompt", "paragraph", PROMPT, required=True),
            FormField("steps", "Steps", "integer", "20", minimum=1, maximum=150),
            FormField("cfg", "Guidance", "number", "5.5"),
            FormField("tiled", "Tiled", "switch", "true"),
            FormField("sharp", "Sharp", "switch", ""),
            FormField("sampler", "Sampler", "choice", "heun", choices=(Choice("euler", "euler"), Choice("heun", "heun"))),
            FormField("image", "Picture", "picture", "A-7Q0D"),
        ),
    )
    values, files = sent(form, {"image#file": [{"id": "F1"}]})
    assert values == {
        "prompt": PROMPT, "steps": "20", "cfg": "5.5", "tiled": "yes", "sharp": "no", "sampler": "heun", "image": "A-7Q0D",
    }  # fmt: skip
    assert files == [{"id": "F1"}]


def test_a_long_list_of_choices_is_searched_and_a_long_choice_goes_by_its_number() -> None:
    choices = (*(Choice(f"model-{n:03}.safetensors", f"model-{n:03}") for n in range(300)), Choice("x" * 200, "the long one"))
    field = FormField("model", "Model", "choice", "model-007.safetensors", choices=choices)
    (block,) = forms.modal(Form("F", "render x", (field,)), {})["blocks"]
    assert block["element"]["type"] == "external_select"
    found = forms.options(choices, "model-29")
    assert [one["value"] for one in found] == [f"model-{n}.safetensors" for n in range(290, 300)]
    assert list(many(100, OPTION)(forms.options(choices, ""), "")) == []
    (long,) = forms.options(choices, "long one")
    assert forms.chosen(long["value"], choices) == "x" * 200
    assert forms.chosen("model-007.safetensors", choices) == "model-007.safetensors"


def test_what_is_wrong_is_said_below_its_field_and_the_form_stays(studio: Studio, mia: Person) -> None:
    form = mia.says("/edit text-to-image").form
    told = mia.fills(form, prompt="", steps="3")
    assert told.error == "missing-input"
    told = mia.fills(form, prompt="a boat", seed="minus one")
    assert (told.error, "seed" in told.words) == ("wrong-type", True)
    (view,) = studio.slack.world.modals[studio.user(mia).id]
    assert view.payload["blocks"], "the form is still there, with everything in it"
    assert studio.story.renders() == []
    told = mia.fills(form, prompt="a boat", seed="7", width="64", height="64", steps="1")
    assert (told.error, studio.slack.world.modals[studio.user(mia).id]) == ("", [])
    assert studio.story.renders()[0].seed == "7"


def test_a_picture_is_brought_by_a_form(studio: Studio, mia: Person) -> None:
    form = mia.says("/edit product-depth").form
    assert form is not None
    file = studio.slack.do(studio.slack.file, studio.user(mia), "guide.png", encoded(scene(3, 64, 64)))
    about = {"id": file.id, "name": file.name, "size": len(file.data), "mimetype": file.mime}
    (view,) = studio.slack.world.modals[studio.user(mia).id]
    name = next(block["element"]["action_id"] for block in view.payload["blocks"] if block["block_id"].endswith("#file"))
    typed = {"prompt": "a boat", name: [about], "steps": "1", "width": "64", "height": "64"}
    receipt = studio.run(studio.slack.people.submit(studio.user(mia), view, typed))
    assert (receipt.error, receipt.errors) == ("", None)
    assert str(studio.story.renders()[0].inputs[name.removesuffix("#file")]).startswith("A-")


def test_a_form_whose_moment_has_passed_is_offered_by_a_button(studio: Studio, mia: Person) -> None:
    studio.slack.fail("views.open", error="expired_trigger_id")
    mia.says("/edit text-to-image")
    (offer,) = [one for one in studio.client(mia).read() if "Open the form" in one.buttons]
    assert offer.private
    assert mia.presses("Open the form", on=offer).form is not None


def test_films_go_into_the_thread_and_too_large_pictures_are_linked(studio: Studio, mia: Person, monkeypatch: Any) -> None:
    shoe = studio.shoe(mia)
    (post,) = studio.posts(shoe)
    desk, chat = studio.story.desk, SlackChat(studio.story.desk, studio.front.workspaces)
    film, still = desk.blobs.put(b"\0\0\0\x18ftypmp42 a film"), desk.blobs.put(encoded(scene(5)))
    card = Card("R-1 · waves", "done", "R-1", pictures=(Picture("A-7Q0D", "waves", "video/mp4", film, still),))
    for _ in range(2):
        chat.edit(desk, post, card)
        (post,) = studio.posts(shoe)
    message = studio.message(shoe)
    shared = [one for one in studio.general.messages if one.thread_ts == message.ts]
    assert [studio.slack.world.files[one.files[0]].data for one in shared] == [b"\0\0\0\x18ftypmp42 a film"], "once"
    assert [block["type"] for block in message.blocks].count("image") == 1
    monkeypatch.setattr(pictures, "MOST_BYTES", 10)
    large = Picture("A-7Q0E", "a poster", "image/png", desk.blobs.put(encoded(scene(6))), still)
    chat.edit(desk, post, Card("R-1 · poster", "done", "R-1", pictures=(large,)))
    uploaded = [block["slack_file"]["id"] for block in studio.message(shoe).blocks if block["type"] == "image"]
    assert [studio.slack.world.files[one].data for one in uploaded] == [desk.blobs.get(still)]
    assert "https://slate.example.com/assets/A-7Q0E" in str(studio.message(shoe).blocks)


def test_posts_of_other_workspaces_share_no_files(studio: Studio, mia: Person) -> None:
    shoe = studio.shoe(mia)
    asset = studio.story.assets(shoe)[0]
    shown = (Picture(asset.code, "a shoe", asset.mime, asset.sha256, asset.preview),)
    api = studio.front.api(studio.house.team)
    known = pictures.files_for(api, studio.story.desk, shown)
    assert len(studio.slack.calls("files.getUploadURLExternal")) == 1, "uploaded for the card, and used again"
    assert list(known) == [asset.sha256]
    stranger = Post(platform="slack", tenant="T-OTHER", channel_id="C9")
    assert pictures._known(studio.story.desk, stranger.tenant, shown, stranger) == {}
