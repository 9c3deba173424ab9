"""Copies in the console, where some are kept."""

from bot.bootstrap import Services
from bot.db.engine import reading, transaction
from bot.db.models import Attachment
from bot.services import copies
from bot.services.forgetting import forget
from bot.testing.bot_api import BotApi
from tests.console.asking import OFFICER, Guest
from tests.console.sending import FARMER, PNG, looked_at, send


def send_and_copy(services: Services, api: BotApi) -> int:
    """Let a farmer send a photo that is copied and lost by Telegram; return its number."""
    _, number = send(services, api, PNG)
    with reading(services.sessions) as session:
        file_id = session.get_one(Attachment, number).file_id
    copies.write(services.settings.media_dir, file_id, PNG)
    api.world.files.clear()
    return number


async def test_what_telegram_lost_is_shown_from_its_copy(
    services: Services, api: BotApi, officer: Guest
) -> None:
    """Recorded as any other look."""
    number = send_and_copy(services, api)

    page = await officer.open(f"/media/{number}")

    assert (page.headers["content-type"], page.content) == ("image/png", PNG)
    assert looked_at(services) == [(str(OFFICER), f"question 1, attachment {number}")]


async def test_a_copy_is_shown_without_a_token(services: Services, api: BotApi) -> None:
    """Telegram need not be asked for what is here."""
    number = send_and_copy(services, api)
    guest = await Guest(services).sign_in(OFFICER)

    assert (await guest.open(f"/media/{number}")).content == PNG
    await guest.close()


async def test_the_copy_of_a_forgotten_farmers_photo_is_not_shown(
    services: Services, api: BotApi, officer: Guest
) -> None:
    """Not even before the file is deleted."""
    number = send_and_copy(services, api)
    with transaction(services.sessions) as session:
        forget(session, FARMER)

    assert (await officer.open(f"/media/{number}")).status_code == 404
