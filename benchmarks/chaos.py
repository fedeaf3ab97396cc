"""Chaos: kill -9 a random process every few seconds under load, and count renders lost, made twice, and messages left hanging.

    python -m benchmarks.chaos [SECONDS] [BACKENDS]

Every kind of process is struck: web, clerk, sweeper, workers, the queue (Valkey) and the simulated ComfyUI. A run counts as a
second one when the same render finished on a ComfyUI more than once although that ComfyUI was not killed in between (one that was
killed has forgotten the first).
"""

from __future__ import annotations

import itertools
import json
import os
import random
import signal
import sys
import time
from collections import Counter, defaultdict
from uuid import uuid4

from benchmarks.stage import Stage, stage, until
from bot.request import ChatPlace
from core.errors import SlateError
from core.rendering import lifecycle
from core.rendering.lifecycle import RenderRequest
from core.rendering.worker import MOST_RUNS, run_id
from storage.chat import posts
from storage.files import assets
from storage.rendering import renders
from storage.tables import Render

KINDS = ("web", "clerk", "sweeper", "worker", "valkey", "hooks.simulator")


def main(seconds: float, backend_count: int) -> int:
    with stage(backend_count=backend_count, step_seconds=0.05) as slate:
        asked, kills = _storm(slate, seconds)
        until(lambda: _over(slate, asked), "every render is over", 300)
        until(lambda: not _behind(slate, asked), "every message shows its end", 60)
        return _report(slate, asked, kills)


def _storm(slate: Stage, seconds: float) -> tuple[list[int], list[tuple[float, str]]]:
    """Ask for a render four times a second; strike every two to five seconds."""
    asked: list[int] = []
    kills: list[tuple[float, str]] = []
    people = [slate.member(name) for name in ("Mia", "Ana", "Jo")]
    project, end, strike = slate.project(), time.monotonic() + seconds, time.monotonic() + 2
    kinds = itertools.cycle(random.sample(KINDS, len(KINDS)))
    while time.monotonic() < end:
        key = uuid4().hex
        asking = RenderRequest(
            "text-to-image",
            random.choice(people),
            project,
            inputs={"prompt": f"storm {len(asked)}", "steps": random.randint(2, 30), "width": 128, "height": 128},
            place=ChatPlace("room", "general"),
            key=key,
        )
        try:
            asked.append(lifecycle.submit(slate.desk, asking).id)
        except SlateError as problem:
            print(f"  submit: {problem.code}")
        if time.monotonic() > strike:
            kills += _strike(slate, next(kinds))
            strike = time.monotonic() + random.uniform(2, 5)
        time.sleep(0.25)
    return asked, kills


def _strike(slate: Stage, kind: str) -> list[tuple[float, str]]:
    struck = [pid for pid, line in slate.children().items() if kind in line]
    if not struck:
        return []
    os.kill(random.choice(struck), signal.SIGKILL)
    return [(time.time(), kind)]


def _states(slate: Stage, asked: list[int]) -> list[Render]:
    with slate.desk.reading() as session:
        return [render for row in asked if (render := renders.by_id(session, row))]


def _over(slate: Stage, asked: list[int]) -> bool:
    return all(render.state.over for render in _states(slate, asked))


def _behind(slate: Stage, asked: list[int]) -> list[int]:
    with slate.desk.reading() as session:
        return [row for row in asked for post in posts.of_render(session, row) if post.shown < post.wanted]


def _report(slate: Stage, asked: list[int], kills: list[tuple[float, str]]) -> int:
    found = _states(slate, asked)
    with slate.desk.reading() as session:
        kept = Counter(len(assets.of_render(session, render.id)) for render in found if render.state.value == "done")
    twice = _made_twice(slate, found, kills)
    states = Counter(render.state.value for render in found)
    print(f"strikes: {dict(Counter(kind for _, kind in kills))}")
    print(f"renders asked: {len(asked)}; ends: {dict(states)}; pictures a done render: {dict(kept)}")
    for render in found:
        if render.state.value == "failed":
            print(f"  {render.code}: {render.error_code}: {render.error_message}")
    print(f"lost: {len(asked) - len(found)}; made twice: {len(twice)}; messages left hanging: {len(_behind(slate, asked))}")
    return int(len(found) != len(asked) or bool(twice) or set(kept) != {1} or states["failed"] > 0)


def _made_twice(slate: Stage, found: list[Render], kills: list[tuple[float, str]]) -> list[str]:
    finished: dict[str, list[float]] = defaultdict(list)
    for log in slate.folder.glob("comfyui/*/executed.jsonl"):
        for line in log.read_text().splitlines():
            run = json.loads(line)
            if run.get("outcome") == "success":
                finished[run["prompt_id"]].append(run["ended"])
    machine_kills = [at for at, kind in kills if kind == "hooks.simulator"]
    twice = []
    for render in found:
        ends = sorted(end for number in range(1, MOST_RUNS + 2) for end in finished[run_id(render, number)])
        again = [end for first, end in itertools.pairwise(ends) if not any(first <= at <= end for at in machine_kills)]
        twice += [render.code for _ in again]
    return twice


if __name__ == "__main__":
    given = [*sys.argv[1:], "60", "2"]
    sys.exit(main(float(given[0]), int(given[1]) if len(sys.argv) > 2 else 2))
