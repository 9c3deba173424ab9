"""People who write to the bot, and what they see: the driver of the stand-in Bot API."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from bot.testing.content import describe_file
from bot.testing.world import Chat, Message, World, find_entities, quoted


class Button(NamedTuple):
    """A button under a message, ready to be pressed."""

    text: str
    data: str
    chat_id: int
    message_id: int


class Seen(NamedTuple):
    """A message as it stood in its chat when it was looked at; `raw` is Telegram's object."""

    raw: Mapping[str, Any]

    @property
    def chat_id(self) -> int:
        """Where it stands."""
        return int(self.raw["chat"]["id"])

    @property
    def message_id(self) -> int:
        """Its number in its chat."""
        return int(self.raw["message_id"])

    @property
    def text(self) -> str:
        """What is shown, without markup."""
        return str(self.raw.get("text", ""))

    @property
    def caption(self) -> str:
        """What is shown below its picture or file, without markup."""
        return str(self.raw.get("caption", ""))

    @property
    def photo(self) -> Mapping[str, Any] | None:
        """The picture that it carries at its largest, in Telegram's terms."""
        sizes = self.raw.get("photo")
        return sizes[-1] if sizes else None

    @property
    def document(self) -> Mapping[str, Any] | None:
        """The file that it carries, in Telegram's terms."""
        return self.raw.get("document")

    @property
    def replies_to(self) -> int | None:
        """The message that it quotes, if any."""
        quoted_message = self.raw.get("reply_to_message")
        return int(quoted_message["message_id"]) if quoted_message else None

    @property
    def buttons(self) -> list[Button]:
        """Its buttons, from the top."""
        rows = self.raw.get("reply_markup", {}).get("inline_keyboard", [])
        place = (self.chat_id, self.message_id)
        return [Button(b["text"], b["callback_data"], *place) for row in rows for b in row]

    def button(self, text: str) -> Button:
        """Return the first button with `text` in it."""
        return next(button for button in self.buttons if text in button.text)


