"""Count the processes that an update has ended, say when a retry is due, index what waits.

An update that kills the process was retried for ever. Retries used the lease's column, so that a
lease of a dead process could not be told from a pause. The oldest waiting update of each chat is
found by an index instead of grouping everything that waits.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("crashes", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.drop_index("ix_inbox_status_id")
        batch_op.create_index("ix_inbox_status_crashes_id", ["status", "crashes", "id"])
        batch_op.create_index("ix_inbox_chat_id_status_id", ["chat_id", "status", "id"])


def downgrade():
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.drop_index("ix_inbox_chat_id_status_id")
        batch_op.drop_index("ix_inbox_status_crashes_id")
        batch_op.create_index("ix_inbox_status_id", ["status", "id"])
        batch_op.drop_column("due_at")
        batch_op.drop_column("crashes")
