"""Runs left on servers that did not answer, other people's runs, and events that were acknowledged and are yet to be carried out."""

import sqlalchemy as sa
from alembic import op

from storage.tables import Instant

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "leftrun",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("render_id", sa.Integer(), nullable=False),
        sa.Column("backend_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("left_at", Instant(), nullable=False),
        sa.Column("settled_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["render_id"], ["render.id"]),
        sa.ForeignKeyConstraint(["backend_id"], ["backend.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_leftrun_render_id", "leftrun", ["render_id"])
    op.create_index("ix_leftrun_settled_at", "leftrun", ["settled_at"])
    for name in ("outside", "missed"):
        op.add_column("backend", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    op.add_column("incoming", sa.Column("payload", sa.JSON(), nullable=True))
    op.add_column("incoming", sa.Column("done_at", Instant(), nullable=True))
    op.add_column("incoming", sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"))
    op.execute("UPDATE incoming SET done_at = at")
    op.create_index("ix_incoming_done_at", "incoming", ["done_at"])


def downgrade() -> None:
    op.drop_index("ix_incoming_done_at", "incoming")
    for name in ("attempts", "done_at", "payload"):
        op.drop_column("incoming", name)
    for name in ("missed", "outside"):
        op.drop_column("backend", name)
    op.drop_index("ix_leftrun_settled_at", "leftrun")
    op.drop_index("ix_leftrun_render_id", "leftrun")
    op.drop_table("leftrun")
