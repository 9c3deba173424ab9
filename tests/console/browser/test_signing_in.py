"""Signing in, as a person with a browser does it."""

import pytest

from bot.db.engine import transaction
from bot.services.signing_in import create_link
from tests.console.asking import OFFICER, TEXTS
from tests.console.browser.looking import Looker

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_an_officer_signs_in_and_out(look: Looker) -> None:
    """The link shows a button; the button opens the console."""
    with transaction(look.services.sessions) as session:
        link = create_link(session, OFFICER).token
    page = await look.window()
    await page.goto(f"/sign-in/{link}")
    await page.get_by_role("button", name=TEXTS.text("console.sign_in.button", "en")).click()
    await page.get_by_role("navigation").first.wait_for()

    await page.goto("/account")
    await page.get_by_role("button", name=TEXTS.text("console.account.leave", "en")).first.click()

    heading = TEXTS.text("console.signed_out.title", "en")
    await page.get_by_role("heading", name=heading).wait_for()
    await page.goto("/account")
    assert await page.get_by_role("heading", name=heading).count() == 1
