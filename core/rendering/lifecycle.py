"""The life of a Render: submit, cancel, and the ends a worker or the sweeper brings it to.

    queued -> running -> done | failed | cancelled          running -> queued when its worker or its ComfyUI died

Each step is one transaction that also writes the audit event and marks the posts as behind; jobs are enqueued after the commit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlmodel import Session

from core import workflows
from core.desk import Desk
from core.errors import BadInput, Conflict, RenderFailed, SlateError, UnknownAsset, UnknownRender
from core.events import Event, record
from core.events.actions import Action
from core.people import roles
from core.people.roles import Permission
from core.rendering import scheduler
from core.rendering.scheduler import Standing
from storage import ids
from storage.chat import posts
from storage.clock import now
from storage.files import assets
from storage.people import members, projects
from storage.queue import CHAT
from storage.rendering import left_runs, renders
from storage.rendering import workflows as storage_workflows
from storage.tables import Member, Post, Project, Render, RenderState, WorkflowVersion

TICKET = "core.jobs.work"
STOP = "core.jobs.stop_run"

MOST_ATTEMPTS = 30
"""A render claimed this often without coming to an end has failed."""


class Somewhere(Protocol):
    """A place in a chat where an answer belongs."""

    @property
    def platform(self) -> str: ...
    @property
    def channel_id(self) -> str: ...
    @property
    def thread_ref(self) -> str: ...
    @property
    def tenant(self) -> str: ...
    @property
    def held_seconds(self) -> float: ...


@dataclass(frozen=True)
class RenderRequest:
    """One person asking for one render."""

    workflow: str
    """A workflow's name, `name@3` for an older version of it."""
    by: Member
    project: Project
    inputs: Mapping[str, object] = field(default_factory=dict)
    """Input name -> value; pictures are Asset ids such as `A-7Q0D`."""
    shot: str = ""
    place: Somewhere | None = None
    parent: Render | None = None
    verb: str = "render"
    key: str | None = None
    """Idempotency key: asked twice under one key, it is rendered once."""
    pool: str = "house"


def submit(desk: Desk, asking: RenderRequest) -> Render:
    """Check and write one render, and enqueue a ticket for it once it is safely written.

    Raises Refused, UnknownWorkflow, UnknownAsset, the BadInput family, or Conflict when too many wait; then nothing was queued.
    """
    with desk.writing() as session:
        scheduler.hold(session, asking.pool)
        if asking.key and (before := renders.by_key(session, asking.key)):
            return before
        roles.allow(session, asking.by, Permission.RENDER, asking.project)
        _, version = workflows.find(session, asking.workflow)
        inputs = workflows.settle(version, asking.inputs, max_prompt=desk.settings.max_prompt)
        pictures = _pictures(session, version, inputs)
        _within_cap(desk, session, asking)
        render = renders.add(session, _row(asking, version, inputs), pictures)
        scheduler.enrol(session, render)
        _post_in(session, asking.place, render)
        told = {"workflow": asking.workflow}
        record(session, Event(Action.RENDER_ASKED, render.code, by=asking.by, after=told, render_id=render.id))
    return render


def _row(asking: RenderRequest, version: WorkflowVersion, inputs: dict[str, Any]) -> Render:
    return Render(
        asked_key=asking.key,
        verb=asking.verb,
        member_id=asking.by.id,
        project_id=asking.project.id,
        shot=asking.shot,
        workflow_version_id=version.id,
        inputs=inputs,
        seed=str(inputs.get("seed", "")),
        parent_id=asking.parent.id if asking.parent else None,
        pool=asking.pool,
        model_key=workflows.model_key(version, inputs),
    )


def _pictures(session: Session, version: WorkflowVersion, inputs: Mapping[str, Any]) -> dict[str, int]:
    """Input name -> asset row, for every picture input that is given."""
    found: dict[str, int] = {}
    for spec in workflows.inputs_of(version):
        value = inputs.get(spec.name)
        if spec.kind != "picture" or not value:
            continue
        asset = assets.by_code(session, str(value))
        if asset is None or asset.id is None:
            raise UnknownAsset(f"There is no picture `{value}` for `{spec.name}`.", hint="Drop the picture in, or give its id.")
        if not asset.mime.startswith("image/"):
            raise BadInput(f"`{asset.code}` is {asset.mime}, not a picture, so it cannot be `{spec.name}`.", input=spec.name)
        found[spec.name] = asset.id
    return found


