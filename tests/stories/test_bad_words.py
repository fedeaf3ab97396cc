"""What people type wrong, too long, or with something else in mind: a clear sentence, and nothing kept of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.stories.conftest import Story
from tests.stories.telling import Person

MEANT_OTHERWISE = [
    "@everyone <!channel> <@U123> @here <#C1|general>",
    "<b>bold</b> <script>alert(1)</script> <img src=x onerror=alert(1)>",
    "**stars** `ticks` [link](javascript:alert(1)) {{ 7*7 }} ${x} %s {0}",
    "'; DROP TABLE render; -- \" or 1=1",
    "../../etc/passwd %2e%2e/ C:\\\\con file:///etc/shadow",
    "שלום العربية 東京 ก็ 👩‍👩‍👧‍👦 e\u0301 \U0001f3f4\u200d\u2620\ufe0f",
]


IMPOSSIBLE = [
    ("steps:0", "out-of-range", "1"),
    ("steps:151", "out-of-range", "150"),
    ("steps:-3", "out-of-range", "1"),
    ("steps:99999999999999999999999999", "out-of-range", "150"),
    ("steps:many", "wrong-type", "many"),
    ("steps:2.5", "wrong-type", "2.5"),
    ("cfg:nan", "wrong-type", "nan"),
    ("cfg:1e999", "wrong-type", "1e999"),
    ("seed:-2", "out-of-range", "seed"),
    ("seed:18446744073709551616", "out-of-range", "seed"),
    ("seed:abc", "wrong-type", "abc"),
    ("size:big", "wrong-type", "size:768x512"),
    ("width:9999999", "out-of-range", "width"),
    ("sampler:euler2", "out-of-range", "Did you mean"),
    ("steps:3 steps:4", "bad-input", "twice"),
    ('prompt:"never closed', "bad-input", "never closed"),
]


def test_what_is_mistyped_is_refused_with_what_may_have_been_meant(story: Story, mia: Person) -> None:
    mia.says("hello")
    with story.nothing_is_kept():
        mia.is_refused("/rendr text-to-image a shoe", "unknown-command", "Did you mean", "render")
        mia.is_refused("/xyzzy", "unknown-command", "help lists")
        mia.is_refused("/render text-to-imag a shoe", "unknown-workflow", "Did you mean", "text-to-image")
        mia.is_refused("/render text-to-image@99 a shoe", "unknown-workflow", "99")
        mia.is_refused("/render text-to-image a shoe step:3", "unknown-input", "Did you mean", "steps")
        mia.is_refused("/render text-to-image a shoe project:playgrund", "unknown-project", "Did you mean", "playground")
        mia.is_refused("/render product-depth a shoe image:A-ZZZZ", "unknown-asset", "A-ZZZZ")
        mia.is_refused("/reroll R-ZZZZ", "unknown-render", "R-ZZZZ")
        mia.is_refused("/reroll R-4F", "unknown-render", "R-4F")
        mia.is_refused("/vary nonsense", "unknown-render", "R-4F2K")
        mia.is_refused("/help rendr", "unknown-command", "Did you mean")


def test_a_value_that_cannot_be_is_refused_by_name(story: Story, mia: Person) -> None:
    mia.says("hello")
    with story.nothing_is_kept():
        for asked, code, said in IMPOSSIBLE:
            mia.is_refused(f"/render text-to-image a shoe {asked}", code, said)


def test_what_is_missing_is_asked_for(story: Story, mia: Person) -> None:
    mia.says("hello")
    with story.nothing_is_kept():
        mia.is_refused("/render", "missing-input", "workflow")
        mia.is_refused("/render text-to-image", "missing-input", "prompt")
        mia.is_refused("/render product-depth a shoe", "missing-input", "picture")
        mia.is_refused("/tag R-ZZZZ", "missing-input")
        mia.is_refused("/approve", "missing-input")
        mia.is_refused("/find", "missing-input", "who made")


def test_a_prompt_of_a_hundred_thousand_letters_is_told_its_length(story: Story, mia: Person) -> None:
    mia.says("hello")
    with story.nothing_is_kept():
        mia.is_refused("/render text-to-image " + "very " * 20_000 + "long", "too-long", "20,000")
        mia.is_refused("/find " + "shoe " * 20_000, "bad-query", "2,000")
        mia.is_refused("/" + "x" * 100_000, "unknown-command")
        mia.is_refused("/render " + "x" * 100_000, "unknown-workflow")


@pytest.mark.only_in("room", reason="what people say to each other elsewhere is none of Slate's business")
def test_talk_of_a_hundred_thousand_letters_is_told_its_length(mia: Person) -> None:
    told = mia.says("x" * 100_000)
    assert told.error == "too-long"
    assert "20000" in told.words


def test_the_longest_prompt_there_may_be_goes_all_the_way(story: Story, mia: Person) -> None:
    prompt = "word " * 3999 + "end"
    asked = mia.asks(f"/render text-to-image {prompt} steps:1 size:64x64")
    story.works()
    assert mia.sees("Took", again=asked).tone == "done"
    assert story.assets(asked)[0].prompt == prompt


def test_what_means_something_elsewhere_is_only_words_here(story: Story, mia: Person, ana: Person) -> None:
    for prompt in MEANT_OTHERWISE:
        quoted = prompt.replace("\\", "\\\\").replace('"', '\\"')
        asked = mia.asks(f'/render text-to-image prompt:"{quoted}" steps:1 size:64x64')
        story.works()
        done = ana.sees("Took", again=asked)
        (asset,) = story.assets(asked)
        assert asset.prompt == story.render(asked).inputs["prompt"] == prompt
        assert (len(done.pictures), len(done.originals)) == (1, 1), "its own picture and no other"
        again = ana.asks(ana.presses("Copy command", on=done).copied)
        assert story.render(again).inputs == story.render(asked).inputs


def test_control_characters_and_direction_marks_do_not_get_through(story: Story, mia: Person) -> None:
    asked = mia.asks("/render text-to-image a \x00red\x1b[31m \u202eshoe\u2066 \ud7ff steps:1 size:64x64")
    story.works()
    (asset,) = story.assets(asked)
    assert not set(asset.prompt) & set("\x00\x1b\u202e\u2066")
    assert "red" in asset.prompt
    assert mia.sees("Took", again=asked).tone == "done"


def test_text_that_looks_like_a_command_is_still_the_prompt(story: Story, mia: Person) -> None:
    asked = mia.asks('/render text-to-image prompt:"/cancel all\n/render upscale A-0001" steps:1 size:64x64')
    assert story.render(asked).inputs["prompt"] == "/cancel all\n/render upscale A-0001"
    mia.says("please /cancel all of it")
    assert len(story.renders()) == 1
    assert story.render(asked).state.value == "queued"


def test_buttons_and_forms_that_were_tampered_with_do_nothing(story: Story, mia: Person) -> None:
    asked = mia.asks("/render text-to-image a shoe")
    with story.nothing_is_kept():
        for action in ("drop:R-PF3D", ":", "cancel:", "reroll:R-PF!", "vary:../../x", "approve:R-PF3D; reroll", "x" * 200):
            told = mia.presses("It", on=replace(asked, buttons={"It": action}))
            assert told.error, action
    form = mia.says("/edit text-to-image").form
    assert form is not None
    with story.nothing_is_kept():
        assert mia.fills(form, prompt="x", steps="1; DROP").error == "wrong-type"


@pytest.mark.only_in("room", reason="chat platforms let nobody change what a form asks")
def test_a_form_that_was_tampered_with_does_nothing(story: Story, mia: Person) -> None:
    form = mia.says("/edit text-to-image").form
    assert form is not None
    with story.nothing_is_kept():
        assert mia.fills(form, prompt="x", nonsense="1").error == "unknown-input"
        assert mia.fills(replace(form, command="frobnicate now"), prompt="x").error == "unknown-command"
