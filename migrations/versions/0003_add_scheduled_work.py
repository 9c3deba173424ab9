"""Add the runs of scheduled work, who wants seasonal tips, and when a group was reminded of."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "job_runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "running",
                "done",
                "failed",
                "skipped",
                name="joboutcome",
                native_enum=False,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_runs")),
        sa.UniqueConstraint("name", "due_at", name=op.f("uq_job_runs_name_due_at")),
    )
    with op.batch_alter_table("job_runs", schema=None) as batch_op:
        batch_op.create_index("ix_job_runs_due_at", ["due_at"], unique=False)
    with op.batch_alter_table("farmers", schema=None) as batch_op:
        batch_op.add_column(sa.Column("tips_since", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("escalations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True))


def downgrade():
    with op.batch_alter_table("escalations", schema=None) as batch_op:
        batch_op.drop_column("reminded_at")
    with op.batch_alter_table("farmers", schema=None) as batch_op:
        batch_op.drop_column("tips_since")
    op.drop_table("job_runs")
