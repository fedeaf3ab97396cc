"""Keypoints with angles, by which turned copies are found too; the earlier landmarks are noted anew in the background."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def _index_of(name: str, place: sa.types.TypeEngine[int]) -> None:
    op.create_table(
        name,
        sa.Column("word", sa.Integer(), nullable=False),
        sa.Column("asset_id", sa.Integer(), nullable=False),
        sa.Column("place", place, nullable=False),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"]),
        sa.PrimaryKeyConstraint("word", "asset_id", "place"),
        sqlite_with_rowid=False,
    )


def upgrade() -> None:
    op.drop_table("landmarkword")
    _index_of("keypoint", sa.BigInteger())


def downgrade() -> None:
    op.drop_table("keypoint")
    _index_of("landmarkword", sa.Integer())
    op.execute("UPDATE asset SET landmarks = 0")
