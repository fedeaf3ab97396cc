"""What RQ calls by name to post or edit a message, kept for queues that were filled by an older version; the outbox sends now."""

from __future__ import annotations

import structlog

from bot.messages.sync import bring_in_step, catch_up
from core.desk import here
from core.errors import DatabaseUnavailable

log = structlog.get_logger(__name__)


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
