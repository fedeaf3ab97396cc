"""Carries out commands that take long, on a few threads of the clerk, and leaves their answers to the outbox.

A command and its answer are rows: what a clerk that died has begun is begun again by another one, and its answer is given once.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import cache
from typing import Any

import structlog
from sqlmodel import Session

from bot import commands
from bot.cards import Answer
from bot.commands.background import PLATFORM, unpacked
from bot.incoming import job_answers
from bot.incoming.inbox import Errand, Inbox
from core import desk as core_desk
from core.desk import Desk
from core.errors import DatabaseUnavailable, SlateError, Unfinished
from storage.chat import seen_events
from storage.database import after_commit
from storage.queue import OUTBOX

log = structlog.get_logger(__name__)

HANDS = 3
"""Commands that one clerk carries out at the same time: a quick one need not wait for an export of two hundred files."""


class Background:
    """The commands one process carries out."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._inbox = Inbox(desk, PLATFORM, free=self._free, given_up=self._give_up)
        self._hands = ThreadPoolExecutor(HANDS, thread_name_prefix="command")
        self._busy: set[Future[None]] = set()
        self._over = False

    def start(self) -> None:
        """Look from time to time, too: a call may be lost, and another clerk may have died."""
        self._inbox.start(self._begin)

    def look(self) -> None:
        """Take on as many commands as there are hands for."""
        if not self._over:
            self._inbox.tend(self._begin)

    def drain(self) -> None:
        """Carry out everything there is: for tests and one-off commands."""
        while self._left():
            self.look()
            wait(set(self._busy), 1.0)

    def close(self) -> None:
        """Finish what is under way, and leave the rest."""
        self._over = True
        self._inbox.stop()
        self._hands.shutdown(wait=True, cancel_futures=True)

    def _left(self) -> int:
        with self._desk.reading() as session:
            return seen_events.open_ones(session, PLATFORM)

    def _free(self) -> int:
        return HANDS - len(self._busy)

    def _begin(self, errand: Errand, payload: dict[str, Any]) -> None:
        future = self._hands.submit(self._carry_out, errand, payload)
        self._busy.add(future)
        future.add_done_callback(self._ended)

    def _ended(self, future: Future[None]) -> None:
        self._busy.discard(future)
        if not future.cancelled():
            self.look()

    def _carry_out(self, errand: Errand, payload: dict[str, Any]) -> None:
        try:
            answer = self._answer(payload)
            with self._desk.writing() as session:
                if seen_events.done_by(session, PLATFORM, errand.key, errand.attempts):
                    self._give(session, payload, answer)
        except DatabaseUnavailable as problem:
            log.warning("command.no-database", problem=problem.message)
        finally:
            self._inbox.let_go(errand.key)

    def _answer(self, payload: dict[str, Any]) -> Answer:
        """Raises DatabaseUnavailable: then it is done again later."""
        try:
            answer = commands.answer(self._desk, unpacked(self._desk, payload))
        except DatabaseUnavailable:
            raise
        except SlateError as problem:
            return commands.sorry(problem)
        if answer.error == DatabaseUnavailable.code:
            raise DatabaseUnavailable
        return answer

    def _give(self, session: Session, payload: Mapping[str, Any], answer: Answer) -> None:
        job_answers.add(session, payload, answer)
        after_commit(session, lambda: self._desk.queue.call(OUTBOX))

    def _give_up(self, session: Session, payload: dict[str, Any]) -> None:
        """What was begun several times and never came to its end may be what ends the processes."""
        self._give(session, payload, commands.sorry(Unfinished(facts={"command": str(payload["text"])[:200]})))


@cache
def here() -> Background:
    """Of this process."""
    return Background(core_desk.here())
