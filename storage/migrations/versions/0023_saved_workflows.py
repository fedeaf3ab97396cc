"""People save workflows: what they are known by, where they came from, and which of their versions is used."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("workflow", sa.Column("stable_version_id", sa.Integer(), nullable=True))
    op.add_column("workflow", sa.Column("deprecated", sa.String(), nullable=False, server_default=""))
    for name in ("identity", "saved_from", "deprecated"):
        op.add_column("workflowversion", sa.Column(name, sa.String(), nullable=False, server_default=""))
    op.add_column("workflowversion", sa.Column("partners", sa.JSON(), nullable=False, server_default="[]"))
    op.create_index("ix_workflowversion_identity", "workflowversion", ["identity"])


def downgrade() -> None:
    op.drop_index("ix_workflowversion_identity", "workflowversion")
    for name in ("partners", "deprecated", "saved_from", "identity"):
        op.drop_column("workflowversion", name)
    for name in ("deprecated", "stable_version_id"):
        op.drop_column("workflow", name)
