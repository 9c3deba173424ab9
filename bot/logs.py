"""Logging: key=value lines on standard error, and no secret in any of them."""

import logging
import re
import sys

from bot.settings import Settings

_RECORD_FIELDS = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime"}
#: A bot token anywhere in a line, as in the URL of every Bot API call.
_TOKEN = re.compile(r"[0-9]{5,}(:|%3A)[A-Za-z0-9_-]{30,}", re.IGNORECASE)


class RedactingFormatter(logging.Formatter):
    """Writes `time level logger message key=value ...`, with every bot token struck out."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one record as a line, its traceback included, redacted."""
        extra = {k: v for k, v in record.__dict__.items() if k not in _RECORD_FIELDS}
        fields = "".join(f" {key}={value!r}" for key, value in extra.items())
        head, newline, rest = super().format(record).partition("\n")
        return _TOKEN.sub("<token>", f"{head}{fields}{newline}{rest}")


def set_up_logging(settings: Settings) -> None:
    """Log to standard error at the configured level; libraries that log URLs only warn."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(RedactingFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level)
    for name in ("httpx", "httpcore", "telegram", "apscheduler", "alembic", "uvicorn"):
        logging.getLogger(name).setLevel(logging.WARNING)
