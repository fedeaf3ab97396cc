"""Renders asked for while faults strike everything around them, judged from outside: lost, hung, wrong bytes, made twice, late.

    python -m benchmarks.faults --renders 300 --database sqlite

Needs root, as small disks are mounted. A whole `slate up` runs behind the room's HTTP; its ComfyUI servers are simulated, each a
process of its own behind a proxy that spoils what passes. Every few seconds the next kind of fault strikes, and some last while
others begin. At the end all faults are over, and what was asked is compared with what there is.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
import shutil
import tempfile
import threading
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from benchmarks.fault_kinds import FaultKind, kinds
from benchmarks.faults_stage import FaultStage, Machine, fault_stage, wait
from benchmarks.stage import percentile
from core.settings import Settings
from hooks.simulator import runs
from storage.database import Database

_CODE = re.compile(r"\bR-[0-9A-Z]{4,}\b")
_ENDED = ("done", "failed", "cancelled")
PEOPLE = 6
IN_FLIGHT = 40


@dataclass
class Struck:
    """A fault that struck, and when, in seconds since the epoch."""

    kind: FaultKind
    machine: str
    began: float
    ended: float = 0.0


@dataclass
class Asked:
    """What one person asked for, and what became of it."""

    word: str
    """Stands in its prompt and in no other."""
    code: str = ""
    refused: str = ""
    tries: int = 0


@dataclass
class Watch:
    """Looks at the database from outside, as often as it answers: when renders end, and when their messages show that."""

    database: Database
    over: threading.Event = field(default_factory=threading.Event)
    ended: dict[str, float] = field(default_factory=dict)
    shown: dict[str, float] = field(default_factory=dict)
    state: dict[str, str] = field(default_factory=dict)

    def run(self) -> None:
        while not self.over.wait(0.5):
            try:
                self.look()
            except SQLAlchemyError:
                continue

    def look(self) -> None:
        rows = text("SELECT r.id, r.state, p.shown >= p.wanted FROM render r JOIN post p ON p.render_id = r.id")
        with self.database.reading() as session:
            found = session.connection().execute(rows).all()
        now = time.monotonic()
        for number, state, shown in found:
            self.state[number] = state
            if state in _ENDED:
                self.ended.setdefault(number, now)
                if shown:
                    self.shown.setdefault(number, now)

    @property
    def lags(self) -> list[float]:
        """Seconds from a render's end to its message; 0.5 is the resolution."""
        return [self.shown[one] - self.ended[one] for one in self.ended if one in self.shown]


def ask(stage: FaultStage, mine: Sequence[Asked], name: str, watch: Watch, gate: threading.Semaphore) -> None:
    """One person asks for all of theirs, one after the other, and repeats what was not acknowledged."""
    client: httpx2.Client | None = None
    for one in mine:
        gate.acquire()
        key = uuid.uuid4().hex
        line = f'/render text-to-image prompt:"a kestrel {one.word}" steps:2 width:64 height:64'
        while not one.code and not one.refused:
            one.tries += 1
            try:
                client = client or _joined(stage.port, name)
                answer = client.post("/c/general/say", json={"text": line, "key": key})
                found = _CODE.search(answer.text) if answer.status_code == 200 else None
                if found:
                    one.code = found.group()
                elif answer.status_code not in (403, 500, 502, 503) or one.tries > 200:
                    one.refused = f"{answer.status_code} {answer.text[:200]}"
            except httpx2.HTTPError:
                client = None
            if not one.code:
                time.sleep(0.5)


def _joined(port: int, name: str) -> httpx2.Client:
    client = httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=60)
    client.post("/join", json={"name": name}).raise_for_status()
    return client


