"""Downloads a file that a run made, and asks again with growing pauses before the file counts as lost."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from core.comfyui.responses import OutputFile
from core.errors import BackendBusy, BackendUnreachable, GarbledAnswer, OutputLost, ResultTooLarge
from core.formats import completeness, kinds

PAUSES = (0.3, 1.0, 2.0, 4.0, 8.0, 15.0)
"""Seconds before each further attempt after a transfer that was cut, empty, incomplete, refused or not answered."""
GONE_PAUSES = (0.5, 2.0)
"""Seconds before each further attempt when the server says that the file is not there."""
_TRANSIENT = (OutputLost, BackendUnreachable, BackendBusy, GarbledAnswer)


def download(fetch: Callable[[OutputFile], bytes], output: OutputFile, rest: Callable[[float], None], *, server: str) -> bytes:
    """The complete file. `fetch` makes one attempt; `rest` waits so many seconds and may raise to give up.

    A transfer that ends well but gives a file that is cut by its own structure counts as failed: a proxy may have cut it, or a
    shared folder may lag behind. So does one whose checksums are wrong, or a web page in the file's place. Sound is believed
    once it came twice the same, as its formats do not tell for certain; wrong checksums are, if they come to the last.
    Raises OutputLost, or the last BackendUnreachable, BackendBusy or GarbledAnswer.
    """
    seen, failures = set[str](), 0
    while True:
        problem: OutputLost | BackendUnreachable | BackendBusy | GarbledAnswer
        damaged = b""
        try:
            data = fetch(output)
        except _TRANSIENT as failed:
            problem = failed
        else:
            if completeness.is_page(data, output.filename):
                said = f"{server} answered a web page in place of a file."
                problem = GarbledAnswer(said, hint="A proxy in front of it may ask for a password.", backend=server)
            elif completeness.is_cut(data, output.filename) and not _believed(data, output, seen):
                problem = lost(output, server, "is incomplete")
            elif completeness.is_damaged(data):
                problem, damaged = lost(output, server, "is damaged"), data
            else:
                return data
        pauses = GONE_PAUSES if problem.facts.get("gone") else PAUSES
        if failures >= len(pauses):
            if damaged:
                return damaged
            raise problem
        rest(pauses[failures])
        failures += 1


def _believed(data: bytes, output: OutputFile, seen: set[str]) -> bool:
    digest = hashlib.sha256(data).hexdigest()
    again = digest in seen
    seen.add(digest)
    return again and kinds.mime_of(data[:4096], output.filename).startswith("audio/")


def lost(output: OutputFile, server: str, what: str, *, gone: bool = False) -> OutputLost:
    """The error for a file that cannot be had; `gone` when the server says that there is none."""
    hint = "Render it again; the seed is kept, so it comes out the same."
    return OutputLost(f"A file that {server} made {what}.", hint=hint, backend=server, filename=output.filename, gone=gone)


def result_too_large(server: str, most: int) -> ResultTooLarge:
    """The error for a file of more than `most` bytes, or for several that are more than that together."""
    hint = "Ask for something smaller or shorter, or an admin raises SLATE_MAX_RESULT_MB."
    return ResultTooLarge(f"{server} made more than Slate takes ({most >> 20} MiB).", hint=hint, backend=server, most=most)
