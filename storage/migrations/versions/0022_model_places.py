"""Model files say more of themselves, and where they lie is kept. Those known from before are read when they are next looked at."""

import sqlalchemy as sa
from alembic import op

from storage.tables import Instant

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("modelfile", sa.Column("autov3", sa.String(), nullable=False, server_default=""))
    op.add_column("modelfile", sa.Column("base_model", sa.String(), nullable=False, server_default=""))
    op.add_column("modelfile", sa.Column("trigger_words", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("modelfile", sa.Column("about", sa.JSON(), nullable=False, server_default="{}"))
    op.create_table(
        "modelplace",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("root", sa.String(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("folder", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("model_file_id", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("modified_ns", sa.BigInteger(), nullable=False),
        sa.Column("inode", sa.String(), nullable=False),
        sa.Column("beside_ns", sa.BigInteger(), nullable=False),
        sa.Column("reader", sa.Integer(), nullable=False),
        sa.Column("found_at", Instant(), nullable=False),
        sa.Column("gone_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["model_file_id"], ["modelfile.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("root", "folder", "name"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_modelplace_model_file_id", "modelplace", ["model_file_id"])
    op.create_index("ix_modelfile_sha256", "modelfile", ["sha256"])


def downgrade() -> None:
    op.drop_index("ix_modelfile_sha256", "modelfile")
    op.drop_table("modelplace")
    for name in ("about", "trigger_words", "base_model", "autov3"):
        op.drop_column("modelfile", name)
