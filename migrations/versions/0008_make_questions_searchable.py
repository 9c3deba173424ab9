"""Add what a search of the question log looks in.

Which entry came nearest is read from the matches. How a text sounds is worked out by the program,
the first time that it serves the console.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("questions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("folded", sa.String(length=600), nullable=True))
        batch_op.add_column(sa.Column("nearest_key", sa.String(length=120), nullable=True))
        batch_op.create_index(batch_op.f("ix_questions_folded"), ["folded"], unique=False)
    questions = sa.table(
        "questions", sa.column("matches", sa.JSON()), sa.column("nearest_key", sa.String())
    )
    op.execute(questions.update().values(nearest_key=questions.c.matches[(0, "key")].as_string()))


def downgrade():
    with op.batch_alter_table("questions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_questions_folded"))
        batch_op.drop_column("nearest_key")
        batch_op.drop_column("folded")