class Striker:
    """Strikes with one kind after the other, in an order drawn from the seed; each may last while the next begins."""

    def __init__(self, stage: FaultStage, all_kinds: Sequence[FaultKind], seed: int, pause: float) -> None:
        self.stage, self.pause = stage, pause
        self.kinds, self.random = list(all_kinds), random.Random(seed)
        self.struck: list[Struck] = []
        self.over = threading.Event()
        self._alone, self._going = threading.Lock(), list[threading.Thread]()
        self._busy: set[str] = set()

    def run(self) -> None:
        while not self.over.is_set():
            order = list(self.kinds)
            self.random.shuffle(order)
            for kind in order:
                machine = self.random.choice(
                    [one for one in self.stage.machines if one.name not in self._busy] or self.stage.machines
                )
                thread = threading.Thread(target=self._strike, args=(kind, machine), daemon=True)
                thread.start()
                self._going.append(thread)
                if self.over.wait(self.pause):
                    break
        for thread in self._going:
            thread.join(90)

    def _strike(self, kind: FaultKind, machine: Machine) -> None:
        with ExitStack() as stack:
            if kind.alone:
                stack.enter_context(self._alone)
            note = Struck(kind, machine.name, time.time())
            self.struck.append(note)
            self._busy.add(machine.name)
            try:
                with kind.strike(self.stage, machine):
                    wait(kind.seconds)
            finally:
                self._busy.discard(machine.name)
                note.ended = time.time()


@dataclass
class Verdict:
    """What was found at the end."""

    figures: dict[str, object]
    problems: list[str]


def judge(stage: FaultStage, database: Database, asked: Sequence[Asked], watch: Watch, struck: Sequence[Struck]) -> Verdict:
    """Compare what was asked with the rows, the bytes, the messages, and what the machines noted themselves."""
    problems: list[str] = []
    rows = {one["code"]: one for one in _renders(database)}
    files = _machine_files(stage)
    lost = [one for one in asked if one.code and one.code not in rows]
    hung = [code for code, row in rows.items() if row["state"] not in _ENDED]
    doubles = [code for code, count in Counter(one.code for one in asked if one.code).items() if count > 1]
    words = {one.code: one.word for one in asked}
    wrong, checked = [], 0
    for code, row in rows.items():
        if row["state"] != "done":
            continue
        for digest, source in row["files"]:
            checked += 1
            problem = _wrong(stage, digest, source, words.get(code, ""), files.get(code, set()))
            wrong += [f"{code}: {problem}"] if problem else []
        if not row["files"]:
            wrong.append(f"{code}: done without a file")
    twice, excused = _twice(stage, struck)
    unshown = [code for code, row in rows.items() if row["posts"] != 1 or row["behind"] or not row["in_message"]]
    problems += [f"lost: {one.code} {one.word}" for one in lost] + [f"hung: {code} {rows[code]['state']}" for code in hung]
    problems += [f"wrong: {one}" for one in wrong] + [f"twice: {one}" for one in twice]
    problems += [f"message: {code} {rows[code]['posts']} {rows[code]['behind']}" for code in unshown]
    problems += [f"failed: {code} {row['error']}" for code, row in rows.items() if row["state"] == "failed"]
    problems += [f"refused: {one.refused}" for one in asked if one.refused]
    lags = watch.lags
    figures: dict[str, object] = {
        "asked": len(asked), "acknowledged": sum(bool(one.code) for one in asked),
        "repeated askings": sum(one.tries - 1 for one in asked), "refused": sum(bool(one.refused) for one in asked),
        "states": dict(Counter(str(row["state"]) for row in rows.values())), "lost": len(lost), "hung": len(hung),
        "one asking, two renders": len(doubles) + max(0, len(rows) - len([one for one in asked if one.code])),
        "files checked": checked, "wrong bytes": len(wrong),
        "made twice though the file could be had": len(twice),
        "made twice, the first machine had forgotten": excused["forgotten"],
        "made twice, the first machine was out of reach": excused["away"],
        "messages wrong": len(unshown), "faults": len(struck), "kinds": len({one.kind.name for one in struck}),
        "starts of slate up": stage.starts,
        "message lag s p50/p90/p99/max": [round(percentile(lags, one), 1) for one in (0.5, 0.9, 0.99, 1.0)] if lags else [],
        "spoiled": dict(sum((one.proxy.count for one in stage.machines), Counter[str]())),
    }  # fmt: skip
    return Verdict(figures, problems)


