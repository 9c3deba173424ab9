"""Who did what to whom. Rows are only ever added."""

from sqlalchemy.orm import Session

from bot.db.models import AuditEvent


def record(
    session: Session, actor: int | str, action: str, subject: str, details: str | None = None
) -> None:
    """Write one line of the audit trail, in the transaction of what it tells of.

    Args:
        session: That transaction.
        actor: Telegram user id, or the name of a part of Govi.
        action: A short verb and noun: "grant role", "claim escalation".
        subject: What it was done to: "entry paddy.blast", "escalation 12".
        details: Anything else worth keeping; no farmer's words.
    """
    session.add(AuditEvent(actor=str(actor), action=action, subject=subject, details=details))
