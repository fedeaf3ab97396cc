"""Children are kept alive, stopped in order, and never outlive their supervisor."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.operations.supervisor import Child, Supervisor
from tests.waiting import until

SLEEPER = (sys.executable, "-c", "import signal; signal.pause()")


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


@contextmanager
def supervised(*children: Child) -> Iterator[Supervisor]:
    supervisor = Supervisor(children)
    thread = threading.Thread(target=supervisor.run)
    thread.start()
    try:
        yield supervisor
    finally:
        supervisor.stop()
        thread.join(30)


def test_a_child_that_is_killed_is_started_again() -> None:
    with supervised(Child("sleeper", SLEEPER)) as supervisor:
        until(lambda: "sleeper" in supervisor.pids(), "the first start")
        first = supervisor.pids()["sleeper"]
        os.kill(first, signal.SIGKILL)
        until(lambda: supervisor.pids().get("sleeper", first) != first, "the second start")


def test_a_child_that_lives_but_that_nobody_can_reach_any_more_is_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.operations.supervisor.UNREACHED_SECONDS", 0.0)
    socket = tmp_path / "socket"
    socket.touch()
    with supervised(Child("queue", SLEEPER, reached_by=str(socket))) as supervisor:
        until(lambda: "queue" in supervisor.pids(), "the first start")
        first = supervisor.pids()["queue"]
        socket.unlink()
        until(lambda: not alive(first), "its end")
        socket.touch()
        until(lambda: alive(supervisor.pids().get("queue", first)), "the second start")


def test_stopping_leaves_no_process() -> None:
    with supervised(Child("one", SLEEPER), Child("two", SLEEPER, group=1)) as supervisor:
        until(lambda: len(supervisor.pids()) == 2, "both started")
        pids = list(supervisor.pids().values())
    assert not any(alive(pid) for pid in pids)


def test_the_highest_group_is_stopped_first(tmp_path: Path) -> None:
    order = tmp_path / "order"

    def writer(word: str) -> tuple[str, ...]:
        program = (
            "import pathlib, signal, sys\n"
            f"def end(*_):\n    with open({str(order)!r}, 'a') as f: f.write({word!r})\n    sys.exit()\n"
            f"signal.signal(signal.SIGTERM, end); pathlib.Path({str(tmp_path / word)!r}).touch()\n"
            "while True: signal.pause()\n"
        )
        return (sys.executable, "-c", program)

    with supervised(Child("broker", writer("b")), Child("worker", writer("w"), group=2)):
        until(lambda: (tmp_path / "b").exists() and (tmp_path / "w").exists(), "both ready")
    assert order.read_text() == "wb"


def test_a_child_that_ignores_the_polite_signal_is_killed() -> None:
    stubborn = (sys.executable, "-c", "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: signal.pause()")
    with supervised(Child("stubborn", stubborn)) as supervisor:
        until(lambda: "stubborn" in supervisor.pids(), "started")
        pid = supervisor.pids()["stubborn"]
    assert not alive(pid)


def test_children_end_when_the_supervisor_itself_is_killed(tmp_path: Path) -> None:
    marker = tmp_path / "pid"
    child = (
        "import os, pathlib, signal\nfrom bot.cli.child_process import follow_parent\nfollow_parent()\n"
        f"pathlib.Path({str(marker)!r}).write_text(str(os.getpid()))\nsignal.pause()\n"
    )
    program = (
        "import sys\nfrom core.operations.supervisor import Child, Supervisor\n"
        f"Supervisor([Child('child', (sys.executable, '-c', {child!r}))]).run()\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], cwd=Path.cwd()) as parent:
        until(lambda: marker.exists() and marker.read_text() != "", "the child started")
        pid = int(marker.read_text())
        parent.kill()
        parent.wait()
    until(lambda: not alive(pid), "the child ended with its supervisor")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the next start ends what was left")
def test_a_foreign_program_ends_too_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    marker = tmp_path / "pid"
    foreign = ("sh", "-c", f"echo $$ > {marker}; exec sleep 1000")
    program = (
        "from core.operations.supervisor import Child, Supervisor\n"
        f"Supervisor([Child('foreign', {foreign!r}, foreign=True)]).run()\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], cwd=Path.cwd()) as parent:
        until(lambda: marker.exists() and marker.read_text() != "", "the program started")
        pid = int(marker.read_text())
        parent.kill()
        parent.wait()
    until(lambda: not alive(pid), "the program ended with its supervisor")


def test_a_simulated_server_ends_when_its_supervisor_is_killed(tmp_path: Path) -> None:
    log = tmp_path / "log"
    command = (sys.executable, "-m", "hooks.simulator", "--folder", str(tmp_path / "comfy"))
    program = (
        "import pathlib, threading\nfrom core.operations.supervisor import Child, Supervisor\n"
        f"one = Supervisor([Child('comfy', {command!r}, log_file={str(log)!r})])\n"
        f"one.tend()\npathlib.Path({str(tmp_path / 'pid')!r}).write_text(str(one.pids()['comfy']))\none.run()\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], cwd=Path.cwd()) as parent:
        until(lambda: log.exists() and b"ready" in log.read_bytes(), "the server started")
        pid = int((tmp_path / "pid").read_text())
        parent.kill()
        parent.wait()
    until(lambda: not alive(pid), "the server ended with its supervisor")


def test_a_folder_that_somebody_deleted_is_made_again_before_a_child_starts_again(tmp_path: Path) -> None:
    folder, log = tmp_path / "redis", tmp_path / "logs" / "queue.log"
    child = Child(
        "queue",
        (sys.executable, "-c", f"import os, signal; os.chdir({str(folder)!r}); signal.pause()"),
        folder=str(folder),
        log_file=str(log),
    )
    with supervised(child) as supervisor:
        until(lambda: bool(supervisor.pids()), "it runs")
        first = supervisor.pids()["queue"]
        until(lambda: os.readlink(f"/proc/{first}/cwd") == str(folder), "it works in its folder")
        folder.rmdir()
        os.kill(first, signal.SIGKILL)
        until(lambda: supervisor.pids().get("queue", first) != first, "it was started again")
        again = supervisor.pids()["queue"]
        until(lambda: os.readlink(f"/proc/{again}/cwd") == str(folder), "it works in its folder again")
        assert supervisor.deaths["queue"] == 1


def told(path: Path) -> str:
    return path.read_text() if path.exists() else ""


@pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux only")
def test_a_forked_child_has_its_own_log_and_is_started_again_when_it_is_killed(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys\nfrom core.operations.supervisor import Child, Supervisor\n"
        "def work():\n    print('born', os.getpid(), flush=True)\n    signal.pause()\n    return 0\n"
        f"one = Supervisor([Child('child', (), log_file={str(tmp_path / 'log')!r}, run=work)])\n"
        "signal.signal(signal.SIGTERM, lambda *_: one.stop())\none.run()\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], cwd=Path.cwd()) as parent:
        until(lambda: told(tmp_path / "log").count("born") == 1, "the first start")
        os.kill(int(told(tmp_path / "log").split()[1]), signal.SIGKILL)
        until(lambda: told(tmp_path / "log").count("born") == 2, "the second start")
        parent.terminate()
        assert parent.wait(20) == 0
    assert not alive(int(told(tmp_path / "log").split()[3]))


@pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux only")
def test_forked_children_hold_no_lock_of_their_supervisor_and_end_when_it_is_killed(tmp_path: Path) -> None:
    lock, log = tmp_path / "lock", tmp_path / "log"
    program = (
        "import fcntl, os, signal\nfrom bot.cli.child_process import follow_parent\n"
        "from core.operations.supervisor import Child, Supervisor\n"
        f"held = open({str(lock)!r}, 'w')\nfcntl.flock(held, fcntl.LOCK_EX)\n"
        "def work():\n    open_now = sorted(os.listdir('/proc/self/fd'))\n    follow_parent()\n"
        "    print(os.getpid(), len(open_now), flush=True)\n    signal.pause()\n    return 0\n"
        f"Supervisor([Child('child', (), log_file={str(log)!r}, run=work)]).run()\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], cwd=Path.cwd()) as parent:
        until(lambda: told(log).endswith("\n"), "the child started")
        pid, count = map(int, told(log).split())
        parent.kill()
        parent.wait()
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    assert count == 5, "standard streams, the lifeline, and the folder that was listed"
    until(lambda: not alive(pid), "the child ended with its supervisor")
