"""Which messages are meant for Govi."""

from telegram import Message, MessageEntity
from telegram.constants import ChatType
from telegram.ext.filters import MessageFilter


class Addressed(MessageFilter):
    """Every message of a private chat; in a group, mentions of the bot and replies to it."""

    def filter(self, message: Message) -> bool:
        """Tell whether a message is meant for the bot."""
        if message.chat.type == ChatType.PRIVATE:
            return True
        me = message.get_bot()
        replied = message.reply_to_message
        if replied is not None and replied.from_user is not None and replied.from_user.id == me.id:
            return True
        mentions = message.parse_entities([MessageEntity.MENTION]).values()
        captions = message.parse_caption_entities([MessageEntity.MENTION]).values()
        return f"@{me.username}".lower() in {text.lower() for text in (*mentions, *captions)}


ADDRESSED = Addressed()
