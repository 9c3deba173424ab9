"""An officer's morning: the digest comes as a picture with its words below."""

from datetime import timedelta

from bot.db.base import utc_now
from bot.db.engine import transaction
from bot.db.models import Role
from bot.i18n import Catalogue
from bot.services.digests import post_digest
from bot.testing.bot_api import BotApi
from bot.testing.people import Person
from tests.journeys.serving import UNKNOWN, Govi
from tests.journeys.team import appoint
from tests.services.loop import pass_on

TEXTS = Catalogue.load()
DAY = timedelta(days=1)


async def test_the_digest_is_a_chart_with_what_waits(api: BotApi, govi: Govi) -> None:
    """Drawn when it is sent, and sent once."""
    officer: Person = appoint(govi, api.user(2001), Role.OFFICER)
    officer.sends("/start")
    await api.until(lambda: len(officer.sees()) > 1)
    now = utc_now()
    with transaction(govi.services.sessions) as session:
        pass_on(session, UNKNOWN, 11, asked_at=now - DAY)
        for _ in range(2):
            post_digest(session, now - DAY, now)

    await api.until(lambda: officer.sees()[-1].photo is not None)

    seen = officer.sees()[-1]
    assert officer.looks_at(seen).startswith(b"\x89PNG")
    assert TEXTS.text("digest.counts", new=1, waiting=1) in seen.caption
    assert UNKNOWN in seen.caption
    assert [each.photo is not None for each in officer.sees()].count(True) == 1
