"""Index what figures and filters of the question log look at."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("questions", schema=None) as batch_op:
        batch_op.create_index(
            "ix_questions_figures",
            ["asked_at", "decision", "script", "state", "channel", "entry_id", "nearest_key"],
            unique=False,
        )


def downgrade():
    with op.batch_alter_table("questions", schema=None) as batch_op:
        batch_op.drop_index("ix_questions_figures")
