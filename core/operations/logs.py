"""How a process logs: one line an event, to standard error, as text or as JSON; never a secret, never a traceback's locals."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from core.settings import Settings

_SECRET = re.compile(r"(?i)(token|secret|password|authorization|api_?key)")
_IN_URL = re.compile(r"(?<=://)[^/@\s]*:[^/@\s]*(?=@)")


def set_up(settings: Settings, process: str) -> None:
    """Log as the settings say; `process` is named on every line."""
    chosen = logging.getLevelNamesMapping().get(settings.log_level.upper(), logging.INFO)
    show: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if settings.log_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.StackInfoRenderer(),
            structlog.processors.format_exc_info,
            without_secrets,
            show,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(chosen),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    structlog.contextvars.bind_contextvars(process=process)


def without_secrets(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blank what is named like a secret, and passwords inside URLs.

    >>> without_secrets(None, "info", {"url": "redis://:hunter2@host", "api_key": "abc", "render": "R-4F2K"})
    {'url': 'redis://…@host', 'api_key': '…', 'render': 'R-4F2K'}
    """
    for key, value in event.items():
        if _SECRET.search(key):
            event[key] = "…"
        elif isinstance(value, str):
            event[key] = _IN_URL.sub("…", value)
    return event
