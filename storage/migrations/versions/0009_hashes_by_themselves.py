"""Perceptual hashes in a table of their own, so that comparing thousands of them reads no rows of assets."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "fingerprint",
        sa.Column("asset_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("phash", sqlmodel.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"]),
        sa.PrimaryKeyConstraint("asset_id"),
    )
    indexed = "SELECT asset_id FROM fingerprintband WHERE band = 0"
    op.execute(f"INSERT INTO fingerprint (asset_id, phash) SELECT id, phash FROM asset WHERE id IN ({indexed})")


def downgrade() -> None:
    op.drop_table("fingerprint")
