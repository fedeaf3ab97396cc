"""What was made is found again by asking, and a picture that comes back is recognised, whatever became of its file."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from PIL import Image

from core.people import projects
from tests.pictures import encoded, scene
from tests.stories.conftest import Story
from tests.stories.telling import Person, Seen


@pytest.fixture
def shoe(story: Story, mia: Person, ana: Person) -> Seen:
    """A finished depth shot of Mia's, for Acme."""
    with story.desk.writing() as session:
        acme = projects.add(session, "Acme", "Acme Spring", by=ana.member)
        projects.bind_channel(session, story.house.platform, story.house.channel_id("acme"), "acme", acme, by=ana.member)
    there = story.visitor("Mia Chen", "acme")
    asked = there.asks("/render product-depth hero shoe, low sun seed:7 steps:2 size:256x192 shot:sh010", encoded(scene(1)))
    story.works()
    return there.sees("Took", again=asked)


def original(story: Story, shoe: Seen) -> bytes:
    return story.desk.blobs.get(story.assets(shoe)[0].sha256)


def jpeg(picture: Image.Image, quality: int = 80) -> bytes:
    return encoded(picture.convert("RGB"), "JPEG", quality=quality)


QUESTIONS = [
    "who made the depth shot for Acme",
    "who made sh010?",
    "by:mia client:acme technique:depth",
    "hero shoe project:acme-spring",
]


def test_one_sentence_says_who_made_it(story: Story, ana: Person, shoe: Seen) -> None:
    (asset,) = story.assets(shoe)
    for question in QUESTIONS:
        answer = ana.asks(f"/find {question}")
        assert "Mia Chen" in answer.text, question
        assert not answer.private, question
        assert asset.code in answer.text, question
        assert answer.pictures, question


def test_what_nobody_made_is_said_plainly(story: Story, ana: Person, shoe: Seen) -> None:
    answer = ana.asks("/find who made the depth shot for Globex")
    assert "Mia Chen" not in answer.text
    assert answer.pictures == ()


def test_the_original_is_recognised_for_certain(story: Story, ana: Person, shoe: Seen) -> None:
    told = ana.drops(original(story, shoe), "from-mail.png")
    assert told.seen is not None
    assert f"This is {story.assets(shoe)[0].code}: the very same file" in told.seen.text
    assert told.seen.fields["By"] == "Mia Chen"


COPIES: dict[str, tuple[Callable[[Image.Image], bytes], str]] = {
    "stripped": (encoded, "This is "),
    "jpeg": (jpeg, "This is most likely "),
    "smaller": (lambda image: jpeg(image.resize((170, 128))), "This is most likely "),
    "larger": (lambda image: encoded(image.resize((512, 384)), "WEBP"), "This is most likely "),
}
"""What became of a picture on its way -> how certain Slate is of it."""


def test_a_copy_without_its_words_is_recognised_by_its_looks(story: Story, ana: Person, shoe: Seen) -> None:
    (asset,) = story.assets(shoe)
    for name, (change, certainty) in COPIES.items():
        with Image.open(io.BytesIO(original(story, shoe))) as image:
            copy = change(image.copy())
        told = ana.drops(copy, "wa0001", words="what is this?")
        assert told.seen is not None, name
        assert f"{certainty}{asset.code}" in told.seen.text, name


def test_a_picture_nobody_knows_is_told_so_and_not_kept_as_an_asset(story: Story, ana: Person, shoe: Seen) -> None:
    told = ana.drops(encoded(scene(99)), "holiday.png")
    assert told.seen is not None
    assert "holiday.png is not known" in told.seen.text
    assert told.error == ""


def test_provenance_tells_everything_to_whoever_asks(story: Story, ana: Person, mia: Person, shoe: Seen) -> None:
    there = story.visitor("Ana Ruiz", "acme")
    told = there.presses("Provenance", on=there.sees(again=shoe))
    assert told.seen is not None
    (asset,) = story.assets(shoe)
    assert told.seen.private
    assert told.seen.fields["SHA-256"] == asset.sha256
    assert "depth" in told.seen.fields["Made from"]
    assert "euler" in told.seen.fields["Settings"]


@pytest.mark.only_in("room", reason="elsewhere the page is a link into the browser")
def test_the_page_of_a_picture_opens_in_the_same_browser(story: Story, ana: Person, shoe: Seen) -> None:
    assert ana.opens(f"/assets/{story.assets(shoe)[0].code}")
