"""Records events, and carries out what follows from them before the transaction commits.

History rows are written at once, in order. The search index and posts follow at the end of the transaction: once for each asset
or render, however many events touched it, with the asset's row locked and read afresh. So two transactions that change one asset
at the same time leave the index as the later one has it. Audit rows come last of all, as they take their places in the chain.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from sqlmodel import Session

from core.events import outgoing
from core.events.consequences import ENDS, FOLLOWS, Follow
from core.events.event import Event
from storage import deliveries, ids, search
from storage.chat import posts
from storage.database import after_commit, before_commit
from storage.files import assets
from storage.people import audit, projects
from storage.queue import DELIVERIES, OUTBOX, Queue, pool_queue, queue_of
from storage.rendering import history
from storage.rendering import renders as storage_renders
from storage.tables import AuditEvent, Destination, OutgoingEvent, RenderEvent, RenderState

WORK = "core.jobs.work"
_PENDING = "slate_pending_consequences"


@dataclass
class _Pending:
    """What is still to be done for the events of one transaction."""

    audited: list[AuditEvent] = field(default_factory=list)
    indexed: set[int] = field(default_factory=set)
    renders: set[int] = field(default_factory=set)
    ended: set[int] = field(default_factory=set)
    assets: set[int] = field(default_factory=set)
    tickets: set[int] = field(default_factory=set)
    told: list[Event] = field(default_factory=list)


def record(session: Session, event: Event) -> None:
    """Record one change in the caller's transaction (`desk.writing()`); its consequences are part of that transaction."""
    follows = FOLLOWS[event.action]
    if Follow.HISTORY in follows and event.render_id is not None:
        history.add(session, _step(event, event.render_id))
    pending = _pending(session)
    if Follow.AUDIT in follows:
        pending.audited.append(_audited(session, event))
    if Follow.INDEX in follows and event.asset_id is not None:
        pending.indexed.add(event.asset_id)
    if Follow.POSTS in follows and event.asset_id is not None:
        pending.assets.add(event.asset_id)
    if Follow.POSTS in follows and event.render_id is not None:
        pending.renders.add(event.render_id)
    if Follow.POSTS in follows and event.render_id is not None and event.action in ENDS:
        pending.ended.add(event.render_id)
    if Follow.TICKET in follows and event.render_id is not None:
        pending.tickets.add(event.render_id)
    if Follow.DELIVERIES in follows:
        pending.told.append(event)


def _audited(session: Session, event: Event) -> AuditEvent:
    return AuditEvent(
        action=event.action.value,
        subject=event.subject,
        actor_id=event.by.id if event.by else None,
        before=_plain(event.before),
        after=_plain(event.after),
        project_id=_project(session, event),
    )


def _plain(facts: Mapping[str, Any]) -> dict[str, Any]:
    """As the database gives it back."""
    plain: dict[str, Any] = json.loads(json.dumps(dict(facts)))
    return plain


def _project(session: Session, event: Event) -> int | None:
    """The Project it happened in: of its asset or render, or the one it names."""
    asset_id = event.asset_id or ids.number("A", event.subject)
    if asset_id is not None and (asset := assets.by_id(session, asset_id)) is not None:
        return asset.project_id
    render_id = event.render_id or ids.number("R", event.subject)
    if render_id is not None and (render := storage_renders.by_id(session, render_id)) is not None:
        return render.project_id
    kind, _, name = event.subject.partition("/")
    slug = name if kind == "project" else str(event.after.get("project") or event.before.get("project") or "")
    project = projects.by_slug(session, slug) if slug else None
    return project.id if project else None


def _step(event: Event, render_id: int) -> RenderEvent:
    return RenderEvent(render_id=render_id, action=event.action.value, backend_id=event.backend_id, note=event.note)


def _pending(session: Session) -> _Pending:
    """What this transaction still has to do; the first event of a transaction arranges that it is done."""
    pending: _Pending | None = session.info.get(_PENDING)
    if pending is None:
        pending = session.info[_PENDING] = _Pending()
        queue = queue_of(session)
        before_commit(session, lambda: _carry_out(session, queue))
    return pending


def _carry_out(session: Session, queue: Queue) -> None:
    pending: _Pending = session.info.pop(_PENDING)
    session.flush()
    for asset_id in assets.lock(session, pending.indexed):
        search.index(session, asset_id)
    _touch_posts(session, queue, pending)
    if pending.told and (destinations := deliveries.in_use(session)):
        _tell(session, queue, pending.told, destinations)
    for render_id in sorted(pending.tickets):
        render = storage_renders.by_id(session, render_id)
        if render is not None and render.state is RenderState.QUEUED and render.not_before is None:
            queue.put_after(session, pool_queue(render.pool), WORK, render.pool)
    if pending.audited:
        audit.append(session, pending.audited)


def _touch_posts(session: Session, queue: Queue, pending: _Pending) -> None:
    """Mark posts as outdated and wake the outbox after the commit; messages about what has ended go first."""
    going_on = pending.renders - pending.ended
    behind = posts.touch(session, going_on, pending.assets) if going_on or pending.assets else []
    if pending.ended:
        behind += posts.touch(session, pending.ended, ended=True)
    if behind:
        after_commit(session, lambda: queue.call(OUTBOX))


def _tell(session: Session, queue: Queue, told: list[Event], destinations: Sequence[Destination]) -> None:
    """Write down what other programs are told, and wake whoever delivers it after the commit."""
    added = 0
    for event in told:
        said = outgoing.composed(session, event)
        if said is None:
            continue
        wanted = [one.id for one in destinations if _wants(one, said)]
        if wanted:
            row = OutgoingEvent(
                message=f"msg_{uuid4().hex}", kind=said.kind, subject=said.subject, asset_id=said.asset_id, data=dict(said.data)
            )
            added += len(deliveries.add_event(session, row, wanted))
    if added:
        after_commit(session, lambda: queue.call(DELIVERIES))


def _wants(one: Destination, said: outgoing.Outgoing) -> bool:
    return (
        outgoing.wants(one.kinds, said.kind)
        and one.project_id in (None, said.project_id)
        and one.client_id in (None, said.client_id)
    )
