"""Splitting an escalation whose askers mean different things, and merging two that mean one."""

from collections.abc import Mapping
from typing import Any

from telegram import CallbackQuery, InlineKeyboardMarkup, Update

from bot.excerpts import cut
from bot.handlers.context import GoviContext
from bot.handlers.incoming import get_user
from bot.handlers.officers.keyboards import button, keyboard, turn
from bot.handlers.officers.queueing import say_view
from bot.handlers.officers.wording import name_farmer, say_words
from bot.handlers.pressing import remove_buttons, show_instead
from bot.handlers.replying import say
from bot.paging import count_pages
from bot.rendering import render_text
from bot.services.dialogues import Stand, find_waiting
from bot.services.officer_dialogues import PICK, SPLIT, enter, split_picked
from bot.services.queue import EscalationView, read_escalation
from bot.services.regrouping import list_joinable, merge

_PAGE = 8
_WORDS = 300


async def begin_splitting(
    update: Update, context: GoviContext, _: CallbackQuery, numbers: list[int]
) -> str | None:
    """Ask whose questions are another matter."""
    user_id = get_user(update).id
    data = {"escalation_id": numbers[0], "picked": [], "page": 0}
    await context.run(enter, user_id, SPLIT, PICK, data, update.update_id)
    view = await context.run(read_escalation, user_id, numbers[0])
    buttons = _picking_keyboard(context, view, data, update.update_id)
    asking = context.text("officer.split.ask", number=numbers[0])
    await say(update, context, asking, buttons)
    return None


async def pick_asker(
    update: Update, context: GoviContext, query: CallbackQuery, numbers: list[int]
) -> str | None:
    """Pick an asker, or unpick."""
    begun_by, ask_id = numbers
    data = await _read_picked(update, context, begun_by)
    is_picked = ask_id in data["picked"]
    others = [each for each in data["picked"] if each != ask_id]
    data = {**data, "picked": others if is_picked else [*others, ask_id]}
    await _show_picked(update, context, query, data, begun_by)
    return None


async def turn_page(
    update: Update, context: GoviContext, query: CallbackQuery, numbers: list[int]
) -> str | None:
    """Offer other askers; who is picked stays so."""
    begun_by, page = numbers
    data = await _read_picked(update, context, begun_by)
    await _show_picked(update, context, query, {**data, "page": page}, begun_by)
    return None


async def split_off(
    update: Update, context: GoviContext, query: CallbackQuery, numbers: list[int]
) -> str | None:
    """Make an escalation of those who were picked."""
    new_id = await context.run(split_picked, get_user(update).id, numbers[0])
    await remove_buttons(query)
    opening = button(context.text("officer.to_group", number=new_id), "o", new_id)
    text = context.text("officer.split.done", number=new_id)
    await say(update, context, text, keyboard([[opening]]))
    return None


async def refuse_words(update: Update, context: GoviContext, _: Stand) -> None:
    """Say that a button is wanted."""
    await say(update, context, context.text("curate.press_a_button"))


async def begin_merging(
    update: Update, context: GoviContext, _: CallbackQuery, numbers: list[int]
) -> str | None:
    """Offer the other escalations that nobody else holds, first those that look alike."""
    number, page = numbers
    shown = await context.read(list_joinable, get_user(update).id, number, page)
    lines = [
        [
            button(
                f"{'≈ ' if each in shown.alike else ''}#{each.escalation_id} "
                f"{say_words(context, each)}",
                "mi", number, each.escalation_id,
            )
        ]
        for each in (*shown.alike, *shown.others)
    ]  # fmt: skip
    if not lines and shown.pages == 1:
        return context.text("officer.merge.none")
    lines.append(turn("m", shown.page, shown.pages, number))
    await say(update, context, context.text("officer.merge.ask", number=number), keyboard(lines))
    return None


async def ask_merging(
    update: Update, context: GoviContext, _: CallbackQuery, numbers: list[int]
) -> str | None:
    """Show both, and ask whether they are one."""
    number, into = numbers
    user_id = get_user(update).id
    views = [await context.run(read_escalation, user_id, each) for each in numbers]
    shown = "\n\n".join(
        f"#{view.escalation_id}: {cut(say_words(context, view), _WORDS)}" for view in views
    )
    asking = context.text("officer.merge.confirm", number=number, into=into)
    yes = button(context.text("officer.merge.yes"), "my", number, into)
    buttons = keyboard([[yes, button(context.text("officer.back"), "n")]])
    await say(update, context, f"{shown}\n\n{asking}", buttons)
    return None


async def merge_escalations(
    update: Update, context: GoviContext, query: CallbackQuery, numbers: list[int]
) -> str | None:
    """Move all askers of the first to the second, which is shown."""
    number, into = numbers
    user_id = get_user(update).id
    await context.run(merge, user_id, number, into)
    await remove_buttons(query)
    await say_view(update, context, await context.run(read_escalation, user_id, into))
    return context.text("officer.merge.done", number=number, into=into)


async def _read_picked(update: Update, context: GoviContext, begun_by: int) -> Mapping[str, Any]:
    stand = await context.read(find_waiting, get_user(update).id, SPLIT, PICK, begun_by)
    return stand.data


async def _show_picked(
    update: Update,
    context: GoviContext,
    query: CallbackQuery,
    data: Mapping[str, Any],
    begun_by: int,
) -> None:
    user_id = get_user(update).id
    await context.run(enter, user_id, SPLIT, PICK, data, begun_by)
    view = await context.run(read_escalation, user_id, data["escalation_id"])
    text = context.text("officer.split.ask", number=view.escalation_id)
    buttons = _picking_keyboard(context, view, data, begun_by)
    await show_instead(query, render_text(text, buttons))


def _picking_keyboard(
    context: GoviContext, view: EscalationView, data: Mapping[str, Any], begun_by: int
) -> InlineKeyboardMarkup | None:
    page, picked = data["page"], data["picked"]
    waiting = [each for each in view.asks if each.is_waiting]
    lines = [
        [
            button(
                f"{'☑️' if each.ask_id in picked else '⬜️'} "
                f"{name_farmer(context, each.number)}: {say_words(context, each)}",
                "st", begun_by, each.ask_id,
            )
        ]
        for each in waiting[page * _PAGE : (page + 1) * _PAGE]
    ]  # fmt: skip
    lines.append(turn("sp", page, count_pages(len(waiting), _PAGE), begun_by))
    lines.append([button(context.text("officer.split.do", count=len(picked)), "sy", begun_by)])
    return keyboard(lines)
