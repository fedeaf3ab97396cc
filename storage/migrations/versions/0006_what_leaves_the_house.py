"""Seals of assets, exports, and the profiles of projects."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import storage.tables.columns

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("asset", sa.Column("seal_state", sqlmodel.AutoString(), nullable=False, server_default=""))
    op.add_column("asset", sa.Column("seal", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("asset", sa.Column("copy_of", sa.Integer(), nullable=True))
    op.create_index("ix_asset_seal_state", "asset", ["seal_state"])
    op.create_index("ix_asset_copy_of", "asset", ["copy_of"])
    op.create_table(
        "export",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch", sqlmodel.AutoString(), nullable=False),
        sa.Column("asset_id", sa.Integer(), nullable=False),
        sa.Column("copy_id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("profile", sqlmodel.AutoString(), nullable=False),
        sa.Column("recipient", sqlmodel.AutoString(), nullable=False),
        sa.Column("reason", sqlmodel.AutoString(), nullable=False),
        sa.Column("source_sha256", sqlmodel.AutoString(), nullable=False),
        sa.Column("sha256", sqlmodel.AutoString(), nullable=False),
        sa.Column("filename", sqlmodel.AutoString(), nullable=False),
        sa.Column("removed", sa.JSON(), nullable=False),
        sa.Column("lost", sa.JSON(), nullable=False),
        sa.Column("created_at", storage.tables.columns.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"]),
        sa.ForeignKeyConstraint(["copy_id"], ["asset.id"]),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"]),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"]),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    for column in ("asset_id", "batch", "copy_id", "project_id"):
        op.create_index(f"ix_export_{column}", "export", [column])
    op.create_table(
        "exportprofile",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("name", sqlmodel.AutoString(), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("created_at", storage.tables.columns.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"]),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("project_id", "name"),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    op.drop_table("exportprofile")
    op.drop_table("export")
    op.drop_index("ix_asset_copy_of", "asset")
    op.drop_index("ix_asset_seal_state", "asset")
    for column in ("copy_of", "seal", "seal_state"):
        op.drop_column("asset", column)
