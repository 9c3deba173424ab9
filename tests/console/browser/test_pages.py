"""Every page: accessible, narrow, in large print, light to load, from no other host."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Page

from bot.bootstrap import Services
from bot.db.engine import transaction
from bot.services.editing import edit_entry
from bot.services.proposals import propose_phrasing
from bot.services.queue import claim
from tests.console.asking import ADMIN, OFFICER
from tests.console.browser.looking import PHONE, Looker
from tests.factories import BLAST
from tests.services.asking import ask, rate
from tests.services.loop import pass_on

pytestmark = pytest.mark.asyncio(loop_scope="session")

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PATHS = (
    "/queue", "/queue/1", "/queue/1?find=blast&entry=1", "/queue/2", "/queue/1/split",
    "/queue/1/merge?into=2", "/questions", "/questions/1",
    "/overview", "/jobs", "/knowledge", "/knowledge?q=blast", "/knowledge/1?try=blast",
    "/knowledge/1/edit", "/knowledge/new", "/knowledge/1/history", "/drafts", "/drafts/1",
    "/account", "/knowledge/99", "/sign-in/x", "/nowhere",
)  # fmt: skip
MATCH = {
    "key": "paddy.blast", "score": 0.6, "phrasing": BLAST, "dense_score": 0.7,
    "lexical_score": 0.4,
}  # fmt: skip
#: What a first visit may weigh without fonts.
MOST_BYTES = 150_000


@pytest.fixture(scope="module", autouse=True)
def something_to_see(services: Services) -> None:
    """Questions that wait, one of them held; a rated answer; a draft; a history; a long word."""
    with transaction(services.sessions) as session:
        mine = pass_on(session, "මගේ කෙසෙල් ගහේ කොළ ඉරිලා", 11, 12, matches=[MATCH])
        pass_on(session, "xyzzy plugh qwop", 13, reason="wrong")
        claim(session, ADMIN, mine.id)
        liked = ask(session, "goyam kola kaha", "answer", entry_id=1, matches=[MATCH], score=0.6)
        rate(session, liked, is_helpful=True)
        propose_phrasing(session, OFFICER, 1, "kola paluwa")
        changes = {"answer": "අලුත් උත්තරය. නිලධාරියාගෙන් අහන්න.", "title": "W" * 150}
        edit_entry(session, ADMIN, 1, 1, changes)


async def faults(page: Page, wanted: dict[str, object]) -> list[str]:
    """What axe finds wrong with a page."""
    found = await page.evaluate(
        "wanted => axe.run(document, {runOnly: wanted, resultTypes: ['violations']})"
        ".then(done => done.violations.flatMap(each => each.nodes.map("
        "node => `${each.id}: ${node.target.join(' ')} ${node.failureSummary}`)))",
        wanted,
    )
    return [f"{page.url} {each}" for each in found]


@pytest.mark.skipif(not AXE.exists(), reason="npm ci --prefix tests/console/browser runs this test")
@pytest.mark.parametrize(
    ("scheme", "wanted"),
    [
        ("light", {"type": "tag", "values": RULES}),
        ("dark", {"type": "rule", "values": ["color-contrast"]}),
    ],
)
async def test_every_page_is_accessible(
    look: Looker, scheme: str, wanted: dict[str, object]
) -> None:
    """Contrast, labels, headings and landmarks, by axe's rules for WCAG 2.2 AA."""
    page = await look.signed_in(ADMIN, color_scheme=scheme, reduced_motion="reduce")
    await page.context.add_init_script(path=AXE)

    found = []
    for path in PATHS:
        await page.goto(path)
        found += await faults(page, wanted)

    assert found == []


@pytest.mark.parametrize(
    ("width", "print_size"), [(360, "100%"), (720, "200%")], ids=["phone", "large print"]
)
async def test_no_page_is_wider_than_the_window(look: Looker, width: int, print_size: str) -> None:
    """On a phone, and for who needs letters of twice the size; in Sinhala, which is longer."""
    await look.speak(ADMIN, "si")
    page = await look.signed_in(ADMIN, viewport={**PHONE, "width": width})

    wide = {}
    for path in PATHS:
        await page.goto(path)
        room = await page.evaluate(
            "size => { document.documentElement.style.fontSize = size;"
            " return document.documentElement.scrollWidth }",
            print_size,
        )
        if room > width:
            wide[path] = room

    await look.speak(ADMIN, "en")
    assert wide == {}


async def test_the_first_page_is_light_and_asks_no_other_host(look: Looker) -> None:
    """Without fonts; measured as it comes, a browser that takes gzip gets less."""
    page = await look.window()
    weights: dict[str, int] = {}

    async def weigh(route) -> None:
        reply = await route.fetch()
        weights[route.request.url] = len(await reply.body())
        await route.fulfill(response=reply)

    await page.route("**/*", weigh)
    await look.come_in(page, ADMIN)
    await page.goto("/queue", wait_until="networkidle")
    await page.unroute_all(behavior="wait")  # the list may just be renewing itself

    print("bytes:", {urlsplit(url).path: size for url, size in weights.items()})  # noqa: T201
    assert sum(size for url, size in weights.items() if "/fonts/" not in url) < MOST_BYTES
    assert {urlsplit(url).netloc for url in weights} == {urlsplit(page.url).netloc}


async def test_the_focus_can_be_seen_and_the_menu_skipped(look: Looker) -> None:
    """Tab leads to the page itself first, then to what can be pressed, each outlined."""
    page = await look.signed_in(OFFICER)
    await page.keyboard.press("Tab")
    assert await page.locator(".skip").evaluate("el => el.getBoundingClientRect().left >= 0")

    await page.keyboard.press("Tab")
    outline = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")

    assert outline == "solid"


async def test_an_officer_sees_no_way_to_what_is_for_admins(look: Looker) -> None:
    """And is refused there when they type its address."""
    page = await look.signed_in(OFFICER)
    menu = await page.locator("nav a").evaluate_all("links => links.map(link => link.pathname)")
    assert "/drafts" not in menu

    reply = await page.goto("/drafts")

    assert reply
    assert reply.status == 403


async def test_a_printed_page_has_nothing_to_press_and_is_light(look: Looker) -> None:
    """Whatever the screen shows."""
    page = await look.signed_in(ADMIN, "/questions", color_scheme="dark")

    await page.emulate_media(media="print")

    assert not await page.locator("button, nav, input").filter(visible=True).count()
    paper = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == "rgb(246, 248, 246)"
