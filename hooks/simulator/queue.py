"""The one queue of a server: a heap of jobs, the job that runs, and the history of those that ended; all in memory."""

from __future__ import annotations

import copy
import heapq
import threading
from collections.abc import Callable
from typing import Any

Item = tuple[float, str, dict[str, Any], dict[str, Any], list[str], dict[str, Any]]
"""(number, prompt_id, graph, extra_data, output nodes, secrets). Compared as it is: two with the same number and id are compared
by their graphs, which raises TypeError, and in the worker's hands that is the worker's end. The real one has this fault too."""


class JobQueue:
    """Safe for the HTTP thread and the worker thread. `changed` is called at every change, before another can happen."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._ready = threading.Condition(threading.RLock())
        self._heap: list[Item] = []
        self._running: Item | None = None
        self.history: dict[str, dict[str, Any]] = {}
        self.number = 0
        self.flags: dict[str, bool] = {}

    def next_number(self) -> int:
        with self._ready:
            self.number += 1
            return self.number - 1

    def put(self, item: Item) -> None:
        with self._ready:
            heapq.heappush(self._heap, item)
            self._ready.notify()
            self._changed()

    def take(self, willing: Callable[[], bool], patience: float) -> Item | None:
        """The next job, which is now the running one; None when there was none for `patience` seconds."""
        with self._ready:
            if not self._heap or not willing():
                self._ready.wait(patience)
                if not self._heap or not willing():
                    return None
            item = heapq.heappop(self._heap)
            self._running = copy.deepcopy(item)  # what is told of a job is not touched by running it
            self._changed()
        return item

    def done(self, record: dict[str, Any] | None, most: int) -> None:
        """Ends the running job and writes its record into the history, dropping the oldest when there are more than `most`."""
        with self._ready:
            item, self._running = self._running, None
            if item is not None and record is not None:
                while len(self.history) >= max(1, most):
                    del self.history[next(iter(self.history))]
                self.history[item[1]] = {"prompt": list(item[:5]), **record}
            self._changed()

    def wake(self) -> None:
        with self._ready:
            self._ready.notify_all()

    def remaining(self) -> int:
        with self._ready:
            return len(self._heap) + (self._running is not None)

    def running(self) -> Item | None:
        return self._running

    def pending(self) -> list[Item]:
        """In heap order, which is not the order of execution."""
        with self._ready:
            return list(self._heap)

    def delete(self, prompt_id: str) -> bool:
        """Removes the first pending job of that id, if any."""
        with self._ready:
            place = next((at for at, item in enumerate(self._heap) if item[1] == prompt_id), None)
            if place is None:
                return False
            del self._heap[place]
            heapq.heapify(self._heap)
            self._changed()
        return True

    def clear(self) -> None:
        with self._ready:
            self._heap.clear()
            self._changed()

    def finished(self) -> dict[str, dict[str, Any]]:
        with self._ready:
            return dict(self.history)

    def forget(self, prompt_id: str) -> None:
        with self._ready:
            self.history.pop(prompt_id, None)

    def forget_all(self) -> None:
        with self._ready:
            self.history.clear()

    def take_flags(self) -> dict[str, bool]:
        with self._ready:
            flags, self.flags = self.flags, {}
            return flags
