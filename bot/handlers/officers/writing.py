"""Writing an answer: after a button, or as a reply to the message about an escalation.

A photo, a voice note or another recording is an answer too, with its caption or without words.
In the officers' group it is written as a reply as well; what it leads to is shown in private.
"""

import re

from telegram import CallbackQuery, Update

from bot.handlers.context import GoviContext
from bot.handlers.guard import Handler, for_role, guarded
from bot.handlers.incoming import get_message, get_user, is_private, read_media, replied_to
from bot.handlers.officers.keeping import offer_keeping
from bot.handlers.officers.sending import send, show_before_sending
from bot.handlers.replying import reply, say
from bot.keyboards.escalations import open_keyboard
from bot.services.dialogues import PREVIEW, Stand, find_stand
from bot.services.officer_dialogues import ANSWER, enter
from bot.services.queue import claim
from bot.services.roles import Role, find_member

#: How a message about one escalation begins, be it shown here or owed by `services.notices`.
ABOUT = re.compile("(?:📥|💬|👎|⏰|🚨) #([0-9]{1,18})(?![0-9])", re.ASCII)
#: How a message begins that lists what is new, or waits, and each of its lines about an escalation.
_NEWS = ("📥 ", "⏰ ", "🌅 ")
_LISTED = re.compile("^(?:🚨 )?#([0-9]{1,18}) · ", re.ASCII | re.MULTILINE)


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
    if _is_left_out(update, stand):
        return
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
    who was asked for words about that escalation it is those words. What stands in a group under
    a message about escalations is never a question: who is no officer is refused there.
    """

    async def call(update: Update, context: GoviContext) -> None:
        numbers = find_replied(update)
        if numbers and (not is_private(update) or await _answers(update, context, numbers)):
            await guarded(for_role(Role.OFFICER, _answer_by_reply(numbers)))(update, context)
        else:
            await otherwise(update, context)

    return call


def find_replied(update: Update) -> list[int]:
    """Return the escalation that a message replies to, or all those that it replies to a list of.

    In private only what can be an answer counts; the rest is left to the dialogue there.
    """
    message = get_message(update)
    replied = replied_to(message)
    is_ours = replied and replied.from_user and replied.from_user.id == message.get_bot().id
    if not replied or not is_ours or (is_private(update) and not _can_answer(update)):
        return []
    text = replied.text or replied.caption or ""
    if about := ABOUT.match(text):
        return [int(about[1])]
    listed = _LISTED.findall(text) if text.startswith(_NEWS) else ()
    return list(dict.fromkeys(int(number) for number in listed))


def _can_answer(update: Update) -> bool:
    """Whether a message is new, and words or something to look at or listen to."""
    message = update.message
    return message is not None and bool(message.text or read_media(message))


async def _answers(update: Update, context: GoviContext, numbers: list[int]) -> bool:
    user_id = get_user(update).id
    if await context.read(find_member, user_id) is None:
        return False
    stand = await context.read(find_stand, user_id, update.update_id)
    if stand is None or stand.step == PREVIEW:
        return True
    return stand.data.get("escalation_id") not in numbers


def _answer_by_reply(numbers: list[int]) -> Handler:
    async def call(update: Update, context: GoviContext) -> None:
        if len(numbers) > 1 or not _can_answer(update):
            opening = open_keyboard(context.words, numbers)
            await reply(update, context, context.text("officer.answer.open_first"), opening)
            return
        user_id = get_user(update).id
        if _is_left_out(update, await context.read(find_stand, user_id, update.update_id)):
            return
        await context.run(claim, user_id, numbers[0])
        await _show_answer(update, context, numbers[0])
        if not is_private(update):
            await reply(update, context, context.text("officer.answer.in_private"))

    return call


async def _show_answer(update: Update, context: GoviContext, number: int) -> None:
    message = get_message(update)
    text, media = message.text or message.caption or "", read_media(message)
    heading = context.text("officer.answer.preview", number=number)
    data = {"escalation_id": number, "text": text, "media": media._asdict() if media else None}
    alone = context.text("officer.answer.one_of_album") if media and media.album_id else ""
    shown = "\n\n".join(part for part in (heading, text, alone) if part)
    await show_before_sending(update, context, ANSWER, data, shown, media=media)


def _is_left_out(update: Update, stand: Stand | None) -> bool:
    """Whether a message is of an album whose first is shown already; that one goes alone."""
    media = read_media(get_message(update))
    shown = stand.data.get("media") if stand is not None else None
    return bool(media and media.album_id and shown and shown["album_id"] == media.album_id)
