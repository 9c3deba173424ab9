"""An officer's and an admin's day, pressed through in a real browser."""

import re

import pytest
from playwright.async_api import Dialog, Page, expect

from bot.bootstrap import Services
from bot.db.base import utc_now
from bot.db.engine import reading, transaction
from bot.db.models import Ask, Escalation, EscalationState, OutgoingMessage, Question
from bot.services.editing import edit_entry, read_entry
from bot.services.proposals import propose_phrasing
from bot.services.queue import claim
from tests.console.asking import ADMIN, OFFICER, OTHER_ADMIN, TEXTS
from tests.console.browser.looking import Looker
from tests.factories import BLAST
from tests.services.asking import ask, farmer
from tests.services.loop import pass_on, vector

pytestmark = pytest.mark.asyncio(loop_scope="session")


def say(key: str, **values: object) -> str:
    """One of Govi's texts."""
    return TEXTS.text(key, "en", **values)


def waiting(services: Services, text: str) -> int:
    """Let a farmer ask what nobody can answer; return the number in the queue."""
    with transaction(services.sessions) as session:
        return pass_on(session, text, 11).id


def state_of(services: Services, number: int) -> EscalationState:
    """How far a question is."""
    with reading(services.sessions) as session:
        return session.get_one(Escalation, number).state


async def done(page: Page, key: str) -> bool:
    """Wait for the line that says that something was done; return whether it shows."""
    line = page.get_by_role("status").filter(has_text=say(key))
    await expect(line).to_be_visible()
    await page.wait_for_load_state()  # the line may show before there is a script to hear keys
    return await line.is_visible()


async def test_a_question_is_answered_with_the_keyboard_alone(look: Looker) -> None:
    """J goes to it, Enter opens it, c claims it, a begins the answer."""
    number = waiting(look.services, "xyzzy keyboard")
    page = await look.signed_in(OFFICER, "/queue")
    for key in ("j", "Enter"):
        await page.keyboard.press(key)
    await page.wait_for_url(f"**/queue/{number}")
    await page.keyboard.press("c")
    assert await done(page, "console.done.claimed")

    await page.keyboard.press("a")
    await page.keyboard.type("වතුර අඩු කරන්න.")
    for key in ("Tab", "Enter"):
        await page.keyboard.press(key)

    assert await done(page, "console.done.sent")
    assert state_of(look.services, number) is EscalationState.ANSWERED


async def test_keys_work_on_a_sinhala_keyboard(look: Looker) -> None:
    """Whoever writes answers in Sinhala does not switch it over for them."""
    number = waiting(look.services, "xyzzy sinhala keys")
    page = await look.signed_in(OFFICER, f"/queue/{number}")

    await page.evaluate(
        "document.body.dispatchEvent("
        "new KeyboardEvent('keydown', {key: 'ජ', code: 'KeyC', bubbles: true}))"
    )

    assert await done(page, "console.done.claimed")


async def test_what_happens_on_telegram_shows_without_a_reload(look: Looker) -> None:
    """A question that is claimed there is held here, and the open page says that it changed."""
    number = waiting(look.services, "plugh elsewhere")
    page = await look.signed_in(OFFICER, f"/queue/{number}")
    await page.evaluate("window.isStillThere = true")

    with transaction(look.services.sessions) as session:
        claim(session, ADMIN, number)
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    await expect(page.locator("#lines")).to_contain_text(say("console.queue.held", name=str(ADMIN)))
    await expect(page.locator("#changed")).to_be_visible()
    assert await page.evaluate("window.isStillThere")


