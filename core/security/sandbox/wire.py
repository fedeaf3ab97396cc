"""Carries calls and their results between a process and its sandbox workers over a socket.

A frame is a head (`>IQ`: number of buffers, length of the pickle), one `>Q` length a buffer, and the pickle. Byte strings of
64 KiB and more, and pixels, travel as buffers: one after the other in a file in memory whose descriptor comes with the head, or,
where there can be none, behind the pickle. What a worker sends is read by an unpickler that builds only plain values, Slate's own
data classes and enumerations, and pictures whose size fits their bytes: a worker that was taken over can hand out wrong values,
but no code.
"""

from __future__ import annotations

import contextlib
import io
import os
import pickle
import socket
import struct
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import is_dataclass
from datetime import date, datetime, timedelta, timezone
from enum import Enum
from typing import IO, TYPE_CHECKING, Any

from storage.late_import import Late

if TYPE_CHECKING:
    from PIL import Image
else:
    Image = Late("PIL.Image")

_HEAD, _LENGTH = struct.Struct(">IQ"), struct.Struct(">Q")
_LARGE = 1 << 16
_MOST_BUFFERS = 4096
_BYTES_PER_PIXEL = {"L": 1, "RGB": 3, "RGBA": 4}
_PIECE = 1 << 20


class Garbled(Exception):
    """What came over the socket is no frame, or holds what may not be in it."""


_GARBLED = (
    pickle.UnpicklingError,
    Garbled,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    EOFError,
    ArithmeticError,
    MemoryError,
    RecursionError,
    ImportError,
)
"""What reading a hostile pickle raises."""
_PLAIN: dict[tuple[str, str], Any] = {
    ("builtins", one.__name__): one for one in (set, frozenset, bytearray, complex, range, slice)
} | {("datetime", one.__name__): one for one in (date, datetime, timedelta, timezone)}  # fmt: skip


def send(to: socket.socket, value: object) -> None:
    """One frame. Raises OSError when nobody is there, TimeoutError when the socket's timeout passes."""
    body, buffers = io.BytesIO(), list[bytes]()
    _Packer(body, buffers).dump(value)
    packed = body.getbuffer()
    lengths = b"".join(_LENGTH.pack(len(one)) for one in buffers)
    head = _HEAD.pack(len(buffers), len(packed))
    with _in_memory(buffers) as file:
        if file is not None:
            socket.send_fds(to, [head], [file.fileno()])
            to.sendall(lengths + packed)
            return
    to.sendall(head + lengths + packed)
    for one in buffers:
        to.sendall(one)


def receive(source: socket.socket, *, deadline: float | None = None, most: int = 1 << 36, trusted: bool = False) -> Any:
    """The next frame's value; `deadline` by `time.monotonic`, `most` bytes in all.

    Raises EOFError when the other side is gone, TimeoutError, Garbled.
    """
    head, passed = _head(source, deadline)
    with contextlib.ExitStack() as stack:
        for one in passed:
            stack.callback(os.close, one)
        count, length = _HEAD.unpack(head)
        if count > _MOST_BUFFERS or length > most or len(passed) > count:
            raise Garbled("too large")
        rest = _exactly(source, _LENGTH.size * count + length, deadline)
        lengths = [_LENGTH.unpack_from(rest, _LENGTH.size * at)[0] for at in range(count)]
        if length + sum(lengths) > most:
            raise Garbled("too large")
        buffers = list(_out_of(passed[0], lengths)) if passed else [_exactly(source, one, deadline) for one in lengths]
    body = io.BytesIO(rest[_LENGTH.size * count :])
    reader = _Unpacker(body, buffers) if trusted else _CarefulUnpacker(body, buffers)
    try:
        return reader.load()
    except _GARBLED as problem:
        raise Garbled(f"{type(problem).__name__}: {problem}") from problem


def _head(source: socket.socket, deadline: float | None) -> tuple[bytes, list[int]]:
    _wait(source, deadline)
    head, passed, _, _ = socket.recv_fds(source, _HEAD.size, 1)
    if not head:
        raise EOFError
    return head + _exactly(source, _HEAD.size - len(head), deadline), list(passed)


def _exactly(source: socket.socket, length: int, deadline: float | None) -> bytes:
    pieces = []
    while length:
        _wait(source, deadline)
        piece = source.recv(min(length, _PIECE))
        if not piece:
            raise EOFError
        pieces.append(piece)
        length -= len(piece)
    return b"".join(pieces)


def _wait(source: socket.socket, deadline: float | None) -> None:
    """How long the next step may take. Raises TimeoutError when there is no time left."""
    left = None if deadline is None else deadline - time.monotonic()
    if left is not None and left <= 0:
        raise TimeoutError
    source.settimeout(left)


@contextlib.contextmanager
def _in_memory(buffers: list[bytes]) -> Iterator[IO[bytes] | None]:
    """A file without a name that holds the buffers one after the other; None without buffers, or where it may not be so large."""
    with _nameless() as file:
        try:
            for one in buffers:
                left = memoryview(one)
                while left:
                    left = left[file.write(left) :]
        except OSError:
            buffers_in_file = False
        else:
            buffers_in_file = bool(buffers)
        yield file if buffers_in_file else None


def _nameless() -> IO[bytes]:
    if sys.platform == "linux":
        return open(os.memfd_create("slate-sandbox", os.MFD_CLOEXEC), "wb", buffering=0)
    return tempfile.TemporaryFile(buffering=0)


def _out_of(file: int, lengths: list[int]) -> Iterator[bytes]:
    at = 0
    for length in lengths:
        found = os.pread(file, length, at)
        while len(found) < length:  # the system gives at most 2 GiB at a time
            more = os.pread(file, length - len(found), at + len(found))
            if not more:
                raise Garbled("shorter than it says")
            found += more
        yield found
        at += length


class _Packer(pickle.Pickler):
    def __init__(self, file: io.BytesIO, buffers: list[bytes]) -> None:
        super().__init__(file, protocol=5)
        self.buffers = buffers

    def persistent_id(self, value: object) -> object:
        if type(value) is bytes and len(value) >= _LARGE:
            self.buffers.append(value)
            return len(self.buffers) - 1
        if isinstance(value, Image.Image):
            picture = value if value.mode in _BYTES_PER_PIXEL else value.convert("RGB")
            self.buffers.append(picture.tobytes())
            return (len(self.buffers) - 1, picture.mode, *picture.size)
        return None


class _Unpacker(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, buffers: list[bytes]) -> None:
        super().__init__(file)
        self.buffers = buffers

    def persistent_load(self, pid: Any) -> object:
        if isinstance(pid, int):
            return self.buffers[pid]
        at, mode, width, height = pid
        pixels = self.buffers[at]
        if width < 1 or height < 1 or width * height * _BYTES_PER_PIXEL[mode] != len(pixels):
            raise Garbled("a picture whose size does not fit its bytes")
        return Image.frombytes(mode, (width, height), pixels)


class _CarefulUnpacker(_Unpacker):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _PLAIN:
            return _PLAIN[module, name]
        found = getattr(sys.modules.get(module), name, None) if module.partition(".")[0] == "core" else None
        if isinstance(found, type) and (is_dataclass(found) or issubclass(found, Enum)):
            return found
        raise Garbled(f"{module}.{name} is not for results")
