"""Mia asks for a picture and follows it to the card; everybody makes more of it by buttons, forms and copied lines."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from storage.blobs import digest_of
from storage.files import assets
from storage.tables import RenderState
from tests.pictures import encoded, scene
from tests.stories.conftest import Story
from tests.stories.telling import Person
from tests.waiting import until

SHOE = "/render text-to-image hero shoe, low sun seed:7 steps:3 size:128x128 shot:sh010"


def test_a_picture_is_asked_for_waits_its_turn_and_comes_with_its_card(story: Story, mia: Person) -> None:
    queued = mia.asks(SHOE)
    assert queued.tone == "queued"
    assert "Number 1 in line" in queued.text
    assert "takes " in queued.text
    assert queued.fields["Why"]
    assert set(queued.buttons) == {"Cancel", "Copy command"}
    story.works()
    done = mia.sees("hero shoe, low sun", again=queued)
    assert done.tone == "done"
    assert (done.fields["By"], done.fields["Seed"], done.fields["Workflow"]) == ("Mia Chen", "7", "text-to-image@1")
    assert "sh010" in done.fields["For"]
    assert "slate-sim-base.safetensors" in done.fields["Models"]
    assert "gpu-01" in done.fields["Took"]
    assert {"Reroll", "Vary", "Edit…", "Upscale", "Approve", "Reject", "Provenance", "Copy command"} <= set(done.buttons)
    assert mia.opens(done.pictures[0]), "the picture in the chat"
    (asset,) = story.assets(done)
    assert digest_of(mia.opens(done.originals[0])) == asset.sha256, "and behind it the original's bytes"


def test_the_second_in_line_is_told_why_it_waits(story: Story, mia: Person) -> None:
    mia.asks(SHOE)
    second = mia.asks("/render text-to-image another shoe")
    assert "Number 2 in line" in second.text
    assert second.fields["Why"]


def test_why_tells_where_the_time_of_a_render_went(story: Story, mia: Person) -> None:
    queued = mia.asks(SHOE)
    waits = mia.asks("/why")
    assert "It is number 1 in the queue" in waits.text
    story.works()
    mia.sees("hero shoe, low sun", again=queued)
    told = mia.asks("/why")
    assert "waiting in the queue" in told.text
    assert list(told.fields) == ["Asked for", "Taken by gpu-01", "Handed to ComfyUI on gpu-01", "Done"]


def test_a_running_picture_shows_its_bar_its_step_and_its_preview(story: Story, mia: Person) -> None:
    queued = mia.asks("/render text-to-image hero shoe steps:40 size:128x128")
    with story.working(0.08):
        running = mia.sees("step ", "KSampler on gpu-01", again=queued)
        assert running.tone == "running"
        assert running.buttons.keys() >= {"Cancel"}
    assert mia.sees("hero shoe", again=queued).tone == "done"


@pytest.mark.only_in("discord", reason="in Slack each would be an upload of its own; in the room the page fetches it")
def test_a_running_picture_is_seen_as_it_comes_along(story: Story, mia: Person) -> None:
    queued = mia.asks("/render text-to-image hero shoe steps:40 size:128x128")
    with story.working(0.08):
        until(lambda: bool(mia.sees("step ", again=queued).pictures), "it is seen")
        (so_far,) = mia.sees("step ", again=queued).pictures
        with Image.open(io.BytesIO(mia.opens(so_far))) as picture:
            assert picture.size[0] > 0
    assert len(mia.sees("Took", again=queued).pictures) == 1, "and in the end there is the result alone"


def test_reroll_is_the_same_with_a_new_seed(story: Story, mia: Person) -> None:
    first = mia.asks(SHOE)
    story.works()
    again = mia.presses("Reroll", on=mia.sees("Took", again=first)).seen
    assert again is not None
    assert again.fields["Based on"] == first.subject
    story.works()
    one, two = story.render(first), story.render(again)
    assert (two.verb, two.parent_id, two.shot) == ("reroll", one.id, "sh010")
    assert {**two.inputs, "seed": ""} == {**one.inputs, "seed": ""}
    assert two.seed != one.seed
    assert story.assets(first)[0].pixel_sha256 != story.assets(again)[0].pixel_sha256


def test_a_copied_line_makes_the_identical_picture(story: Story, mia: Person, ana: Person) -> None:
    first = mia.asks('/render text-to-image prompt:"a sign: \\"open\\", (neon:1.2)" steps:3 size:128x128 cfg:5.5 sampler:heun')
    story.works()
    line = mia.presses("Copy command", on=mia.sees("Took", again=first)).copied
    assert story.render(first).seed in line
    again = ana.asks(line)
    story.works()
    assert story.render(again).inputs == story.render(first).inputs
    assert story.assets(again)[0].pixel_sha256 == story.assets(first)[0].pixel_sha256
    assert story.assets(again)[0].sha256 != story.assets(first)[0].sha256, "but each file says who asked for it"


def test_the_edit_form_holds_everything_and_changes_what_is_changed(story: Story, mia: Person) -> None:
    first = mia.asks(SHOE)
    story.works()
    form = mia.presses("Edit…", on=mia.sees("Took", again=first)).form
    assert form is not None
    assert (form.values["prompt"], form.values["seed"], form.values["shot"]) == ("hero shoe, low sun", "7", "sh010")
    changed = mia.fills(form, prompt='hero shoe\nat night, "neon"').seen
    assert changed is not None
    story.works()
    made = story.render(changed)
    assert made.inputs == story.render(first).inputs | {"prompt": 'hero shoe\nat night, "neon"'}
    assert (made.verb, made.parent_id, made.state) == ("vary", story.render(first).id, RenderState.DONE)


def test_vary_makes_a_picture_from_the_picture_and_lineage_tells_the_family(story: Story, mia: Person) -> None:
    first = mia.asks(SHOE)
    story.works()
    varied = mia.presses("Vary", on=mia.sees("Took", again=first)).seen
    assert varied is not None
    story.works()
    large = mia.presses("Upscale", on=mia.sees("image-to-image", "Took", again=varied)).seen
    assert large is not None
    story.works()
    a, b, c = (story.assets(one)[0] for one in (first, varied, large))
    assert (c.width, c.height) > (b.width, b.height)
    family = mia.asks(f"/lineage {c.code}")
    assert family.private
    assert a.code in family.fields["Made from"]
    assert b.code in family.fields["Made from"]
    assert c.code in mia.asks(f"/lineage {a.code}").fields["Used in"]


def test_a_dropped_picture_guides_the_depth_and_may_be_used_again_by_its_id(story: Story, mia: Person, ana: Person) -> None:
    guide = encoded(scene(3, 128, 96))
    first = mia.asks("/render product-depth hero shoe steps:2 size:128x128 seed:5", guide)
    story.works()
    done = ana.sees("Took", again=first)
    (made,) = story.assets(done)
    assert "depth" in made.techniques
    with story.desk.reading() as session:
        ((_, parent),) = assets.parents(session, made)
    assert story.desk.blobs.get(parent.sha256) == guide
    second = ana.asks(f"/render product-depth hero shoe steps:2 size:128x128 seed:5 image:{parent.code}")
    story.works()
    assert story.assets(second)[0].pixel_sha256 == made.pixel_sha256


def test_an_event_said_twice_renders_once(story: Story, mia: Person) -> None:
    for _ in range(3):
        mia.says(SHOE, key="the-same-key-01")
    story.works()
    assert len(story.renders()) == 1
    done = mia.sees("Took")
    for _ in range(3):
        mia.presses("Reroll", on=done, key="the-same-press-1")
    assert len(story.renders()) == 2


def test_a_waiting_picture_is_cancelled_at_once_and_a_running_one_stops(story: Story, mia: Person) -> None:
    running = mia.asks("/render text-to-image long one steps:150 size:128x128")
    waiting = mia.asks(SHOE)
    assert "Cancelled" in mia.presses("Cancel", on=waiting).words
    assert mia.sees("Cancelled by Mia Chen", again=waiting).tone == "cancelled"
    with story.working(0.1):
        mia.sees("step ", again=running)
        mia.says(f"/cancel {running.subject}")
        assert mia.sees("Cancelled by Mia Chen", again=running).tone == "cancelled"
    assert story.runs(running) == ["interrupted"]
    after = mia.presses("Render anyway", on=mia.sees(again=waiting)).seen
    assert after is not None
    story.works()
    assert mia.sees("Took", again=after).tone == "done"


def test_a_reply_below_a_result_that_speaks_to_slate_changes_it(story: Story, mia: Person) -> None:
    first = mia.asks(SHOE)
    story.works()
    result = mia.sees("Took", again=first)
    told = mia.says("@slate warmer, seed 7", to=result)
    assert not told.error
    story.works()
    changed = mia.sees("warmer", "Took")
    assert changed.fields["Based on"] == first.subject
    one, two = story.render(first), story.render(changed)
    assert (two.inputs["prompt"], two.seed) == (f"{one.inputs['prompt']}, warmer", "7")
