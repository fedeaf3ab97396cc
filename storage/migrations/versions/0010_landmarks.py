"""Landmarks of pictures, by which crops and screenshots are found."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "landmarkword",
        sa.Column("word", sa.Integer(), nullable=False),
        sa.Column("asset_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"]),
        sa.PrimaryKeyConstraint("word", "asset_id", "place"),
        sqlite_with_rowid=False,
    )
    op.add_column("asset", sa.Column("landmarks", sa.Integer(), nullable=False, server_default="0"))
    op.create_index("ix_asset_landmarks", "asset", ["landmarks"])


def downgrade() -> None:
    op.drop_index("ix_asset_landmarks", "asset")
    op.drop_column("asset", "landmarks")
    op.drop_table("landmarkword")
