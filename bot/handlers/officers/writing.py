"""Writing an answer: after a button, or as a reply to the message about an escalation.

A photo, a voice note or another recording is an answer too, with its caption or without words.
"""

import re
from dataclasses import asdict

from telegram import CallbackQuery, Update

from bot.handlers.context import GoviContext
from bot.handlers.curation.answering import say
from bot.handlers.guard import Handler, guarded
from bot.handlers.incoming import get_message, get_user, is_private, read_media
from bot.handlers.officers.keeping import offer_keeping
from bot.handlers.officers.sending import send, show_before_sending
from bot.services.curating import PREVIEW
from bot.services.flows import Stand, find_stand
from bot.services.officer_dialogues import ANSWER, enter
from bot.services.queue import claim
from bot.services.roles import find_member

#: How a message about one escalation begins, be it shown here or owed by `services.notices`.
ABOUT = re.compile("(?:📥|💬|👎|⏰|🚨) #([0-9]{1,18})(?![0-9])", re.ASCII)


async def begin_answering(
    update: Update, context: GoviContext, _: CallbackQuery, numbers: list[int]
) -> str | None:
    """Ask for the answer."""
    data = {"escalation_id": numbers[0]}
    await context.run(enter, get_user(update).id, ANSWER, "text", data, update.update_id)
    await say(update, context, context.text("officer.answer.ask", number=numbers[0]))
    return None


async def take_answer(update: Update, context: GoviContext, stand: Stand) -> None:
    """Show the answer as the farmers will read it."""
    if stand.step == PREVIEW:
        await say(update, context, context.text("curate.press_a_button"))
        return
    await _show_answer(update, context, stand.data["escalation_id"])


async def send_answer(
    update: Update, context: GoviContext, query: CallbackQuery, numbers: list[int]
) -> str | None:
    """Send the answer that was shown, and offer to keep it."""
    number, count = await send(update, context, query, ANSWER, numbers[0])
    await say(update, context, context.text("officer.answer.sent", number=number, count=count))
    await offer_keeping(update, context, number)
    return None


def before(otherwise: Handler) -> Handler:
    """Return a handler that takes an officer's reply for an answer, or else does `otherwise`.

    A reply is meant for what it stands under, even in the middle of something else; but to one
    who was asked for words about that escalation it is those words.
    """

    async def call(update: Update, context: GoviContext) -> None:
        number = _read_number(update)
        if number is None or not await _answers(update, context, number):
            await otherwise(update, context)
        else:
            await guarded(_answer_by_reply(number))(update, context)

    return call


def _read_number(update: Update) -> int | None:
    message = update.message
    replied = message.reply_to_message if message and is_private(update) else None
    if message is None or replied is None or not (message.text or read_media(message)):
        return None
    is_ours = replied.from_user is not None and replied.from_user.id == message.get_bot().id
    match = ABOUT.match(replied.text or "") if is_ours else None
    return int(match[1]) if match else None


async def _answers(update: Update, context: GoviContext, number: int) -> bool:
    user_id = get_user(update).id
    if await context.read(find_member, user_id) is None:
        return False
    stand = await context.read(find_stand, user_id)
    return stand is None or stand.step == PREVIEW or stand.data.get("escalation_id") != number


def _answer_by_reply(number: int) -> Handler:
    async def call(update: Update, context: GoviContext) -> None:
        await context.run(claim, get_user(update).id, number)
        await _show_answer(update, context, number)

    return call


async def _show_answer(update: Update, context: GoviContext, number: int) -> None:
    message = get_message(update)
    text, media = message.text or message.caption or "", read_media(message)
    heading = context.text("officer.answer.preview", number=number)
    data = {"escalation_id": number, "text": text, "media": asdict(media) if media else None}
    shown = f"{heading}\n\n{text}".strip()
    await show_before_sending(update, context, ANSWER, data, shown, media=media)