def _renders(database: Database) -> list[dict[str, object]]:
    """The renders with their files and messages, by plain SQL."""
    from storage import ids

    with database.reading() as session:
        connection = session.connection()
        renders = connection.execute(text("SELECT id, state, error_code, error_message FROM render")).all()
        files = connection.execute(text("SELECT render_id, sha256, source_sha256 FROM asset WHERE render_id IS NOT NULL")).all()
        posts = connection.execute(text("SELECT render_id, due, message_ref FROM post WHERE render_id IS NOT NULL")).all()
        cards = {str(one[0]): str(one[1]) for one in connection.execute(text("SELECT id, card FROM roommessage")).all()}
    kept, told = defaultdict(list), defaultdict(list)
    for number, digest, source in files:
        kept[number].append((digest, source))
    for number, due, where in posts:
        told[number].append((due, cards.get(str(where), "")))
    return [
        {
            "code": ids.code("R", number), "state": state, "error": f"{error}: {message}", "files": kept[number],
            "posts": len(told[number]), "behind": any(due for due, _ in told[number]),
            "in_message": any((state == "done" and "done" in card) or state in card for _, card in told[number]),
        }
        for number, state, error, message in renders
    ]  # fmt: skip


def _machine_files(stage: FaultStage) -> dict[str, set[str]]:
    """Render code -> digests of what machines made for it: Slate has them save below a folder that begins with the code."""
    found: dict[str, set[str]] = defaultdict(set)
    for machine in stage.machines:
        for path in (machine.folder / "output").glob("slate/R-*/*"):
            code = "-".join(path.parent.name.split("-")[:2])
            found[code].add(hashlib.sha256(path.read_bytes()).hexdigest())
    return found


def _wrong(stage: FaultStage, digest: str, source: str, word: str, made: set[str]) -> str:
    found = next(stage.blobs.folder.glob(f"**/{digest}*"), None)
    if found is None:
        return f"no bytes {digest}"
    data = found.read_bytes()
    if hashlib.sha256(data).hexdigest() != digest:
        return f"damaged {digest}"
    if source not in made:
        return f"no machine made {source}"
    return "" if word.encode() in data else f"its prompt is not {word}"


def _twice(stage: FaultStage, struck: Sequence[Struck]) -> tuple[list[str], Counter[str]]:
    """(renders that ran to their end on machines more than once, how many of those had to, and why)."""
    folders = [path.name for one in stage.machines for path in (one.folder / "output").glob("slate/R-*")]
    codes = {name[-8:]: "-".join(name.split("-")[:2]) for name in folders}
    ended: dict[str, list[runs.Executed]] = defaultdict(list)
    for machine in stage.machines:
        for run in runs.read(machine.folder):
            if run.outcome == "success":
                ended[codes.get(run.prompt_id[:8], run.prompt_id)].append(run)
    bad, excused = list[str](), Counter[str]()
    for code, made in ended.items():
        first, *rest = sorted(made, key=lambda one: one.ended or 0)
        for again in rest:
            meanwhile = [one for one in struck if one.began <= again.started and one.ended >= first.started - 5]
            if any(one.kind.forgets and one.machine == first.backend for one in meanwhile):
                excused["forgotten"] += 1
                continue
            if any(one.kind.away and (one.machine == first.backend or one.kind.name.startswith("all")) for one in meanwhile):
                excused["away"] += 1
                continue
            names = ", ".join(sorted({f"{one.kind.name} ({one.machine})" for one in meanwhile}))
            later = again.started - (first.ended or 0)
            bad.append(f"{code} on {first.backend}, again on {again.backend} after {later:.1f} s; meanwhile {names}")
    return bad, excused


