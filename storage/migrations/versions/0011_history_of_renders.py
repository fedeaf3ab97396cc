"""The history of renders: a row for each step."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import storage.tables.columns

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "renderevent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("render_id", sa.Integer(), nullable=False),
        sa.Column("at", storage.tables.columns.Instant(timezone=True), nullable=False),
        sa.Column("action", sqlmodel.AutoString(), nullable=False),
        sa.Column("backend_id", sa.Integer(), nullable=True),
        sa.Column("note", sqlmodel.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(["render_id"], ["render.id"]),
        sa.ForeignKeyConstraint(["backend_id"], ["backend.id"]),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("renderevent_by_render", "renderevent", ["render_id", "id"])


def downgrade() -> None:
    op.drop_table("renderevent")
