"""Searching: p50 and p95 of a mixed set of queries at growing sizes, beside `LIKE` on the same rows in the same run.

    python -m benchmarks.search [SIZE …] [--keep FOLDER | --postgres URL]

Assets are written straight into the tables, with the index's own entries; a size's figures are ratios against a scan with `LIKE`.
A corpus kept from an earlier run is used again, as it is: `--keep` names a folder of SQLite files, on PostgreSQL each size is a
database `slate_search_SIZE` beside the one named.
The last lines time 500 whole questions (reading the vocabulary, understanding, searching, telling), as a person would wait,
on an idle desk and while another process writes assets one by one as fast as it can.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import accumulate, pairwise
from multiprocessing import Event, Process, Value
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from sqlalchemy import insert, text
from sqlmodel import Session, col, func, select

from benchmarks.stage import percentile
from bot.cli.child_process import settle
from core.search import ask
from storage import search
from storage.database import Database
from storage.files import assets
from storage.search import Facet, FacetField, Phrase, Query, Scope, entity_index, postgres, sqlite
from storage.search.document import make
from storage.tables import Asset, Client, Member, Origin, Project

START = datetime(2024, 1, 1, tzinfo=UTC)
WORDS = [f"word{number}" for number in range(4000)]
WEIGHTS = [1 / (rank + 10) for rank in range(len(WORDS))]
UP_TO = list(accumulate(WEIGHTS))
TECHNIQUES = ["depth", "canny", "pose", "upscale", "img2img", "inpaint", "lora"]
STATUSES = ["", "", "", "approved", "rejected"]
NAMES = ["Mia Chen", "Ana Ruiz", "Jo Park", "Kit Lund", "Zoe Orsted", *(f"Person{one} Maker" for one in range(35))]
BATCH = 2000
QUESTIONS = 500
_DEFAULTS = {name: value for name, value in Asset(
    origin=Origin.UPLOAD, member_id=0, project_id=0, sha256="0", source_sha256="0", filename="", mime="image/png", size=1
).model_dump().items() if name != "id"}  # fmt: skip


def build(database: Database, size: int, dice: random.Random) -> tuple[float, Member]:
    """Fill the database with `size` assets; returns seconds taken and somebody to ask as."""
    with database.writing() as session:
        people = [Member(name=name, name_key=name.casefold()) for name in NAMES]
        clients = [Client(name=f"Client{one}", name_key=f"client{one}") for one in range(20)]
        session.add_all([*people, *clients])
        session.flush()
        projects = [
            Project(client_id=client.id or 0, name=f"{client.name} Work{at}", slug=f"{client.name_key}-w{at}")
            for client in clients
            for at in (1, 2)
        ]
        session.add_all(projects)
        session.flush()
        owners = {client.id: client for client in clients}
        began = time.perf_counter()
        for first in range(1, size + 1, BATCH):
            rows = [_asset(number, people, projects, dice) for number in range(first, min(first + BATCH, size + 1))]
            session.connection().execute(insert(Asset), [vars(row) for row in rows])
            by_id, places = {one.id: one for one in people}, {one.id: one for one in projects}
            entries = [
                make(row, by_id[row.member_id], places[row.project_id], owners[places[row.project_id].client_id]) for row in rows
            ]
            (sqlite if database.is_sqlite else postgres).put(session, entries)
            entity_index.remember(session, entries[:200])
    if not database.is_sqlite:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("SELECT setval('asset_id_seq', :size)"), {"size": size})
            connection.execute(text("VACUUM ANALYZE"))
    return time.perf_counter() - began, people[0]


def _asset(number: int, people: list[Member], projects: list[Project], dice: random.Random) -> Asset:
    """All columns of an Asset without the cost of an ORM object."""
    row = SimpleNamespace(**_DEFAULTS)
    row.__dict__.update(
        id=number,
        origin=Origin.UPLOAD,
        member_id=dice.choice(people).id or 0,
        project_id=dice.choice(projects).id or 0,
        shot=f"sh{dice.randrange(60) * 10:04}",
        status=dice.choice(STATUSES),
        sha256="0",
        source_sha256="0",
        filename=f"ComfyUI_{number:05}_.png",
        mime="image/png",
        size=1,
        workflow=f"workflow-{dice.randrange(12)}",
        workflow_number=1,
        techniques=dice.sample(TECHNIQUES, 2),
        models=[{"folder": "checkpoints", "name": f"model-{dice.randrange(8)}.safetensors"}],
        prompt=" ".join(dice.choices(WORDS, cum_weights=UP_TO, k=28)),
        seed=str(dice.randrange(2**63)),
        created_at=START + timedelta(seconds=number * 90),
    )
    return cast(Asset, row)


def queries(dice: random.Random) -> Iterator[tuple[str, Query]]:
    """The kinds people ask for, by name."""
    by, client = Facet(FacetField.BY, (str(dice.randint(1, 40)),)), Facet(FacetField.CLIENT, (str(dice.randint(1, 20)),))
    approved, depth = Facet(FacetField.STATUS, ("approved",)), Facet(FacetField.TECHNIQUE, (dice.choice(TECHNIQUES),))
    one, two, rare = (Phrase((dice.choices(WORDS, WEIGHTS)[0],)) for _ in range(3))
    newest = search.Order.NEWEST
    yield "word + client + approved", Query((one,), (client, approved), order=newest)
    yield "two words + four facets", Query((one, two), (by, client, approved, depth), order=newest)
    yield "facets only", Query((), (client, by, depth))
    yield "three words + client + person", Query((one, two, rare), (client, by), order=newest)
    yield "best fit of a common word", Query((Phrase((WORDS[dice.randrange(20)],)),))
    yield "nothing matches", Query((Phrase(("unheardof",)),), (client,))


def measure(session: Session, rounds: int, seed: int) -> dict[str, list[float]]:
    """Milliseconds of each kind."""
    dice, taken = random.Random(seed), dict[str, list[float]]()
    for _ in range(rounds):
        for kind, query in queries(dice):
            taken.setdefault(kind, []).append(_timed(lambda query=query: search.find(session, query, Scope(), 20)))  # type: ignore[misc]
    return taken


def like(session: Session, rounds: int, seed: int) -> list[float]:
    """Milliseconds of the plain way: a substring of the prompt, a client, newest first."""
    dice = random.Random(seed)
    asked = text(
        "SELECT asset.id FROM asset JOIN project ON project.id = asset.project_id"
        " WHERE lower(prompt) LIKE :part AND client_id = :client ORDER BY asset.created_at DESC LIMIT 20"
    )
    taken = []
    for _ in range(rounds):
        given = {"part": f"%{dice.choices(WORDS, WEIGHTS)[0]}%", "client": dice.randint(1, 20)}
        taken.append(_timed(lambda given=given: session.connection().execute(asked, given).all()))  # type: ignore[misc]
    return taken


def questions(database: Database, rounds: int, member: Member) -> list[float]:
    """Milliseconds of whole questions, each in a session of its own, so that it sees what was written just before."""
    dice, taken = random.Random(7), list[float]()
    forms = (
        "who made the {t} shot for Client{c}", "show me Mia Chen's {t} shots for client{c} last month",
        "how many did Ana Ruiz make in 2024", "{w} {x} client:Client{c} status:approved",
        "which model did Jo Park use for the {t} shot", "latest approved shot for Client{c}",
    )  # fmt: skip
    for _ in range(rounds):
        one, other = dice.choices(WORDS, WEIGHTS, k=2)
        said = dice.choice(forms).format(t=dice.choice(TECHNIQUES[:4]), c=dice.randrange(20), w=one, x=other)
        taken.append(_timed(lambda said=said: _ask(database, said, member)))  # type: ignore[misc]
    return taken


def _ask(database: Database, said: str, member: Member) -> None:
    with database.reading() as session:
        ask.answer(session, said, by=member)


@contextmanager
def writing(url: str, size: int) -> Iterator[None]:
    """Another process adds assets, a transaction each, while this one goes on; says at the end how many it were."""
    stop, ready, count = Event(), Event(), Value("i", 0)
    process = Process(target=_write_on, args=(url, size, stop, ready, count))
    process.start()
    ready.wait()
    began = time.perf_counter()
    yield
    seconds = time.perf_counter() - began
    stop.set()
    process.join()
    print(f"  (meanwhile {count.value:,} assets were written, {count.value / seconds:.0f} a second)")


def _write_on(url: str, size: int, stop: Any, ready: Any, count: Any) -> None:
    database, dice = Database(url), random.Random(3)
    with database.reading() as session:
        people, projects = list(session.exec(select(Member))), list(session.exec(select(Project)))
    number = size
    ready.set()
    while not stop.is_set():
        number += 1
        row = Asset(**{name: value for name, value in vars(_asset(number, people, projects, dice)).items() if name != "id"})
        with database.writing() as session:
            assets.add(session, assets.AssetDraft(row))
        count.value += 1


def _timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


def _row(kind: str, taken: list[float], baseline: float) -> str:
    p50, p95, p99 = (percentile(taken, share) for share in (0.5, 0.95, 0.99))
    tail = f"p50 {p50:8.2f}  p95 {p95:8.2f}  p99 {p99:8.2f}  worst {max(taken):8.2f} ms"
    return f"  {kind:<32} {tail}   LIKE takes {baseline / p50:7.1f} × as long"


def _histogram(taken: list[float]) -> str:
    """How many took up to each limit."""
    steps = [0.0, 5.0, 10.0, 20.0, 50.0, 100.0]
    counts = [sum(low < one <= high for one in taken) for low, high in pairwise(steps)]
    said = ", ".join(f"{count} up to {high:g} ms" for count, high in zip(counts, steps[1:], strict=True))
    return f"{said}, {sum(one > steps[-1] for one in taken)} longer"


def corpus(database: Database, size: int) -> Member:
    """The database with `size` assets in it, made if they are not there; returns somebody to ask as."""
    database.migrate()
    with database.reading() as session:
        there = session.exec(select(func.count()).select_from(Asset)).one()
        member = session.exec(select(Member).order_by(col(Member.id))).first()
    if member is not None and there >= size:
        print(f"\n{there:,} assets on {database.url.get_backend_name()}, kept from an earlier run")
        return member
    seconds, member = build(database, size, random.Random(1))
    print(f"\n{size:,} assets on {database.url.get_backend_name()}: written and indexed in {seconds:.1f} s", flush=True)
    return member


def run(url: str, size: int, rounds: int) -> None:
    database = Database(url)
    member = corpus(database, size)
    with database.reading() as session:
        measure(session, 3, 99)
        scan = like(session, max(5, rounds // 10), 5)
        print(_row("LIKE '%word%' + client", scan, statistics.median(scan)))
        for kind, taken in measure(session, rounds, 5).items():
            print(_row(kind, taken, statistics.median(scan)))
    settle()
    questions(database, 30, member)
    print(_row("whole questions", questions(database, QUESTIONS, member), statistics.median(scan)), flush=True)
    with writing(url, size):
        busy = questions(database, QUESTIONS, member)
    print(_row("the same while assets are written", busy, statistics.median(scan)))
    print(f"    {_histogram(busy)}", flush=True)
    database.close()


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("sizes", nargs="*", type=int, default=[10_000, 100_000])
    asked.add_argument("--rounds", type=int, default=60)
    asked.add_argument("--keep", type=Path, help="folder where SQLite corpora stay and are found again")
    asked.add_argument("--postgres", default="", help="URL of any database of a server where databases may be made")
    given = asked.parse_args()
    for size in given.sizes:
        with tempfile.TemporaryDirectory() as folder:
            run(_place(given, size, Path(folder)), size, given.rounds)


def _place(given: argparse.Namespace, size: int, folder: Path) -> str:
    """The URL of a size's database."""
    if not given.postgres:
        return f"sqlite:///{(given.keep or folder) / f'search-{size}.db'}"
    server, name = Database(given.postgres), f"slate_search_{size}"
    with server.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if connection.execute(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name}).first() is None:
            connection.execute(text(f"CREATE DATABASE {name}"))
    server.close()
    return server.url.set(database=name).render_as_string(hide_password=False)


if __name__ == "__main__":
    main()
