"""Who is next, and why: start-time fair queueing over people and projects, warm models with a bounded wait.

Every render gets a rank when it is asked for: the virtual time at which its flow (one Member's work for one Project) is due,
`rank = max(pool clock, end of the flow's last render)`, and the flow's end moves on by `expected seconds / weight`. The render
with the lowest rank goes first and moves the pool's clock to its rank (start-time fair queueing; Goyal, Vin and Cheng, SIGCOMM
1996). So a batch of 400 alternates with one picture of somebody else's, nobody starves, and claiming is one step down an index
however long the line is.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from storage.rendering import backends, renders
from storage.tables import Backend, BackendState, Render, RenderState

FIRST_GUESS = 10.0
"""Seconds a workflow version is expected to take before it ever ran."""
LOOK_AHEAD = 16
"""How many renders in line are looked at for a warm model."""
OUTSIDE_SECONDS = 15.0
"""How long another person's run on a shared server is taken to last; nobody tells."""
LATE = 5.0
"""Seconds by which a run may outlast its estimate before it counts as late."""
NO_SERVER = "no ComfyUI server is reachable right now; it resumes automatically"
PATIENCE = 60.0
"""Seconds of rendering that may pass the first in line for the sake of warm models, by the pool's virtual clock."""


@dataclass(frozen=True)
class Claim:
    """A render that is now this worker's to carry out, as long as `token` holds."""

    render: Render
    token: str


@dataclass(frozen=True)
class Standing:
    """Where a queued render stands; seconds are estimates."""

    position: int
    """1 is next. 0 once it is no longer queued."""
    reason: str
    starts_in: float | None
    """None when nobody can say, because no backend is up."""
    takes: float


def work_in(inputs: Mapping[str, Any]) -> float:
    """How much there is to do, in sampling steps of a 512 x 512 picture; 1 where the inputs do not say.

    >>> work_in({"steps": 20, "width": 1024, "height": 512, "count": 2}), work_in({"image": "A-7Q0D"})
    (80.0, 1.0)
    """
    pixels = float(inputs.get("width") or 512) * float(inputs.get("height") or 512)
    return max(1.0, float(inputs.get("steps") or 1) * float(inputs.get("count") or 1) * pixels / 512**2)


def expected_seconds(session: Session, render: Render, backend_id: int | None = None) -> float:
    """How long a render is expected to take: the usual pace of its version, times the work in it."""
    pace = backends.usual_pace(session, render.workflow_version_id, backend_id)
    return FIRST_GUESS if pace is None else pace * work_in(render.inputs)


def enrol(session: Session, render: Render) -> None:
    """Give a new render its place in the line of its pool."""
    render.cost = expected_seconds(session, render)
    pool = backends.pool_for_update(session, render.pool)
    flow = backends.flow_for_update(session, render.pool, render.member_id, render.project_id)
    render.rank = max(pool.virtual_time, flow.last_finish)
    flow.last_finish = render.rank + render.cost / flow.weight
    session.add(flow)


def hold(session: Session, pool: str) -> None:
    """Let nobody else into this pool's line until the transaction ends, so that what is counted first stays true."""
    backends.pool_for_update(session, pool)


def withdraw(session: Session, render: Render) -> None:
    """Give back the share of a render that was cancelled before anybody began it; the others of its flow keep their places."""
    withdraw_many(session, [render])


def withdraw_many(session: Session, cancelled: Sequence[Render]) -> None:
    """The same for many renders; a flow is looked up once."""
    flows: dict[tuple[str, int, int], float] = {}
    for render in cancelled:
        key = (render.pool, render.member_id, render.project_id)
        flows[key] = flows.get(key, 0.0) + render.cost
    for key in sorted(flows):
        flow = backends.flow_for_update(session, *key)
        flow.last_finish -= flows[key] / flow.weight
        session.add(flow)


def room_in(session: Session, backend: Backend, now: datetime, lead_seconds: float) -> float:
    """Seconds until this backend may take one more render; 0 is now. One runs, and the next may be readied near its end.

    Nothing is readied behind a run that takes longer than expected while another server is free, or on one that is silent.
    """
    if backend.missed:
        return 0.5
    running = renders.running_on(session, backend.id or 0)
    if not running:
        return 0.0
    if len(running) > 1 or running[0].expected_end_at is None:
        return 0.25
    left = (running[0].expected_end_at - now).total_seconds()
    if left < -LATE and _free(session, _others(session, backend.pool, backend.id)):
        return 0.25
    return max(0.0, left - lead_seconds)


