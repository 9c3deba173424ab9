"""The knowledge base as a file of admins: taken in part by part, and given out."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from bot.db.models import Origin, Role
from bot.errors import ChangedMeanwhileError, KnowledgeError
from bot.knowledge import Checked, EntryDraft, match_keys
from bot.services import audit, roles
from bot.services.curation import (
    ImportReport,
    draft_of,
    export_entries,
    import_slice,
    load_entries,
    preview_import,
    refuse_taken_phrasings,
)
from bot.services.editing import author

#: Entries written in one transaction, which takes a fraction of a second.
BATCH = 100


def accept_file(session: Session, checked: Checked) -> list[EntryDraft]:
    """Return the drafts of a file with which nothing is wrong, also beside what is stored.

    Raises:
        KnowledgeError: Every fault, also each phrasing that an entry outside the file holds.
    """
    faults = list(checked.faults)
    try:
        refuse_taken_phrasings(session, checked.drafts, frozenset(checked.places))
    except KnowledgeError as error:
        faults += [fault._replace(where=checked.places[fault.where]) for fault in error.faults]
    return checked._replace(faults=faults).sound()


def accept_upload(session: Session, telegram_user_id: int, checked: Checked) -> list[EntryDraft]:
    """As `accept_file`, of a file that a person sent.

    Raises:
        NotAllowedError: The person is no admin.
        KnowledgeError: As `accept_file` does.
    """
    roles.require(session, telegram_user_id, Role.ADMIN)
    return accept_file(session, checked)


def preview_upload(
    session: Session, telegram_user_id: int, drafts: Sequence[EntryDraft]
) -> ImportReport:
    """Return what importing a file would do; writes nothing.

    Raises:
        NotAllowedError: The person is no admin.
        KnowledgeError: An entry outside the file holds a phrasing of one inside.
    """
    roles.require(session, telegram_user_id, Role.ADMIN)
    return preview_import(session, drafts)


def plan_import(
    session: Session,
    telegram_user_id: int,
    drafts: Sequence[EntryDraft],
    seen_revision: int | None = None,
) -> list[list[EntryDraft]]:
    """Return what of a file is to be written, in parts for `import_part`; writes nothing.

    Entries that gain no phrasing come first: an entry whose phrasing had gone to another before
    its turn came would look unchanged.

    Args:
        session: The transaction.
        telegram_user_id: An admin.
        drafts: The whole file.
        seen_revision: Of the knowledge base when the person was told what the file would change;
            what is in already, from an attempt that was broken off, may be newer.

    Raises:
        NotAllowedError: The person is no admin.
        KnowledgeError: An entry outside the file holds a phrasing of one inside.
        ChangedMeanwhileError: The file would overwrite what somebody has changed since.
    """
    report = preview_upload(session, telegram_user_id, drafts)
    existing = load_entries(session, [draft.key for draft in drafts])
    held = {key: set(match_keys(draft_of(entry))) for key, entry in existing.items()}
    touched = {*report.added, *report.changed}
    for key in sorted(touched & existing.keys()):
        if seen_revision is not None and existing[key].revision > seen_revision:
            raise ChangedMeanwhileError(entry=key, version=existing[key].version)
    ordered = sorted(
        (draft for draft in drafts if draft.key in touched),
        key=lambda draft: not held.get(draft.key, set()).issuperset(match_keys(draft)),
    )
    return [ordered[start : start + BATCH] for start in range(0, len(ordered), BATCH)]


def import_part(
    session: Session,
    telegram_user_id: int,
    drafts: Sequence[EntryDraft],
    keys: frozenset[str],
) -> ImportReport:
    """Import a part of a file whose whole was previewed; doing it twice changes nothing more.

    A large file goes in parts, so that farmers' questions are recorded in between.

    Args:
        session: The transaction.
        telegram_user_id: An admin.
        drafts: The part.
        keys: Those of the whole file; phrasings may move between its entries.

    Raises:
        NotAllowedError: The person is no admin.
        KnowledgeError: An entry outside the file holds a phrasing of the part.
    """
    roles.require(session, telegram_user_id, Role.ADMIN)
    report = import_slice(session, drafts, keys, Origin.IMPORT, author(telegram_user_id))
    if report.added or report.changed:
        told = f"{len(report.added)} added, {len(report.changed)} changed"
        audit.record(session, telegram_user_id, "import entries", "knowledge", told)
    return report


def read_all(session: Session, telegram_user_id: int) -> list[EntryDraft]:
    """Return every entry of any status, for an export.

    Raises:
        NotAllowedError: The person is no admin.
    """
    roles.require(session, telegram_user_id, Role.ADMIN)
    audit.record(session, telegram_user_id, "export entries", "knowledge")
    return export_entries(session)
