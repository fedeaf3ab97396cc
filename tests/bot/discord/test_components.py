"""Any card fits into a Discord message, and what does not fit is missed by nobody: it is cut where everybody sees it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.cards import Answer, Button, Card, Field, Picture, Progress
from bot.discord import limits
from bot.discord.components import dress
from bot.discord.markdown import fitted, marked, plain, size
from bot.discord.message_packing import Message, of_answer, of_card
from tests.simulators.discord import checking
from tests.simulators.discord.world import COMPONENTS_V2

BASE = "https://slate.example"
LETTERS = st.characters(codec="utf-8", exclude_categories=("Cs",))
WORDS = st.one_of(
    st.text(LETTERS, max_size=40),
    st.sampled_from(
        ["**bold**", "@everyone", "<@123456789012345678>", "```", "# head", "👟" * 30, "[x](http://evil.example)", "a\nb"]
    ),
    st.integers(0, 9000).map(lambda many: "long * text _ with ` marks " * (many // 27)),
)
TONES = st.sampled_from(["plain", "queued", "running", "done", "failed", "cancelled", "error", "approved", "rejected"])
SUBJECTS = st.one_of(st.sampled_from(["R-4F2K", "A-7Q0D", "", "text-to-image"]), WORDS)
FIELDS = st.builds(Field, WORDS, WORDS, st.booleans())
BUTTONS = st.builds(
    Button,
    st.sampled_from(["reroll", "vary", "find", "needs-work"]),
    SUBJECTS,
    WORDS,
    st.sampled_from(["plain", "primary", "danger"]),
)
PICTURES = st.builds(
    Picture,
    st.from_regex(r"A-[0-9A-Z]{4,8}", fullmatch=True),
    WORDS,
    st.sampled_from(["image/png", "image/jpeg", "image/avif", "video/mp4", "audio/flac", "model/gltf-binary", "odd/ x y"]),
    st.just("ab" * 32),
    st.sampled_from(["", "cd" * 32]),
    size=st.sampled_from([0, 1, 5_000_000, 10 * 1024 * 1024, 10 * 1024 * 1024 + 1, 10**12]),
)
CARDS = st.builds(
    Card,
    title=WORDS,
    tone=TONES,
    subject=SUBJECTS,
    text=WORDS,
    fields=st.lists(FIELDS, max_size=60).map(tuple),
    pictures=st.lists(PICTURES, max_size=14).map(tuple),
    progress=st.none() | st.builds(Progress, st.floats(0, 1), WORDS, st.none() | st.floats(0, 1e6)),
    buttons=st.lists(BUTTONS, max_size=40).map(tuple),
    footer=WORDS,
    link=st.sampled_from(["", "/assets/A-7Q0D", "/x" * 400, "javascript:alert(1)"]),
)


def sent(message: Message) -> dict[str, Any]:
    """The payload, once Discord has taken it."""
    files = {one.name: 100 for one in message.uploads.values()}
    payload = {"components": message.view().to_components(), "allowed_mentions": {"parse": []}}
    checking.message(payload, files, COMPONENTS_V2)
    assert checking.pinged(payload) == []
    assert all(one.alt and size(one.alt) <= limits.ALT for one in message.uploads.values() if one.sha256)
    return payload


def words(message: Message) -> str:
    return "\n".join(one.get("content", "") for one in checking.walk(message.view().to_components()))


@settings(max_examples=70, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(CARDS)
def test_any_card_fits_into_one_message_and_nothing_of_it_vanishes(card: Card) -> None:
    message = of_card(card, base_url=BASE)
    sent(message)
    files = [one for one in message.uploads.values() if one.text]
    for text in (card.text, card.title, *(one.value for one in card.fields)):
        there = plain(text) in words(message) or marked(text) in words(message)
        assert not text.strip() or there or any(text in one.text for one in files), (text, words(message))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(
    st.builds(
        Answer,
        WORDS,
        st.lists(CARDS, max_size=8).map(tuple),
        copy=WORDS,
        chips=st.lists(WORDS, max_size=6).map(tuple),
    )
)
def test_any_answer_is_packed_into_messages_that_fit(answer: Answer) -> None:
    messages = of_answer(answer, base_url=BASE)
    for message in messages:
        sent(message)
    shown = "\n".join(words(one) for one in messages)
    files = "".join(one.text for message in messages for one in message.uploads.values())
    assert not answer.copy or answer.copy in shown or answer.copy in files, "what is to be copied is there letter by letter"


def test_a_list_of_five_results_is_one_message_with_a_menu_each() -> None:
    picture = Picture("A-7Q0D", "a shoe", "image/png", "ab" * 32, "cd" * 32, size=4000)
    buttons = tuple(Button(verb, "A-7Q0D", verb.title()) for verb in ("reroll", "edit", "vary", "approve", "reject", "lineage"))
    card = Card("A-7Q0D · hero shoe", subject="A-7Q0D", pictures=(picture,), buttons=buttons, link="/assets/A-7Q0D")
    cards = tuple(replace(card, subject=f"A-{one}", pictures=(replace(picture, asset=f"A-{one}"),)) for one in range(1000, 1005))
    messages = of_answer(
        Answer("Mia made them.", (*cards, Card("There is more", buttons=(Button("find", "x", "More"),)))), base_url=BASE
    )
    assert len(messages) == 1
    found = list(checking.walk(sent(messages[0])["components"]))
    assert len([one for one in found if one["type"] == checking.SELECT]) == 5
    assert len([one for one in found if one["type"] == checking.THUMBNAIL]) == 5


def test_a_file_that_is_too_large_is_its_preview_and_a_note_and_the_page() -> None:
    film = Picture("A-7Q0D", "a film", "video/mp4", "ab" * 32, "cd" * 32, size=80 * 1024 * 1024)
    message = of_card(Card("R-4F2K", pictures=(film,), link="/assets/A-7Q0D"), base_url=BASE)
    sent(message)
    assert [one.sha256 for one in message.uploads.values()] == [film.preview]
    assert "Too large for Discord, so open the page for the original: A-7Q0D (80.0 MiB)" in words(message)
    assert any(one.get("url") == f"{BASE}/assets/A-7Q0D" for one in checking.walk(message.view().to_components()))


def test_a_film_is_shown_as_a_film_and_a_sound_is_a_file() -> None:
    film = Picture("A-1", "a film", "video/mp4", "ab" * 32, "cd" * 32, size=4000)
    sound = Picture("A-2", "a sound", "audio/flac", "ef" * 32, size=4000)
    message = of_card(Card("R-4F2K", pictures=(film, sound)), base_url=BASE)
    found = list(checking.walk(sent(message)["components"]))
    assert [one["items"][0]["media"]["url"] for one in found if one["type"] == checking.GALLERY] == ["attachment://A-1.mp4"]
    assert [one["file"]["url"] for one in found if one["type"] == checking.FILE] == ["attachment://A-2.flac"]


def test_a_batch_is_a_gallery_and_what_is_beyond_ten_is_counted() -> None:
    batch = tuple(Picture(f"A-{one}", f"shoe {one}", "image/png", "ab" * 32, "cd" * 32, size=4000) for one in range(14))
    message = of_card(Card("R-4F2K", pictures=batch, link="/renders/R-4F2K"), base_url=BASE)
    (gallery,) = [one for one in checking.walk(sent(message)["components"]) if one["type"] == checking.GALLERY]
    assert len(gallery["items"]) == 10
    assert gallery["items"][3]["description"] == "shoe 3"
    assert "4 more on the page" in words(message)


def test_large_originals_share_one_request_and_the_rest_are_previews() -> None:
    large = tuple(Picture(f"A-{one}", "x", "image/png", "ab" * 32, "cd" * 32, size=9 * 1024 * 1024) for one in range(4))
    message = of_card(Card("R-4F2K", pictures=large), base_url=BASE)
    assert [one.sha256[:2] for one in message.uploads.values()] == ["ab", "ab", "cd", "cd"]


@pytest.mark.parametrize(
    "text",
    ["@everyone look", "<@123456789012345678>", "<#1> <t:0:R> </x:1> <a:b:1>", "# big", "> quote", "1. one", "-# small", "~~a~~"],
)
def test_peoples_text_pings_and_formats_nothing(text: str) -> None:
    shown = plain(text)
    assert shown != text
    assert "@everyone" not in shown
    assert size(fitted(text * 50, 40)) <= 40


def test_a_card_of_every_tone_has_its_colour() -> None:
    colours = {
        dress(Card("x", tone), base_url=BASE).item.to_component_dict()["accent_color"] for tone in ("done", "failed", "approved")
    }
    assert len(colours) == 3