class Person:
    """Someone with Telegram on a phone, in the private chat with the bot unless said.

    A reply stands where that stands which it replies to.
    """

    def __init__(self, world: World, user_id: int, language_code: str) -> None:
        self.id = user_id
        self._world = world
        self._about = {
            "id": user_id,
            "is_bot": False,
            "first_name": f"Person {user_id}",
            "language_code": language_code,
        }
        about = {"id": user_id, "type": "private", "first_name": self._about["first_name"]}
        self._private = world.chats.setdefault(user_id, Chat(about, started=False))

    def sends(self, text: str, chat_id: int | None = None, replying_to: Seen | None = None) -> Seen:
        """Write a text."""
        entities = find_entities(text, self._world.bot["username"])
        content: dict[str, Any] = {"text": text} | ({"entities": entities} if entities else {})
        return self._puts(content, chat_id, replying_to)

    def sends_photo(
        self,
        caption: str = "",
        content: bytes = b"\xff\xd8photo",
        album: str = "",
        replying_to: Seen | None = None,
    ) -> Seen:
        """Send a picture; several with one `album` are an album."""
        photo = self._file("photo", "photo.jpg", content) | _caption(caption)
        together = {"media_group_id": album} if album else {}
        return self._puts(photo | together, None, replying_to)

    def sends_voice(
        self,
        content: bytes = b"OggS voice",
        seconds: int = 3,
        replying_to: Seen | None = None,
    ) -> Seen:
        """Send a voice note."""
        note = self._file("voice", "voice.ogg", content)
        voice = {"voice": note["voice"] | {"duration": seconds}}
        return self._puts(voice, None, replying_to)

    def sends_video(self, content: bytes = b"....ftypisom", is_silent: bool = False) -> Seen:
        """Send a video; one without sound is an animation to Telegram, and a document as well."""
        video = self._file("animation" if is_silent else "video", "video.mp4", content)
        as_document = {"document": video["animation"]} if is_silent else {}
        return self._puts(video | as_document)

    def sends_document(self, name: str, content: bytes, caption: str = "") -> Seen:
        """Send a file under its name."""
        return self._puts(self._file("document", name, content) | _caption(caption))

    def sends_sticker(self, replying_to: Seen | None = None) -> Seen:
        """Send a sticker."""
        with self._world.lock:
            about = self._world.add_file("sticker.webp", b"RIFF")
        kind = {"type": "regular", "is_animated": False, "is_video": False}
        sticker = {"sticker": about | {"width": 512, "height": 512} | kind}
        return self._puts(sticker, None, replying_to)

    def sends_location(self, latitude: float = 8.31, longitude: float = 80.41) -> Seen:
        """Send where they are."""
        return self._puts({"location": {"latitude": latitude, "longitude": longitude}})

    def sends_object(self, content: dict[str, Any], chat_id: int | None = None) -> Seen:
        """Send a message with any content, in Telegram's own terms."""
        return self._puts(content, chat_id)

    def edits(self, seen: Seen, text: str) -> Seen:
        """Change the text of a message of their own, or the caption of what it carries."""
        with self._world.lock:
            message = self._world.chats[seen.chat_id].messages[seen.message_id]
            words = {"text" if "text" in message else "caption": text}
            message.update(words, edit_date=message["date"])
            self._world.add_update("edited_message", message)
            return Seen(dict(message))

    def presses(self, button: Button) -> str:
        """Press a button; return the id of the press."""
        with self._world.lock:
            message = self._world.chats[button.chat_id].messages[button.message_id]
            return self.presses_anything(button.data, message)

    def presses_anything(self, data: str, message: Message) -> str:
        """Press as a forged client would: any data, under any message."""
        with self._world.lock:
            press_id = str(4_000_000 + self._world.number())
            press = {
                "id": press_id,
                "from": self._about,
                "message": message,
                "chat_instance": str(message["chat"]["id"] * 31),
                "data": data,
            }
            self._world.open_callbacks.add(press_id)
            self._world.add_update("callback_query", press)
            return press_id

    def blocks(self) -> None:
        """Block the bot."""
        with self._world.lock:
            self._private.blocked = True
            self._world.add_update("my_chat_member", self._membership("member", "kicked"))

    def unblocks(self) -> None:
        """Let the bot write again."""
        with self._world.lock:
            self._private.blocked = False
            self._world.add_update("my_chat_member", self._membership("kicked", "member"))

    def opens(self, seen: Seen) -> tuple[str, bytes]:
        """Open the file in a message: its name and content."""
        about = seen.document or {}
        with self._world.lock:
            return str(about["file_name"]), self._world.files[about["file_id"]][1]

    def loses_files(self) -> None:
        """Let Telegram forget every file, as it does after a while with some."""
        with self._world.lock:
            self._world.files.clear()

    def looks_at(self, seen: Seen) -> bytes:
        """Return the picture in a message."""
        about = seen.photo or {}
        with self._world.lock:
            return self._world.files[about["file_id"]][1]

    def hears(self, seen: Seen) -> bytes:
        """Return the voice note in a message."""
        with self._world.lock:
            return self._world.files[seen.raw["voice"]["file_id"]][1]

    def sees(self, chat_id: int | None = None) -> list[Seen]:
        """Return the chat from its beginning, as it stands now."""
        with self._world.lock:
            messages = self._chat(chat_id).messages.values()
            return [Seen(dict(message)) for message in messages]

    def _puts(
        self, content: dict[str, Any], chat_id: int | None = None, replying_to: Seen | None = None
    ) -> Seen:
        quotation = {"reply_to_message": quoted(dict(replying_to.raw))} if replying_to else {}
        with self._world.lock:
            chat = self._chat(replying_to.chat_id if replying_to else chat_id)
            chat.started = True
            message = self._world.add_message(chat, self._about, quotation | content)
            self._world.add_update("message", message)
            return Seen(dict(message))

    def _chat(self, chat_id: int | None) -> Chat:
        return self._private if chat_id is None else self._world.chats[chat_id]

    def _file(self, kind: str, name: str, content: bytes) -> dict[str, Any]:
        with self._world.lock:
            return {kind: describe_file(self._world.add_file(name, content), kind, name)}

    def _membership(self, old: str, new: str) -> dict[str, Any]:
        def state(status: str) -> dict[str, Any]:
            until = {"until_date": 0} if status == "kicked" else {}
            return {"user": self._world.bot, "status": status} | until

        about = {"chat": self._private.about, "from": self._about, "date": 1_790_000_000}
        return about | {"old_chat_member": state(old), "new_chat_member": state(new)}


def _caption(caption: str) -> dict[str, Any]:
    return {"caption": caption} if caption else {}
