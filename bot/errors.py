"""The errors that an operator or an officer can meet, each saying what, which and what next.

GoviError
├── SettingsError
├── DatabaseError
├── ListenError
├── ServingError
├── CopyError
├── KnowledgeError
├── TelegramError
│   ├── TokenError
│   └── ConflictError
└── RequestError            a person asked for something that cannot be done
    ├── NotAllowedError
    ├── PrivateOnlyError
    ├── LastAdminError
    ├── InviteError
    ├── SignInError
    ├── StaleFormError
    ├── LongFormError
    ├── NotYoursError
    ├── StaleButtonError
    ├── EntryMissingError
    ├── QuestionMissingError
    ├── VersionMissingError
    ├── ChangedMeanwhileError
    ├── UnfitEntryError
    ├── ProposalMissingError
    ├── OwnProposalError
    ├── AlreadyDecidedError
    ├── EscalationMissingError
    ├── HeldByOtherError
    ├── NotHeldError
    ├── EscalationClosedError
    ├── UnfitTextError
    ├── MediaMissingError
    ├── MediaGoneError
    │   └── AnswerGoneError
    ├── MediaTooLargeError
    ├── MediaUnreachableError
    ├── NotConnectedError
    └── UnfitSplitError
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple


class GoviError(Exception):
    """Something that Govi can explain; printed as one line, never as a traceback."""


class SettingsError(GoviError):
    """The environment holds a setting that cannot be used."""


class DatabaseError(GoviError):
    """The database cannot be used as it is."""


class ServingError(GoviError):
    """A part of a serving process has ended or hangs; the process has to be started again."""


class CopyError(GoviError):
    """The disk takes no copy of a photo or recording."""


class ListenError(GoviError):
    """A port on which requests should arrive cannot be had."""


class Fault(NamedTuple):
    """One thing wrong with an entry or a knowledge file.

    Attributes:
        where: File and place in it: a line ("line 7"), or a key where the format has no lines.
        field: The field at fault, or "" when the whole line is.
        reason: What is wrong, in English words that a curator can act on.
        kind: A name for this sort of fault, under which other languages say it; "" has none.
        values: What such a sentence needs filled in.
    """

    where: str
    field: str
    reason: str
    kind: str = ""
    values: Mapping[str, object] = MappingProxyType({})

    def __str__(self) -> str:
        place = f", {self.field}" if self.field else ""
        return f"{self.where}{place}: {self.reason}"


class KnowledgeError(GoviError):
    """Knowledge was refused; `faults` holds everything wrong with it, not only the first."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        lines = "\n".join(f"  {fault}" for fault in self.faults)
        noun = "fault" if len(self.faults) == 1 else "faults"
        super().__init__(f"{len(self.faults)} {noun}, nothing was imported:\n{lines}")


class TelegramError(GoviError):
    """Telegram refuses to work with this bot."""


class TokenError(TelegramError):
    """Telegram does not know this token, or has revoked it."""


class ConflictError(TelegramError):
    """Another process is reading updates with this token."""


class RequestError(GoviError):
    """A person asked for something that cannot be done now; they are told so kindly.

    The text is `refusal.` and the name of the class: `refusal.entry_missing` for
    `EntryMissingError`. Its placeholders are the keyword arguments.
    """

    def __init__(self, *arguments: object, **values: object) -> None:
        super().__init__(*arguments)
        self.values = values


class NotAllowedError(RequestError):
    """The person does not hold the role that this needs; the argument names it."""


class PrivateOnlyError(RequestError):
    """It is done in the private chat with the bot only."""


class PrivateFirstError(RequestError):
    """It is shown in the private chat with the bot, which the person has not begun."""


class LastAdminError(RequestError):
    """Nobody would be left who could give anyone a role."""


class InviteError(RequestError):
    """The invite link is unknown, used or expired; which of the three is not told."""


class SignInError(RequestError):
    """The sign-in link is unknown, used or expired; which of the three is not told."""


class StaleFormError(RequestError):
    """The form was not made for this session, or is from before it."""


class LongFormError(RequestError):
    """The form is longer than anything that can be saved."""


class NotYoursError(RequestError):
    """The button belongs to somebody else's question."""


class StaleButtonError(RequestError):
    """The button belongs to a question or an entry that is no longer there."""


class EntryMissingError(RequestError):
    """The knowledge base has no entry with this key."""


class QuestionMissingError(RequestError):
    """The log has no question of this number."""


class VersionMissingError(RequestError):
    """The entry has no version of this number."""


class ChangedMeanwhileError(RequestError):
    """Somebody else has changed the entry since; `entry` is its key, `version` what it is at."""


class UnfitEntryError(RequestError):
    """The entry's status does not allow this: a draft is approved, a retired one is restored."""


class ProposalMissingError(RequestError):
    """There is no proposal of this number."""


class OwnProposalError(RequestError):
    """A person's own proposal waits for somebody else's approval."""


class AlreadyDecidedError(RequestError):
    """The proposal waits no longer; `name`, `decided_by` and `is_approved` say who decided what."""


class EscalationMissingError(RequestError):
    """There is no escalation, or no ask in it, of this number."""


class MediaMissingError(RequestError):
    """There is no photo or recording of this number, or its farmer has taken it back."""


class MediaGoneError(RequestError):
    """Telegram has the photo or recording no more."""


class AnswerGoneError(MediaGoneError):
    """Telegram has the photo or recording no more that an officer answered with."""


class MediaTooLargeError(RequestError):
    """The photo or recording is larger than Telegram hands out."""


class MediaUnreachableError(RequestError):
    """Telegram cannot be asked for the photo or recording now."""


class NotConnectedError(RequestError):
    """The console has no token to fetch photos and recordings with."""


class HeldByOtherError(RequestError):
    """Another officer holds the escalation; `name` says who."""


class NotHeldError(RequestError):
    """The officer does not hold the escalation: it has to be claimed first."""


class EscalationClosedError(RequestError):
    """The escalation was answered, declined, withdrawn or merged into another already."""


class UnfitTextError(RequestError):
    """The text is empty, or has more than `limit` characters."""


class UnfitSplitError(RequestError):
    """A split moves some of the askers: at least one goes, and at least one stays."""
