"""What RQ calls by name in the clerk: commands that take long, and, for queues filled by an older version, messages."""

from __future__ import annotations

import structlog

from bot.messages import background
from bot.messages.sync import bring_in_step, catch_up
from core.desk import here
from core.errors import DatabaseUnavailable

log = structlog.get_logger(__name__)


def carry_out_commands() -> None:
    """There are commands to be carried out: take on as many as this clerk has hands for."""
    background.here().look()


def show_render(render_id: int) -> None:
    """Bring every message about this render in step with it; while the database is away, the sweeper asks again."""
    try:
        bring_in_step(here(), render_id)
    except DatabaseUnavailable as problem:
        log.warning("post.no-database", render=render_id, problem=str(problem.__cause__)[:200])


def show_behind() -> None:
    """Bring everything in step that is behind and that no other job cares for; the sweeper asks for it."""
    try:
        catch_up(here())
    except DatabaseUnavailable as problem:
        log.warning("post.no-database", problem=str(problem.__cause__)[:200])
