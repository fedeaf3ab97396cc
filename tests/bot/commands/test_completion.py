"""What is offered while a line is being typed."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot import commands
from tests.bot.conftest import Talk


def test_commands_come_first(talk: Talk) -> None:
    assert talk.complete("")[0] == "/render"
    assert talk.complete("/re")[:4] == ["/render", "/reroll", "/retry", "/reject"]
    assert talk.complete("ca")[0] == "cancel"
    assert talk.complete("/aprove")[0] == "/approve", "mistyped"


def test_then_the_workflows(talk: Talk) -> None:
    assert set(talk.complete("/render ")) >= {"text-to-image", "upscale"}
    assert talk.complete("/render ups")[0] == "upscale"
    assert talk.complete("render image")[0] == "image-to-image"


def test_then_its_inputs_the_required_ones_first_and_none_twice(talk: Talk) -> None:
    offered = talk.complete("/render image-to-image ")
    assert {"prompt:", "image:", "seed:", "shot:", "project:"} <= set(offered)
    assert offered.index("image:") < offered.index("seed:")
    assert "seed:" not in talk.complete("/render image-to-image seed:7 ")
    assert talk.complete("/render text-to-image a red shoe st")[0] == "steps:"


def test_then_their_values(talk: Talk) -> None:
    assert talk.complete("/render text-to-image project:play") == ["project:playground"]
    samplers = talk.complete("/render text-to-image sampler:")
    assert len(samplers) > 1
    assert all(one.startswith("sampler:") for one in samplers)
    asset = talk.finish(talk.ask())[0]
    assert talk.complete("/render image-to-image image:A") == [f"image:{asset.code}"]
    assert talk.complete("/render text-to-image a shot:") == ["shot:sh010"]
    assert talk.complete("/queue mine:") == ["mine:yes", "mine:no"]
    assert talk.complete("/render text-to-image nonsense:") == []


def test_ids_are_ones_own_newest_and_only_those_that_fit(talk: Talk) -> None:
    done, waiting = talk.ask(), talk.ask()
    talk.finish(done)
    assert talk.complete("cancel ") == [waiting.code]
    assert talk.complete("approve ")[0] == done.code
    assert talk.complete("copy ")[:2] == [waiting.code, done.code]


def test_conditions_of_a_question_and_their_values(talk: Talk) -> None:
    talk.finish(talk.ask())
    assert {"by:", "status:", "private:"} <= set(talk.complete("find shoe "))
    assert talk.complete("find by:mia") == ['by:"Mia Chen"']


def test_nothing_inside_quotes_and_nothing_for_nonsense(talk: Talk) -> None:
    assert talk.complete('render text-to-image prompt:"a pro') == []
    assert talk.complete("nonsense ") == []
    assert talk.complete("render nonsense ") == []


@given(text=st.text(max_size=60) | st.sampled_from(["render ", "find ", "cancel "]).flatmap(lambda a: st.text().map(a.__add__)))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_completing_never_fails_and_is_never_long(talk: Talk, text: str) -> None:
    assert len(commands.complete(talk.desk, talk.mia, talk.place, text, len(text) // 2)) <= 25
    assert len(commands.complete(talk.desk, talk.mia, talk.place, text, 10_000)) <= 25


def test_the_cursor_may_be_anywhere(talk: Talk) -> None:
    for cursor in (-5, 0, 3, 999):
        assert commands.complete(talk.desk, talk.mia, talk.place, "render", cursor)
