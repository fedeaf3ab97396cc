"""What Slate adds to a render: command to ComfyUI's start, and ComfyUI's end to the posted message, on an idle desk.

    python -m benchmarks.overhead [RENDERS]

Baseline: a bare client that submits the same graphs and polls every 50 ms by itself; it is done when it holds the picture.
Starts and ends of runs come from the simulated ComfyUI's own log, the posted message's time from the room's row.
"""

from __future__ import annotations

import sys
import time
from datetime import datetime
from uuid import uuid4

import httpx2

from benchmarks.stage import Stage, percentile, stage, until
from bot import commands
from bot.request import ChatPlace, ChatRequest
from core import workflows
from core.rendering import lifecycle
from core.rendering.worker import run_id
from hooks.simulator.runs import Executed, read
from storage.chat import posts, room
from storage.people import projects
from storage.tables import RenderState

Pair = tuple[list[float], list[float]]


def main(count: int) -> None:
    with stage(step_seconds=0.02) as slate:
        ours, bare = _ours(slate, count), _bare(slate, count)
    for at, what in enumerate(("command -> ComfyUI starts it", "ComfyUI ends it -> message shows it")):
        ratio = _p50(ours[at]) / _p50(bare[at])
        print(f"{what}: Slate {_shown(ours[at])}, bare client {_shown(bare[at])}, ratio of p50 {ratio:.1f}")


def _p50(times: list[float]) -> float:
    return percentile(times, 0.5)


def _shown(times: list[float]) -> str:
    return f"{1000 * _p50(times):.0f}/{1000 * percentile(times, 0.99):.0f} ms p50/p99"


def _ours(slate: Stage, count: int) -> Pair:
    before: list[float] = []
    after: list[float] = []
    mia, place = slate.member(), _place(slate)
    for number in range(count + 3):
        asked = time.time()
        answer = commands.answer(
            slate.desk, ChatRequest(mia, place, f"render text-to-image picture {number} steps:5 size:256x256")
        )
        code = str(answer.data["render"])
        until(lambda code=code: _done(slate, code) is not None, "it is done and shown", pause=0.02)  # type: ignore[misc]
        prompt_id, shown = _done(slate, code) or ("", 0.0)
        ran = _run(slate, prompt_id)
        if number >= 3:  # the first ones warm up
            before.append(ran.started - asked)
            after.append(shown - (ran.ended or 0.0))
    return before, after


def _place(slate: Stage) -> ChatPlace:
    with slate.desk.reading() as session:
        channel = projects.channels(session, "room")[0]
        return ChatPlace("room", channel.channel_id, "", projects.by_id(session, channel.project_id))


def _done(slate: Stage, code: str) -> tuple[str, float] | None:
    """(prompt id, when the message showed the end), or None."""
    with slate.desk.reading() as session:
        render = lifecycle.get(session, code)
        (post,) = posts.of_render(session, render.id)
        if render.state is not RenderState.DONE or post.due:
            return None
        message = room.message(session, int(post.message_ref))
        changed: datetime | None = message.edited_at if message else None
        return run_id(render, render.run), changed.timestamp() if changed else 0.0


def _run(slate: Stage, prompt_id: str) -> Executed:
    folder = next(slate.folder.glob("comfyui/*"))
    return next(run for run in read(folder) if run.prompt_id == prompt_id)


def _bare(slate: Stage, count: int) -> Pair:
    before: list[float] = []
    after: list[float] = []
    ((_, url),) = slate.servers()
    with slate.desk.reading() as session:
        _, version = workflows.find(session, "text-to-image")
    with httpx2.Client(base_url=url, trust_env=False) as client:
        for number in range(count + 3):
            asked = time.time()
            given = {"prompt": f"picture {number}", "steps": 5, "width": 256, "height": 256}
            inputs = workflows.settle(version, given, max_prompt=1000)
            graph = workflows.fill(version, inputs, {}, prefix=f"bare/{uuid4().hex}")
            prompt_id = client.post("/prompt", json={"prompt": graph}).json()["prompt_id"]
            while not (told := client.get(f"/history/{prompt_id}").json()):
                time.sleep(0.05)
            picture = next(iter(told[prompt_id]["outputs"].values()))["images"][0]
            client.get("/view", params={"filename": picture["filename"], "subfolder": picture["subfolder"]}).read()
            ran, held = _run(slate, prompt_id), time.time()
            if number >= 3:
                before.append(ran.started - asked)
                after.append(held - (ran.ended or 0.0))
    return before, after


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 60)
