"""A person who sends too much at once is asked to wait; calls for help are answered before this.

What is over the limit is not answered later: the person is told so once, and sends it again.
"""

from telegram import Update
from telegram.ext import ApplicationHandlerStop

from bot.handlers.allowance import Verdict
from bot.handlers.context import GoviContext
from bot.handlers.incoming import get_user, is_addressed
from bot.handlers.pressing import answer_press
from bot.handlers.replying import reply
from bot.services.farmers import read_language
from bot.services.roles import list_roles


async def hold_back(update: Update, context: GoviContext) -> None:
    """Let an update go on to the handlers, or end it here.

    Raises:
        ApplicationHandlerStop: The person has sent too much.
    """
    if not _counts(update):
        return
    person, sender = get_user(update).id, update.effective_sender
    # All who write without their names are one person to bots; their senders are groups, channels.
    owner = sender.id if sender else person
    verdict = context.desk.allowance.take(owner, update.update_id, _sent_at(update))
    if verdict is Verdict.GO_ON:
        return
    if verdict is Verdict.TELL:
        if await context.read(list_roles, person):  # the team works as fast as it can
            context.desk.allowance.refill(owner)
            return
        await _tell(update, context, person)
    raise ApplicationHandlerStop


def _counts(update: Update) -> bool:
    """Whether somebody wants something from the bot; talk among others costs nothing."""
    if update.effective_user is None:
        return False
    message = update.message or update.edited_message
    return update.callback_query is not None or (message is not None and is_addressed(message))


def _sent_at(update: Update) -> float:
    """Return when a message was sent or changed; 0 for a press, which bears no time."""
    message = update.message or update.edited_message
    moment = (message.edit_date or message.date) if message else None
    return moment.timestamp() if moment else 0.0


async def _tell(update: Update, context: GoviContext, person: int) -> None:
    context.language = await context.read(read_language, person)
    text = context.text("flood.wait")
    if update.callback_query is not None:
        await answer_press(update.callback_query, text, is_alert=True)
    else:
        await reply(update, context, text)
