"""Keep where a person stood in a dialogue before the update that may be handled again."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("flows", schema=None) as batch_op:
        batch_op.add_column(sa.Column("before", sa.JSON(), nullable=True))


def downgrade():
    with op.batch_alter_table("flows", schema=None) as batch_op:
        batch_op.drop_column("before")
