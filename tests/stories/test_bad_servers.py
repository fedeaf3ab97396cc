"""A ComfyUI that refuses, hangs, talks nonsense, loses things or dies: every render ends once, and its message says how."""

from __future__ import annotations

from typing import Any

import pytest

from storage.tables import RenderState
from tests.stories.conftest import Story
from tests.stories.telling import Person

ASK = "/render text-to-image hero shoe seed:7 steps:2 size:64x64"

OVERCOME: dict[str, dict[str, Any]] = {
    "drops the submission": {"submit_drop": 1},
    "takes it and drops the line": {"submit_drop_after": 1},
    "never answers the submission": {"submit_hang": 1},
    "takes it and never answers": {"submit_hang_after": 1},
    "takes it and answers 500": {"submit_500_after": 1},
    "fails at anything, thrice": {"http_500": 3},
    "answers the submission with HTML": {"garbage": "html", "garbage_path": "/prompt"},
    "tells nothing on its socket": {"ws_silent": True},
    "has no socket": {"ws_refuse": -1},
    "cuts its socket": {"ws_drop": -1},
    "speaks in new tongues": {"ws_unknown": True, "nan_metadata": True},
    "forgets the run": {"forget_history": 1},
    "loses the files": {"files_lost": 1},
    "does not find the file": {"view_missing": 1},
    "hands over half a file": {"view_short": 1},
    "hands over nothing": {"view_empty": 1},
    "always forgets the run and keeps its files": {"forget_history": -1},
}

FATAL: dict[str, tuple[dict[str, Any], str, str]] = {
    "runs out of memory": ({"oom": 1}, "out-of-memory", "memory"),
    "fails in a node": ({"node_error": 1, "node_error_at": "KSampler"}, "render-failed", "KSampler failed on gpu-01"),
    "ends with no outputs": ({"no_outputs": 1}, "no-outputs", "made no file"),
    "blocks what it was asked": ({"no_outputs": 1, "blocked_message": "no licence"}, "no-outputs", ""),
    "always loses the files": ({"files_lost": -1}, "output-lost", "gpu-01"),
    "always forgets the run and its files": ({"forget_history": -1, "files_lost": -1}, "run-vanished", "lost this render"),
}


pytestmark = pytest.mark.only_in(
    "room", reason="what becomes of a run is decided in core; that people see it is told everywhere below"
)


@pytest.mark.parametrize("trouble", OVERCOME)
def test_what_can_be_overcome_is_overcome_and_nobody_has_to_ask_twice(story: Story, mia: Person, trouble: str) -> None:
    asked = mia.asks(ASK)
    story.shop.simulator.turn(**OVERCOME[trouble])
    if "garbage" in OVERCOME[trouble]:
        story.tries(asked)
        story.shop.simulator.turn(garbage="")
    assert story.works_it_out(asked).state is RenderState.DONE
    assert mia.sees("Took", again=asked).tone == "done"
    assert len(story.assets(asked)) == 1
    assert [one.action for one in story.audit(asked.subject)] == ["render:asked", "render:done"]


@pytest.mark.parametrize("trouble", ["drops the submission", "takes it and drops the line", "takes it and never answers"])
def test_a_doubtful_submission_is_never_run_twice(story: Story, mia: Person, trouble: str) -> None:
    asked = mia.asks(ASK)
    story.shop.simulator.turn(**OVERCOME[trouble])
    story.works_it_out(asked)
    assert story.runs(asked) == ["success"]


@pytest.mark.parametrize("trouble", FATAL)
def test_what_cannot_be_overcome_ends_in_a_sentence_and_a_button(story: Story, mia: Person, trouble: str) -> None:
    knobs, code, words = FATAL[trouble]
    asked = mia.asks(ASK)
    story.shop.simulator.turn(**knobs)
    ended = story.works_it_out(asked)
    assert (ended.state, ended.error_code) == (RenderState.FAILED, code)
    failed = mia.sees("failed", words, again=asked)
    assert failed.tone == "failed"
    assert failed.text.endswith(code)
    assert "Traceback" not in failed.text
    assert story.assets(asked) == []
    story.shop.simulator.turn(**{name: type(value)() for name, value in knobs.items()})
    again = mia.presses("Retry", on=failed).seen
    assert again is not None
    assert story.works_it_out(again).state is RenderState.DONE
    assert story.render(again).seed == story.render(asked).seed


def test_a_run_that_fails_after_its_first_picture_keeps_nothing_of_it(story: Story, mia: Person) -> None:
    story.shop.simulator.turn(partial_outputs=1)
    asked = mia.asks("/render text-to-image hero shoe steps:1 size:64x64 count:3")
    assert story.works_it_out(asked).state is RenderState.FAILED
    assert story.assets(asked) == []
    assert mia.sees("failed", "gpu-01", again=asked).tone == "failed"


@pytest.mark.everywhere
def test_a_model_that_is_not_there_is_named_with_what_there_is(story: Story, mia: Person) -> None:
    asked = mia.asks(f"{ASK} model:sd_xl_base_1.0.safetensors")
    story.works_it_out(asked)
    failed = mia.sees("sd_xl_base_1.0.safetensors", "slate-sim-base", again=asked)
    assert (failed.tone, story.render(asked).error_code) == ("failed", "model-missing")


@pytest.mark.parametrize("garbage", ["html", "truncated", "empty"])
def test_a_server_that_answers_nonsense_keeps_the_render_waiting_until_it_makes_sense_again(
    story: Story, mia: Person, garbage: str
) -> None:
    asked = mia.asks(ASK)
    story.shop.simulator.turn(garbage=garbage)
    story.tries(asked)
    waiting = mia.sees("resumes automatically", again=asked)
    assert waiting.tone == "queued"
    story.shop.simulator.turn(garbage="")
    story.works_it_out(asked)
    assert mia.sees("Took", again=asked).tone == "done"
    assert story.runs(asked).count("success") == 1


@pytest.mark.everywhere
def test_a_server_that_dies_mid_run_is_waited_for_and_the_message_says_so(story: Story, mia: Person) -> None:
    asked = mia.asks("/render text-to-image hero shoe steps:40 size:64x64")
    with story.working(0.1):
        mia.sees("step ", again=asked)
        story.shop.simulator.stop()
    assert mia.sees("resumes automatically", again=asked).tone == "queued"
    story.shop.simulator.start()
    story.works_it_out(asked)
    assert mia.sees("Took", again=asked).tone == "done"
    assert len(story.assets(asked)) == 1


def test_a_server_whose_worker_is_dead_keeps_nothing_but_time(story: Story, mia: Person) -> None:
    asked = mia.asks(ASK)
    story.shop.simulator.turn(kill_worker=1)
    with story.working():
        mia.sees("gpu-01", again=asked)
        mia.says(f"/cancel {asked.subject}")
    assert mia.sees("Cancelled by Mia Chen", again=asked).tone == "cancelled"
