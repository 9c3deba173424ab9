"""Which handler answers what. Order matters: the first that fits handles an update."""

from typing import TYPE_CHECKING, Any

from telegram import Update
from telegram.ext import (
    Application,
    ApplicationBuilder,
    CallbackQueryHandler,
    ChatMemberHandler,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    TypeHandler,
    filters,
)

from bot.batching import Batcher
from bot.delivery.lifeline import Lifeline
from bot.delivery.pacing import Pacer
from bot.delivery.sender import Sender
from bot.delivery.wire import Wire
from bot.handlers import (
    console,
    curation,
    hearing,
    language,
    my_questions,
    officers,
    privacy,
    reading_out,
    team,
    tips,
)
from bot.handlers.allowance import Allowance
from bot.handlers.ask import ask_question, follow_album, receive_media
from bot.handlers.buttons import press_button
from bot.handlers.context import DESK, Desk, GoviContext
from bot.handlers.dialogue import Dialogues, Step, cancel
from bot.handlers.emergency import heed
from bot.handlers.flood import hold_back
from bot.handlers.incoming import ADDRESSED, IN_ALBUM
from bot.handlers.membership import follow_group, note_blocking
from bot.handlers.menu import set_menus
from bot.handlers.officers import writing
from bot.handlers.start import leave_alone, refuse_command, show_help, start
from bot.services.roles import list_members

if TYPE_CHECKING:
    from bot.bootstrap import Services

GoviApplication = Application[Any, GoviContext, Any, Any, Any, Any]


class _Forgetful(GoviApplication):
    """Keeps nobody's number; PTB notes everyone who ever wrote, for a persistence or for none."""

    __slots__ = ()

    def _mark_for_persistence_update(self, **_: object) -> None:
        """Note nothing: all that is kept is in the database, and erased there."""


#: Kinds of updates that Telegram is asked for; each has a handler below.
ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")

#: What carries each guided dialogue on, by its name in the database.
STEPS: dict[str, Step] = {**curation.STEPS, **officers.STEPS}
#: The same for dialogues that wait for a file.
FILE_STEPS: dict[str, Step] = {**curation.FILE_STEPS}
#: The same for dialogues that go on with a photo or a recording as well as with words.
MEDIA_STEPS: dict[str, Step] = {**officers.MEDIA_STEPS}


def build(
    builder: "ApplicationBuilder[Any, Any, Any, Any, Any, Any]", services: "Services"
) -> GoviApplication:
    """Build the application; it opens no connection and reads no updates by itself.

    Args:
        builder: With a token, and whatever else a caller or a stand-in wants set.
        services: What the handlers work with; the caller closes them.
    """
    application: GoviApplication = (
        builder.application_class(_Forgetful)
        .updater(None)
        .context_types(ContextTypes(context=GoviContext))
        .post_init(_post_init)
        .post_shutdown(_post_shutdown)
        .build()
    )
    wire = Wire(application.bot, Pacer())
    sender = Sender(wire, services)
    settings = services.settings
    allowance = Allowance(settings.rate_burst, settings.rate_per_minute)
    application.bot_data[DESK] = Desk(
        services=services,
        batcher=Batcher(services.index.search),
        wire=wire,
        sender=sender,
        allowance=allowance,
        lifeline=Lifeline(application.bot, services),
    )
    _add_handlers(application)
    return application


def sender_of(application: GoviApplication) -> Sender:
    """Return the sender that the application's handlers wake; whoever serves runs it."""
    desk: Desk = application.bot_data[DESK]
    return desk.sender


def _add_handlers(application: GoviApplication) -> None:
    dialogues = Dialogues(STEPS, FILE_STEPS, MEDIA_STEPS)
    question = filters.TEXT & ~filters.COMMAND & ADDRESSED
    # A moving live location is no new question; edited words are.
    worded = filters.UpdateType.EDITED_MESSAGE & filters.CAPTION
    media = (filters.UpdateType.MESSAGE | worded) & ~filters.TEXT & ~filters.StatusUpdate.ALL
    application.add_handler(TypeHandler(Update, heed), group=-2)
    application.add_handler(TypeHandler(Update, hold_back), group=-1)
    application.add_handlers(
        [
            # PTB takes a press without data, which only a forged client sends, for a match of any
            # pattern; this one matches nothing else and keeps it from the handlers below.
            CallbackQueryHandler(press_button, pattern="(?!)"),
            MessageHandler(filters.UpdateType.EDITED_MESSAGE & filters.COMMAND, leave_alone),
            CommandHandler("start", start, filters=ADDRESSED),
            CommandHandler("help", show_help, filters=ADDRESSED),
            CommandHandler("cancel", cancel, filters=ADDRESSED),
            *language.handlers(),
            *my_questions.handlers(),
            *reading_out.handlers(),
            *hearing.handlers(),
            *privacy.handlers(),
            *tips.handlers(),
            *team.handlers(),
            *curation.handlers(),
            *console.handlers(),
            *officers.handlers(),
            MessageHandler(filters.COMMAND & ADDRESSED, refuse_command),
            CallbackQueryHandler(press_button),
            ChatMemberHandler(note_blocking, ChatMemberHandler.MY_CHAT_MEMBER),
            MessageHandler(filters.StatusUpdate.MIGRATE, follow_group),
            MessageHandler(
                filters.UpdateType.MESSAGES & question,
                writing.before(dialogues.before(ask_question)),
            ),
            MessageHandler(media & ADDRESSED, writing.before(dialogues.before(receive_media))),
            MessageHandler(media & IN_ALBUM, follow_album),
        ]
    )


async def _post_init(application: GoviApplication) -> None:
    services: Services = application.bot_data[DESK].services
    members = await services.run(list_members)
    await set_menus(application.bot, services.catalogue, members)


async def _post_shutdown(application: GoviApplication) -> None:
    await application.bot_data[DESK].close()
