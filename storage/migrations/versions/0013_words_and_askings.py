"""The words of the search index with their stems, and what each person asked last in each place."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "search_words",
        sa.Column("word", sa.String(64), nullable=False),
        sa.Column("stem", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("word"),
    )
    op.create_index("search_words_by_stem", "search_words", ["stem"])
    op.create_table(
        "asking",
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"]),
        sa.PrimaryKeyConstraint("platform", "place", "member_id"),
    )
    op.create_index("asking_by_age", "asking", ["at"])


def downgrade() -> None:
    op.drop_table("asking")
    op.drop_table("search_words")
