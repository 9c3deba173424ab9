"""Looking at what was given up, and trying it again, from the command line."""

from collections.abc import Iterator

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from bot.bootstrap import open_database
from bot.cli import cli
from bot.db.engine import transaction
from bot.errors import GoviError
from bot.services import inbox, outbox, set_aside
from bot.settings import load_settings


@pytest.fixture
def sessions() -> Iterator[sessionmaker[Session]]:
    """The database that the commands open, with one thing given up in each direction."""
    engine: Engine
    engine, sessions = open_database(load_settings())
    with transaction(sessions) as session:
        inbox.store(session, [{"update_id": 7, "message": {"chat": {"id": 11}, "text": "ගොයම"}}])
        set_aside.set_update_aside(session, 7, "ValueError: boom")
        outbox.post(session, 11, "reply")
        set_aside.give_message_up(session, 1, "reply", "BadRequest: boom")
    yield sessions
    engine.dispose()


@pytest.mark.parametrize(
    ("queue", "again", "number", "reason"),
    [("inbox", "--replay", 7, "ValueError: boom"), ("outbox", "--retry", 1, "BadRequest: boom")],
)
def test_what_was_given_up_is_listed_and_tried_again(
    sessions: sessionmaker[Session], queue: str, again: str, number: int, reason: str
) -> None:
    """The list asks for action; afterwards there is nothing in it."""
    listed = CliRunner().invoke(cli, ["doctor", queue])
    tried = CliRunner().invoke(cli, ["doctor", queue, again, str(number)])
    after = CliRunner().invoke(cli, ["doctor", queue])

    assert listed.exit_code == 1
    assert reason in listed.output
    assert f"again: govi doctor {queue} {again} {number}" in listed.output
    assert "ගොයම" not in listed.output
    assert "is tried again" in tried.output
    assert (after.exit_code, "nothing is set aside" in after.output) == (0, True)


def test_what_was_not_given_up_is_named(sessions: sessionmaker[Session]) -> None:
    """A mistyped number changes nothing."""
    result = CliRunner().invoke(cli, ["doctor", "inbox", "--replay", "8"])

    assert isinstance(result.exception, GoviError)
    assert "8 is not set aside" in str(result.exception)
