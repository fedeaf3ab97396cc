"""Kinds of columns: times, words, JSON, row numbers that are never reused."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, DateTime, types
from sqlalchemy.engine import Dialect
from sqlmodel import Field, SQLModel

from storage.clock import now

Json = dict[str, Any]


class Instant(types.TypeDecorator[datetime]):
    """A point in time: aware in Python, UTC in the database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class TableRow(SQLModel):
    """What every table is. Its pydantic validators are built when they are first used, which few programs ever do."""

    model_config = {"defer_build": True}


def row() -> Any:
    return Field(default=None, primary_key=True)


def word(words: type[StrEnum], **more: Any) -> Any:
    """A column that holds one of `words` as plain text, the same on every database."""
    kind = types.Enum(words, native_enum=False, length=20, values_callable=lambda one: [word.value for word in one])
    return Field(sa_type=kind, **more)


def when() -> Any:
    return Field(default_factory=now, sa_type=Instant)


def maybe_when(**more: Any) -> Any:
    return Field(default=None, sa_type=Instant, **more)


def json() -> Any:
    return Field(default_factory=dict, sa_type=JSON)


def json_list() -> Any:
    return Field(default_factory=list, sa_type=JSON)


NEVER_REUSED = {"sqlite_autoincrement": True}