def _within_cap(desk: Desk, session: Session, asking: RenderRequest) -> None:
    if roles.may(session, asking.by, Permission.QUEUE_BEYOND, asking.project):
        return
    waiting = renders.waiting_of(session, asking.by.id or 0)
    if waiting >= desk.settings.max_queued:
        hint = "Wait for some to finish, or cancel a few: `queue` lists them."
        raise Conflict(f"You have {waiting} renders waiting, the most one person may have.", hint=hint, limit=waiting)


def _post_in(session: Session, place: Somewhere | None, render: Render) -> None:
    if place and place.channel_id:
        where = Post(
            platform=place.platform, tenant=place.tenant, channel_id=place.channel_id, thread_ref=place.thread_ref,
            render_id=render.id, held_until=now() + timedelta(seconds=place.held_seconds) if place.held_seconds else None,
        )  # fmt: skip
        posts.add(session, where)


def get(session: Session, code: str) -> Render:
    """The render with this public id. Raises UnknownRender."""
    row = ids.number("R", code)
    render = renders.by_id(session, row) if row else None
    if render is None:
        raise UnknownRender(f"There is no render `{code}`.", hint="Ids look like `R-4F2K`; `queue` and `find` list them.")
    return render


def standing(session: Session, render: Render) -> Standing:
    """Position, reason and estimate, as of now."""
    return scheduler.standing(session, render, now())


def standings(session: Session, found: Sequence[Render]) -> dict[int, Standing]:
    """Render row -> Standing, for many at once."""
    return scheduler.standings(session, found, now())


def cancel(desk: Desk, code: str, *, by: Member) -> Render:
    """Cancel a queued render at once, or ask its worker to stop a running one. Raises Refused, Conflict, UnknownRender."""
    with desk.writing() as session:
        render = get(session, code)
        project = projects.by_id(session, render.project_id)
        own = render.member_id == by.id
        roles.allow(session, by, Permission.CANCEL_OWN if own else Permission.CANCEL_ANY, project)
        assert render.id is not None
        if renders.change_queued(session, render.id, **_ended(RenderState.CANCELLED), cancel_requested_by=by.id):
            _left_the_line(desk, session, render)
        elif renders.request_cancel(session, render.id, by.id or 0):
            record(session, Event(Action.RENDER_CANCEL_ASKED, render.code, by=by, render_id=render.id, note=by.name))
        else:
            _too_late(render)
    return render


def cancel_own(desk: Desk, *, by: Member, limit: int = 1000) -> list[Render]:
    """Cancel everything the member has waiting or running, in one transaction, newest first. Raises Refused."""
    active = (RenderState.RUNNING, RenderState.QUEUED)
    with desk.writing() as session:
        own = [
            one for one in renders.newest(session, member_id=by.id, states=active, limit=limit) if one.cancel_requested_by is None
        ]
        for project in projects.by_ids(session, {one.project_id for one in own}).values():
            roles.allow(session, by, Permission.CANCEL_OWN, project)
        done = [one for one in own if _cancelled_or_asked(desk, session, one, by)]
        scheduler.withdraw_many(session, [one for one in done if one.state is RenderState.CANCELLED and one.attempt == 0])
    return done


def cancel_waiting(desk: Desk, session: Session, found: Sequence[Render], *, by: Member | None) -> list[Render]:
    """Cancel those of these renders that still wait, in the caller's transaction; `by` is None where Slate itself does it."""
    done = []
    for one in found:
        ended = _ended(RenderState.CANCELLED) | {"cancel_requested_by": by.id if by else None}
        if one.id is not None and renders.change_queued(session, one.id, **ended):
            record(session, Event(Action.RENDER_CANCELLED, one.code, by=by, render_id=one.id))
            _stop_leftover(desk, session, one)
            done.append(one)
    scheduler.withdraw_many(session, [one for one in done if one.attempt == 0])
    return done


def _cancelled_or_asked(desk: Desk, session: Session, render: Render, by: Member) -> bool:
    """Cancel a queued render, or ask a running one to stop; whether either was still possible."""
    row, member = render.id or 0, by.id or 0
    if renders.change_queued(session, row, **_ended(RenderState.CANCELLED), cancel_requested_by=member):
        record(session, Event(Action.RENDER_CANCELLED, render.code, by=by, render_id=row))
        _stop_leftover(desk, session, render)
        return True
    if renders.request_cancel(session, row, member):
        record(session, Event(Action.RENDER_CANCEL_ASKED, render.code, by=by, render_id=row, note=by.name))
        return True
    return False


def _too_late(render: Render) -> None:
    if render.state is RenderState.RUNNING:
        raise Conflict(f"`{render.code}` is being cancelled already.", hint="It stops at its next step.")
    raise Conflict(f"`{render.code}` is {render.state.value} already.", hint="There is nothing left to cancel.")


