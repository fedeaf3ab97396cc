"""How submitting and claiming grow with the length of the line: 100 to 100,000 queued renders, on SQLite and PostgreSQL.

    python -m benchmarks.claim_growth [LONGEST] [POSTGRES_URL]

Baseline: the same with 100 in line. Rows are written in bulk to reach each length; then 200 renders are submitted and 200 claimed
one by one through the same functions the bot uses, with a real Valkey. Memory is this process's largest resident set.
PostgreSQL is measured when its URL is given.
"""

from __future__ import annotations

import gc
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from statistics import median

from benchmarks.stage import percentile
from core import workflows
from core.desk import Desk, open_desk
from core.operations.setup import prepare
from core.rendering import lifecycle, scheduler
from core.rendering.lifecycle import RenderRequest
from core.rendering.scheduler import Claim
from core.settings import Settings
from storage import valkey
from storage.clock import now
from storage.database import Database
from storage.people import members, projects
from storage.rendering import backends, renders
from storage.tables import BackendState, Member, Project, Render, RenderState, Role

LENGTHS = (100, 1_000, 10_000, 100_000)
EACH = 200
CHUNK = 2_000


def main(longest: int, url: str) -> None:
    for name, address in (("SQLite", ""), ("PostgreSQL", url)):
        if name == "SQLite" or address:
            _measure(name, address, longest)


def _measure(name: str, url: str, longest: int) -> None:
    with tempfile.TemporaryDirectory(prefix="slate-bench-") as folder:
        socket = Path(folder) / "v.sock"
        broker = valkey.start(Path(folder), socket)
        desk = open_desk(Settings(data=Path(folder), database_url=url, redis_url=f"unix://{socket}"))
        prepare(desk, [("gpu-01", "http://127.0.0.1:1")])
        mia, project = _people(desk)
        baseline: tuple[float, float] | None = None
        for length in (one for one in LENGTHS if one <= longest):
            _fill(desk.database, mia, project, length)
            submit = _times(desk, lambda: _submit(desk, mia, project))
            claim = _times(desk, lambda: _claim(desk))
            baseline = baseline or (median(submit), median(claim))
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(
                f"{name} {length:>7} in line: submit {_shown(submit, baseline[0])}, claim {_shown(claim, baseline[1])}, "
                f"{1 / median(submit):.0f} submits/s, {memory:.0f} MiB"
            )
        desk.close()
        broker.terminate()
        broker.wait()


def _shown(times: list[float], baseline: float) -> str:
    return f"{1000 * median(times):.1f}/{1000 * percentile(times, 0.99):.1f} ms p50/p99 (x{median(times) / baseline:.2f})"


def _times(desk: Desk, act: Callable[[], object]) -> list[float]:
    taken = []
    for _ in range(EACH):
        began = time.perf_counter()
        did = act()
        taken.append(time.perf_counter() - began)
        _end(desk, did)
    return taken


def _people(desk: Desk) -> tuple[Member, Project]:
    with desk.writing() as session:
        mia = members.add(session, "Mia", "mia", Role.ADMIN)
        backend = backends.in_use(session)[0]
        backends.mark(session, backend.id, state=BackendState.UP)
        return mia, projects.everything(session)[0]


def _fill(database: Database, mia: Member, project: Project, length: int) -> None:
    with database.reading() as session:
        _, version = workflows.find(session, "text-to-image")
        missing = length - renders.waiting_in(session, "house", 10**7)
    for first in range(0, missing, CHUNK):
        with database.writing() as session:
            session.add_all(
                Render(member_id=mia.id, project_id=project.id, workflow_version_id=version.id, rank=10.0 * at, cost=10.0)
                for at in range(first, min(missing, first + CHUNK))
            )
    gc.collect()


def _submit(desk: Desk, mia: Member, project: Project) -> None:
    lifecycle.submit(desk, RenderRequest("text-to-image", mia, project, inputs={"prompt": "a boat"}))


def _claim(desk: Desk) -> Claim:
    with desk.writing() as session:
        backend = backends.for_update(session, "gpu-01")
        assert backend is not None
        claim = scheduler.claim(session, backend, now(), now() + timedelta(seconds=15))
    assert claim is not None
    return claim


def _end(desk: Desk, claim: object) -> None:
    """A claimed render ends before the next is claimed, as on a real backend; this is not timed."""
    if isinstance(claim, Claim):
        with desk.writing() as session:
            renders.change_claimed(session, claim.render.id, claim.token, state=RenderState.DONE)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else LENGTHS[-1], sys.argv[2] if len(sys.argv) > 2 else "")
