"""Stories of asking the memory."""

from __future__ import annotations

import io

from PIL import Image

from core.lineage import family as lineage_family
from storage.chat import posts
from storage.files import assets
from tests.bot.conftest import Talk, png


def photo(seed: int, size: tuple[int, int] = (256, 192)) -> bytes:
    """A picture with something to recognise: a few soft shapes that depend on the seed."""
    small = Image.new("RGB", (8, 6))
    small.putdata([((seed * 37 + at * 53) % 255, (seed * 91 + at * at * 17) % 255, (at * 29 + seed) % 255) for at in range(48)])
    buffer = io.BytesIO()
    small.resize(size, Image.Resampling.BICUBIC).save(buffer, "PNG")
    return buffer.getvalue()


def test_a_question_is_answered_in_a_sentence_with_pictures(talk: Talk) -> None:
    asset = talk.finish(talk.ask())[0]
    answer = talk.say("/find who made the hero shoe", by=talk.vic)
    assert "Mia Chen" in answer.text
    assert not answer.private
    assert answer.cards[0].subject == asset.code
    assert answer.cards[0].pictures[0].alt.startswith("hero shoe")
    result = answer.data["results"][0]
    assert {
        "asset",
        "render",
        "by",
        "client",
        "project",
        "shot",
        "workflow",
        "version",
        "models",
        "seed",
        "status",
        "created",
    } <= set(result)
    assert (result["asset"], result["by"], result["seed"]) == (asset.code, "Mia Chen", "7")
    assert answer.data["answer"] == answer.text


def test_what_is_asked_next_goes_on_from_the_question_before(talk: Talk) -> None:
    talk.finish(talk.ask())
    assert "Mia Chen" in talk.say("/find who made the hero shoe", by=talk.vic).text
    assert "**1**" in talk.say("/find how many of those", by=talk.vic).text
    assert "undecided" in " ".join(talk.say("/find only the undecided ones", by=talk.vic).chips)


def test_a_search_is_narrowed_and_can_be_private(talk: Talk) -> None:
    talk.finish(talk.ask())
    answer = talk.say('find "low sun" by:mia shot:sh010 status:approved private:yes')
    assert answer.private
    assert answer.data["results"] == []
    talk.say("approve " + talk.say("find hero").data["results"][0]["render"], by=talk.ana)
    assert len(talk.say("find hero status:approved").data["results"]) == 1


def test_more_is_a_button_that_asks_for_the_next_page(talk: Talk) -> None:
    for _ in range(3):
        talk.finish(talk.ask())
    first = talk.say("find hero limit:2")
    assert len(first.data["results"]) == 2
    more = first.cards[-1].buttons[0]
    second = talk.press(more.action)
    assert not second.error, second
    seen = {one["asset"] for answer in (first, second) for one in answer.data["results"]}
    assert len(seen) == 3


def test_what_is_no_question_is_refused_with_advice(talk: Talk) -> None:
    for line in ("find", "find   ", "find private:yes", "find nonsense:yes", "find limit:99 x"):
        answer = talk.say(line)
        assert answer.error in ("missing-input", "bad-query", "wrong-type"), answer
        assert answer.cards[0].text


def test_a_dropped_original_is_certain(talk: Talk) -> None:
    asset = talk.finish(talk.ask())[0]
    data = talk.desk.blobs.get(asset.sha256)
    answer = talk.say("", files=(talk.upload(data),))
    assert (answer.data["certainty"], answer.data["asset"]) == ("certain", asset.code)
    assert answer.cards[0].subject == asset.code
    assert asset.code in answer.text


def test_a_copy_without_metadata_is_recognised_by_what_it_shows(talk: Talk) -> None:
    original = talk.say("render image-to-image a shoe", files=(talk.upload(photo(5)),)).data["inputs"]["image"]
    buffer = io.BytesIO()
    with Image.open(io.BytesIO(photo(5))) as image:
        image.resize((200, 150)).convert("RGB").save(buffer, "JPEG", quality=70)
    answer = talk.say("whatis", files=(talk.upload(buffer.getvalue(), "mail.jpg"),))
    assert answer.data["asset"] == original
    assert answer.data["certainty"] in ("probable", "similar")


