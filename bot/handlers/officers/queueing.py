"""/queue: what waits, one escalation whole, and who holds it."""

from collections.abc import Iterable, Sequence

from telegram import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Update

from bot.handlers.context import GoviContext
from bot.handlers.incoming import get_user, is_private
from bot.handlers.officers.keyboards import area_of, button, code_of, keyboard, turn
from bot.handlers.officers.showing import show_media
from bot.handlers.officers.wording import (
    ASKERS_SHOWN,
    NOTES_SHOWN,
    name_escalation,
    name_farmer,
    say_escalation,
    say_line,
    say_note,
    say_words,
)
from bot.handlers.pressing import remove_buttons, show_instead
from bot.handlers.replying import place_of, say, send, show
from bot.keyboards.numbered import in_lines
from bot.rendering import LIMIT, Rendered, render_text, split_html
from bot.services.queue import (
    AreaCount,
    EscalationLine,
    EscalationView,
    claim,
    list_queue,
    read_escalation,
    release,
)

_MOST_AREAS = 12
#: Files shown of one asker: as many as an album holds.
MEDIA_SHOWN = 10
_ALL = 0


async def show_queue(update: Update, context: GoviContext) -> None:
    """List what has to be looked at first."""
    await send(context, place_of(update), await _render_queue(update, context, _ALL, 0))


async def turn_page(
    update: Update, context: GoviContext, query: CallbackQuery, numbers: list[int]
) -> str | None:
    """List another page, or another area, in place of what is there."""
    await show_instead(query, await _render_queue(update, context, *numbers))
    return None


async def open_escalation(
    update: Update, context: GoviContext, _: CallbackQuery, numbers: list[int]
) -> str | None:
    """Show an escalation whole; to who pressed in a group, in private."""
    view = await context.run(read_escalation, get_user(update).id, numbers[0])
    await say_view(update, context, view)
    return None if is_private(update) else context.text("officer.hold.in_private")


async def turn_askers(
    update: Update, context: GoviContext, _: CallbackQuery, numbers: list[int]
) -> str | None:
    """Show more of an escalation's askers."""
    view = await context.run(read_escalation, get_user(update).id, numbers[0])
    await say_view(update, context, view, numbers[1])
    return None


async def claim_shown(
    update: Update, context: GoviContext, query: CallbackQuery, numbers: list[int]
) -> str | None:
    """Claim the escalation whose message was pressed; its buttons make room for the next ones."""
    line = await claim_listed(update, context, query, numbers)
    await remove_buttons(query)
    return line


async def claim_listed(
    update: Update, context: GoviContext, _: CallbackQuery, numbers: list[int]
) -> str | None:
    """Claim an escalation from the list, and show it."""
    view = await context.run(claim, get_user(update).id, numbers[0])
    await say_view(update, context, view)
    key = "officer.hold.claimed" if is_private(update) else "officer.hold.in_private"
    return context.text(key)


async def release_shown(
    update: Update, context: GoviContext, query: CallbackQuery, numbers: list[int]
) -> str | None:
    """Give an escalation back to the queue."""
    await context.run(release, get_user(update).id, numbers[0])
    await remove_buttons(query)
    opening = button(context.text("officer.to_group", number=numbers[0]), "o", numbers[0])
    await say(update, context, context.text("officer.hold.released"), keyboard([[opening]]))
    return None


async def say_view(
    update: Update, context: GoviContext, view: EscalationView, page: int = 0
) -> None:
    """Show an escalation with the buttons for what may be done with it now, and what was sent."""
    await show(update, context, _render_view(context, view, page))
    first = page * ASKERS_SHOWN
    for ask in view.asks[first : first + ASKERS_SHOWN]:
        for media in ask.media[:MEDIA_SHOWN]:
            farmer = name_farmer(context, ask.number)
            gone = context.text("officer.media_gone", farmer=farmer)
            caption = f"{name_escalation(view.escalation_id)} · {farmer}"
            await show_media(update, context, media, caption, gone)
    for note in view.notes[-NOTES_SHOWN:]:
        if note.media is not None and page == 0:
            gone = context.text("refusal.answer_gone")
            await show_media(update, context, note.media, say_note(context, note), gone)


