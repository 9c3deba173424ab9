"""The tables. Statuses move forward and rows are retired; nothing is deleted silently."""

from bot.db.base import Base
from bot.db.models.console import ConsoleSession, SignInLink
from bot.db.models.escalations import Ask, Escalation, EscalationState, Note
from bot.db.models.jobs import JobOutcome, JobRun
from bot.db.models.knowledge import (
    Entry,
    EntryStatus,
    EntryVersion,
    KnowledgeState,
    Origin,
    Phrasing,
    Proposal,
    ProposalState,
)
from bot.db.models.mail import (
    InboxStatus,
    Lane,
    OutboxStatus,
    OutgoingMessage,
    ReceivedUpdate,
)
from bot.db.models.people import AuditEvent, Dialogue, Farmer, Invite, Role, RoleGrant
from bot.db.models.questions import (
    Attachment,
    Feedback,
    Question,
    QuestionState,
    Recording,
    Reply,
)

__all__ = [
    "Ask",
    "Attachment",
    "AuditEvent",
    "Base",
    "ConsoleSession",
    "Dialogue",
    "Entry",
    "EntryStatus",
    "EntryVersion",
    "Escalation",
    "EscalationState",
    "Farmer",
    "Feedback",
    "InboxStatus",
    "Invite",
    "JobOutcome",
    "JobRun",
    "KnowledgeState",
    "Lane",
    "Note",
    "Origin",
    "OutboxStatus",
    "OutgoingMessage",
    "Phrasing",
    "Proposal",
    "ProposalState",
    "Question",
    "QuestionState",
    "ReceivedUpdate",
    "Recording",
    "Reply",
    "Role",
    "RoleGrant",
    "SignInLink",
]
