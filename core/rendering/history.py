"""Tells where the time of a render went: its steps in order, and how long it waited, rendered, or was lost to a server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from sqlmodel import Session

from core.events import ENDS
from core.events.actions import Action
from storage.rendering import backends, history
from storage.tables import Render, RenderEvent

WAITING = frozenset({Action.RENDER_ASKED, Action.RENDER_REQUEUED, Action.RENDER_UNBOUND})


@dataclass(frozen=True)
class HistoryStep:
    """One step of a render."""

    at: datetime
    action: Action
    server: str = ""
    """Name of the server it happened on, or empty."""
    note: str = ""
    """Why, where that was noted."""


@dataclass(frozen=True)
class Timeline:
    """The steps of a render, and its seconds by what they went to; together they are `total`."""

    steps: tuple[HistoryStep, ...]
    waiting: float = 0.0
    preparing: float = 0.0
    """On a server before ComfyUI had the job: uploads, or waiting for the run before it."""
    rendering: float = 0.0
    lost: float = 0.0
    """On servers that did not bring it to an end."""

    @property
    def total(self) -> float:
        return self.waiting + self.preparing + self.rendering + self.lost

    @property
    def claims(self) -> int:
        """How many times a worker took it up."""
        return sum(step.action is Action.RENDER_CLAIMED for step in self.steps)


def timeline(session: Session, render: Render, now: datetime) -> Timeline:
    """The history of a render up to `now`, or to its end. Renders from before there were history rows have fewer steps."""
    steps = tuple(_step(session, row) for row in history.of_render(session, render.id)) or _from_row(render)
    return measured(steps, now)


def measured(steps: Sequence[HistoryStep], now: datetime) -> Timeline:
    """The steps with their seconds: each lasts until the next one, the last until `now` unless it is an end."""
    waiting = lost = preparing = rendering = 0.0
    submitted = False
    for step, seconds in _spans(steps, now):
        if step.action in WAITING:
            lost += preparing + rendering
            preparing = rendering = 0.0
            submitted = False
            waiting += seconds
        elif submitted or step.action is Action.RENDER_SUBMITTED:
            submitted = True
            rendering += seconds
        else:
            preparing += seconds
    return Timeline(tuple(steps), waiting, preparing, rendering, lost)


def _spans(steps: Sequence[HistoryStep], now: datetime) -> list[tuple[HistoryStep, float]]:
    """Each step with the seconds until the next one."""
    spans = [(one, _seconds(one.at, following.at)) for one, following in pairwise(steps)]
    if steps and steps[-1].action not in ENDS:
        spans.append((steps[-1], _seconds(steps[-1].at, now)))
    return spans


def _seconds(start: datetime, end: datetime) -> float:
    return max(0.0, (end - start).total_seconds())


def _step(session: Session, row: RenderEvent) -> HistoryStep:
    backend = backends.by_id(session, row.backend_id) if row.backend_id else None
    return HistoryStep(row.at, Action(row.action), backend.name if backend else "", row.note)


def _from_row(render: Render) -> tuple[HistoryStep, ...]:
    """The steps that the render's own times tell."""
    steps = [HistoryStep(render.created_at, Action.RENDER_ASKED)]
    if render.started_at is not None:
        steps.append(HistoryStep(render.started_at, Action.RENDER_SUBMITTED))
    if render.finished_at is not None:
        steps.append(HistoryStep(render.finished_at, Action(f"render:{render.state.value}"), note=render.error_message))
    return tuple(steps)
