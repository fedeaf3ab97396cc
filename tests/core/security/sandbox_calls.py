"""What tests have carried out in a sandbox worker."""

from __future__ import annotations

import ctypes
import os
import socket
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

from PIL import Image

from core.errors import TooManyPixels
from core.formats.kinds import mime_of
from core.security.sandbox import ask


def same(value: Any) -> Any:
    return value


def kind_of(data: bytes) -> str:
    return mime_of(data, "")


def picture(width: int, height: int) -> Image.Image:
    return Image.new("RGB", (width, height), (1, 2, 3))


def asks(times: int) -> list[bytes]:
    return [ask(b"question %d" % at) for at in range(times)]


def asks_nonsense() -> object:
    return ask("no bytes")  # type: ignore[arg-type]


def refuses() -> None:
    raise TooManyPixels("Far too many.", hint="Fewer.", pixels=7)


def raises() -> None:
    raise ValueError("a value")


def process_number() -> int:
    return os.getpid()


def hoards(bytes_: int) -> int:
    return len(bytearray(bytes_))


def spins() -> None:
    while True:
        pass


def waits() -> None:
    os.read(os.pipe()[0], 1)


def breaks_down() -> None:
    ctypes.string_at(0)


def foreign() -> object:
    return Counter("abc")


def environment() -> dict[str, str]:
    return dict(os.environ)


def reads(path: str) -> bytes:
    return Path(path).read_bytes()


def writes(path: str) -> None:
    Path(path).write_bytes(b"x")


def connects(port: int) -> None:
    socket.create_connection(("127.0.0.1", port), timeout=5).close()


def starts_a_program() -> int:
    return subprocess.run(["/bin/true"], check=False).returncode
