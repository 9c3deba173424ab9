"""Guided dialogues: a message from a person who stands in one is its next step, not a question.

Where a person stands is in the database (`bot.services.dialogues`); this module knows only who
carries which dialogue on. Commands other than /cancel leave a dialogue as it is, so that an officer
can look something up in the middle of an answer; a command that begins another one replaces it.
Dialogues are the team's; they take place in the private chat. In a group a person always asks.
"""

from collections.abc import Awaitable, Callable, Mapping

from telegram import Update

from bot.errors import (
    EscalationClosedError,
    EscalationMissingError,
    HeldByOtherError,
    NotAllowedError,
    NotHeldError,
)
from bot.handlers.context import GoviContext
from bot.handlers.guard import Handler, guarded
from bot.handlers.incoming import get_user, is_private, read_media
from bot.handlers.replying import reply
from bot.services.dialogues import Stand, find_stand, leave
from bot.services.roles import Role, require

#: What ends a dialogue: the person was demoted, or what it is about is not theirs any more.
_OVER = (
    NotAllowedError,
    EscalationMissingError,
    EscalationClosedError,
    HeldByOtherError,
    NotHeldError,
)

Step = Callable[[Update, GoviContext, Stand], Awaitable[None]]


class Dialogues:
    """Every guided dialogue by the name that the database knows it by."""

    def __init__(
        self,
        steps: Mapping[str, Step],
        file_steps: Mapping[str, Step],
        media_steps: Mapping[str, Step],
    ) -> None:
        """Take what carries each dialogue on: with a text, with a document, with a photo or voice.

        Those of `media_steps` go on with a text too.
        """
        self._steps = steps
        self._file_steps = file_steps
        self._media_steps = media_steps

    def before(self, otherwise: Handler) -> Handler:
        """Return a handler that carries a person's dialogue on, or else does `otherwise`."""

        async def call(update: Update, context: GoviContext) -> None:
            stand = await self._find(update, context)
            if stand is None:
                await otherwise(update, context)
            else:
                await guarded(self._carrying_on(stand))(update, context)

        return call

    async def _find(self, update: Update, context: GoviContext) -> Stand | None:
        if not is_private(update):
            return None
        stand = await context.read(find_stand, get_user(update).id, update.update_id)
        is_known = stand is not None and stand.name in {*self._steps, *self._file_steps}
        return stand if is_known else None

    def _carrying_on(self, stand: Stand) -> Handler:
        async def carry_on(update: Update, context: GoviContext) -> None:
            user_id = get_user(update).id
            try:
                await context.read(require, user_id, Role.OFFICER)
                step = self._step_for(update, stand)
                if step is None:
                    await reply(update, context, context.text(self._why_not(update, stand)))
                    return
                await step(update, context, stand)
            except _OVER:
                await context.run(leave, user_id, update.update_id)
                raise

        return carry_on

    def _step_for(self, update: Update, stand: Stand) -> Step | None:
        message = update.message
        if message is None:
            return None
        if message.text is not None:
            return self._steps.get(stand.name)
        if stand.name in self._media_steps and read_media(message) is not None:
            return self._media_steps[stand.name]
        return self._file_steps.get(stand.name) if message.document else None

    def _why_not(self, update: Update, stand: Stand) -> str:
        """Return the key of the line for a message that is no step; the dialogue stays."""
        if update.message is None:
            return "dialogue.no_edits"
        is_for_file = stand.name in self._file_steps
        return "dialogue.file_wanted" if is_for_file else "dialogue.words_only"


@guarded
async def cancel(update: Update, context: GoviContext) -> None:
    """Leave the dialogue that the person stands in, if any; nothing of it is kept."""
    was_in_one = await context.run(leave, get_user(update).id)
    key = "dialogue.cancelled" if was_in_one else "dialogue.nothing_to_cancel"
    await reply(update, context, context.text(key))
