"""Asking again at a terminal: waiting for it, and a line that repeats it."""

from __future__ import annotations

import json
import shlex

import pytest

from bot.cli import entry
from core.desk import Desk
from core.errors import DatabaseUnavailable
from storage.tables import Asset
from tests.bot.terminal import Terminal, in_background, in_line
from tests.shop import Shop
from tests.waiting import until


@pytest.mark.parametrize(("verb", "change"), [("reroll", "steps=3"), ("vary", "steps=4"), ("retry", ""), ("upscale", "")])
def test_whatever_makes_a_render_can_be_waited_for(
    slate: Terminal, shoe: Asset, shop: Shop, desk: Desk, verb: str, change: str
) -> None:
    waiting = in_background(verb, shoe.code, *filter(None, [change]), "--wait", "--json")
    until(lambda: bool(in_line(desk)), "the render is queued")
    shop.drain()
    out, err = waiting.communicate(timeout=30)
    made = json.loads(out)
    assert (waiting.returncode, made["state"], made["verb"], len(made["assets"])) == (0, "done", verb, 1), err


def test_there_is_nothing_to_wait_for_when_it_was_not_asked(slate: Terminal) -> None:
    assert slate.json("retry", "R-0000", "--wait", status=3)["error"]["code"] == "unknown-render"
    assert slate("queue", "--wait") == 2


def test_a_copied_line_pasted_into_a_shell_makes_the_same_render(slate: Terminal) -> None:
    odd = 'the dog\'s "$5" ball!; `ls` & so\non'
    first = slate.json("render", "text-to-image", f"prompt={odd}", "negative=", "seed=7", "--shot", "sh010")
    assert slate("copy", first["render"]) == 0
    line = slate.out.split("\n", 1)[1]
    assert line.startswith("slate render text-to-image@1 ")
    again = slate.json(*shlex.split(line)[1:])
    assert (again["inputs"], again["shot"]) == (first["inputs"], "sh010")
    told = slate.json("copy", first["render"])
    assert (told["command"].partition(" ")[0], told["shell"]) == ("/render", line.strip())


@pytest.mark.parametrize("report", [RuntimeError("half-way"), DatabaseUnavailable()])
def test_a_library_that_ctrl_c_struck_half_way_is_no_mistake_of_ours(
    report: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def struck(*_: object, **__: object) -> None:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt:
            raise report  # noqa: B904  (as a library does that knows nothing of Ctrl-C)

    monkeypatch.setattr(entry, "app", struck)
    assert entry.run(["queue"]) == 130
    assert "Interrupted" in capsys.readouterr().err
