"""Logging: key=value lines on standard error, without secrets and without what people wrote."""

import logging
import re
import sys
import traceback
from types import TracebackType

from bot.settings import Settings

_RECORD_FIELDS = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime"}
#: A bot token anywhere in a line, as in the URL of every Bot API call.
_TOKEN = re.compile(r"[0-9]{5,}(:|%3A)[A-Za-z0-9_-]{30,}", re.IGNORECASE)
#: Libraries that log URLs, whole updates, or rows of the database.
_TALKATIVE = ("httpx", "httpcore", "telegram", "apscheduler", "alembic", "uvicorn", "sqlalchemy")
#: Logs what Telegram has sent, people's words, where it is no JSON; the error that follows is ours.
_INDISCREET = "telegram.request.BaseRequest"
#: Packages whose errors never quote a value that they were given.
_DISCREET = frozenset({"bot", "retrieval", "telegram", "sqlalchemy", "sqlite3", "alembic"})

_ExceptionInfo = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
)


def describe(error: BaseException) -> str:
    """Name an error, with its words only where those cannot be a person's.

    >>> describe(ValueError("invalid literal for int() with base 10: 'my secret'"))
    'ValueError'
    >>> describe(FileNotFoundError(2, "No such file or directory"))
    'FileNotFoundError: [Errno 2] No such file or directory'
    """
    is_discreet = type(error).__module__.partition(".")[0] in _DISCREET
    if not is_discreet and not isinstance(error, OSError):
        return type(error).__name__
    said = getattr(error, "orig", None) or error  # SQLAlchemy adds lines of its own
    return f"{type(error).__name__}: {' '.join(str(said).split())}"


class RedactingFormatter(logging.Formatter):
    """Writes `time level logger message key=value ...`, with every bot token struck out."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one record as a line, its traceback included, redacted."""
        extra = {k: v for k, v in record.__dict__.items() if k not in _RECORD_FIELDS}
        fields = "".join(f" {key}={value!r}" for key, value in extra.items())
        head, newline, rest = super().format(record).partition("\n")
        return _TOKEN.sub("<token>", f"{head}{fields}{newline}{rest}")

    def formatException(self, ei: _ExceptionInfo) -> str:  # noqa: N802 - logging's name
        """Return a traceback whose last line is what `describe` says."""
        lines: list[str] = []
        error = ei[1]
        while error is not None:
            frames = traceback.format_tb(error.__traceback__)
            lines.insert(
                0, "Traceback (most recent call last):\n" + "".join(frames) + describe(error)
            )
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\nwhich led to:\n".join(lines)


def set_up_logging(settings: Settings) -> None:
    """Log to standard error at the configured level; libraries that log URLs only warn."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(RedactingFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level)
    quieten_libraries()


def quieten_libraries() -> None:
    """Let those that would log secrets or people's words only warn, whatever the level is."""
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger(_INDISCREET).setLevel(logging.CRITICAL)
