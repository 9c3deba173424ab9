"""What Telegram's servers would hold: people, chats, messages, updates not yet acknowledged."""

import itertools
import re
import threading
import time
from collections.abc import Callable, Collection
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from bot.testing.markup import utf16_length

Message = dict[str, Any]

#: What a bot gets that names no `allowed_updates`.
DEFAULT_UPDATES = frozenset({"message", "edited_message", "callback_query", "my_chat_member"})


class Refusal(Exception):  # noqa: N818 - an answer of the API, not a fault of this program
    """The API says no: a status, Telegram's words, and what they carry."""

    def __init__(self, status: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.parameters = parameters


@dataclass(slots=True)
class Chat:
    """A chat as the bot knows it; `started` is False until a person has written to the bot.

    In a group that is `muted` the bot reads what is said and may say nothing.
    """

    about: dict[str, Any]
    started: bool = True
    blocked: bool = False
    muted: bool = False
    messages: dict[int, Message] = field(default_factory=dict)

    @property
    def id(self) -> int:
        """The chat's id: a person's own id in a private chat, negative in a group."""
        return int(self.about["id"])


class World:
    """Everything that has been said. Guard every use with `lock`."""

    def __init__(self, token: str, username: str) -> None:
        self.lock = threading.RLock()
        self.token = token
        self.bot: dict[str, Any] = {
            "id": int(token.partition(":")[0]),
            "is_bot": True,
            "first_name": "Govi",
            "username": username,
        }
        self.chats: dict[int, Chat] = {}
        self.updates: list[dict[str, Any]] = []
        self.allowed: Collection[str] = DEFAULT_UPDATES
        self.open_callbacks: set[str] = set()
        self.files: dict[str, tuple[str, bytes]] = {}
        self.commands: dict[tuple[str, str], list[dict[str, str]]] = {}
        self.on_update: Callable[[], None] = lambda: None
        #: Where updates are sent, and the secret to send along; None lets them be asked for.
        self.webhook: dict[str, str] | None = None
        self.webhook_is_set = threading.Event()
        self.webhook_error = ""
        self._update_ids = itertools.count(810_000_001)
        self._numbers = itertools.count(1)

    def chat(self, chat_id: object) -> Chat:
        """Return a chat that the bot may write to now.

        Raises:
            Refusal: There is none, or the person has not started the bot, or has blocked it, or
                the bot is muted.
        """
        chat = self.chats.get(chat_id) if isinstance(chat_id, int) else None
        if chat is None:
            raise Refusal(400, "Bad Request: chat not found")
        if not chat.started:
            raise Refusal(403, "Forbidden: bot can't initiate conversation with a user")
        if chat.blocked:
            raise Refusal(403, "Forbidden: bot was blocked by the user")
        if chat.muted:
            reason = "not enough rights to send text messages to the chat"
            raise Refusal(400, f"Bad Request: {reason}")
        return chat

    def add_message(self, chat: Chat, sender: dict[str, Any], content: dict[str, Any]) -> Message:
        """Put a message into a chat; ids count up in each chat from 1."""
        message = {
            "message_id": len(chat.messages) + 1,
            "from": sender,
            "chat": chat.about,
            "date": int(time.time()),
            **content,
        }
        chat.messages[message["message_id"]] = message
        return message

    def add_update(self, kind: str, payload: dict[str, Any]) -> None:
        """Queue an update for the bot, if it is of a kind that the bot wants."""
        if kind in self.allowed:
            self.updates.append({"update_id": next(self._update_ids), kind: deepcopy(payload)})
            self.on_update()

    def pending(self, offset: int | None, limit: int) -> list[dict[str, Any]]:
        """Forget updates before `offset` (negative: all but the last so many); return the next."""
        if offset is not None and offset < 0:
            self.updates = self.updates[offset:]
        elif offset:
            self.updates = [each for each in self.updates if each["update_id"] >= offset]
        return self.updates[:limit]

    def add_file(self, name: str, content: bytes) -> dict[str, Any]:
        """Keep a file; return what messages and getFile say of it."""
        file_id = f"file-{self.number()}"
        self.files[file_id] = (f"files/{file_id}-{name}", content)
        return {"file_id": file_id, "file_unique_id": f"u-{file_id}", "file_size": len(content)}

    def number(self) -> int:
        """Return a number that was not used before."""
        return next(self._numbers)


def quoted(message: Message) -> Message:
    """Return a message as it appears inside a reply to it: without the one that it replies to."""
    return {key: value for key, value in message.items() if key != "reply_to_message"}


def find_entities(text: str, bot_username: str) -> list[dict[str, Any]]:
    """Return the entities that a client adds to a person's text: a command, mentions of the bot."""
    found = []
    command = re.match(r"/[A-Za-z0-9_]{1,32}(@\w+)?(?!\S)", text)
    if command:
        length = utf16_length(command[0])
        found.append({"type": "bot_command", "offset": 0, "length": length})
    mention = f"@{bot_username}"
    at = text.find(mention)
    if at >= 0 and not command:
        offset = utf16_length(text[:at])
        found.append({"type": "mention", "offset": offset, "length": utf16_length(mention)})
    return found
