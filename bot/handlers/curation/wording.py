"""How entries, their faults and their changes are said."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from telegram import InlineKeyboardMarkup

from bot.excerpts import cut
from bot.handlers.context import GoviContext
from bot.i18n.faults import say_field, say_piece
from bot.i18n.moments import say_time
from bot.keyboards.numbered import button, column
from bot.services.editing import EntryState
from bot.services.finding import Found
from bot.services.history import FieldChange

_MOST_PHRASINGS = 15
_MOST_PIECES = 12
_PIECE = 700


def say_entry(context: GoviContext, state: EntryState) -> str:
    """Return an entry as admins read it."""
    draft = state.draft
    shown = [f"{number}. {text}" for number, text in enumerate(draft.phrasings, 1)]
    more = len(shown) - _MOST_PHRASINGS
    if more > 0:
        shown = [*shown[:_MOST_PHRASINGS], context.text("curate.more", count=more)]
    return context.text(
        "curate.entry",
        entry=draft.key,
        version=state.version,
        status=say_status(context, draft.status),
        title=draft.title,
        area=context.words.area(draft.area),
        answer=draft.answer,
        phrasings="\n".join(shown),
        keywords=", ".join(draft.keywords) or "–",
        source=draft.source,
        grade=draft.grade,
        reviewed_on=draft.reviewed_on,
        valid_until=draft.valid_until or "–",
        name=state.changed_by_name,
        at=say_time(state.changed_at),
    )


def say_parts(context: GoviContext, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parts of a new entry, from its dialogue, as a preview shows them."""
    phrasings, area = "\n".join(data["phrasings"]), context.words.area(data["area"])
    return {**data, "phrasings": phrasings, "area": area}


def say_status(context: GoviContext, status: str) -> str:
    """Return what a status is called."""
    return context.text(f"curate.status.{status}")


def say_found(context: GoviContext, found: Iterable[Found]) -> str:
    """Return entries that were found, a paragraph each."""
    return "\n\n".join(_say_one(context, each) for each in found)


def _say_one(context: GoviContext, found: Found) -> str:
    status = say_status(context, found.status.value)
    lines = [f"🔑 {found.key} ({status})", found.title]
    if found.phrasing:
        lines.append(f"🗣 {found.phrasing}")
    if found.score is not None:
        lines.append(context.text("curate.score", score=f"{found.score:.2f}"))
    return "\n".join(lines)


def found_keyboard(found: Iterable[Found]) -> InlineKeyboardMarkup | None:
    """Return a button that opens each entry."""
    return column(button(f"🔑 {each.key}", "o", each.entry_id) for each in found)


def say_near(context: GoviContext, found: Sequence[Found]) -> str:
    """Return a warning about entries that seem to say the same; "" without any."""
    if not found:
        return ""
    return f"{context.text('curate.near')}\n\n{say_found(context, found)}"


def say_changes(context: GoviContext, changes: Iterable[FieldChange]) -> str:
    """Return a comparison: field by field, what went and what came."""
    parts = []
    for change in changes:
        marked = [("➖", piece) for piece in change.removed]
        marked += [("➕", piece) for piece in change.added]
        pieces = [
            f"{mark} {cut(say_piece(context.words, change.field, piece), _PIECE)}"
            for mark, piece in marked
        ]
        more = len(pieces) - _MOST_PIECES
        if more > 0:
            pieces = [*pieces[:_MOST_PIECES], context.text("curate.more", count=more)]
        parts.append("\n".join([f"▪️ {say_field(context.words, change.field)}", *pieces]))
    return "\n\n".join(parts) or context.text("curate.no_difference")
