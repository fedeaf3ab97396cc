"""Files from before Slate"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import storage.tables

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString
STATE = sa.Enum('waiting', 'done', 'known', 'refused', name='foundstate', native_enum=False, length=20)


def upgrade() -> None:
    op.create_table('intake',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('place', TEXT(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('terms', sa.JSON(), nullable=False),
    sa.Column('total', sa.Integer(), nullable=False),
    sa.Column('total_bytes', sa.BigInteger(), nullable=False),
    sa.Column('seen', sa.Integer(), nullable=False),
    sa.Column('seen_bytes', sa.BigInteger(), nullable=False),
    sa.Column('taken', sa.Integer(), nullable=False),
    sa.Column('known', sa.Integer(), nullable=False),
    sa.Column('refused', sa.Integer(), nullable=False),
    sa.Column('passed', sa.Integer(), nullable=False),
    sa.Column('started_at', storage.tables.Instant(timezone=True), nullable=False),
    sa.Column('read_at', storage.tables.Instant(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['member_id'], ['member.id']),
    sa.PrimaryKeyConstraint('id'),
    sqlite_autoincrement=True
    )
    op.create_table('foundfile',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('intake_id', sa.Integer(), nullable=False),
    sa.Column('place_key', TEXT(), nullable=False),
    sa.Column('place', TEXT(), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('modified_ns', sa.BigInteger(), nullable=False),
    sa.Column('sha256', TEXT(), nullable=False),
    sa.Column('asset_id', sa.Integer(), nullable=True),
    sa.Column('state', STATE, nullable=False),
    sa.Column('problem', TEXT(), nullable=False),
    sa.ForeignKeyConstraint(['asset_id'], ['asset.id']),
    sa.ForeignKeyConstraint(['intake_id'], ['intake.id']),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('place_key')
    )
    op.create_index('found_due', 'foundfile', ['state', 'id'])
    op.create_index('found_by_intake', 'foundfile', ['intake_id', 'state'])
    op.create_index(op.f('ix_foundfile_asset_id'), 'foundfile', ['asset_id'])
    op.create_table('assetwords',
    sa.Column('asset_id', sa.Integer(), nullable=False),
    sa.Column('packed', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['asset_id'], ['asset.id']),
    sa.PrimaryKeyConstraint('asset_id')
    )
    op.create_table('assetsource',
    sa.Column('asset_id', sa.Integer(), nullable=False),
    sa.Column('name', TEXT(), nullable=False),
    sa.Column('sha256', TEXT(), nullable=False),
    sa.Column('source_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['asset_id'], ['asset.id']),
    sa.ForeignKeyConstraint(['source_id'], ['asset.id']),
    sa.PrimaryKeyConstraint('asset_id', 'name')
    )
    op.create_index(op.f('ix_assetsource_sha256'), 'assetsource', ['sha256'])
    op.create_index(op.f('ix_assetsource_source_id'), 'assetsource', ['source_id'])
    with op.batch_alter_table('asset') as asset:
        asset.add_column(sa.Column('inferred', sa.JSON(), nullable=False, server_default='{}'))
        asset.add_column(sa.Column('parser', sa.Integer(), nullable=False, server_default='1'))


def downgrade() -> None:
    with op.batch_alter_table('asset') as asset:
        asset.drop_column('parser')
        asset.drop_column('inferred')
    for table in ('assetsource', 'assetwords', 'foundfile', 'intake'):
        op.drop_table(table)
