"""What a message may hold: text, entities, buttons, a quoted message, a file."""

import mimetypes
import time
from typing import Any

from bot.testing.markup import MarkupError, parse_html, utf16_length
from bot.testing.parameters import Given
from bot.testing.world import Chat, Message, Refusal, World, quoted

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
CALLBACK_DATA_BYTES = 64


def formatted(given: Given, name: str, limit: int) -> dict[str, Any]:
    """Read a text or caption with its markup.

    Raises:
        Refusal: The markup is broken, or what is shown is empty or over `limit` UTF-16 units.
    """
    shown, entities = given.get(name, ""), given.get("entities", [])
    mode = given.get("parse_mode", "")
    if mode not in ("", "HTML"):
        raise Refusal(400, "Bad Request: unsupported parse_mode")
    if mode == "HTML":
        try:
            shown, entities = parse_html(shown)
        except MarkupError as error:
            raise Refusal(400, f"Bad Request: can't parse entities: {error}") from None
    if utf16_length(shown) > limit:
        raise Refusal(400, f"Bad Request: {_TOO_LONG[name]}")
    shown = shown.strip()
    if not shown and name == "text":
        raise Refusal(400, "Bad Request: message text is empty")
    return {name: shown} | ({"entities": entities} if entities else {})


_TOO_LONG = {"text": "message is too long", "caption": "message caption is too long"}


def say(world: World, chat: Chat, given: Given, content: dict[str, Any]) -> Message:
    """Add the bot's message to a chat, with its buttons and the message that it quotes."""
    content = content | read_keyboard(given) | _reply(chat, given.get("reply_parameters"))
    if "message_thread_id" in given:
        content["message_thread_id"] = given["message_thread_id"]
    return world.add_message(chat, world.bot, content)


def _reply(chat: Chat, parameters: Any) -> dict[str, Any]:
    if not parameters:
        return {}
    unknown = parameters.keys() - {"message_id", "chat_id", "allow_sending_without_reply"}
    if unknown:
        raise Refusal(400, f"Bad Request: unknown reply parameter {min(unknown)!r}")
    message = chat.messages.get(parameters["message_id"])
    if message is not None:
        return {"reply_to_message": quoted(message)}
    if parameters.get("allow_sending_without_reply"):
        return {}
    raise Refusal(400, "Bad Request: message to be replied not found")


def read_keyboard(given: Given) -> dict[str, Any]:
    """Read the buttons; refuse one without a text or with callback data over 64 bytes."""
    markup = given.get("reply_markup")
    if not markup or not markup.get("inline_keyboard"):
        return {}
    for button in (button for row in markup["inline_keyboard"] for button in row):
        if not button.get("text"):
            raise Refusal(400, "Bad Request: can't parse inline keyboard button: text is empty")
        if not 0 < len(button.get("callback_data", "").encode()) <= CALLBACK_DATA_BYTES:
            raise Refusal(400, "Bad Request: BUTTON_DATA_INVALID")
    return {"reply_markup": markup}


def own_message(world: World, given: Given) -> Message:
    """Return the bot's own message that is to be changed."""
    message = world.chat(given["chat_id"]).messages.get(given["message_id"])
    if message is None:
        raise Refusal(400, "Bad Request: message to edit not found")
    if message["from"]["id"] != world.bot["id"]:
        raise Refusal(400, "Bad Request: message can't be edited")
    return message


def change(message: Message, content: dict[str, Any]) -> Message:
    """Replace what a message shows; refuse a change that changes nothing, as Telegram does."""
    parts = ("text", "entities", "reply_markup")
    if {key: message[key] for key in parts if key in message} == content:
        raise Refusal(
            400,
            "Bad Request: message is not modified: specified new message content and reply "
            "markup are exactly the same as a current content and reply markup of the message",
        )
    for key in parts:
        message.pop(key, None)
    message.update(content, edit_date=int(time.time()))
    return message


def send_file(world: World, given: Given, kind: str) -> Message:
    """Add the bot's message with a new or a known file."""
    chat = world.chat(given["chat_id"])
    caption = formatted(given, "caption", CAPTION_LIMIT) if given.get("caption") else {}
    return say(world, chat, given, {kind: _described(world, given[kind], kind), **caption})


def _described(world: World, value: Any, kind: str) -> Any:
    if isinstance(value, tuple):
        return describe_file(world.add_file(*value), kind, value[0])
    if value in world.files:
        return describe_file({"file_id": value, "file_unique_id": f"u-{value}"}, kind)
    raise Refusal(400, "Bad Request: wrong remote file identifier specified")


def describe_file(about: dict[str, Any], kind: str, name: str = "") -> Any:
    """Return a file as messages show it: a photo is a list of sizes, a voice note has a length."""
    match kind:
        case "photo":
            return [about | {"width": 320, "height": 240}]
        case "voice":
            return about | {"duration": 3}
        case "video" | "animation":
            return about | {"duration": 3, "width": 320, "height": 240}
        case "document" if name:
            mime_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
            return about | {"file_name": name, "mime_type": mime_type}
    return about
