"""Photos and recordings in a real browser, from the stand-in Bot API."""

import io
import wave
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import expect

from bot.bootstrap import Services
from bot.cli.console import attend
from bot.testing.bot_api import BotApi
from tests.console.asking import OFFICER, TEXTS, create_services
from tests.console.browser.looking import Looker
from tests.console.browser.serving import served
from tests.console.browser.test_pages import AXE, RULES, faults
from tests.console.sending import answer, draw_png, send

pytestmark = pytest.mark.asyncio(loop_scope="session")

NOT_SHOWN = TEXTS.text("console.media.not_shown", "en")


@pytest.fixture(scope="module")
def api() -> Iterator[BotApi]:
    """Telegram, as far as this goes."""
    with BotApi() as api:
        yield api


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def services(
    api: BotApi, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Services]:
    """A Govi that has a token, with its console listening as the commands let it."""
    folder = tmp_path_factory.mktemp("media")

    def create(port: int) -> Services:
        return create_services(
            folder, console_port=port, bot_token=api.token, telegram_api_url=api.url
        )

    async with served(create, attend) as services:
        yield services


async def test_a_farmers_photo_shows_in_its_question(look: Looker, api: BotApi) -> None:
    """At its size, without a complaint of the content security policy."""
    group, _ = send(look.services, api, draw_png(40, 30))
    page = await look.signed_in(OFFICER, f"/queue/{group}")
    photo = page.get_by_role("img", name="Photo from")

    await expect(photo).to_have_js_property("naturalWidth", 40)
    assert await page.get_by_text(NOT_SHOWN).is_hidden()


async def test_a_page_sent_as_a_photo_neither_shows_nor_runs(look: Looker, api: BotApi) -> None:
    """The officer is told that it cannot be shown."""
    lie = b"<html><script>document.title = 'owned'</script></html>"
    group, _ = send(look.services, api, lie)
    page = await look.signed_in(OFFICER, f"/queue/{group}")

    await expect(page.get_by_text(NOT_SHOWN)).to_be_visible()
    assert await page.title() != "owned"


def make_wav() -> bytes:
    """A fifth of a second of nothing."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(3200))
    return file.getvalue()


async def test_an_officers_spoken_answer_plays_to_its_end(look: Looker, api: BotApi) -> None:
    """However the browser asks for it, Telegram is asked once."""
    group, _ = send(look.services, api, draw_png())
    answer(look.services, api, group, make_wav())
    page = await look.signed_in(OFFICER, f"/queue/{group}")
    await expect(page.get_by_role("img", name="Photo from")).to_have_js_property("naturalWidth", 40)
    before = len(api.calls("getFile"))

    played = await page.locator("audio").evaluate(
        "sound => new Promise((done, fail) => { sound.onended = () => done(sound.currentTime);"
        " sound.onerror = fail; sound.play().catch(fail); })"
    )

    assert played == pytest.approx(0.2, abs=0.05)
    assert len(api.calls("getFile")) == before + 1


@pytest.mark.skipif(not AXE.exists(), reason="npm ci --prefix tests/console/browser runs this test")
@pytest.mark.parametrize("kind", ["photo", "voice", "video"])
async def test_what_was_sent_is_accessible(look: Looker, api: BotApi, kind: str) -> None:
    """Named for those who do not see it, and reached by the keyboard."""
    group, number = send(look.services, api, draw_png(), kind)
    answer(look.services, api, group, make_wav())
    page = await look.signed_in(OFFICER)
    await page.context.add_init_script(path=AXE)

    found = []
    for path in (f"/queue/{group}", f"/questions/{number}", "/questions"):
        await page.goto(path)
        found += await faults(page, {"type": "tag", "values": RULES})

    assert found == []
