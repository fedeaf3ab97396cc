"""`python -m hooks.simulator`: one simulated server in the foreground; prints `ready URL` and serves until SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from aiohttp import web

from bot.cli.child_process import follow_parent
from hooks.simulator.app import create_simulator
from hooks.simulator.knobs import Knobs, meanings
from hooks.simulator.options import SimulatorOptions

DEFAULT_STEP_SECONDS = 0.15


def main(arguments: list[str] | None = None) -> int:
    given = _parser().parse_args(arguments)
    follow_parent()
    knobs = {"step_seconds": given.step_seconds}
    try:
        Knobs().turn_all(pairs := dict(pair.split("=", 1) for pair in given.knob))
    except ValueError as error:
        print(f"simulator: {error}", file=sys.stderr)
        return 2
    options = SimulatorOptions(folder=given.folder, name=given.name, host=given.host, port=given.port, knobs={**knobs, **pairs})
    asyncio.run(_serve(options))
    return 0


def _parser() -> argparse.ArgumentParser:
    epilog = "knobs:\n" + "\n".join(f"  {name:20} {meaning}" for name, meaning in meanings().items())
    parser = argparse.ArgumentParser(
        "python -m hooks.simulator",
        description="A ComfyUI that needs no GPU.",
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=0, help="0 lets the system choose")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument(
        "--folder", type=Path, default=None, help="models, inputs, outputs and the log of runs; a temporary one if left out"
    )
    parser.add_argument("--name", default="gpu-01")
    parser.add_argument("--step-seconds", type=float, default=DEFAULT_STEP_SECONDS, help="seconds one sampler step takes")
    parser.add_argument("--knob", action="append", default=[], metavar="NAME=VALUE", help="turn a knob; may be repeated")
    return parser


async def _serve(options: SimulatorOptions) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    runner = web.AppRunner(create_simulator(options), access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    try:
        site = web.TCPSite(runner, options.host, options.port)
        await site.start()
        print(f"ready http://{options.host}:{runner.addresses[0][1]}", flush=True)
        await ended.wait()
    finally:
        await runner.cleanup()


if __name__ == "__main__":
    sys.exit(main())
