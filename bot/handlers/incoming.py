"""From Telegram's update to what the services are told."""

import re
from datetime import timedelta

from telegram import Message, MessageEntity, Update, User
from telegram.ext import filters

from bot.services.answering import Incoming
from bot.services.farmers import Asker
from bot.services.media import Media

_KINDS = ("sticker", "location")
#: A video without sound is an animation to Telegram, and a document as well.
_RECORDINGS = ("voice", "audio", "video", "video_note", "animation")
#: Commands that a group's members send to its only bot without its name.
_COMMON = (["/start"], ["/help"])
#: Documents of other types may hold anything, and are shown to nobody.
_SHOWN_TYPES = ("image/", "audio/", "video/")


def read_asker(update: Update) -> Asker:
    """Return who wrote or pressed, and where.

    Raises:
        ValueError: Nobody did: a channel post, which is never handled.
    """
    user, chat = get_user(update), update.effective_chat
    if chat is None:
        raise ValueError(f"update {update.update_id} comes from nowhere")
    return Asker(user.id, chat.id, user.language_code)


def get_user(update: Update) -> User:
    """Return who wrote or pressed.

    Raises:
        ValueError: Nobody did: a channel post, which is never handled.
    """
    user = update.effective_user
    if user is None:
        raise ValueError(f"update {update.update_id} comes from nobody")
    return user


def read_message(update: Update) -> Incoming:
    """Return a new or edited message; a mention of the bot is taken out of its text.

    One that replies in a group with nothing but the bot's name passes on what it replies to.
    """
    message = get_message(update)
    said = message
    if not _text_of(message) and not read_media(message):
        said = _pointed_at(message) or message
    media = read_media(said)
    return Incoming(
        asker=read_asker(update),
        text=_text_of(said),
        update_id=update.update_id,
        message_id=message.message_id,
        kind=media.kind if media else _kind(said),
        is_edit=update.edited_message is not None,
        topic_id=topic_of(message),
        media=media,
    )


def read_media(message: Message) -> Media | None:
    """Return the photo or recording that a message carries, if any; of a photo the largest."""
    album_id = message.media_group_id
    if message.photo:
        largest = max(message.photo, key=lambda size: size.width * size.height)
        return Media("photo", largest.file_id, album_id)
    for kind in _RECORDINGS:
        recording = getattr(message, kind)
        if recording:
            return Media(kind, recording.file_id, album_id, _seconds(recording.duration))
    document = message.document
    if document and _is_shown(document.mime_type):
        return Media("document", document.file_id, album_id)
    return None


def _is_shown(mime_type: str | None) -> bool:
    return mime_type is not None and mime_type.startswith(_SHOWN_TYPES)


def _seconds(duration: int | timedelta) -> int:
    return int(duration.total_seconds()) if isinstance(duration, timedelta) else duration


def get_message(update: Update) -> Message:
    """Return the message of an update that has one.

    Raises:
        ValueError: It has none.
    """
    message = update.effective_message
    if message is None:
        raise ValueError(f"update {update.update_id} has no message")
    return message


def topic_of(message: Message) -> int | None:
    """Return the forum topic that a message stands in, if any."""
    return message.message_thread_id if message.is_topic_message else None


def replied_to(message: Message) -> Message | None:
    """Return the message that somebody replied to, if any.

    What stands in a forum's topic otherwise seems to reply to the topic's beginning.
    """
    replied = message.reply_to_message
    return None if replied is None or replied.forum_topic_created else replied


def is_addressed(message: Message) -> bool:
    """Whether a message is for the bot: in private, in reply to it, or with its name in it.

    What a channel says to all is not, though it appears in the channel's group by itself.
    """
    if message.chat.type == message.chat.PRIVATE:
        return True
    if message.is_automatic_forward:
        return False
    if (message.text or "").lower().split(maxsplit=1)[:1] in _COMMON:
        return True
    bot = message.get_bot()
    replied = replied_to(message)
    if replied is not None and replied.from_user is not None and replied.from_user.id == bot.id:
        return True
    kinds: list[str | None] = [MessageEntity.MENTION, MessageEntity.BOT_COMMAND]
    named = {*message.parse_entities(kinds).values()}
    named |= {*message.parse_caption_entities(kinds).values()}
    return any(name.lower().endswith(f"@{bot.username}".lower()) for name in named)


class _Addressed(filters.MessageFilter):
    """In a group only what is meant for the bot."""

    def filter(self, message: Message) -> bool:
        return is_addressed(message)


class _InAlbum(filters.MessageFilter):
    """One of several photos or recordings that were sent together."""

    def filter(self, message: Message) -> bool:
        return message.media_group_id is not None


ADDRESSED, IN_ALBUM = _Addressed(), _InAlbum()


def is_private(update: Update) -> bool:
    """Whether nobody but the person reads what is said here."""
    chat = update.effective_chat
    return chat is not None and chat.type == chat.PRIVATE


def has_words(text: str) -> bool:
    """Whether there is anything to look up: at least one letter or digit in any script."""
    return any(char.isalnum() for char in text)


def _kind(message: Message) -> str:
    if message.text:
        return "text"
    return next((kind for kind in _KINDS if getattr(message, kind)), "other")


def _text_of(message: Message) -> str:
    text = message.text or message.caption or ""
    username = re.escape(message.get_bot().username)
    return re.sub(rf"@{username}\b", "", text, flags=re.IGNORECASE).strip()


def _pointed_at(message: Message) -> Message | None:
    """Return another person's message in a group that one replies to which names the bot."""
    replied = replied_to(message)
    if replied is None or not message.text or message.chat.type == message.chat.PRIVATE:
        return None
    is_ours = replied.from_user is not None and replied.from_user.id == message.get_bot().id
    return None if is_ours else replied
