"""Count the processes that a message has ended.

A message whose rendering or sending kills the process was sent again at every start, for ever, and
nothing behind it was.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("crashes", sa.Integer(), nullable=False, server_default="0"))
        batch_op.drop_index("ix_outbox_status_lane_id")
        batch_op.create_index(
            "ix_outbox_status_crashes_lane_id", ["status", "crashes", "lane", "id"]
        )


def downgrade():
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index("ix_outbox_status_crashes_lane_id")
        batch_op.create_index("ix_outbox_status_lane_id", ["status", "lane", "id"])
        batch_op.drop_column("crashes")
