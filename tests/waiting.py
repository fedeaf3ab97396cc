"""Waiting for something to become true, with a deadline, instead of sleeping and hoping."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


def until(true: Callable[[], bool], what: str, seconds: float = 30.0) -> None:
    """Return as soon as `true()` holds; fail with `what` when it does not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"never happened: {what}"
        threading.Event().wait(0.02)
