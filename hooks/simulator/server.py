"""One simulated server: its folder, queue, worker and sockets, and starting all of it over."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import threading
import uuid
from pathlib import Path
from typing import Any

from hooks.simulator import inventory
from hooks.simulator.folders import Folders
from hooks.simulator.knobs import Knobs
from hooks.simulator.messages import Bench
from hooks.simulator.options import SimulatorOptions
from hooks.simulator.queue import JobQueue
from hooks.simulator.runs import RunLog
from hooks.simulator.sockets import Sockets
from hooks.simulator.worker import Worker


class Simulator:
    """The state behind the routes. `queue`, `bench` and `worker` are replaced by a restart; files, knobs and the log stay."""

    queue: JobQueue
    bench: Bench
    worker: Worker

    def __init__(self, options: SimulatorOptions, knobs: Knobs | None = None) -> None:
        self.options = options
        self.temporary = options.folder is None
        self.folders = Folders(Path(tempfile.mkdtemp(prefix="slate-simulator-")) if options.folder is None else options.folder)
        self.knobs = knobs or knobs_of(options)
        self.sockets = Sockets(self.knobs)
        self.folders.make()
        if options.models:
            inventory.stock(self.folders.models)
        self.log = RunLog(self.folders.root, options.name)
        self.settings: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._fresh()

    def _fresh(self) -> None:
        self.session = uuid.uuid4().hex
        self.queue = JobQueue(self._queue_changed)
        self.bench = Bench(self.folders, self.knobs, self.sockets)
        self.worker = Worker(self.bench, self.queue, self.log)

    def start(self) -> None:
        """To be called inside the event loop that serves."""
        self.sockets.start()
        self.worker.start()

    async def stop(self) -> None:
        self.worker.stop()
        await self.sockets.stop()

    def remove_folder(self) -> None:
        """Removes the folder if it was a temporary one."""
        if self.temporary:
            shutil.rmtree(self.folders.root, ignore_errors=True)

    def restart(self) -> None:
        """As if the process had been killed and started again: queue, history, caches and counters are gone, temp/ is wiped."""
        with self._lock:
            self.worker.stop()
            self.sockets.cut_all()
            self.folders.make()
            self._fresh()
            self.worker.start()

    def status(self) -> dict[str, Any]:
        return {"exec_info": {"queue_remaining": self.queue.remaining()}}

    def _queue_changed(self) -> None:
        with contextlib.suppress(AttributeError):  # the very first queue tells of itself before it is anybody's
            self.sockets.send("status", {"status": self.status()})

    def running_id(self) -> str | None:
        item = self.queue.running()
        return item[1] if item else None

    def interrupt(self, prompt_id: str | None = None) -> bool:
        """Stops the running job (only if it has that id, when one is given) at its next check."""
        running = self.running_id()
        if running is None or prompt_id not in (None, running):
            return False
        self.bench.interrupt.set()
        return True

    def cancel(self, prompt_id: str) -> bool:
        """Stops the job if it runs, takes it out of the queue if it waits; whether either was so."""
        return self.interrupt(prompt_id) or self.queue.delete(prompt_id)

    def features(self) -> dict[str, Any]:
        return {
            "supports_preview_metadata": True, "supports_model_type_tags": True, "max_upload_size": self.knobs.max_upload_size,
            "extension": {"manager": {"supports_v4": True}}, "node_replacements": True, "assets": False,
        }  # fmt: skip


def knobs_of(options: SimulatorOptions) -> Knobs:
    knobs = Knobs()
    knobs.turn_all(options.knobs)
    if options.step_seconds is not None:
        knobs.step_seconds = options.step_seconds
    return knobs