async def test_an_entry_is_sent_and_a_farmer_asked_without_a_script(look: Looker) -> None:
    """Every action of the queue works in a browser that runs none."""
    number = waiting(look.services, "qwop scriptless")
    page = await look.signed_in(OFFICER, f"/queue/{number}", java_script_enabled=False)
    await page.get_by_role("button", name=say("console.queue.claim")).click()
    await page.get_by_text(say("console.queue.ask")).click()
    await page.get_by_label(say("console.queue.inquiry")).fill("කොච්චර කල්ද?")
    await page.get_by_role("button", name=say("console.queue.ask_button"), exact=True).click()
    assert await done(page, "console.done.asked")

    await page.get_by_label(say("console.queue.find")).fill(BLAST)
    await page.get_by_role("button", name=say("console.queue.look"), exact=True).click()
    await page.get_by_role("link", name=say("console.queue.see")).first.click()
    await page.locator("#chosen button").click()

    assert await done(page, "console.done.sent")
    with reading(look.services.sessions) as session:
        kinds = [row.kind for row in session.query(OutgoingMessage).filter_by(escalation_id=number)]
    assert sorted(kinds) == ["inquiry", "officer_answer"]


async def test_a_question_is_declined_and_another_put_back(look: Looker) -> None:
    """Both lead back to the list."""
    first, second = waiting(look.services, "aaa first"), waiting(look.services, "bbb second")
    for number in (first, second):
        with transaction(look.services.sessions) as session:
            claim(session, OFFICER, number)
    page = await look.signed_in(OFFICER, f"/queue/{first}")
    await page.get_by_text(say("console.queue.decline")).click()
    await page.get_by_role("button", name=say("console.queue.decline_button"), exact=True).click()
    assert await done(page, "console.done.declined")

    await page.goto(f"/queue/{second}")
    await page.get_by_role("button", name=say("console.queue.release")).click()

    assert await done(page, "console.done.released")
    assert state_of(look.services, first) is EscalationState.DECLINED
    assert state_of(look.services, second) is EscalationState.OPEN


async def test_askers_are_split_off_with_the_keyboard_alone(look: Looker) -> None:
    """S opens the list of askers, Tab and the space bar tick, Enter splits."""
    with transaction(look.services.sessions) as session:
        number = pass_on(session, "ddd grouped", 21, 22).id
        claim(session, OFFICER, number)
    page = await look.signed_in(OFFICER, f"/queue/{number}")
    await page.keyboard.press("s")
    await page.wait_for_url("**/split*")
    await page.get_by_role("checkbox").first.focus()
    for key in ("Tab", "Space", "Tab", "Enter"):
        await page.keyboard.press(key)

    assert await done(page, "console.done.split")
    with reading(look.services.sessions) as session:
        asks = session.query(Ask).filter(Ask.escalation_id >= number).order_by(Ask.id).all()
    assert [ask.escalation_id for ask in asks] == [number, number + 1]


async def test_two_questions_are_joined_without_a_script(look: Looker) -> None:
    """What looks alike stands first and is shown before anybody moves."""
    with transaction(look.services.sessions) as session:
        number = pass_on(session, "eee kesel gahe kola", 21, **vector(1, 0)).id
        claim(session, OFFICER, number)
        alike = pass_on(session, "eee gahe kola irila", 22, **vector(0.8, 0.6)).id
    page = await look.signed_in(OFFICER, f"/queue/{number}", java_script_enabled=False)
    await page.get_by_role("link", name=say("console.merge.open")).click()
    await page.locator(".groups a").first.click()
    await expect(page.locator("#chosen")).to_contain_text("eee gahe kola irila")

    await page.get_by_role("button", name=say("console.merge.do")).click()

    assert await done(page, "console.done.merged")
    assert page.url.partition("?")[0].endswith(f"/queue/{alike}")
    assert state_of(look.services, number) is EscalationState.MERGED


@pytest.mark.parametrize(
    ("label", "opened"),
    [("console.queue.answer", None), ("console.queue.inquiry", "console.queue.ask")],
)
async def test_what_was_begun_survives_a_reload(
    look: Looker, label: str, opened: str | None
) -> None:
    """Until it is sent; a part of the page that was folded open is open again."""
    number = waiting(look.services, "ccc begun")
    with transaction(look.services.sessions) as session:
        claim(session, OFFICER, number)
    page = await look.signed_in(OFFICER, f"/queue/{number}")
    if opened:
        await page.get_by_text(say(opened), exact=True).click()
    await page.get_by_label(say(label)).fill("භාගයක් ලිව්වා")

    await page.reload()

    kept = page.get_by_label(say(label))
    await expect(kept).to_have_value("භාගයක් ලිව්වා")
    assert await kept.is_editable()


