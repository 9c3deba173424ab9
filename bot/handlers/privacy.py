"""/privacy, /mydata and /forget: what is kept about a person, and their say in it."""

import re
from typing import Any

from telegram import CallbackQuery, InputFile, Update
from telegram.ext import BaseHandler, CommandHandler

from bot.db.base import utc_now
from bot.handlers.context import GoviContext
from bot.handlers.guard import guarded, in_private
from bot.handlers.incoming import ADDRESSED, get_message, get_user, read_asker
from bot.handlers.pressing import answer_press, show_instead
from bot.handlers.registering import on_button
from bot.handlers.replying import place_of, reply, send
from bot.i18n.moments import say_date
from bot.keyboards.people import (
    FORGET,
    KEEP,
    LET_BE_KEPT,
    consent_keyboard,
    forgetting_keyboard,
)
from bot.own_data_file import format_own_data
from bot.rendering import Rendered, render_text
from bot.services.consent import let_questions_be_kept, may_keep_questions
from bot.services.copies import sweep
from bot.services.forgetting import forget
from bot.services.own_data import read_own_data


def handlers() -> list[BaseHandler[Update, GoviContext, Any]]:
    """Return what `bot.application` registers."""
    return [
        CommandHandler("privacy", show_privacy, filters=ADDRESSED),
        CommandHandler("mydata", send_own_data, filters=ADDRESSED),
        CommandHandler(["forget", "delete"], ask_forgetting, filters=ADDRESSED),
        on_button(LET_BE_KEPT, choose_consent, is_private=True),
        on_button(FORGET, forget_person, is_private=True),
        on_button(KEEP, keep_person, is_private=True),
    ]


@guarded
@in_private
async def show_privacy(update: Update, context: GoviContext) -> None:
    """Say what is kept, why and for how long, and let the person choose."""
    is_kept = await context.read(may_keep_questions, get_user(update).id)
    await send(context, place_of(update), _privacy(context, is_kept))


async def choose_consent(
    update: Update, context: GoviContext, query: CallbackQuery, match: re.Match[str]
) -> None:
    """Record whether the words of the person's questions may stay."""
    is_agreed = match[1] == "1"
    await context.run(let_questions_be_kept, read_asker(update), is_agreed)
    await answer_press(query, context.text("privacy.agreed" if is_agreed else "privacy.refused"))
    await show_instead(query, _privacy(context, is_agreed))


@guarded
@in_private
async def send_own_data(update: Update, context: GoviContext) -> None:
    """Send everything held about the person as a file."""
    held = await context.read(read_own_data, get_user(update).id)
    content = format_own_data(context.words, held)
    await context.bot.send_document(
        get_message(update).chat_id,
        InputFile(content, f"govi-{say_date(utc_now())}.txt"),
        caption=context.text("mydata.caption"),
    )


@guarded
@in_private
async def ask_forgetting(update: Update, context: GoviContext) -> None:
    """Ask whether everything is really to be erased."""
    is_kept = await context.read(may_keep_questions, get_user(update).id)
    text = context.text("forget.ask_keeping_words" if is_kept else "forget.ask")
    keyboard = forgetting_keyboard(context.text("forget.yes"), context.text("forget.no"))
    await reply(update, context, text, keyboard)


async def forget_person(
    update: Update, context: GoviContext, query: CallbackQuery, _: re.Match[str]
) -> None:
    """Erase; whoever has a role is told what stays."""
    forgotten = await context.run(forget, get_user(update).id)
    await context.read(sweep, context.desk.services.settings.media_dir)
    text = context.text("forget.done_for_team" if forgotten.has_role else "forget.done")
    await answer_press(query, context.text("forget.erased"))
    await show_instead(query, render_text(text))


async def keep_person(
    _update: Update, context: GoviContext, query: CallbackQuery, _: re.Match[str]
) -> None:
    """Leave everything as it is."""
    await answer_press(query, context.text("forget.kept"))
    await show_instead(query, render_text(context.text("forget.kept")))


def _privacy(context: GoviContext, is_kept: bool) -> Rendered:
    settings = context.desk.services.settings
    text = context.text(
        "privacy.text",
        days=settings.retention_days,
        mail_days=settings.mail_days,
        choice=context.text("privacy.is_kept" if is_kept else "privacy.is_not_kept"),
    )
    if settings.media_keep:
        text += "\n\n" + context.text("privacy.copies")
    if settings.privacy_contact:
        text += "\n\n" + context.text("privacy.contact", contact=settings.privacy_contact)
    keyboard = consent_keyboard(context.text("privacy.no" if is_kept else "privacy.yes"), is_kept)
    return render_text(text, keyboard)
