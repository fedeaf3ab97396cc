"""Takes root's right to read everything away for a while, so that files that may not be read are so for root, too."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager

_VERSION_3 = 0x20080522
_READS_ALL = 1 << 1 | 1 << 2
"""CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH, as capabilities(7) numbers them."""


class _Header(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class _Rights(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint32) for name in ("effective", "permitted", "inheritable")]


@contextmanager
def without_roots_rights() -> Iterator[None]:
    """For this thread and those it starts; for whoever is not root, nothing changes."""
    if os.geteuid() != 0:
        yield
        return
    libc, header, rights = ctypes.CDLL(None, use_errno=True), _Header(_VERSION_3, 0), (_Rights * 2)()
    assert libc.capget(ctypes.byref(header), rights) == 0
    before = rights[0].effective
    rights[0].effective = before & ~_READS_ALL
    assert libc.capset(ctypes.byref(header), rights) == 0, os.strerror(ctypes.get_errno())
    try:
        yield
    finally:
        rights[0].effective = before
        assert libc.capset(ctypes.byref(header), rights) == 0