def test_what_was_never_here_is_unknown_and_what_is_no_picture_is_said(talk: Talk) -> None:
    unknown = talk.say("/whatis", files=(talk.upload(photo(11)),))
    assert (unknown.data["certainty"], unknown.data["asset"]) == ("unknown", None)
    assert unknown.text.startswith("drop.png is not known here")
    assert talk.say("whatis", files=(talk.upload(b"\x00\x01 not a picture"),)).error == "bad-picture"
    assert talk.say("whatis").error == "missing-input"


def test_an_id_can_be_asked_about_too(talk: Talk) -> None:
    render = talk.ask()
    asset = talk.finish(render)[0]
    for code in (asset.code, render.code.lower()):
        answer = talk.say(f"whatis {code}")
        assert (answer.data["certainty"], answer.data["asset"]) == ("certain", asset.code)


def test_provenance_shows_models_with_hashes_and_the_files_digest(talk: Talk) -> None:
    asset = talk.finish(talk.ask())[0]
    answer = talk.press(f"provenance:{asset.code}")
    shown = {field.label: field.value for field in answer.cards[0].fields}
    assert answer.private
    assert shown["Models"] == "base.safetensors · ababababab · CC-BY-4.0"
    assert shown["SHA-256"] == asset.sha256
    assert f"/assets/{asset.code}" in answer.text
    assert answer.data["models"][0]["sha256"] == "ab" * 32
    assert answer.data["prompt"] == "hero shoe, low sun"


def test_lineage_goes_both_ways_across_renders(talk: Talk) -> None:
    first = talk.finish(talk.ask())[0]
    second_render = talk.ask(f"vary {first.code}")
    second = talk.finish(second_render, pictures=2)[0]
    answer = talk.press(f"lineage:{second.code}")
    assert [one["asset"] for one in answer.data["sources"]] == [first.code]
    assert len(answer.data["siblings"]) == 1
    assert [one["verb"] for one in answer.data["renders"]] == ["vary", "render"]
    back = talk.say(f"lineage {first.code}")
    assert {one["asset"] for one in back.data["results"]} >= {second.code}
    assert first.code in answer.cards[0].fields[0].value
    assert second.code in back.cards[0].fields[1].value


def test_the_family_of_a_lone_upload_is_itself(talk: Talk) -> None:
    code = talk.say("render image-to-image x", files=(talk.upload(png((1, 2, 3))),)).data["inputs"]["image"]
    with talk.desk.reading() as session:
        asset = assets.by_code(session, code)
        assert asset is not None
        family = lineage_family.of(session, asset)
    assert (family.sources, family.results, family.siblings, family.askings) == ((), (), (), ())
    assert "text prompt only" in talk.say(f"lineage {code}").cards[0].fields[0].value
    assert talk.say(f"reroll {code}").error == "conflict"


def test_this_in_a_thread_is_what_the_thread_is_about(talk: Talk) -> None:
    render = talk.ask()
    [asset] = talk.finish(render)
    with talk.desk.writing() as session:
        posts.shown(session, posts.of_render(session, render.id or 0)[0], 1, "41")
    talk.thread = "41"
    for question in ("whose is this?", "who made it", "what seed was used for this"):
        answer = talk.say(f"find {question}")
        assert [one["asset"] for one in answer.data["results"]] == [asset.code], question
    assert talk.say("find what came from this").text.startswith("**Nothing** was made from")


def test_each_condition_can_be_taken_away_with_a_button(talk: Talk) -> None:
    talk.finish(talk.ask())
    answer = talk.say("find shoe shot:sh010 client:house")
    buttons = answer.cards[-1].buttons
    assert [one.label for one in buttons] == ["✕ shot sh010", "✕ client House", "✕ “shoe”"]
    again = talk.press(buttons[0].action)
    assert again.chips == ("client House", "“shoe”")
