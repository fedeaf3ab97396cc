"""A render's history as a Card: its steps, and what its time went to."""

from __future__ import annotations

from sqlmodel import Session

from bot import formatting
from bot.cards import Card, Field
from core.events.actions import Action
from core.rendering import lifecycle
from core.rendering.history import HistoryStep, Timeline
from storage.tables import Render, RenderState

_SAID = {
    Action.RENDER_ASKED: "Asked for",
    Action.RENDER_CLAIMED: "Taken by {server}",
    Action.RENDER_SUBMITTED: "Handed to ComfyUI on {server}",
    Action.RENDER_REQUEUED: "Back in the queue",
    Action.RENDER_UNBOUND: "Free for another server",
    Action.RENDER_CANCEL_ASKED: "Asked to stop",
    Action.RENDER_DONE: "Done",
    Action.RENDER_FAILED: "Failed",
    Action.RENDER_CANCELLED: "Cancelled",
}
_MOST_STEPS = 20


def history_card(session: Session, render: Render, line: Timeline) -> Card:
    """Where the time of a render went, or why it still waits."""
    text = _sentence(render, line)
    if render.state is RenderState.QUEUED:
        standing = lifecycle.standing(session, render)
        text = f"{text} It is number {standing.position} in the queue: {standing.reason}."
    fields = tuple(_field(step, line.steps[0]) for step in _shown(line.steps))
    return Card(_title(render), subject=render.code, text=text, fields=fields, link=f"/renders/{render.code}/history")


def _title(render: Render) -> str:
    if render.state is RenderState.QUEUED:
        return f"Why {render.code} is waiting"
    return f"Where the time of {render.code} {'goes' if render.state is RenderState.RUNNING else 'went'}"


def _sentence(render: Render, line: Timeline) -> str:
    """`It took 40 min: 31 min waiting, 8 min rendering, 1 min lost on servers that did not finish it.`"""
    named = (
        (line.waiting, "waiting in the queue"),
        (line.preparing, "getting ready on the server"),
        (line.rendering, "rendering"),
        (line.lost, "lost on servers that did not finish it"),
    )
    parts = [f"{formatting.duration(seconds)} {what}" for seconds, what in named if seconds >= 0.05]
    spent = f"{formatting.duration(line.total)}{': ' if parts else ''}{', '.join(parts)}."
    return f"It took {spent}" if render.state.over else f"So far {spent}"


def _shown(steps: tuple[HistoryStep, ...]) -> tuple[HistoryStep, ...]:
    """All steps, or the first and the newest ones of a long history."""
    return steps if len(steps) <= _MOST_STEPS else (*steps[:1], *steps[1 - _MOST_STEPS :])


def _field(step: HistoryStep, first: HistoryStep) -> Field:
    """`Taken by gpu-01`: when that was, how long after the asking, and why where that is known."""
    after = (step.at - first.at).total_seconds()
    at = formatting.when(step.at) + (f" · after {formatting.duration(after)}" if after else "")
    note = f"\n{formatting.short(step.note, 200)}" if step.note else ""
    return Field(_SAID[step.action].format(server=step.server or "a server"), f"{at}{note}", short=False)
