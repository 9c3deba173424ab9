"""Runs migrations on a connection given by `bot.db.migrate`, or on the configured database."""

from alembic import context
from sqlalchemy import Connection

from bot.db.engine import open_engine
from bot.db.models import Base
from bot.settings import load_settings


def run(connection: Connection) -> None:
    """Migrate over one connection; batch mode lets SQLite alter tables."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with open_engine(load_settings().database).begin() as own:
        run(own)
