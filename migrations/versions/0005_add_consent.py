"""Add when a farmer let the words of their questions be kept; those known so far never did."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("farmers", schema=None) as batch_op:
        batch_op.add_column(sa.Column("consented_at", sa.DateTime(timezone=True), nullable=True))


def downgrade():
    with op.batch_alter_table("farmers", schema=None) as batch_op:
        batch_op.drop_column("consented_at")
