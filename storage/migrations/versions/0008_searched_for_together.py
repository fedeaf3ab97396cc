"""Indexes on PostgreSQL for what is searched for together; SQLite has tokens of pairs for that."""

from alembic import op

from storage.search import postgres

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for statement in postgres.PAIRS:
            op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for statement in postgres.PAIRS:
            op.execute(f"DROP INDEX {statement.split()[2]}")