def _render_view(context: GoviContext, view: EscalationView, page: int) -> Rendered:
    about = f"{name_escalation(view.escalation_id)} …\n\n"
    first, *more = split_html(say_escalation(context, view, page), LIMIT - 2 * len(about))
    parts = (first, *(about + part for part in more))
    return Rendered(parts, _view_keyboard(context, view, page))


async def _render_queue(update: Update, context: GoviContext, code: int, page: int) -> Rendered:
    user_id = get_user(update).id
    shown = await context.read(list_queue, user_id)
    area = area_of(code, shown.areas)
    if area is not None or page:
        shown = await context.read(list_queue, user_id, area, page)
    if not shown.lines:
        return render_text(context.text("officer.queue.none"))
    heading = (
        context.text("officer.queue.heading", count=shown.total)
        if area is None
        else context.text(
            "officer.queue.heading_area", area=_name_area(context, area), count=shown.total
        )
    )
    parts = [heading, *(say_line(context, line) for line in shown.lines)]
    if shown.pages > 1:
        parts.append(context.text("officer.queue.pages", page=shown.page + 1, pages=shown.pages))
    lines: list[Sequence[InlineKeyboardButton]] = [
        _line_buttons(context, line) for line in shown.lines
    ]
    lines += _area_buttons(context, shown.areas)
    lines.append(turn("l", shown.page, shown.pages, code))
    return render_text("\n\n".join(parts), keyboard(lines))


def _line_buttons(context: GoviContext, line: EscalationLine) -> list[InlineKeyboardButton]:
    number = line.escalation_id
    opening = button(f"#{number} {say_words(context, line)}", "o", number)
    if line.is_mine:
        return [opening, button(context.text("officer.button.release"), "r", number)]
    if line.holder is None:
        return [opening, button(context.text("officer.button.claim"), "cl", number)]
    return [opening]


def _area_buttons(
    context: GoviContext, areas: Iterable[AreaCount]
) -> list[Sequence[InlineKeyboardButton]]:
    buttons = [
        button(f"📂 {_name_area(context, each.area)} ({each.count})", "l", code_of(each.area), 0)
        for each in areas
    ][:_MOST_AREAS]
    if len(buttons) < 2:  # one area is no choice
        return []
    buttons.append(button(context.text("officer.queue.all_areas"), "l", _ALL, 0))
    return in_lines(buttons, 2)


def _name_area(context: GoviContext, area: str | None) -> str:
    return context.words.area(area) if area else context.text("officer.queue.no_area")


def _view_keyboard(
    context: GoviContext, view: EscalationView, page: int
) -> InlineKeyboardMarkup | None:
    number = view.escalation_id
    lines: list[list[InlineKeyboardButton]] = []
    if (page + 1) * ASKERS_SHOWN < len(view.asks):
        more = context.text("officer.button.more_askers")
        lines.append([button(more, "oa", number, page + 1)])
    if view.is_mine:
        lines += [
            [_acting(context, "answer", "a", number), _acting(context, "entry", "e", number)],
            [_acting(context, "inquiry", "i", number), _acting(context, "decline", "d", number)],
            [_acting(context, "split", "s", number)] * (view.asker_count > 1)
            + [button(context.text("officer.button.merge"), "m", number, 0)],
            [_acting(context, "release", "r", number)],
        ]
    elif view.state.value == "open":
        lines.append([_acting(context, "claim", "c", number)])
    elif view.state.value == "answered":
        lines.append([_acting(context, "keep", "k", number)])
    return keyboard(lines)


def _acting(context: GoviContext, name: str, verb: str, number: int) -> InlineKeyboardButton:
    return button(context.text(f"officer.button.{name}"), verb, number)