def _keep_logs(stage: FaultStage, struck: Sequence[Struck], where: Path) -> None:
    """What Slate wrote, and which fault struck when."""
    where.mkdir(parents=True, exist_ok=True)
    shutil.copytree(stage.data / "logs", where / "logs", dirs_exist_ok=True)
    shutil.copy(stage.folder / "up.log", where)
    lines = [
        f"{one.began:.1f} {one.ended:.1f} {one.kind.name} {one.machine}" for one in sorted(struck, key=lambda one: one.began)
    ]
    (where / "faults.txt").write_text("\n".join(lines))


def run(
    renders: int, postgres: bool, seed: int, pause: float, minutes: float, faketime: Path | None, keep: Path | None,
    logs: Path | None = None, only: str = "",
) -> Verdict:  # fmt: skip
    """All of it, once. Raises TimeoutError where Slate does not start."""
    with tempfile.TemporaryDirectory(prefix="slate-faults-", dir=keep) as folder, ExitStack() as stack:
        Path(folder).chmod(0o755)
        stage = stack.enter_context(fault_stage(Path(folder), machines=4, postgres=postgres, faketime=faketime))
        database = Database(stage.environment.get("SLATE_DATABASE_URL") or Settings(data=stage.data).database)
        stack.callback(database.close)
        watch = Watch(database)
        some = [one for one in kinds(postgres=postgres, clock=faketime is not None) if only in one.name]
        striker = Striker(stage, some, seed, pause)
        watching, striking = (threading.Thread(target=one.run, daemon=True) for one in (watch, striker))
        watching.start()
        asked = [Asked(f"w{seed}x{number:05}") for number in range(renders)]
        gate = threading.Semaphore(IN_FLIGHT)
        began, let = time.monotonic(), IN_FLIGHT
        people = [
            threading.Thread(target=ask, args=(stage, asked[one::PEOPLE], f"Person {one}", watch, gate), daemon=True)
            for one in range(PEOPLE)
        ]
        for one in people:
            one.start()
        striking.start()
        while any(one.is_alive() for one in people) and time.monotonic() - began < minutes * 60:
            time.sleep(0.5)
            while let < len(watch.ended) + IN_FLIGHT:
                let += 1
                gate.release()
        striker.over.set()
        striking.join(200)
        asked = [one for one in asked if one.tries]
        _settle(watch, asked)
        seconds = time.monotonic() - began
        watch.over.set()
        verdict = judge(stage, database, [one for one in asked if one.code or one.refused], watch, striker.struck)
        if logs is not None:
            _keep_logs(stage, striker.struck, logs)
        verdict.figures["seconds"] = round(seconds)
        verdict.figures["by kind"] = dict(Counter(one.kind.name for one in striker.struck))
        return verdict


def _settle(watch: Watch, asked: Sequence[Asked], seconds: float = 180.0) -> None:
    """Wait for everything to end after the last fault, as long as something still does."""
    last, count = time.monotonic(), -1
    while time.monotonic() - last < seconds:
        if len(watch.shown) != count:
            count, last = len(watch.shown), time.monotonic()
        if watch.state and all(state in _ENDED for state in watch.state.values()) and len(watch.shown) == len(watch.state):
            time.sleep(3)
            return
        time.sleep(0.5)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--renders", type=int, default=300)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pause", type=float, default=3.0, help="seconds between two faults")
    parser.add_argument("--minutes", type=float, default=25.0, help="after so long nothing more is asked")
    parser.add_argument("--faketime", type=Path, help="libfaketime.so.1, for steps of the clock")
    parser.add_argument("--folder", type=Path, help="where its temporary folder is made")
    parser.add_argument("--only", default="", help="only kinds of fault whose name contains this")
    parser.add_argument("--logs", type=Path, help="where Slate's logs and the list of faults are copied to at the end")
    given = parser.parse_args()
    found = run(
        given.renders, given.database == "postgresql", given.seed, given.pause, given.minutes, given.faketime, given.folder,
        given.logs, given.only,
    )  # fmt: skip
    print(json.dumps(found.figures, indent=1))
    for one in found.problems:
        print(one)


if __name__ == "__main__":
    main()