def should_defer(session: Session, backend: Backend, now: datetime) -> bool:
    """Whether other servers would begin all renders in line before this one is through with other people's runs."""
    if not backend.outside or renders.bound_to(session, [backend.id]):
        return False
    servers = [backend, *_others(session, backend.pool, backend.id)]
    free_at = {one.id: _busy_seconds(session, one, now) for one in servers}
    for render in renders.next_queued(session, backend.pool, now, LOOK_AHEAD, backend.id):
        able = [one for one in free_at if one not in render.refused_by]
        best = min(able, key=lambda one: (free_at[one], one != backend.id))
        if best == backend.id:
            return False
        free_at[best] += render.cost
    return True


def better_elsewhere(session: Session, render: Render, name: str, *, overdue: bool) -> str:
    """Why a run that waits in the queue of the server `name` had better be made on another, or "" where it stays.

    `overdue` tells that it has waited longer than was expected.
    """
    own = backends.by_name(session, name)
    others = [one for one in _others(session, render.pool, own.id if own else 0) if one.id not in render.refused_by]
    if own is None or not others:
        return ""
    if own.state is not BackendState.UP:
        return f"{name}: {own.detail or 'it does not answer'}; trying another server"
    return f"the queue of {name} does not move; trying another server" if overdue and _free(session, others) else ""


def _others(session: Session, pool: str, backend_id: int) -> list[Backend]:
    """The other servers of a pool that are up and answer."""
    return [one for one in backends.up_in(session, pool) if one.id != backend_id and not one.missed]


def _free(session: Session, servers: Sequence[Backend]) -> bool:
    """Whether one of them has nothing to do."""
    return any(not one.outside and not renders.running_on(session, one.id) for one in servers)


def _busy_seconds(session: Session, backend: Backend, now: datetime) -> float:
    """How long a server is expected to be busy with what it has."""
    ends = [one.expected_end_at for one in renders.running_on(session, backend.id) if one.expected_end_at]
    return max([0.0, *((end - now).total_seconds() for end in ends)]) + backend.outside * OUTSIDE_SECONDS


def claim(session: Session, backend: Backend, now: datetime, lease_until: datetime) -> Claim | None:
    """Take the best waiting render for this backend, or None; two workers never get the same one."""
    if backend.state is not BackendState.UP:
        return None
    line = renders.next_queued(session, backend.pool, now, LOOK_AHEAD, backend.id)
    for render in in_order(line, backend, backends.virtual_time(session, backend.pool)):
        if claimed := _take(session, render, backend, now, lease_until):
            return claimed
    return None


def in_order(line: Sequence[Render], backend: Backend, clock: float) -> list[Render]:
    """The renders in line that this backend can take, best first: runs it left behind, warm models within patience, the rest.

    `clock` is the pool's virtual time. It is past the rank of the first in line only when others were taken before it.
    """
    if not line or clock - line[0].rank > PATIENCE or not backend.warm_models:
        return list(line)
    urgency = line[0].priority
    return sorted(line, key=lambda render: (render.priority, not _warm(render, backend) if render.priority == urgency else True))


def _warm(render: Render, backend: Backend) -> bool:
    mine = render.run_submitted and render.backend_id == backend.id
    return mine or render.model_key == backend.warm_models


def _take(session: Session, render: Render, backend: Backend, now: datetime, lease_until: datetime) -> Claim | None:
    token = secrets.token_hex(16)
    before = renders.running_on(session, backend.id)
    begins = max([now, *(one.expected_end_at for one in before if one.expected_end_at)])
    begins += timedelta(seconds=backend.outside * OUTSIDE_SECONDS)
    took = renders.change_queued(
        session,
        render.id,
        state=RenderState.RUNNING,
        backend_id=backend.id,
        token=token,
        attempt=render.attempt + 1,
        lease_until=lease_until,
        started_at=now,
        expected_end_at=begins + timedelta(seconds=expected_seconds(session, render, backend.id)),
        progress=0.0,
        progress_label=_getting_ready(backend, len(before)),
        not_before=None,
    )
    if not took:
        return None
    backends.advance(session, backend.pool, render.rank)
    backends.mark(session, backend.id, warm_models=render.model_key)
    return Claim(render, token)