async def test_an_answer_survives_the_end_of_the_session(look: Looker) -> None:
    """It is given back at once, stands in the form after signing in again, and goes when sent."""
    number = waiting(look.services, "ddd session")
    with transaction(look.services.sessions) as session:
        claim(session, OFFICER, number)
    page = await look.signed_in(OFFICER, f"/queue/{number}")
    send = page.get_by_role("button", name=say("console.queue.send", count=1))
    await page.get_by_label(say("console.queue.answer")).fill("දිගට ලිව්වා")
    await page.context.clear_cookies()

    await send.click()
    await expect(page.get_by_label(say("console.written"))).to_have_value("දිගට ලිව්වා")
    await look.come_in(page, OFFICER)
    await page.goto(f"/queue/{number}")
    await expect(page.get_by_label(say("console.queue.answer"))).to_have_value("දිගට ලිව්වා")
    await send.click()

    assert await done(page, "console.done.sent")
    assert await page.evaluate(f"sessionStorage.getItem('govi:answer-{number}')") is None


async def test_matches_show_while_one_writes(look: Looker) -> None:
    """Before and after the change, with nothing saved."""
    page = await look.signed_in(ADMIN, "/knowledge/1/edit")
    await page.get_by_label(say("console.try.label")).fill("zork grue")
    await expect(page.locator("#trial")).to_contain_text(say("console.decision.fallback"))

    phrasings = page.get_by_label(say("curate.field.phrasings"))
    await phrasings.fill(f"{await phrasings.input_value()}\nzork grue")

    after = page.locator("#trial h3").first
    await expect(after).to_contain_text(say("console.decision.answer"))
    with reading(look.services.sessions) as session:
        assert "zork grue" not in read_entry(session, ADMIN, "paddy.blast").draft.phrasings


async def test_an_entry_is_previewed_and_saved(look: Looker) -> None:
    """The preview shows what goes and what comes."""
    page = await look.signed_in(ADMIN, "/knowledge/2/edit")
    await page.get_by_label(say("curate.field.answer")).fill("දෙවැනි සතියේ දාන්න.")
    await page.get_by_role("button", name=say("console.editor.preview_button")).click()
    await expect(page.locator("ins")).to_contain_text("දෙවැනි සතියේ දාන්න.")

    await page.get_by_role("button", name=say("console.editor.save")).click()

    assert await done(page, "console.done.saved")


async def test_an_entry_that_is_being_written_is_not_left_by_a_slip(look: Looker) -> None:
    """Not while it was only typed, and not when it came back from a preview."""
    page = await look.signed_in(ADMIN, "/knowledge/2/edit")
    asked: list[str] = []

    async def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        await dialog.dismiss()

    page.on("dialog", stay)
    answer = page.get_by_label(say("curate.field.answer"), exact=True)
    await answer.fill("අලුත් උත්තරයක්.")
    leave = page.get_by_role("link", name=say("console.editor.leave"))

    async with page.expect_event("dialog"):
        await leave.click()
    await page.get_by_role("button", name=say("console.editor.preview_button")).click()
    await expect(page.locator("ins")).to_contain_text("අලුත් උත්තරයක්.")
    await page.wait_for_load_state()
    async with page.expect_event("dialog"):
        await leave.click()

    await expect(answer).to_have_value("අලුත් උත්තරයක්.")
    assert asked == ["beforeunload", "beforeunload"]


async def test_two_people_edit_one_entry(look: Looker) -> None:
    """Who saves second sees the first's change, and both are kept."""
    page = await look.signed_in(ADMIN, "/knowledge/3/edit")
    await page.get_by_label(say("curate.field.answer")).fill("දෙවැනියාගේ උත්තරය.")
    with transaction(look.services.sessions) as session:
        edit_entry(session, OTHER_ADMIN, 3, 1, {"title": "පළමුවැනියාගේ නම"})

    await page.get_by_role("button", name=say("console.editor.save")).click()
    await expect(page.get_by_role("alert")).to_contain_text("පළමුවැනියාගේ නම")
    await page.get_by_role("button", name=say("console.editor.save")).click()

    assert await done(page, "console.done.saved")
    with reading(look.services.sessions) as session:
        draft = read_entry(session, ADMIN, "paddy.rats").draft
    assert (draft.title, draft.answer) == ("පළමුවැනියාගේ නම", "දෙවැනියාගේ උත්තරය.")


