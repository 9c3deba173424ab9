"""Updates in: written down before Telegram is told, then handled in order per chat."""

from bot.intake.serving import run

__all__ = ["run"]
