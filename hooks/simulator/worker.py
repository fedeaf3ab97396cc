"""The worker thread: one job at a time, from the queue into the history."""

from __future__ import annotations

import threading
import time

from hooks.simulator.execution import Execution, Stopped
from hooks.simulator.messages import Bench
from hooks.simulator.queue import Item, JobQueue
from hooks.simulator.runs import RunLog

PATIENCE = 1.0


class Worker:
    """Runs jobs until it is stopped, is killed by a knob, or trips over two jobs of the same number and id."""

    def __init__(self, bench: Bench, queue: JobQueue, log: RunLog) -> None:
        self.bench, self.queue, self.log = bench, queue, log
        self._thread = threading.Thread(target=self._work, name="simulator-worker", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Gives the running job up, without a trace but in the log of runs."""
        self.bench.stopping.set()
        self.queue.wake()
        if self._thread.is_alive():
            self._thread.join(10)

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def _work(self) -> None:
        while not self.bench.stopping.is_set():
            try:
                item = self.queue.take(self._willing, 0.05 if self.bench.knobs.worker_paused else PATIENCE)
            except TypeError:
                return  # the real worker dies of this too; see queue.Item
            if item is None:
                if self.queue.remaining() and not self.bench.knobs.worker_paused and self.bench.knobs.take("kill_worker"):
                    return
                self._tidy()
            elif not self._carry_out(item):
                return

    def _willing(self) -> bool:
        return not self.bench.knobs.worker_paused and not self.bench.knobs.kill_worker

    def _carry_out(self, item: Item) -> bool:
        """One job; False when the server went down under it."""
        knobs = self.bench.knobs
        self.bench.interrupt.clear()
        self.bench.client = item[3].get("client_id")
        run = self.log.started(item[1])
        execution = Execution(self.bench, item)
        try:
            execution.run()
        except Stopped:
            self.log.ended(run, "lost")
            return False
        self.log.ended(run, execution.outcome)
        self._linger()
        self.bench.node = None
        self.queue.done(None if knobs.take("forget_history") else execution.record, knobs.history_size)
        if self.bench.client is not None:
            self.bench.sockets.send("executing", {"node": None, "prompt_id": item[1]}, self.bench.client)
        self._tidy()
        return True

    def _linger(self) -> None:
        """Holds the history back for as long as the knob says; turning the knob back ends it."""
        since = time.monotonic()
        while time.monotonic() - since < self.bench.knobs.history_delay and not self.bench.stopping.wait(0.02):
            pass

    def _tidy(self) -> None:
        flags = self.queue.take_flags()
        if flags.get("free_memory"):
            self.bench.cache.clear()
        if flags.get("unload_models") or flags.get("free_memory"):
            self.bench.loaded = ""


def now_ms() -> int:
    return int(time.time() * 1000)
