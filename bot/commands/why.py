"""Says why a render took as long as it did, or why it still waits."""

from __future__ import annotations

from bot.cards import Answer
from bot.commands import subjects
from bot.commands.command import Asked
from bot.show.history import history_card
from core.rendering.history import Timeline, timeline
from core.schemas.renders import TimelineSchema, TimelineStep, TimeSpent
from storage.clock import now
from storage.tables import Render


def why(asked: Asked) -> Answer:
    """Show where the time of a render went, step by step, or why it still waits.

    /why R-4F2K
    """
    with asked.desk.reading() as session:
        render = subjects.one_render(session, asked, newest=True)
        line = timeline(session, render, now())
        card = history_card(session, render, line)
    return Answer(cards=(card,), private=True, schema=_schema(render, line))


def _schema(render: Render, line: Timeline) -> TimelineSchema:
    spent = TimeSpent(total=line.total, waiting=line.waiting, preparing=line.preparing, rendering=line.rendering, lost=line.lost)
    steps = [TimelineStep(at=one.at, action=one.action.value, server=one.server, note=one.note) for one in line.steps]
    return TimelineSchema(id=render.code, state=render.state.value, seconds=spent, steps=steps)
