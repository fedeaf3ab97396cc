"""Stories of asking for pictures."""

from __future__ import annotations

from bot import command_text
from storage.chat import posts
from storage.tables import RenderState
from tests.bot.conftest import Talk, png


def test_a_render_is_queued_and_its_own_message_is_the_answer(talk: Talk) -> None:
    answer = talk.say('/render text-to-image prompt:"hero shoe, low sun" shot:sh010 seed:7 size:768x512 steps=20')
    assert not answer.error
    assert answer.text == ""
    assert answer.cards == ()
    shape = answer.data
    assert shape["state"] == "queued"
    assert shape["error"] is None
    assert shape["assets"] == []
    assert (shape["by"], shape["project"], shape["shot"], shape["workflow"]) == (
        "Mia Chen",
        "playground",
        "sh010",
        "text-to-image",
    )
    assert shape["seed"] == "7"
    assert (shape["inputs"]["width"], shape["inputs"]["height"], shape["inputs"]["steps"]) == (768, 512, 20)
    with talk.desk.reading() as session:
        render = talk.reread(talk.ask())
        assert [post.channel_id for post in posts.of_render(session, render.id or 0)] == ["general"]


def test_bare_words_are_the_prompt_and_blanks_after_colons_are_forgiven(talk: Talk) -> None:
    assert talk.ask("render text-to-image a red shoe, (low sun:1.2) seed:1").inputs["prompt"] == "a red shoe, (low sun:1.2)"
    assert talk.ask("render text-to-image prompt: a red shoe seed: 5").inputs["prompt"] == "a red shoe"
    assert talk.ask("RENDER Text-To-Image /cancel all").inputs["prompt"] == "/cancel all"
    assert talk.ask("render text-to-image <@U123> @everyone *bold*").inputs["prompt"] == "<@U123> @everyone *bold*"


def test_the_same_event_twice_is_one_render(talk: Talk) -> None:
    first, second = (talk.say("render text-to-image a shoe", key="event-1") for _ in range(2))
    assert first.data["render"] == second.data["render"]


REFUSED = (
    ("rendr text-to-image x", "unknown-command", "Did you mean `render`?"),
    ("render txt-to-image x", "unknown-workflow", "text-to-image"),
    ("render", "missing-input", "/workflows"),
    ("render text-to-image pormpt:x", "unknown-input", "Did you mean `prompt`"),
    ("render text-to-image x projct:acme", "unknown-input", "`project`"),
    ("render text-to-image x project:playgroud", "unknown-project", "playground"),
    ("render text-to-image x steps:many", "wrong-type", "steps"),
    ("render text-to-image x steps:100000", "out-of-range", "steps"),
    ("render text-to-image x size:big", "wrong-type", "size:768x512"),
    ("render text-to-image x seed:1 seed:2", "bad-input", "twice"),
    ("render text-to-image some words prompt:others", "bad-input", "two prompts"),
    ('render text-to-image prompt:"open', "bad-input", "never closed"),
    ("render image-to-image x image:A-0000", "unknown-asset", "A-0000"),
    ("render text-to-image " + "word " * 20_000, "too-long", "prompt"),
    ("render text-to-image x shot:" + "s" * 300, "too-long", "shot"),
)


def test_what_cannot_be_rendered_is_said_in_a_sentence_with_advice(talk: Talk) -> None:
    for line, code, words in REFUSED:
        answer = talk.say(line)
        assert answer.error == code, answer
        assert answer.private
        card = answer.cards[0]
        assert words in f"{card.title} {card.text}"
        assert (card.footer, card.tone) == (code, "error")
        assert answer.data["error"]["code"] == code
    assert talk.say("queue").data["renders"] == []


def test_a_viewer_may_not_render_and_learns_who_may(talk: Talk) -> None:
    answer = talk.say("render text-to-image a shoe", by=talk.vic)
    assert answer.error == "refused"
    assert "Ana Ruiz" in answer.cards[0].text


def test_a_dropped_picture_fills_the_first_picture_input(talk: Talk) -> None:
    file = talk.upload(png((9, 9, 9)), "sketch.png")
    answer = talk.say("render image-to-image the shoe, in blue", files=(file,))
    assert not answer.error, answer
    code = answer.data["inputs"]["image"]
    assert code.startswith("A-")
    again = talk.say("render image-to-image the shoe, in red", files=(file,))
    assert again.data["inputs"]["image"] == code, "the same bytes are the same asset"
    named = talk.say(f"render image-to-image the shoe image:{code.lower()}")
    assert not named.error, named
    assert talk.say("render text-to-image a shoe", files=(file,)).error == "bad-input"
    broken = talk.say("render image-to-image a shoe", files=(talk.upload(b"no picture at all", "x.png"),))
    assert broken.error == "bad-picture"


