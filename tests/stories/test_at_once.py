"""Many do the same thing in the same moment, on both databases: each thing is done once, and nobody meets an error."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from core.settings import Settings
from storage.tables import RenderState, Role
from tests.stories.conftest import Story
from tests.stories.telling import Person, Told

ASK = "/render text-to-image hero shoe seed:7 steps:1 size:64x64"


@pytest.fixture
def settings(tmp_path: Path, database_url: str, redis_url: str, front_settings: dict[str, Any]) -> Settings:
    return Settings(data=tmp_path / "data", database_url=database_url, redis_url=redis_url, **front_settings)


def at_once(*acts: Callable[[], Told]) -> list[str]:
    """Everybody acts together; the codes of what went wrong."""
    with ThreadPoolExecutor(len(acts)) as hands:
        return [told.error for told in [future.result() for future in [hands.submit(act) for act in acts]] if told.error]


def test_a_line_sent_again_and_again_is_one_render_and_one_message(story: Story) -> None:
    tabs = [story.visitor("Mia Chen") for _ in range(6)]
    assert at_once(*(lambda tab=tab: tab.says(ASK, key="impatient-click") for tab in tabs)) == []
    story.works()
    assert [one.state for one in story.renders()] == [RenderState.DONE]
    shown = [one for one in tabs[0].front.read() if one.subject]
    assert (len(shown), "Took" in shown[0].text) == (1, True)


def test_many_people_ask_at_once_and_each_has_a_place_in_line(story: Story) -> None:
    people = [story.person(f"Person {count}") for count in range(6)]
    assert at_once(*(lambda one=one: one.says(ASK) for one in people)) == []
    story.shop.sweeper.sweep()
    story.catches_up()
    lines = [text for text in people[0].texts() if "in line" in text]
    assert sorted(text.partition("Number ")[2][0] for text in lines) == ["1", "2", "3", "4", "5", "6"]
    story.works()
    assert {one.state for one in story.renders()} == {RenderState.DONE}


def test_verdicts_given_at_once_are_all_on_record_and_one_stands(story: Story, mia: Person) -> None:
    asked = mia.asks(ASK)
    story.works()
    done = mia.sees("Took", again=asked)
    leads = [story.person(f"Lead {count}", Role.LEAD) for count in range(3)]
    acts = [lambda one=one, emoji=emoji: one.reacts(emoji, to=done) for one, emoji in zip(leads, "✅❌✅", strict=True)]
    assert at_once(*acts, *acts) == [], "and each of them clicks twice"
    (asset,) = story.assets(asked)
    given = [event.after["judgement"] for event in story.audit(asset.code) if event.action == "asset:verdict"]
    assert sorted(given) == ["approved", "approved", "rejected"]
    assert asset.status == given[-1]


def test_a_cancel_and_a_second_cancel_at_once_are_one_cancel(story: Story, mia: Person, ana: Person) -> None:
    asked = mia.asks(ASK)
    acts = [lambda one=one: one.says(f"/cancel {asked.subject}") for one in (mia, ana)]
    assert at_once(*acts) in ([], ["conflict"])
    story.works()
    assert story.render(asked).state is RenderState.CANCELLED
    assert [event.action for event in story.audit(asked.subject)] == ["render:asked", "render:cancelled"]
