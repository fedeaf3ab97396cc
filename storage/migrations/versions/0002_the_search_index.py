"""The search index: raw SQL, for no ORM makes full-text tables."""

from alembic import op

from storage.search import entity_index, postgres, sqlite

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(entity_index.TABLE)
    if op.get_bind().dialect.name == "sqlite":
        op.execute(sqlite.TABLE)
    else:
        for statement in postgres.TABLE:
            op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE search_assets")
    op.execute("DROP TABLE search_names")