def test_copy_gives_the_line_that_makes_the_same_render(talk: Talk) -> None:
    render = talk.ask('render text-to-image prompt:"say \\"hi\\": now" seed:18446744073709551615 steps:21 shot:sh010')
    line = talk.say(f"copy {render.code}").copy
    assert "seed:18446744073709551615" in line
    assert "text-to-image@1" in line
    assert "shot:sh010" in line
    again = talk.ask(line)
    assert again.inputs == render.inputs
    assert again.workflow_version_id == render.workflow_version_id
    assert command_text.format(command_text.read(line)) == line.removeprefix("/")


def test_reroll_draws_a_new_seed_and_keeps_the_rest(talk: Talk) -> None:
    render = talk.ask()
    answer = talk.press(f"reroll:{render.code}", by=talk.ana)
    assert not answer.error, answer
    assert answer.data["seed"] != render.seed
    assert {**answer.data["inputs"], "seed": ""} == {**render.inputs, "seed": ""}
    assert (answer.data["by"], answer.data["shot"], answer.data["verb"]) == ("Ana Ruiz", "sh010", "reroll")
    changed = talk.say("reroll steps:9")
    assert changed.data["inputs"]["steps"] == 9


def test_retry_keeps_the_seed(talk: Talk) -> None:
    render = talk.ask()
    assert talk.press(f"retry:{render.code}").data["inputs"] == render.inputs


def test_vary_with_changes_keeps_everything_else(talk: Talk) -> None:
    render = talk.ask()
    answer = talk.say(f"vary {render.code} the same shoe, in blue steps:11")
    assert answer.data["inputs"] == {**render.inputs, "prompt": "the same shoe, in blue", "steps": 11}


def test_vary_without_changes_starts_from_the_picture(talk: Talk) -> None:
    render = talk.ask()
    early = talk.press(f"vary:{render.code}")
    assert early.error == "conflict"
    asset = talk.finish(render)[0]
    answer = talk.press(f"vary:{asset.code}")
    assert not answer.error, answer
    assert answer.data["workflow"] == "image-to-image"
    assert answer.data["inputs"]["image"] == asset.code
    assert answer.data["inputs"]["prompt"] == "hero shoe, low sun"


def test_upscale_takes_a_picture_or_the_first_of_a_render(talk: Talk) -> None:
    render = talk.ask()
    asset = talk.finish(render)[0]
    for subject in (asset.code, render.code):
        answer = talk.press(f"upscale:{subject}")
        assert not answer.error, answer
        assert answer.data["workflow"] == "upscale"
        assert asset.code in answer.data["inputs"].values()
        assert answer.data["shot"] == "sh010"
    again = talk.say(f"reroll {answer.data['render']}")
    assert again.error == "conflict"
    assert "no seed" in again.cards[0].title


def test_edit_opens_a_form_that_says_the_render(talk: Talk) -> None:
    render = talk.ask()
    opened = talk.press(f"edit:{render.code}")
    form = opened.form
    assert form is not None
    assert form.command == opened.data["form"] == f"vary {render.code}"
    assert {"name": "seed", "label": "Seed", "value": "7", "required": False} in opened.data["fields"]
    values = {one.name: one.value for one in form.fields}
    assert values["prompt"] == "hero shoe, low sun"
    assert values["seed"] == "7"
    assert values["shot"] == "sh010"
    line = command_text.write("vary", [render.code], values | {"steps": "12", "seed": ""})
    answer = talk.say(line)
    assert not answer.error, answer
    assert answer.data["inputs"]["steps"] == 12
    assert answer.data["seed"] != "7", "an emptied seed is drawn anew"


def test_a_form_for_a_workflow_can_be_sent_as_it_is(talk: Talk) -> None:
    form = talk.press("edit:text-to-image").form
    assert form is not None
    line = command_text.write(
        "render", form.command.split()[1:], {one.name: one.value for one in form.fields} | {"prompt": "a shoe"}
    )
    assert not talk.say(line).error


def test_in_the_thread_of_a_render_the_id_may_be_left_out(talk: Talk) -> None:
    render = talk.ask()
    with talk.desk.writing() as session:
        post = posts.of_render(session, render.id or 0)[0]
        posts.shown(session, post, 1, "41")
    talk.thread = "41"
    assert talk.say("copy").copy.endswith("shot:sh010")
    assert talk.say("cancel").text == f"Cancelled {render.code}."
    assert talk.reread(render).state is RenderState.CANCELLED


def test_ids_that_lead_nowhere_are_refused_politely(talk: Talk) -> None:
    for line in ("reroll R-0000", "reroll A-ZZZZ", "copy huh", "vary hello", "edit R-ZZZZZZ", "copy R-ZZZZZZZ", "upscale what"):
        answer = talk.say(line)
        assert answer.error in ("unknown-render", "unknown-asset", "unknown-workflow", "missing-input"), answer
        assert answer.cards[0].text
