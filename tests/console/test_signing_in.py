"""Coming in to the console, and being kept out."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from bot.bootstrap import Services
from bot.db.base import utc_now
from bot.db.engine import transaction
from bot.db.models import ConsoleSession, SignInLink
from bot.services import granting, roles
from bot.services.signing_in import IDLE, LONGEST
from tests.console.asking import ADMIN, OFFICER, TEXTS, Guest, create_services

Come = Callable[[], Guest]
SPENT = TEXTS.text("refusal.sign_in", "en")
STALE = TEXTS.text("refusal.stale_form", "en")


def change(services: Services, table: type, **values: object) -> None:
    """Change every row of a table, as time or another process would."""
    with transaction(services.sessions) as session:
        session.execute(update(table).values(**values))


async def test_opening_a_link_uses_nothing_up(come: Come) -> None:
    """Previews of links and curious programs only look; the button signs in."""
    guest = come()
    link = guest.link(OFFICER)
    await come().open(f"/sign-in/{link}")
    await come().open(f"/sign-in/{link}")

    await guest.open(f"/sign-in/{link}")
    await guest.submit("/sign-in")

    assert guest.page.status_code == 200
    assert guest.page.url.path != "/sign-in"


async def test_a_link_works_once(come: Come) -> None:
    """Whoever finds it later stays out, and learns how to get another."""
    first, second = come(), come()
    link = first.link(OFFICER)
    for guest in (first, second):
        await guest.open(f"/sign-in/{link}")
        await guest.submit("/sign-in")

    assert second.page.status_code == 403
    assert SPENT in second.page.text
    assert (await second.open("/account")).status_code == 401


async def test_an_old_link_is_refused(services: Services, come: Come) -> None:
    """Ten minutes are enough to press a button."""
    guest = come()
    await guest.open(f"/sign-in/{guest.link(OFFICER)}")
    change(services, SignInLink, expires_at=utc_now() - timedelta(seconds=1))

    await guest.submit("/sign-in")

    assert SPENT in guest.page.text


async def test_a_new_link_makes_the_one_before_useless(come: Come) -> None:
    """Only the last one that the bot sent opens anything."""
    guest = come()
    earlier = guest.link(OFFICER)
    guest.link(OFFICER)
    await guest.open(f"/sign-in/{earlier}")

    await guest.submit("/sign-in")

    assert SPENT in guest.page.text


async def test_a_link_of_somebody_without_a_role_is_refused(services: Services, come: Come) -> None:
    """The role is asked of the database when the button is pressed."""
    guest = come()
    await guest.open(f"/sign-in/{guest.link(OFFICER)}")
    with transaction(services.sessions) as session:
        granting.assign(session, OFFICER, None, "test")

    await guest.submit("/sign-in")

    assert guest.page.status_code == 403


async def test_another_site_cannot_sign_a_browser_in(come: Come) -> None:
    """A form that this browser was not shown is refused, and the link stays good."""
    guest = come()
    link = guest.link(OFFICER)

    forged = await guest.client.post("/sign-in", data={"token": link, "knock": ""})

    assert forged.status_code == 403
    assert STALE in forged.text
    await guest.open(f"/sign-in/{link}")
    assert (await guest.submit("/sign-in")).status_code == 200


async def test_strangers_see_nothing(come: Come) -> None:
    """Every page asks who it is that looks."""
    page = await come().open("/account")

    assert page.status_code == 401
    assert "/console" in page.text


async def test_a_form_without_the_mark_is_refused(officer: Guest) -> None:
    """No other site can press a button for somebody who is signed in."""
    refused = await officer.client.post("/sign-out")

    assert refused.status_code == 403
    assert STALE in refused.text
    assert (await officer.open("/account")).status_code == 200


async def test_the_mark_of_another_session_is_refused(officer: Guest, admin: Guest) -> None:
    """A mark is worth something in its own session only."""
    await admin.open("/account")

    refused = await officer.client.post("/sign-out", data=admin.hidden("/sign-out"))

    assert refused.status_code == 403


async def test_signing_out_ends_the_session_itself(officer: Guest) -> None:
    """A copy of the cookie is worth nothing afterwards."""
    copy = dict(officer.client.cookies)
    await officer.open("/account")
    await officer.submit("/sign-out")

    officer.client.cookies.update(copy)

    assert (await officer.open("/account")).status_code == 401


async def test_signing_out_everywhere_ends_the_other_browsers(come: Come) -> None:
    """And leaves other people alone."""
    phone, desk, other = come(), come(), come()
    await phone.sign_in(OFFICER)
    await desk.sign_in(OFFICER)
    await other.sign_in(ADMIN)
    await phone.open("/account")

    await phone.submit("/sign-out", everywhere="1")

    assert (await desk.open("/account")).status_code == 401
    assert (await other.open("/account")).status_code == 200


@pytest.mark.parametrize("comes_back", [False, True])
async def test_who_loses_the_role_is_out_at_the_next_click(
    services: Services, officer: Guest, comes_back: bool
) -> None:
    """Also when the role has come back until then: the session is over."""
    with transaction(services.sessions) as session:
        granting.assign(session, OFFICER, None, "test")
        if comes_back:
            granting.assign(session, OFFICER, roles.Role.OFFICER, "test")

    assert (await officer.open("/account")).status_code == 401


@pytest.mark.parametrize(("column", "age"), [("last_seen_at", IDLE), ("created_at", LONGEST)])
async def test_a_session_ends_by_itself(
    services: Services, officer: Guest, column: str, age: timedelta
) -> None:
    """When nobody uses it, and after some days in any case."""
    change(services, ConsoleSession, **{column: utc_now() - age})

    assert (await officer.open("/account")).status_code == 401


async def test_using_a_session_keeps_it(services: Services, officer: Guest) -> None:
    """The time without use is counted from the last click."""
    change(services, ConsoleSession, last_seen_at=utc_now() - IDLE + timedelta(minutes=5))
    await officer.open("/account")

    with transaction(services.sessions) as session:
        assert session.query(ConsoleSession).one().last_seen_at > utc_now() - timedelta(minutes=1)


async def test_a_script_that_asks_by_itself_keeps_no_session(
    services: Services, officer: Guest
) -> None:
    """A queue that is left open on a screen does not count as somebody's work."""
    left = utc_now() - IDLE + timedelta(minutes=5)
    change(services, ConsoleSession, last_seen_at=left)

    assert (await officer.open("/queue/lines")).status_code == 200

    with transaction(services.sessions) as session:
        assert session.query(ConsoleSession).one().last_seen_at == left


