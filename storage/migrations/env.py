"""Alembic's entry: migrates over the connection that storage/database.py hands in."""

from alembic import context
from sqlmodel import SQLModel

import storage.tables  # noqa: F401  (fills SQLModel.metadata)


def include_name(name: str | None, type_: str, parent_names: object) -> bool:
    """Leave the full-text index and its shadow tables alone: raw SQL makes them."""
    return not (type_ == "table" and name is not None and name.startswith("search_"))


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    include_name=include_name,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