def _getting_ready(backend: Backend, before: int) -> str:
    """What is said of a render between its claim and its first step."""
    if backend.outside:
        return f"next on {backend.name}, behind {backend.outside} of other people's own"
    return f"next on {backend.name}, getting ready" if before else ""


def standing(session: Session, render: Render, now: datetime) -> Standing:
    """Position, reason and estimate of a queued render."""
    if render.state is not RenderState.QUEUED:
        return Standing(0, "", 0.0, render.cost)
    up = backends.up_in(session, render.pool)
    count, seconds = renders.ahead_of(session, render)
    busy = renders.running_in(session, render.pool)
    if not up:
        return Standing(count + 1, NO_SERVER, None, render.cost)
    left = sum(max(0.0, (one.expected_end_at - now).total_seconds()) for one in busy if one.expected_end_at)
    left += sum(one.outside for one in up) * OUTSIDE_SECONDS
    free = sum(not one.outside for one in up)
    starts_in = _starts_in(render, now, seconds + left, waits=bool(count) or len(busy) >= free, up=len(up))
    moved = (0, 0) if render.progress_label else renders.out_of_turn(session, render)
    return Standing(count + 1, _why(render, count, len(busy), len(up), moved), starts_in, render.cost)


def standings(session: Session, found: Sequence[Render], now: datetime) -> dict[int, Standing]:
    """Render row -> Standing, for many at once: a few statements a pool, however many renders there are."""
    made: dict[int, Standing] = {}
    for pool in dict.fromkeys(render.pool for render in found):
        lines = _Line.read(session, pool, now)
        made |= {render.id or 0: lines.standing(render) for render in found if render.pool == pool}
    return made


@dataclass(frozen=True)
class _Line:
    """The line of one pool, read once."""

    up: int
    free: int
    """Servers on which nobody else's work runs."""
    busy: int
    left: float
    """Seconds until what runs now is done, all together."""
    now: datetime
    queued: list[tuple[int, int, float, float]]
    places: dict[int, int]

    @classmethod
    def read(cls, session: Session, pool: str, now: datetime) -> _Line:
        running = renders.running_in(session, pool)
        left = sum(max(0.0, (one.expected_end_at - now).total_seconds()) for one in running if one.expected_end_at)
        up = backends.up_in(session, pool)
        left += sum(one.outside for one in up) * OUTSIDE_SECONDS
        queued = renders.line_of(session, pool)
        places = {row: place for place, (row, *_) in enumerate(queued)}
        return cls(len(up), sum(not one.outside for one in up), len(running), left, now, queued, places)

    def standing(self, render: Render) -> Standing:
        if render.state is not RenderState.QUEUED:
            return Standing(0, "", 0.0, render.cost)
        place = self.places.get(render.id or 0, len(self.queued))
        if not self.up:
            return Standing(place + 1, NO_SERVER, None, render.cost)
        seconds = sum(cost for *_, cost in self.queued[:place])
        waits = bool(place) or self.busy >= self.free
        starts_in = _starts_in(render, self.now, seconds + self.left, waits=waits, up=self.up)
        mine = (render.priority, render.rank)
        later = sum(row > (render.id or 0) and (priority, rank) < mine for row, priority, rank, _ in self.queued[:place])
        earlier = sum(row < (render.id or 0) and (priority, rank) > mine for row, priority, rank, _ in self.queued[place + 1 :])
        return Standing(place + 1, _why(render, place, self.busy, self.up, (later, earlier)), starts_in, render.cost)


def _starts_in(render: Render, now: datetime, seconds: float, *, waits: bool, up: int) -> float:
    """Seconds until it begins: `seconds` of work stand before it on `up` servers, where it has to wait at all."""
    starts_in = seconds / up if waits else 0.0
    return (
        max(starts_in, (render.not_before - now).total_seconds()) if render.not_before and render.not_before > now else starts_in
    )


def _why(render: Render, ahead: int, busy: int, up: int, moved: tuple[int, int]) -> str:
    if render.progress_label:
        return render.progress_label
    later, earlier = moved
    why = f"{ahead} ahead of you on {up} server{'s' if up != 1 else ''}"
    if not ahead:
        why = "next up" if busy >= up else "starts now"
    if earlier:
        return f"{why}; ahead of {earlier} earlier request{'s' if earlier > 1 else ''}, because everyone gets a fair share"
    if later:
        return f"{why}, {later} of them later request{'s' if later > 1 else ''}: everyone gets a fair share"
    return why
