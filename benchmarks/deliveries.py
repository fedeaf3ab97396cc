"""Events to webhooks that fail, hang and go away, while the process that delivers them is killed again and again.

    python -m benchmarks.deliveries [EVENTS] [KILLS]

Four webhooks on loopback: one that always takes, one that refuses a third at random, one that hangs now and then, one that is
away for the first half of the run. Counted: events that never came, events of one asset out of order, the same event twice under
two ids. Pauses between attempts are one second here. The baseline is a bare sender on the same events: one signed request each.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

from core.deliveries import destinations, retries, signing
from core.deliveries.courier import Courier
from core.deliveries.destinations import DestinationWish
from core.desk import Desk, open_desk
from core.people.projects import ensure_defaults
from core.security import safe_fetch
from core.settings import Settings
from storage import deliveries
from storage.clock import now
from storage.tables import OutgoingEvent, Role
from tests.makers import make_member
from tests.receivers import Receiver, Reply, receiving

_ASSETS = 50
_SECONDS = 1.0


def main(events: int, kills: int) -> None:
    chance = random.Random(7)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        settings = Settings(data=Path(folder), delivery_networks=("127.0.0.0/8",), delivery_seconds=_SECONDS)
        desk = open_desk(settings)
        desk.database.migrate()
        receivers = {name: stack.enter_context(receiving()) for name in ("steady", "moody", "hanging", "absent")}
        _prepare(desk, receivers, events)
        receivers["moody"].answer = lambda _: (500, {}, b"") if chance.random() < 1 / 3 else (204, {}, b"")
        receivers["hanging"].answer = lambda _: _hang(chance)
        started = time.monotonic()
        back = threading.Event()
        receivers["absent"].answer = lambda _: (204, {}, b"") if back.is_set() else (503, {}, b"")
        killed = 0
        child = _start(settings)
        while not _delivered(desk, events):
            time.sleep(2)
            if killed >= kills // 2:
                back.set()
            if killed < kills:
                os.kill(child.pid or 0, signal.SIGKILL)
                child.join()
                killed += 1
                child = _start(settings)
        took = time.monotonic() - started
        child.terminate()
        child.join()
        bare = _bare(receivers["steady"].url, events)
        print(f"{events} events to 4 webhooks, {killed} kills: {took:.0f} s, {4 * events / took:.0f} deliveries/s")
        print(f"a bare sender to the steady one: {bare:.0f}/s")
        for name, receiver in receivers.items():
            print(f"  {name:8} {_told(receiver, events)}")
        desk.close()


def _prepare(desk: Desk, receivers: dict[str, Receiver], events: int) -> None:
    with desk.writing() as session:
        ensure_defaults(session)
        kit = make_member(session, "Kit", Role.ADMIN)
    for name, receiver in receivers.items():
        destinations.save(desk, name, DestinationWish(url=receiver.url), by=kit)
    with desk.writing() as session:
        rows = [one.id for one in deliveries.in_use(session)]
        for number in range(events):
            subject = f"A-{number % _ASSETS}"
            event = OutgoingEvent(message=f"msg_{uuid4().hex}", kind="asset.tagged", subject=subject, data={"number": number})
            deliveries.add_event(session, event, rows)


def _hang(chance: random.Random) -> Reply:
    if chance.random() < 0.005:
        time.sleep(_SECONDS * 2)
    return (204, {}, b"")


def _start(settings: Settings) -> multiprocessing.Process:
    child = multiprocessing.get_context("spawn").Process(target=_deliver, args=(settings,), daemon=True)
    child.start()
    return child


def _deliver(settings: Settings) -> None:
    """What the clerk does, with short pauses and short leases, so that a run takes minutes."""
    from core.deliveries import courier

    retries.PAUSES = (1,) * 200  # type: ignore[misc,assignment]
    courier._BEYOND_SECONDS = 2.0  # type: ignore[misc]
    Courier(open_desk(settings)).run()


def _delivered(desk: Desk, events: int) -> bool:
    with desk.reading() as session:
        rows = [one.id for one in deliveries.in_use(session)]
        return all(one.delivered == events for one in deliveries.counts(session, rows).values())


def _told(receiver: Receiver, events: int) -> str:
    """What came: each event at least once, and the first time of each in the order of its asset."""
    seen: set[str] = set()
    last: Counter[str] = Counter()
    wrong = 0
    for got in receiver.received:
        if got.message in seen or got.message.startswith("bare_"):
            continue
        seen.add(got.message)
        number = int(got.json["data"]["number"])
        subject = str(number % _ASSETS)
        wrong += number < last[subject]
        last[subject] = number
    return f"requests {len(receiver.received)}, events {len(seen)} of {events}, out of order {wrong}"


def _bare(url: str, events: int) -> float:
    key, body, started = signing.new_secret(), b'{"type":"asset.tagged","timestamp":"","data":{}}', time.monotonic()
    for number in range(min(events, 500)):
        headers = {"Content-Type": "application/json", **signing.headers(f"bare_{number}", now(), body, [key])}
        safe_fetch.ask("POST", url, headers=headers, body=body, reachable=lambda _: True, most=100)
    return min(events, 500) / (time.monotonic() - started)


if __name__ == "__main__":
    main(*(int(word) for word in (*sys.argv[1:], "2500", "20")[:2]))
