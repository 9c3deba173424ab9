"""The Bot API's methods that Govi uses, as strict as Telegram's own."""

import json
import time
from typing import Any
from urllib.parse import urlsplit

from bot.testing.content import (
    TEXT_LIMIT,
    change,
    formatted,
    own_message,
    read_keyboard,
    say,
    send_file,
)
from bot.testing.markup import utf16_length
from bot.testing.parameters import Given, Kind, file, flag, integer, json_value, method, text
from bot.testing.world import Refusal, World

#: Bytes that Telegram hands to a bot; larger files exist, their content does not.
DOWNLOAD_LIMIT = 20 * 2**20

_SHOWING: dict[str, Kind] = {
    "parse_mode": text,
    "entities": json_value,
    "reply_markup": json_value,
    "link_preview_options": json_value,
}
_PLACING: dict[str, Kind] = {
    "reply_parameters": json_value,
    "message_thread_id": integer,
    "disable_notification": flag,
    "protect_content": flag,
}
_CAPTION: dict[str, Kind] = {
    "caption": text,
    "caption_entities": json_value,
    "parse_mode": text,
    "reply_markup": json_value,
}
_SCOPE: dict[str, Kind] = {"scope": json_value, "language_code": text}
_MESSAGE: dict[str, Kind] = {"chat_id": integer, "message_id": integer}


@method("getMe")
def get_me(world: World, _: Given) -> Any:
    """Return the bot."""
    return world.bot | {
        "can_join_groups": True,
        "can_read_all_group_messages": True,
        "supports_inline_queries": False,
    }


@method("sendMessage", {"chat_id": integer, "text": text}, _SHOWING | _PLACING)
def send_message(world: World, given: Given) -> Any:
    """Say something in a chat."""
    chat = world.chat(given["chat_id"])
    content = formatted(given, "text", TEXT_LIMIT)
    return say(world, chat, given, content)


@method("editMessageText", {**_MESSAGE, "text": text}, _SHOWING)
def edit_message_text(world: World, given: Given) -> Any:
    """Change one of the bot's messages."""
    message = own_message(world, given)
    return change(message, formatted(given, "text", TEXT_LIMIT) | read_keyboard(given))


@method("editMessageReplyMarkup", _MESSAGE, {"reply_markup": json_value})
def edit_message_reply_markup(world: World, given: Given) -> Any:
    """Change or remove the buttons under one of the bot's messages."""
    message = own_message(world, given)
    text = {key: message[key] for key in ("text", "entities") if key in message}
    return change(message, text | read_keyboard(given))


@method(
    "answerCallbackQuery",
    {"callback_query_id": text},
    {"text": text, "show_alert": flag, "cache_time": integer},
)
def answer_callback_query(world: World, given: Given) -> Any:
    """Stop a pressed button's spinner; possible once."""
    if given["callback_query_id"] not in world.open_callbacks:
        raise Refusal(
            400,
            "Bad Request: query is too old and response timeout expired or query ID is invalid",
        )
    if utf16_length(given.get("text", "")) > 200:
        raise Refusal(400, "Bad Request: MESSAGE_TOO_LONG")
    world.open_callbacks.remove(given["callback_query_id"])
    return True


@method("sendChatAction", {"chat_id": integer, "action": text}, {"message_thread_id": integer})
def send_chat_action(world: World, given: Given) -> Any:
    """Show "typing" for a moment."""
    world.chat(given["chat_id"])
    if given["action"] not in ("typing", "upload_photo", "upload_document", "upload_voice"):
        raise Refusal(400, "Bad Request: wrong parameter action in request")
    return True


@method("setMyCommands", {"commands": json_value}, _SCOPE)
def set_my_commands(world: World, given: Given) -> Any:
    """Set the menu of one scope and language."""
    for command in given["commands"]:
        name, description = command["command"], command["description"]
        if not name.isascii() or not name.islower() or not 0 < len(name) <= 32:
            raise Refusal(400, "Bad Request: BOT_COMMAND_INVALID")
        if not 0 < len(description) <= 256:
            raise Refusal(400, "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID")
    world.commands[_scope(world, given)] = given["commands"]
    return True


