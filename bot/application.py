"""Which handler answers what. Order matters: the first that fits handles an update."""

from typing import TYPE_CHECKING, Any

from telegram import Message
from telegram.ext import (
    Application,
    ApplicationBuilder,
    CallbackQueryHandler,
    ChatMemberHandler,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    filters,
)

from bot.batching import Batcher
from bot.delivery.pacing import Pacer
from bot.delivery.sender import Sender
from bot.delivery.wire import Wire
from bot.handlers.ask import ask_question, receive_media
from bot.handlers.buttons import press_button
from bot.handlers.context import DESK, Desk, GoviContext
from bot.handlers.incoming import is_addressed
from bot.handlers.membership import note_blocking
from bot.handlers.menu import set_menus
from bot.handlers.start import refuse_command, show_help, start

if TYPE_CHECKING:
    from bot.bootstrap import Services

GoviApplication = Application[Any, GoviContext, Any, Any, Any, Any]

#: Kinds of updates that Telegram is asked for; each has a handler below.
ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")


class _Addressed(filters.MessageFilter):
    """In a group only what is meant for the bot."""

    def filter(self, message: Message) -> bool:
        return is_addressed(message)


def build(
    builder: "ApplicationBuilder[Any, Any, Any, Any, Any, Any]", services: "Services"
) -> GoviApplication:
    """Build the application; it opens no connection and reads no updates by itself.

    Args:
        builder: With a token, and whatever else a caller or a stand-in wants set.
        services: What the handlers work with; the caller closes them.
    """
    application: GoviApplication = (
        builder.updater(None)
        .job_queue(None)
        .context_types(ContextTypes(context=GoviContext))
        .post_init(_post_init)
        .post_shutdown(_post_shutdown)
        .build()
    )
    wire = Wire(application.bot, Pacer())
    sender = Sender(wire, services)
    application.bot_data[DESK] = Desk(services, Batcher(services.index.search), wire, sender)
    _add_handlers(application)
    return application


def sender_of(application: GoviApplication) -> Sender:
    """Return the sender that the application's handlers wake; whoever serves runs it."""
    desk: Desk = application.bot_data[DESK]
    return desk.sender


def _add_handlers(application: GoviApplication) -> None:
    addressed = _Addressed()
    question = filters.TEXT & ~filters.COMMAND & addressed
    # An edited photo or a moving live location is no new question; edited text is.
    media = filters.UpdateType.MESSAGE & ~filters.TEXT & ~filters.StatusUpdate.ALL & addressed
    application.add_handlers(
        [
            CommandHandler("start", start),
            CommandHandler("help", show_help),
            MessageHandler(filters.COMMAND & addressed, refuse_command),
            CallbackQueryHandler(press_button),
            ChatMemberHandler(note_blocking, ChatMemberHandler.MY_CHAT_MEMBER),
            MessageHandler(filters.UpdateType.MESSAGES & question, ask_question),
            MessageHandler(media, receive_media),
        ]
    )


async def _post_init(application: GoviApplication) -> None:
    await set_menus(application.bot, application.bot_data[DESK].services.catalogue)


async def _post_shutdown(application: GoviApplication) -> None:
    await application.bot_data[DESK].close()
