"""What Slack says of an account is kept: whether it is a guest's. Accounts from before are asked about when they come next."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("handle", sa.Column("guest", sa.Boolean(), nullable=True))


def downgrade() -> None:
    op.drop_column("handle", "guest")
