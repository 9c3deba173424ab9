"""A person calls for help: told apart before limits, dialogues, commands and the search."""

import asyncio
import logging
import re

from telegram import Update
from telegram.ext import ApplicationHandlerStop

from bot.handlers.context import GoviContext
from bot.handlers.incoming import is_addressed, is_private, read_message
from bot.handlers.officers.writing import find_replied
from bot.handlers.replying import place_of
from bot.services.answering import Incoming
from bot.services.dialogues import find_stand
from bot.services.invites import PREFIX as INVITE
from bot.services.remarks import Remark, record_remark
from bot.services.roles import list_roles

#: The name of a command, and the code of an invite behind it, may sound like anything.
_COMMAND = re.compile(rf"/[A-Za-z0-9_]{{1,32}}(@\w+)?(\s+{INVITE}[\w-]+)?(?!\S)")
#: Characters that are looked through in a few milliseconds.
_SHORT = 300

logger = logging.getLogger(__name__)


async def heed(update: Update, context: GoviContext) -> None:
    """Answer a call for help and alert the officers; leave everything else to the handlers.

    It may be a question, a caption, a changed message, or words behind a command. The team writes
    about emergencies too: what one of them says in a dialogue, or in reply to a notice, is answered
    and taken for that all the same; nobody is alarmed.

    Raises:
        ApplicationHandlerStop: It was one, and is dealt with.
    """
    message = update.message or update.edited_message
    if message is None or update.effective_user is None or not is_addressed(message):
        return
    incoming = read_message(update)
    remark = await _recognise(context, incoming.text)
    if remark is None:
        return
    if await _is_at_work(update, context, incoming):
        if not incoming.text.startswith("/"):
            await context.desk.lifeline.say(place_of(update), remark)
        return
    await _help(update, context, incoming, remark)
    raise ApplicationHandlerStop


async def _recognise(context: GoviContext, text: str) -> Remark | None:
    """Look through what stands behind a command; a long text in a thread, which holds up nobody."""
    recognition = context.desk.services.recognition
    text = _COMMAND.sub("", text) if text.startswith("/") else text
    if len(text) <= _SHORT:
        return recognition.emergency(text)
    return await asyncio.to_thread(recognition.emergency, text)


async def _help(update: Update, context: GoviContext, incoming: Incoming, remark: Remark) -> None:
    """Record the call and owe its reply; what cannot be recorded is said at once."""
    try:
        outcome = await context.run(record_remark, incoming, remark)
    except Exception as error:  # whatever it is, the words must go out
        await context.desk.lifeline.say(place_of(update), remark)
        # The worker hears of it and tries again; other handlers would take it for a question.
        await context.application.process_error(update, error)
        raise ApplicationHandlerStop from error
    context.desk.services.vitals.count("decisions", outcome.decision)
    logger.info(
        "call for help",
        extra={
            "action": outcome.decision,
            "about": remark.kind,
            "question_id": outcome.question_id,
        },
    )


async def _is_at_work(update: Update, context: GoviContext, incoming: Incoming) -> bool:
    """Whether one of the team writes about emergencies for a command, in a dialogue or in reply."""
    person = incoming.asker.telegram_user_id
    try:
        if not await context.read(list_roles, person):
            return False
        if incoming.text.startswith("/"):
            return True
        if find_replied(update):
            return True
        if not is_private(update):
            return False
        return await context.read(find_stand, person, update.update_id) is not None
    except Exception:  # then nobody knows; it is taken for what it says
        logger.exception("cannot tell who calls for help")
        return False
