"""Farmers and officers who send photos and recordings, as Telegram keeps them."""

import struct
import zlib

from bot.bootstrap import Services
from bot.db.engine import reading, transaction
from bot.db.models import Ask, AuditEvent, Note
from bot.services.media import Media, attach
from bot.services.queue import claim, read_escalation
from bot.services.resolving import send_answer
from bot.testing.bot_api import BotApi
from tests.console.asking import OFFICER
from tests.services.loop import pass_on

FARMER = 11


def draw_png(width: int = 40, height: int = 30) -> bytes:
    """A green picture."""
    row = b"\0" + b"\x20\x80\x40" * width
    about = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = (b"IHDR", about), (b"IDAT", zlib.compress(row * height)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )


PNG = draw_png()
OGG = b"OggS\0\x02" + bytes(range(200))


def send(services: Services, api: BotApi, content: bytes, kind: str = "photo") -> tuple[int, int]:
    """Let a farmer send a file; return the number in the queue, and that of the attachment."""
    with api.world.lock:
        file_id = str(api.world.add_file("sent", content)["file_id"])
    with transaction(services.sessions) as session:
        group = pass_on(session, "", FARMER, reason="media", kind=kind)
        ask = group.asks[0]
        attach(session, ask.question, Media(kind, file_id), 900)
        [media] = read_escalation(session, OFFICER, group.id).asks[0].media
        assert media.attachment_id is not None
        return group.id, media.attachment_id


def answer(services: Services, api: BotApi, group: int, content: bytes, kind: str = "voice") -> int:
    """Let an officer answer with a file; return the number of the answer."""
    with api.world.lock:
        file_id = str(api.world.add_file("answered", content)["file_id"])
    with transaction(services.sessions) as session:
        claim(session, OFFICER, group)
        send_answer(session, OFFICER, group, "", Media(kind, file_id))
        return session.query(Note.id).order_by(Note.id.desc()).limit(1).scalar() or 0


def take_back(services: Services) -> None:
    """Let a farmer take back the only question."""
    with transaction(services.sessions) as session:
        ask = session.query(Ask).one()
        ask.withdrawn_at = ask.joined_at


def looked_at(services: Services) -> list[tuple[str, str]]:
    """Who looked at what, by the audit trail."""
    with reading(services.sessions) as session:
        rows = session.query(AuditEvent).filter_by(action="read media").all()
        return [(row.actor, f"{row.subject}, {row.details}") for row in rows]
