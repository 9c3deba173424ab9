"""Let PostgreSQL's numbers be as wide as SQLite's, so that one which nothing has is only missing.

A farmer's client can press a button with any number in it. SQLite looks for it in vain; PostgreSQL
would refuse to, because it does not fit the column.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

NUMBERS = {
    "audit": ["id"],
    "console_sessions": ["id"],
    "entries": ["id", "version", "revision"],
    "escalations": ["id", "merged_into_id"],
    "farmers": ["id"],
    "inbox": ["id", "attempts", "crashes"],
    "invites": ["id"],
    "job_runs": ["id", "attempts"],
    "knowledge_state": ["id", "revision"],
    "recordings": ["id"],
    "roles": ["id"],
    "sign_in_links": ["id"],
    "entry_versions": ["id", "entry_id", "version"],
    "phrasings": ["id", "entry_id"],
    "proposals": ["id", "entry_id", "escalation_id"],
    "questions": ["id", "farmer_id", "entry_id"],
    "asks": ["id", "escalation_id", "question_id"],
    "attachments": ["id", "question_id"],
    "replies": ["id", "question_id", "entry_id", "entry_version"],
    "feedback": ["id", "reply_id", "farmer_id"],
    "notes": ["id", "escalation_id", "ask_id", "entry_id"],
    "outbox": ["id", "lane", "reply_id", "escalation_id", "attempts", "crashes"],
}


def upgrade():
    _become(sa.BigInteger())


def downgrade():
    _become(sa.Integer())


def _become(kind):
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, columns in NUMBERS.items():
        for column in columns:
            op.alter_column(table, column, type_=kind)
