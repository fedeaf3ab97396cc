"""Takes from a sandbox worker what no reader of files needs: writing, other folders, the network, other processes.

Linux only, by Landlock (https://docs.kernel.org/userspace-api/landlock.html) and a seccomp filter
(https://docs.kernel.org/userspace-api/seccomp_filter.html). Where the kernel has neither, the limits of `limits` still hold.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import struct
import sys
from collections.abc import Iterable, Iterator

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_FLAG, _PATH_BENEATH = 1, 1
_EVERYTHING_ON_FILES = (1 << 13) - 1
"""The rights that the first version of Landlock knows, from executing a file to making a link."""
_READ = 1 << 2 | 1 << 3
_EVERYTHING_ON_TCP = 0b11
_WITH_NETWORK = 4
"""The version of Landlock that knows TCP."""

_SET_SECCOMP, _FILTER = 22, 2
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _KILL, _DENY = 0x7FFF0000, 0x80000000, 0x00050001
"""SECCOMP_RET_ALLOW, SECCOMP_RET_KILL_PROCESS, and SECCOMP_RET_ERRNO with EPERM."""
_X32 = 0x40000000

_X86_64: dict[str, int] = {
    "socket": 41, "connect": 42, "accept": 43, "bind": 49, "listen": 50, "accept4": 288, "socketpair": 53,
    "execve": 59, "execveat": 322, "fork": 57, "vfork": 58, "kill": 62, "tkill": 200, "tgkill": 234, "ptrace": 101,
    "process_vm_readv": 310, "process_vm_writev": 311, "pidfd_open": 434, "pidfd_getfd": 438, "pidfd_send_signal": 424,
    "unshare": 272, "setns": 308, "mount": 165, "bpf": 321, "io_uring_setup": 425, "perf_event_open": 298,
    "keyctl": 250, "add_key": 248, "request_key": 249, "userfaultfd": 323, "shmget": 29, "msgget": 68,
}  # fmt: skip
_AARCH64: dict[str, int] = {
    "socket": 198, "connect": 203, "accept": 202, "bind": 200, "listen": 201, "accept4": 242, "socketpair": 199,
    "execve": 221, "execveat": 281, "kill": 129, "tkill": 130, "tgkill": 131, "ptrace": 117,
    "process_vm_readv": 270, "process_vm_writev": 271, "pidfd_open": 434, "pidfd_getfd": 438, "pidfd_send_signal": 424,
    "unshare": 97, "setns": 268, "mount": 40, "bpf": 280, "io_uring_setup": 425, "perf_event_open": 241,
    "keyctl": 219, "add_key": 217, "request_key": 218, "userfaultfd": 282, "shmget": 194, "msgget": 186,
}  # fmt: skip
_MACHINES = {"x86_64": (0xC000003E, _X86_64), "aarch64": (0xC00000B7, _AARCH64)}


def confine(readable: Iterable[str]) -> None:
    """From here on this process only reads below `readable`, and neither connects, starts nor touches other processes."""
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    with contextlib.suppress(OSError):
        _landlock(libc, readable)
    _seccomp(libc)


def _landlock(libc: ctypes.CDLL, readable: Iterable[str]) -> None:
    """Raises OSError where the kernel does not know Landlock."""
    version = _called(libc, _CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION_FLAG))
    net = _EVERYTHING_ON_TCP if version >= _WITH_NETWORK else 0
    handled = struct.pack("=QQ", _EVERYTHING_ON_FILES, net)[: 16 if net else 8]
    rules = _called(libc, _CREATE_RULESET, handled, ctypes.c_size_t(len(handled)), ctypes.c_uint32(0))
    try:
        for path in readable:
            _let_read(libc, rules, path)
        _called(libc, _RESTRICT_SELF, ctypes.c_int(rules), ctypes.c_uint32(0))
    finally:
        os.close(rules)


def _let_read(libc: ctypes.CDLL, rules: int, path: str) -> None:
    try:
        folder = os.open(path, os.O_PATH | os.O_CLOEXEC)  # type: ignore[attr-defined,unused-ignore]
    except OSError:
        return
    try:
        rights = _READ if os.path.isdir(path) else 1 << 2
        rule = struct.pack("=Qi", rights, folder)
        _called(libc, _ADD_RULE, ctypes.c_int(rules), ctypes.c_int(_PATH_BENEATH), rule, ctypes.c_uint32(0))
    finally:
        os.close(folder)


def _called(libc: ctypes.CDLL, number: int, *args: object) -> int:
    result = int(libc.syscall(ctypes.c_long(number), *args))
    if result < 0:
        raise OSError(ctypes.get_errno(), "Landlock")
    return result


def _seccomp(libc: ctypes.CDLL) -> None:
    """Refuse the calls of the table; a process that gained no new privileges may always do so."""
    machine = _MACHINES.get(platform.machine())
    if machine is None:
        return
    program = b"".join(_program(*machine))
    kept = ctypes.create_string_buffer(program, len(program))
    head = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(kept))
    libc.prctl(_SET_SECCOMP, _FILTER, head, 0, 0)


def _program(architecture: int, calls: dict[str, int]) -> Iterator[bytes]:
    """The filter as classic BPF instructions (code, jump if true, jump if false, value)."""

    def one(code: int, then: int, otherwise: int, value: int) -> bytes:
        return struct.pack("=HBBI", code, then, otherwise, value)

    yield one(_LOAD, 0, 0, 4)
    yield one(_EQUAL, 1, 0, architecture)
    yield one(_RETURN, 0, 0, _KILL)
    yield one(_LOAD, 0, 0, 0)
    yield one(_AT_LEAST, 0, 1, _X32)
    yield one(_RETURN, 0, 0, _KILL)
    for number in sorted(set(calls.values())):
        yield one(_EQUAL, 0, 1, number)
        yield one(_RETURN, 0, 0, _DENY)
    yield one(_RETURN, 0, 0, _ALLOW)
