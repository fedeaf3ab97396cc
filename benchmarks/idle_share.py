"""Busy share of the backends under a full queue of short renders: busy time over wall time, from the ComfyUIs' own logs.

    python -m benchmarks.idle_share [RENDERS] [BACKENDS]

Baseline: a bare client that knows nothing of fairness, one a backend: it submits one graph, polls until it is done, fetches the
picture and submits the next. Renders take 0.5 to 1.5 seconds. Busy time is what the servers spent between start and end of runs.
"""

from __future__ import annotations

import json
import random
import sys
import threading
import time
from uuid import uuid4

import httpx2

from benchmarks.stage import Stage, stage, until
from core import workflows
from core.rendering import lifecycle
from core.rendering.lifecycle import RenderRequest
from storage.rendering import renders
from storage.tables import RenderState

STEP = 0.1


def main(count: int, backend_count: int) -> None:
    with stage(backend_count=backend_count, step_seconds=STEP) as slate:
        bare = _bare(slate, count)
        ours = _ours(slate, count)
    print(f"{backend_count} backends, {count} renders of 0.5-1.5 s each way")
    print(f"busy share: Slate {ours:.3f}, bare client {bare:.3f}; ratio {ours / bare:.3f} (aim: Slate at least 0.95)")


def _ours(slate: Stage, count: int) -> float:
    mia, project = slate.member(), slate.project()
    began = time.time()
    asked = [
        lifecycle.submit(slate.desk, RenderRequest("text-to-image", mia, project, inputs=_inputs(number))).id
        for number in range(count)
    ]
    until(lambda: _all_over(slate, asked), "all are over", 600, pause=0.3)
    return _busy_share(slate, began)


def _all_over(slate: Stage, asked: list[int]) -> bool:
    with slate.desk.reading() as session:
        return not renders.newest(session, states=(RenderState.QUEUED, RenderState.RUNNING), limit=1)


def _inputs(number: int) -> dict[str, object]:
    steps = random.Random(number).randint(5, 15)
    return {"prompt": f"picture {number}", "steps": steps, "seed": str(number), "width": 256, "height": 256}


def _bare(slate: Stage, count: int) -> float:
    began = time.time()
    servers = slate.servers()
    share = [range(at, count, len(servers)) for at in range(len(servers))]
    threads = [
        threading.Thread(target=_submit_and_poll, args=(slate, url, numbers))
        for (_, url), numbers in zip(servers, share, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return _busy_share(slate, began)


def _submit_and_poll(slate: Stage, url: str, numbers: range) -> None:
    with slate.desk.reading() as session:
        _, version = workflows.find(session, "text-to-image")
    with httpx2.Client(base_url=url, trust_env=False) as client:
        for number in numbers:
            inputs = workflows.settle(version, _inputs(number), max_prompt=1000)
            graph = workflows.fill(version, inputs, {}, prefix=f"bare/{uuid4().hex}")
            prompt_id = client.post("/prompt", json={"prompt": graph}).json()["prompt_id"]
            while not (told := client.get(f"/history/{prompt_id}").json()):
                time.sleep(0.05)
            for output in told[prompt_id]["outputs"].values():
                for picture in output["images"]:
                    client.get("/view", params={"filename": picture["filename"], "subfolder": picture["subfolder"]})


def _busy_share(slate: Stage, began: float) -> float:
    """Mean over the servers of busy time over the time from their first start to their last end since `began`."""
    shares = []
    for log in slate.folder.glob("comfyui/*/executed.jsonl"):
        ended = [run for line in log.read_text().splitlines() if (run := json.loads(line))["ended"] and run["started"] > began]
        busy = sum(run["ended"] - run["started"] for run in ended)
        shares.append(busy / (max(run["ended"] for run in ended) - min(run["started"] for run in ended)))
    return sum(shares) / len(shares)


if __name__ == "__main__":
    given = [int(one) for one in sys.argv[1:]]
    main(*(given + [120, 4][len(given) :]))
