"""How a child process of Slate settles in, and how it learns that it should end: a signal, or the end of who started it."""

from __future__ import annotations

import gc
import os
import signal
import threading
from collections.abc import Callable

from core.operations.supervisor import LIFELINE


def follow_parent() -> None:
    """End when the supervisor ends, however it ended: its end of the pipe closes with it."""
    number = os.environ.pop(LIFELINE, "")
    if not number:
        return
    os.set_inheritable(int(number), False)
    threading.Thread(target=_watch, args=(int(number),), name="lifeline", daemon=True).start()


def listen_for_stop(stop: Callable[[], None]) -> None:
    """Call `stop` on SIGTERM, on Ctrl-C, and when the terminal is closed, unless that was to be survived (nohup)."""
    for one in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if one != signal.SIGHUP or signal.getsignal(one) is not signal.SIG_IGN:
            signal.signal(one, lambda _number, _frame: stop())


def _watch(number: int) -> None:
    try:
        os.read(number, 1)
    finally:
        os.kill(os.getpid(), signal.SIGTERM)
        threading.Event().wait(8)
        os._exit(1)


def settle() -> None:
    """Take all that is loaded by now out of the garbage collector's rounds.

    A full round walks over every object of every library, a tenth of a second in the middle of somebody's search; after this,
    only over what was made since.
    """
    gc.collect()
    gc.freeze()
