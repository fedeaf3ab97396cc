"""A simulated server in a thread of its own, for tests: started, stopped and started again on the same port."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import threading
from collections.abc import Coroutine, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from aiohttp import web

from hooks.simulator.app import create_simulator
from hooks.simulator.knobs import Knobs
from hooks.simulator.options import SimulatorOptions
from hooks.simulator.routes import SIMULATOR
from hooks.simulator.runs import Executed, read
from hooks.simulator.server import Simulator, knobs_of

T = TypeVar("T")


class RunningSimulator:
    """What a test holds: `url`, `folder`, `knobs` (set them as attributes or with `turn`), `executed`, and going away and back.

    Outputs, inputs, models, knobs and the log of runs stay over `stop`/`start`, `restart` and `kill`; queue and history do not.
    """

    url: str
    simulator: Simulator

    def __init__(self, options: SimulatorOptions, folder: Path) -> None:
        self.options = replace(options, folder=folder)
        self.folder = folder
        self.knobs: Knobs = knobs_of(options)
        self.port = options.port
        self._runner: web.AppRunner | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"simulator-{options.name}", daemon=True)
        self._thread.start()

    def start(self) -> None:
        """Begins to serve, on the same port as before if there was one."""
        self._call(self._start())

    def stop(self) -> None:
        """Goes away: connections are cut, the port is closed, the running job is lost."""
        self._call(self._stop())

    def restart(self) -> None:
        """Away and back at once."""
        self.stop()
        self.start()

    def close(self) -> None:
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def turn(self, **knobs: object) -> None:
        """`simulator.turn(oom=1, history_delay=0.5)`."""
        self.knobs.turn_all(knobs)
        self.simulator.queue.wake()

    @property
    def executed(self) -> list[Executed]:
        """Every run ever noted in the folder, oldest first; see runs.Executed."""
        return read(self.folder)

    async def _start(self) -> None:
        app = create_simulator(self.options, self.knobs)
        self.simulator = app[SIMULATOR]
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.options.host, self.port)
        await site.start()
        self.port = int(self._runner.addresses[0][1])
        self.url = f"http://{self.options.host}:{self.port}"

    async def _stop(self) -> None:
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)


@contextlib.contextmanager
def running(options: SimulatorOptions | None = None) -> Iterator[RunningSimulator]:
    """A simulated server for as long as the `with` lasts."""
    options = options or SimulatorOptions()
    with contextlib.ExitStack() as stack:
        folder = options.folder or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="slate-simulator-", ignore_cleanup_errors=True))
        )
        server = RunningSimulator(options, folder)
        stack.callback(server.close)
        server.start()
        yield server