def _left_the_line(desk: Desk, session: Session, render: Render) -> None:
    """A queued render was cancelled: note who did it, give its share back, and stop a run that a dead worker may have left."""
    by = _who_ended(session, render)
    record(session, Event(Action.RENDER_CANCELLED, render.code, by=by, render_id=render.id))
    if render.attempt == 0:
        scheduler.withdraw(session, render)
    _stop_leftover(desk, session, render)


def _stop_leftover(desk: Desk, session: Session, render: Render) -> None:
    if render.run_submitted and render.backend_id:
        left_runs.leave(session, render)
        desk.queue.put_after(session, CHAT, STOP, render.id)


def _who_ended(session: Session, render: Render) -> Member | None:
    return members.by_id(session, render.cancel_requested_by or render.member_id)


def end(session: Session, claim: scheduler.Claim, state: RenderState, error: SlateError | None = None) -> bool:
    """Bring a claimed render to its end, if the claim still holds; whether it did."""
    render = claim.render
    assert render.id is not None
    if not renders.change_claimed(session, render.id, claim.token, **_ended(state, error)):
        return False
    stored = renders.by_id(session, render.id)
    assert stored is not None, "it was changed a moment ago"
    actor = _who_ended(session, stored) if state is RenderState.CANCELLED else members.by_id(session, render.member_id)
    action = Action(f"render:{state.value}")
    told = {"error": error.code} if error else {}
    note = error.message if error else ""
    backend = stored.backend_id
    record(session, Event(action, render.code, by=actor, after=told, render_id=render.id, backend_id=backend, note=note))
    return True


def _ended(state: RenderState, error: SlateError | None = None) -> dict[str, Any]:
    said = {"error_code": error.code, "error_message": error.message, "error_hint": error.hint} if error else {}
    return {
        "state": state,
        "finished_at": now(),
        "token": "",
        "lease_until": None,
        "expected_end_at": None,
        "progress": 1.0 if state is RenderState.DONE else 0.0,
        "progress_label": "",
        **said,
    }


def back_in_line(
    desk: Desk, session: Session, claim: scheduler.Claim, why: str, *, until: datetime | None = None, **values: Any
) -> bool:
    """Put a claimed render back where it stood; `why` is shown while it waits. Whether the claim still held.

    One that somebody asked to cancel is cancelled instead.
    """
    render = claim.render
    assert render.id is not None
    returned = {**_waiting(why), "not_before": until, **values}
    if not renders.change_claimed(session, render.id, claim.token, **returned):
        return False
    _wait_or_leave(desk, session, render, why)
    return True


def take_back(desk: Desk, session: Session, render: Render, why: str) -> bool:
    """Put a render whose worker has lost its lease back in line; whether it was still lost.

    One that somebody asked to cancel is cancelled instead, and one that has outlived too many workers has failed.
    """
    assert render.id is not None
    if not renders.change_expired(session, render.id, now(), **_waiting(why)):
        return False
    if render.attempt < MOST_ATTEMPTS:
        _wait_or_leave(desk, session, render, why)
        return True
    hint = "Something about it may end them; whoever looks after Slate finds more in the log."
    error = RenderFailed(f"It was begun {render.attempt} times, and no worker lived to see its end.", hint=hint)
    renders.change_queued(session, render.id, **_ended(RenderState.FAILED, error))
    told = {"error": error.code}
    record(session, Event(Action.RENDER_FAILED, render.code, after=told, render_id=render.id, note=error.message))
    return True


def _wait_or_leave(desk: Desk, session: Session, render: Render, why: str) -> None:
    """What follows when a render went back in line, in the same transaction."""
    stored = renders.by_id(session, render.id)
    assert stored is not None, "it was changed a moment ago"
    if stored.cancel_requested_by and renders.change_queued(session, stored.id, **_ended(RenderState.CANCELLED)):
        _left_the_line(desk, session, stored)
    else:
        backend = stored.backend_id
        record(session, Event(Action.RENDER_REQUEUED, stored.code, render_id=stored.id, backend_id=backend, note=why))


def _waiting(why: str) -> dict[str, Any]:
    idle: dict[str, Any] = {"token": "", "lease_until": None, "expected_end_at": None, "progress": 0.0}
    return {"state": RenderState.QUEUED, "progress_label": why, **idle}


def version_of(session: Session, render: Render) -> WorkflowVersion:
    """The recipe a render follows."""
    version = storage_workflows.version_by_id(session, render.workflow_version_id)
    assert version is not None, "a render points at its version"
    return version
