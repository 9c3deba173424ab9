"""Keep what farmers send beside words: any number of files a question, albums too."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "attachments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("question_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("file_id", sa.String(length=255), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["question_id"],
            ["questions.id"],
            name=op.f("fk_attachments_question_id_questions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachments")),
    )
    with op.batch_alter_table("attachments", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_attachments_question_id"), ["question_id"], unique=False
        )
    # No release ever wrote a file_id.
    with op.batch_alter_table("questions", schema=None) as batch_op:
        batch_op.drop_column("file_id")
        batch_op.add_column(sa.Column("album_id", sa.String(length=64), nullable=True))
        batch_op.create_index(batch_op.f("ix_questions_album_id"), ["album_id"], unique=False)


def downgrade():
    with op.batch_alter_table("questions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_questions_album_id"))
        batch_op.drop_column("album_id")
        batch_op.add_column(sa.Column("file_id", sa.String(length=255), nullable=True))
    op.drop_table("attachments")
