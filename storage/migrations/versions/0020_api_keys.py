"""Keys with which programs act for a member."""

import sqlalchemy as sa
from alembic import op

from storage.tables import Instant

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "apikey",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("start", sa.String(), nullable=False),
        sa.Column("old_digest", sa.String(), nullable=True),
        sa.Column("old_until", Instant(), nullable=True),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("used_at", Instant(), nullable=True),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("digest"),
        sa.UniqueConstraint("old_digest"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_apikey_member_id", "apikey", ["member_id"])


def downgrade() -> None:
    op.drop_table("apikey")
