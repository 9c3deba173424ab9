"""The first words: welcome, help, and commands that Govi does not know."""

from telegram import Update

from bot.delivery.wire import Place
from bot.handlers.context import GoviContext
from bot.handlers.guard import guarded
from bot.handlers.incoming import get_user, is_private
from bot.handlers.menu import renew_menu
from bot.handlers.replying import place_of, reply, send
from bot.handlers.team import accept_invite
from bot.keyboards.answers import example_keyboard
from bot.rendering import render_text
from bot.services.invites import PREFIX as INVITE
from bot.services.roles import find_member


@guarded
async def start(update: Update, context: GoviContext) -> None:
    """Welcome a person, or accept the invite that they opened.

    Whoever was given a role before ever writing to the bot gets the menu for it now.
    """
    payload = next(iter(context.args or []), "")
    if payload.startswith(INVITE) and is_private(update):
        await accept_invite(update, context, payload)
        return
    text = f"{context.text('start.welcome')}\n\n{context.text('privacy.notice')}"
    rendered = render_text(text, example_keyboard(context.words))
    place = place_of(update)
    await send(context, Place(place.chat_id, topic_id=place.topic_id), rendered)
    if await context.read(find_member, get_user(update).id):
        await renew_menu(context, get_user(update).id)


@guarded
async def show_help(update: Update, context: GoviContext) -> None:
    """Say how to ask."""
    await reply(update, context, context.text("help.text"))


async def leave_alone(_update: Update, _context: GoviContext) -> None:
    """Carry out no command a second time: Telegram calls changed what only got a reaction, too."""


@guarded
async def refuse_command(update: Update, context: GoviContext) -> None:
    """Say that there is no such command, and that none is needed."""
    await reply(update, context, context.text("ask.unknown_command"))