async def test_a_draft_is_corrected_and_approved_another_rejected(look: Looker) -> None:
    """Both leave the list."""
    with transaction(look.services.sessions) as session:
        propose_phrasing(session, OFFICER, 1, "kola paluw")
        propose_phrasing(session, OFFICER, 1, "wena dewal")
    page = await look.signed_in(ADMIN, "/drafts")
    await page.get_by_role("link", name="kola paluw").click()
    await page.get_by_label(say("console.draft.words")).fill("kola paluwa")
    await page.get_by_role("button", name=say("console.draft.approve")).click()
    assert await done(page, "console.done.approved")

    await page.get_by_role("link", name="wena dewal").click()
    await page.get_by_text(say("console.draft.reject")).click()
    await page.get_by_role("button", name=say("console.draft.reject_button"), exact=True).click()

    assert await done(page, "console.done.rejected")
    await expect(page.get_by_text(say("console.draft.none"))).to_be_visible()


async def test_the_log_is_searched_taught_from_and_taken_away(look: Looker) -> None:
    """Singlish finds Sinhala; one press proposes; the file holds what was filtered."""
    with transaction(look.services.sessions) as session:
        near = {"key": "paddy.blast", "score": 0.6, "phrasing": BLAST}
        ask(
            session, "කොළ කහ පාට වෙලා", "suggest", score=0.6,
            matches=[{**near, "dense_score": 0.7, "lexical_score": 0.4}],
        )  # fmt: skip
        ask(session, "වෙන දෙයක්", "fallback")
        farmer(session).consented_at = utc_now()
    page = await look.signed_in(ADMIN, "/questions")
    await page.get_by_label(say("console.log.search")).fill("kola kaha pata")
    await page.get_by_role("button", name=say("console.knowledge.show")).click()
    async with page.expect_download() as taking:
        await page.get_by_role("link", name=say("console.log.export", kind="CSV")).click()
    taken = (await (await taking.value).path()).read_text("utf-8-sig")

    await page.get_by_role("link", name="කොළ කහ පාට වෙලා").click()
    await page.get_by_role("button", name=say("console.log.teach")).first.click()

    assert await done(page, "console.done.proposed")
    assert "කොළ කහ පාට වෙලා" in taken
    assert "වෙන දෙයක්" not in taken


async def test_a_farmers_script_does_not_run(look: Looker) -> None:
    """Not in the queue, not in the log, not when the list renews itself."""
    evil = '<img src=x onerror="window.isHurt = true"><script>window.isHurt = true</script>'
    number = waiting(look.services, evil)
    page = await look.signed_in(ADMIN, f"/queue/{number}")
    for path in (f"/queue/{number}", "/questions", "/overview"):
        await page.goto(path)
        await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        await expect(page.get_by_text("onerror").first).to_be_visible()

        assert not await page.evaluate("window.isHurt")


async def test_ten_thousand_questions_fit(look: Looker) -> None:
    """Pages stay short, and the last is reached like the first."""
    with transaction(look.services.sessions) as session:
        session.add_all(
            Question(
                text=f"මහා ප්‍රශ්නය {number}", folded=f"maha prashnaya {number}",
                script="sinhala", decision="fallback", state="unanswered", matches=[],
            )
            for number in range(10_000)
        )  # fmt: skip
    page = await look.signed_in(OFFICER, "/questions?q=maha&decision=fallback")
    await expect(page.locator("main")).to_contain_text(re.compile("10,?000"))

    await page.get_by_role("link", name=say("console.log.older")).click()
    await page.wait_for_url("**before=**")

    assert await page.locator("tbody tr").count() == 50
