"""Logging without secrets."""

import logging

import pytest
from sqlalchemy.exc import OperationalError

from bot.logs import RedactingFormatter, describe, set_up_logging
from bot.settings import Settings

TOKEN = "123456:" + "A" * 35


def formatted(message: str, **fields: object) -> str:
    """One record as a line."""
    record = logging.makeLogRecord({"msg": message, "levelname": "INFO", "name": "x", **fields})
    return RedactingFormatter("%(levelname)s %(message)s").format(record)


@pytest.mark.parametrize("token", [TOKEN, TOKEN.replace(":", "%3A")])
def test_a_token_is_struck_out_anywhere(token: str) -> None:
    """In the message, in a field, in a URL."""
    line = formatted(f"GET /bot{token}/getMe", url=f"https://x/file/bot{token}/p.jpg")

    assert "AAAA" not in line
    assert line.count("<token>") == 2


def test_a_token_in_a_traceback_is_struck_out() -> None:
    """Exceptions quote URLs."""
    try:
        raise ValueError(f"cannot reach bot{TOKEN}")
    except ValueError as error:
        line = formatted("failed", exc_info=(ValueError, error, error.__traceback__))

    assert "AAAA" not in line
    assert "Traceback" in line


def test_fields_are_written_as_key_and_value() -> None:
    """Facts stand beside the message."""
    assert formatted("leased", update_id=7) == "INFO leased update_id=7"


def test_libraries_that_log_urls_only_warn() -> None:
    """At level DEBUG too, httpx stays quiet."""
    set_up_logging(Settings(log_level="DEBUG"))

    assert logging.getLogger("httpx").getEffectiveLevel() == logging.WARNING


def test_what_telegram_sent_is_not_logged_where_it_is_no_json() -> None:
    """It may hold people's words; python-telegram-bot would log all of it, with a traceback."""
    set_up_logging(Settings(log_level="DEBUG"))

    assert not logging.getLogger("telegram.request.BaseRequest").isEnabledFor(logging.ERROR)


def test_what_a_database_says_is_one_line() -> None:
    """SQLAlchemy adds where to read about it."""
    error = OperationalError("insert", {}, Exception("database or\n disk is full"), code="e3q8")

    assert describe(error) == "OperationalError: database or disk is full"


def test_an_error_does_not_say_what_a_person_wrote() -> None:
    """Neither it nor what led to it; where it happened stands there."""
    secret = "".join(["මගේ ", "රහස"])
    try:
        try:
            int(secret)
        except ValueError as error:
            raise KeyError(secret) from error
    except KeyError as error:
        line = formatted("failed", exc_info=(KeyError, error, error.__traceback__))

    assert secret not in line
    assert line.index("ValueError") < line.index("KeyError")
    assert "test_logs.py" in line
