"""What hostile files cost, who notices, and what the sandbox costs an honest one.

    python -m benchmarks.hostile [ATTACKERS]

Each attack of tests/hostile_files.py is read once as a stranger's. Then the web process answers /healthz alone, and while so many
attackers post attacks to /api/verify. The baseline of the sandbox is the same reader called in this process.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Callable, MutableMapping
from itertools import cycle
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import httpx2
import structlog

from benchmarks.stage import percentile
from core import files
from core.desk import open_desk
from core.errors import SlateError
from core.people.projects import ensure_defaults
from core.security import sandbox
from core.settings import Settings
from tests.hostile_files import HOSTILE
from tests.pictures import encoded, scene
from tests.web import Web

_ROUNDS = 60


def main(attackers: int) -> None:
    _each_attack()
    _honest()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder), verify_per_minute=1_000_000)
        desk = open_desk(settings)
        desk.database.migrate()
        with desk.writing() as session:
            ensure_defaults(session)
        with Web(desk) as web:
            alone = _health(web, 200)
            under = _besieged(web, attackers)
    print(f"/healthz alone p50/p99 {_ms(alone)}, while {attackers} attack {_ms(under)}")


def _each_attack() -> None:
    ended: list[dict[str, object]] = []

    def note(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        ended.append(dict(event))
        raise structlog.DropEvent

    structlog.configure(processors=[note])
    for name, make in HOSTILE.items():
        data, before, ended[:] = make(), _peak(), []
        used, said = resource.getrusage(resource.RUSAGE_SELF).ru_utime, "read"
        with sandbox.for_strangers():
            try:
                files.examine(data, "a.png")
            except SlateError as problem:
                said = f"{problem.code}: {problem.message}"
        own = resource.getrusage(resource.RUSAGE_SELF).ru_utime - used
        worker = f", worker ended at {ended[0].get('peak_kib', 0)} KiB, {ended[0].get('cpu_seconds')} CPU s" if ended else ""
        print(f"{name}: {len(data):,} bytes, asker +{(_peak() - before) >> 10} MiB, {own:.2f} CPU s{worker}; {said}")


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _honest() -> None:
    """By turns, as the machine is busy with other things, too."""
    data = encoded(scene(1, 1024, 1024))
    direct: Callable[..., object] = files.examine.__wrapped__  # type: ignore[attr-defined]
    inside, outside, asking = list[float](), list[float](), list[float]()
    for _ in range(_ROUNDS):
        for times, read in ((inside, files.examine), (outside, direct)):
            began, used = time.perf_counter(), time.process_time()
            read(data, "a.png")
            times.append(time.perf_counter() - began)
            if times is inside:
                asking.append(time.process_time() - used)
    cost = 1000 * (min(inside) - min(outside))
    print(f"an honest PNG of 1024 x 1024: sandbox {_ms(inside)}, none {_ms(outside)}, difference of the least {cost:.1f} ms")
    print(f"CPU of the asking process for it: {_ms(asking)}")


def _health(web: Web, count: int) -> list[float]:
    times = []
    with httpx2.Client(base_url=web.url, timeout=120) as client:
        for _ in range(count):
            began = time.perf_counter()
            client.get("/healthz")
            times.append(time.perf_counter() - began)
    return times


def _besieged(web: Web, attackers: int) -> list[float]:
    """While attackers in a process of their own post: what they cost themselves is not the web process's."""
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    process = context.Process(target=_attack, args=(web.url, attackers, ready), daemon=True)
    process.start()
    ready.wait(120)
    time.sleep(2)
    times = _health(web, 60)
    process.terminate()
    process.join()
    return times


def _attack(url: str, attackers: int, ready: Event) -> None:
    bodies = cycle([make() for make in HOSTILE.values()])
    lock = threading.Lock()

    def attack() -> None:
        with httpx2.Client(base_url=url, timeout=120) as client:
            while True:
                with lock:
                    body = next(bodies)
                client.post("/api/verify", content=body)

    threads = [threading.Thread(target=attack, daemon=True) for _ in range(attackers)]
    for one in threads:
        one.start()
    ready.set()
    for one in threads:
        one.join()


def _ms(times: list[float]) -> str:
    return f"{1000 * percentile(times, 0.5):.1f}/{1000 * percentile(times, 0.99):.1f} ms"


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