@pytest.mark.parametrize(("site", "given"), [("same-origin", True), ("cross-site", False)])
@pytest.mark.parametrize("is_over", [True, False])
async def test_what_was_written_is_given_back(
    services: Services, officer: Guest, site: str, given: bool, is_over: bool
) -> None:
    """When the session is over, or another one began; not what another site would have us say."""
    if is_over:
        change(services, ConsoleSession, ended_at=utc_now())

    form = {"text": "දිගට <ලියපු> උත්තරය", "csrf": "of.another"}
    page = await officer.client.post("/queue/1/answer", data=form, headers={"Sec-Fetch-Site": site})

    assert page.status_code == (401 if is_over else 403)
    assert ("දිගට &lt;ලියපු&gt; උත්තරය" in page.text) == given


@pytest.mark.parametrize(
    ("form", "page"), [("/knowledge/1/propose", "/knowledge/1"), ("/language", "/queue")]
)
async def test_the_address_of_a_form_leads_to_its_page(
    officer: Guest, form: str, page: str
) -> None:
    """Who reloads, goes back or changes the language after a refusal ends up nowhere else."""
    await officer.open(form)

    assert officer.page.status_code == 200
    assert officer.page.url.path == page


async def test_the_database_opens_nothing(services: Services, officer: Guest) -> None:
    """Neither a cookie nor a link stands in it."""
    link = officer.link(OFFICER)
    [cookie] = officer.client.cookies.values()

    stored = b"".join(path.read_bytes() for path in services.settings.data_dir.glob("govi.*"))

    assert link.encode() not in stored
    assert cookie.encode() not in stored


@pytest.mark.parametrize("path", ["/account", "/no-such-page", "/sign-in/x"])
async def test_every_response_carries_the_headers(officer: Guest, path: str) -> None:
    """Nothing inline, nothing from elsewhere, no frame, no referrer, nothing kept."""
    headers = (await officer.open(path)).headers

    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"


async def test_a_page_that_fails_says_sorry_and_nothing_else(
    officer: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No traceback for anybody, and the headers all the same."""

    def fail(*_: object) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr("bot.console.account.list_sessions", fail)
    page = await officer.open("/account")

    assert page.status_code == 500
    assert "secret" not in page.text
    assert TEXTS.text("console.sorry.title", "en") in page.text
    assert "content-security-policy" in page.headers


async def test_files_are_kept_by_browsers(officer: Guest) -> None:
    """Their address changes when they do."""
    address = officer.page.text.split('rel="stylesheet" href="')[1].split('"')[0]

    styles = await officer.open(address)

    assert "immutable" in styles.headers["cache-control"]
    assert "font-face" in styles.text
    assert (await officer.open("/static/x/nothing.css")).status_code == 404


async def test_another_host_name_is_refused(officer: Guest) -> None:
    """A name that somebody points at this machine does not borrow its sessions."""
    page = await officer.client.get("/account", headers={"Host": "evil.example"})

    assert page.status_code == 400


async def test_behind_a_tls_proxy_the_cookie_is_for_tls_alone(tmp_path: Path) -> None:
    """The public address decides; plain http on the machine itself needs none of it."""
    services = create_services(tmp_path, console_url="https://govi.example")
    guest = Guest(services)
    await guest.open(f"/sign-in/{guest.link(OFFICER)}")

    await guest.client.post("/sign-in", data=guest.hidden("/sign-in"), follow_redirects=False)

    [cookie] = [c for c in guest.client.cookies.jar if c.name.startswith("__Host-")]
    assert cookie.secure
    assert cookie.has_nonstandard_attr("HttpOnly")
    assert (await guest.open("/account")).headers["strict-transport-security"]
    await guest.close()
    services.close()


async def test_the_language_can_be_changed_here(officer: Guest) -> None:
    """And one comes back to the page that one was on."""
    await officer.open("/questions?q=kola+kaha&script=latin")

    await officer.submit("/language", language="si")

    assert TEXTS.text("console.log.search", "si") in officer.page.text
    assert str(officer.page.url).endswith("/questions?q=kola+kaha&script=latin")


async def test_nobody_is_sent_to_another_site(officer: Guest) -> None:
    """A form that names one leads to the start."""
    await officer.open("/account")

    await officer.submit("/language", language="en", back="//evil.example/")

    assert officer.page.url.host == "127.0.0.1"
