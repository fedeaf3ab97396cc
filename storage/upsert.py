"""INSERT that may say what to do about a row that is there already, on SQLite and PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Table
from sqlmodel import Session, SQLModel

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite


def insert(session: Session, table: Table | type[SQLModel]) -> sqlite.Insert | postgresql.Insert:
    """With `on_conflict_do_update` and `on_conflict_do_nothing`. Only the dialect that is used is imported."""
    if session.get_bind().dialect.name == "sqlite":
        from sqlalchemy.dialects import sqlite

        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql

    return postgresql.insert(table)
