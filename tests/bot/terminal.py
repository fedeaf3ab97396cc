"""A terminal for stories: `slate …` in this process, or beside it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from bot.cli.entry import run
from core.desk import Desk
from storage.queue import pool_queue
from storage.rendering import renders


class Terminal:
    """`slate …` in this process; `last` is what stood on standard output."""

    def __init__(self, capture: pytest.CaptureFixture[str]) -> None:
        self.capture = capture
        self.out = self.err = ""

    def __call__(self, *arguments: str) -> int:
        self.capture.readouterr()
        status = run(arguments)
        self.out, self.err = self.capture.readouterr()
        return int(status)

    def json(self, *arguments: str, status: int = 0) -> Any:
        """The JSON a command prints; it must be all it prints there."""
        assert self(*arguments, "--json") == status, (self.out, self.err)
        return json.loads(self.out)


def in_background(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "bot.cli", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ)


def in_line(desk: Desk) -> list[Any]:
    """What waits, once its ticket is in the queue, too: it comes a moment after the commit."""
    if not desk.queue.length(pool_queue("house")):
        return []
    with desk.reading() as session:
        return list(renders.in_line(session, 10))
