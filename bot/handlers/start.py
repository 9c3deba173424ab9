"""The first words: welcome, help, and commands that Govi does not know."""

from telegram import Update

from bot.delivery.wire import Place
from bot.handlers.context import GoviContext
from bot.handlers.keyboards import example_keyboard
from bot.handlers.replying import place_of, send
from bot.rendering import render_text


async def start(update: Update, context: GoviContext) -> None:
    """Welcome a person, with a button that asks an example question."""
    welcome = context.catalogue.text("start.welcome")
    rendered = render_text(welcome, example_keyboard(context.catalogue))
    place = place_of(update)
    await send(context, Place(place.chat_id, topic_id=place.topic_id), rendered)


async def show_help(update: Update, context: GoviContext) -> None:
    """Say how to ask."""
    await send(context, place_of(update), render_text(context.catalogue.text("help.text")))


async def refuse_command(update: Update, context: GoviContext) -> None:
    """Say that there is no such command, and that none is needed."""
    text = context.catalogue.text("ask.unknown_command")
    await send(context, place_of(update), render_text(text))