@method("deleteMyCommands", {}, _SCOPE)
def delete_my_commands(world: World, given: Given) -> Any:
    """Take the menu of one scope and language away; there need not be one."""
    world.commands.pop(_scope(world, given), None)
    return True


@method("getMyCommands", {}, _SCOPE)
def get_my_commands(world: World, given: Given) -> Any:
    """Return the menu of one scope and language."""
    return world.commands.get(_scope(world, given), [])


@method(
    "setWebhook",
    {"url": text},
    {
        "secret_token": text,
        "allowed_updates": json_value,
        "max_connections": integer,
        "drop_pending_updates": flag,
    },
)
def set_webhook(world: World, given: Given) -> Any:
    """Send updates from now on instead of letting them be asked for."""
    url = urlsplit(given["url"])
    if url.scheme != "https" and url.hostname != "127.0.0.1":
        raise Refusal(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
    if given.get("allowed_updates"):
        world.allowed = given["allowed_updates"]
    world.webhook = {"url": given["url"], "secret_token": given.get("secret_token", "")}
    world.webhook_is_set.set()
    return True


@method("deleteWebhook", {}, {"drop_pending_updates": flag})
def delete_webhook(world: World, given: Given) -> Any:
    """Let updates be asked for again; drop what waits if asked to."""
    world.webhook = None
    world.webhook_is_set.clear()
    if given.get("drop_pending_updates"):
        world.updates.clear()
    return True


@method("getWebhookInfo")
def get_webhook_info(world: World, _: Given) -> Any:
    """Return where updates are sent, how many wait, and what went wrong last."""
    error = {"last_error_date": int(time.time()), "last_error_message": world.webhook_error}
    return {
        "url": world.webhook["url"] if world.webhook else "",
        "has_custom_certificate": False,
        "pending_update_count": len(world.updates),
    } | (error if world.webhook_error else {})


@method("sendPhoto", {"chat_id": integer, "photo": file}, _PLACING | _CAPTION)
def send_photo(world: World, given: Given) -> Any:
    """Send a picture, new or known."""
    return send_file(world, given, "photo")


@method("sendDocument", {"chat_id": integer, "document": file}, _PLACING | _CAPTION)
def send_document(world: World, given: Given) -> Any:
    """Send a file, new or known."""
    return send_file(world, given, "document")


@method(
    "sendVoice",
    {"chat_id": integer, "voice": file},
    _PLACING | _CAPTION | {"duration": integer},
)
def send_voice(world: World, given: Given) -> Any:
    """Send a voice note, new or known."""
    return send_file(world, given, "voice")


@method("sendVideo", {"chat_id": integer, "video": file}, _PLACING | _CAPTION)
def send_video(world: World, given: Given) -> Any:
    """Send a video, new or known."""
    return send_file(world, given, "video")


@method("sendAnimation", {"chat_id": integer, "animation": file}, _PLACING | _CAPTION)
def send_animation(world: World, given: Given) -> Any:
    """Send a video without sound, new or known."""
    return send_file(world, given, "animation")


@method("getFile", {"file_id": text})
def get_file(world: World, given: Given) -> Any:
    """Return where a file can be downloaded."""
    if given["file_id"] not in world.files:
        raise Refusal(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
    path, content = world.files[given["file_id"]]
    if len(content) > DOWNLOAD_LIMIT:
        raise Refusal(400, "Bad Request: file is too big")
    about = {"file_id": given["file_id"], "file_unique_id": f"u-{given['file_id']}"}
    return about | {"file_size": len(content), "file_path": path}


_SCOPES = (
    "default",
    "all_private_chats",
    "all_group_chats",
    "all_chat_administrators",
    "chat",
)


def _scope(world: World, given: Given) -> tuple[str, str]:
    scope = given.get("scope") or {"type": "default"}
    if scope.get("type") not in _SCOPES:
        raise Refusal(400, "Bad Request: can't parse BotCommandScope: Unsupported type specified")
    if scope["type"] == "chat":
        chat = world.chats.get(scope.get("chat_id", 0))
        if chat is None or not chat.started:
            raise Refusal(400, "Bad Request: chat not found")
    return json.dumps(scope, sort_keys=True), given.get("language_code", "")
