"""How much one call in the sandbox may take, and how the system is told so."""

from __future__ import annotations

import contextlib
import math
import resource
import sys
from dataclasses import dataclass, replace
from pathlib import Path

_INFINITE = resource.RLIM_INFINITY
_STATUS = Path("/proc/self/statm")


@dataclass(frozen=True)
class Allowance:
    """What one call may take: bytes of memory beyond what the worker has, CPU seconds, wall seconds, bytes of its result."""

    memory: int = 2 << 30
    cpu_seconds: float = 30.0
    wall_seconds: float = 180.0
    result: int = 1 << 30

    def for_input(self, size: int) -> Allowance:
        """The same for a call whose arguments are so many bytes, which the worker holds as well: large files get their share."""
        return replace(
            self,
            memory=self.memory + 4 * size,
            cpu_seconds=self.cpu_seconds + size / (64 << 20),
            wall_seconds=self.wall_seconds + size / (16 << 20),
            result=self.result + 2 * size,
        )


def for_good() -> None:
    """Limits of a worker for as long as it lives: few open files, no core dumps."""
    for kind, most in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_NOFILE, 64)):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (most, most))


def for_call(allowance: Allowance) -> None:
    """Limits of the call that begins now; a later call sets its own. The system ends a process that passes the CPU limit."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = math.ceil(used.ru_utime + used.ru_stime + allowance.cpu_seconds)
    _soft(resource.RLIMIT_CPU, seconds)
    _soft(resource.RLIMIT_FSIZE, allowance.result)
    if sys.platform == "linux":
        _soft(resource.RLIMIT_AS, _held()[0] + allowance.memory)


def _soft(kind: int, most: int) -> None:
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(kind, (most, _INFINITE))


def resident() -> int:
    """Bytes this process holds in memory; 0 where the system does not tell."""
    return _held()[1]


def _held() -> tuple[int, int]:
    """(address space, resident memory) of this process in bytes."""
    try:
        whole, here = _STATUS.read_text("ascii").split()[:2]
    except OSError:
        return 0, 0
    page = resource.getpagesize()
    return int(whole) * page, int(here) * page
