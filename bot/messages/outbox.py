"""Updates the messages that are behind, no faster than each platform allows: one sender per channel, the newest state only.

Posts are rows that say "this message is behind" (see storage/chat/posts.py), so nothing is queued here and nothing can be lost:
a render that changes ten times while its channel must wait is sent once, as it is then. In each channel, and among channels,
what has ended goes first, then what has no message yet, then what goes on. Several clerks share the channels.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import structlog

from bot.messages.sync import Chat, bring
from core.desk import Desk
from core.errors import DatabaseUnavailable
from storage.chat import posts
from storage.chat.posts import ChatLine
from storage.clock import now
from storage.queue import OUTBOX
from storage.rate_limit import Budget
from storage.tables import Post

log = structlog.get_logger(__name__)

LEASE_SECONDS = 90.0
"""Longer than any one call to a platform lasts, uploads included."""
SENDERS = 8
"""Channels that are served at the same time."""
_LONG, _SHORT = 5.0, 0.5
"""Seconds between two looks while calls are heard, and while Redis is away."""
_BREATH = 0.02
TURN = 8
"""Messages sent in one channel before the next channel has its turn."""


class Outbox:
    """The sender of one process for every platform, the room among them."""

    def __init__(self, desk: Desk, chats: Mapping[str, Chat]) -> None:
        self._desk = desk
        self._chats = dict(chats)
        self._pacing = desk.queue.pacing
        self._over, self._rung = threading.Event(), threading.Event()
        self._busy: set[ChatLine] = set()
        self._not_before: dict[ChatLine, float] = {}
        self._lock = threading.Lock()
        self._heard = False

    @property
    def platforms(self) -> frozenset[str]:
        return frozenset(self._chats)

    def run(self) -> None:
        """Send until `stop`; a database that is away is waited for."""
        if not self._chats:
            return
        ear = threading.Thread(target=self._listen, name="outbox-ear", daemon=True)
        ear.start()
        with ThreadPoolExecutor(SENDERS, thread_name_prefix="outbox") as senders:
            while not self._over.is_set():
                self._rung.clear()
                self._rung.wait(self._round(senders))
                self._over.wait(_BREATH)  # calls that come together are one look
        ear.join(5)

    def stop(self) -> None:
        self._over.set()
        self._rung.set()

    def drain(self, patience: float = 30.0) -> None:
        """Send here and now everything that may be sent within `patience` seconds: for tests and one-off commands."""
        deadline = time.monotonic() + patience
        with ThreadPoolExecutor(SENDERS, thread_name_prefix="outbox") as senders:
            while time.monotonic() < deadline:
                self._rung.clear()
                self._round(senders)
                if self._idle():
                    return
                self._rung.wait(_BREATH)

    def _idle(self) -> bool:
        with self._lock:
            if self._busy:
                return False
        with self._desk.reading() as session:
            return not posts.lines(session, self._chats, now())

    def _listen(self) -> None:
        self._desk.queue.follow(OUTBOX, self._over, self._called)

    def _called(self, connected: bool) -> None:
        self._heard = connected
        self._rung.set()

    def _round(self, senders: ThreadPoolExecutor) -> float:
        """Put a sender to every channel that may be served now; the seconds until another look."""
        try:
            with self._desk.reading() as session:
                lines = posts.lines(session, self._chats, now())
                later = posts.wake_at(session, self._chats, now())
        except DatabaseUnavailable as problem:
            log.warning("outbox.no-database", problem=problem.message)
            return _SHORT
        waits = [_LONG if self._heard else _SHORT]
        waits += [max(_BREATH, (later - now()).total_seconds())] if later else []
        with self._lock:
            for line in lines:
                wait = self._not_before.get(line, 0.0) - time.monotonic()
                if wait > 0:
                    waits.append(wait)
                elif line not in self._busy:
                    self._busy.add(line)
                    senders.submit(self._serve, line)
        return min(waits)

    def _serve(self, line: ChatLine) -> None:
        """Send in one channel until nothing is left, it must wait, or its turn is over."""
        name = f"outbox:{line.platform}:{line.tenant}:{line.channel_id}"
        wait, token = 0.0, self._pacing.lease(name, LEASE_SECONDS)
        try:
            for _ in range(TURN if token else 0):
                wait = self._send_next(line)
                if wait or self._over.is_set():
                    break
        except DatabaseUnavailable as problem:
            log.warning("outbox.no-database", problem=problem.message)
            wait = _SHORT
        except Exception:  # an edge: a sender that breaks must neither end the others nor spin
            log.exception("outbox.broken", platform=line.platform, channel=line.channel_id)
            wait = _LONG
        finally:
            if token:
                self._pacing.release(name, token)
            with self._lock:
                self._not_before = {one: at for one, at in self._not_before.items() if at > time.monotonic()}
                self._not_before[line] = time.monotonic() + (max(wait, 0.0) if token else 1.0)
                self._busy.discard(line)
            self._rung.set()

    def _send_next(self, line: ChatLine) -> float:
        """Send one message of the channel; 0 to go on, the seconds to wait, or -1 when there is nothing to send."""
        with self._desk.reading() as session:
            waiting = posts.next_in(session, line, now(), limit=5)
        chat, shortest = self._chats[line.platform], -1.0
        spent = set[tuple[Budget, ...]]()
        for post in waiting:
            budgets = tuple(chat.budgets(post))
            if budgets in spent:
                continue  # it would only overtake one that goes first, should the pause end just now
            wait = self._pacing.take(budgets)
            if wait <= 0:
                self._send(post, chat)
                return 0.0
            spent.add(budgets)
            shortest = wait if shortest < 0 else min(shortest, wait)
        return shortest

    def _send(self, post: Post, chat: Chat) -> None:
        budgets = chat.budgets(post)
        if budgets:
            with self._desk.writing() as session:
                posts.tried(session, post, now())
        pause = bring(self._desk, post, chat)
        if pause:
            for budget in budgets:
                self._pacing.hold(budget, pause)
