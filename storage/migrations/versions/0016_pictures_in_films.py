"""Pictures out of films, by which a frame or a clip names its film; films are looked at anew in the background."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "filmframe",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("asset_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("millisecond", sa.Integer(), nullable=False),
        sa.Column("phash", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_filmframe_asset_id", "filmframe", ["asset_id"])
    op.create_table(
        "filmframeband",
        sa.Column("band", sa.Integer(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("frame_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["frame_id"], ["filmframe.id"]),
        sa.PrimaryKeyConstraint("band", "value", "frame_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_filmframeband_frame_id", "filmframeband", ["frame_id"])
    op.execute("UPDATE asset SET landmarks = 0 WHERE mime LIKE 'video/%' OR frames > 1")


def downgrade() -> None:
    op.drop_table("filmframeband")
    op.drop_table("filmframe")
    op.execute("UPDATE asset SET landmarks = 0 WHERE mime LIKE 'video/%' OR frames > 1")
