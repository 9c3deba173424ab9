"""/import and /export: the knowledge base as a file."""

import asyncio
from pathlib import Path

import pytest
from openpyxl import load_workbook

from bot.db.engine import transaction
from bot.db.models import Entry, Origin
from bot.handlers.curation import files
from bot.knowledge_files import format_knowledge, read_upload
from bot.services import importing
from bot.services.curation import import_entries
from bot.services.editing import edit_entry, read_entry
from bot.testing import faults
from bot.testing.bot_api import BotApi
from bot.testing.people import Seen
from tests.factories import create_draft
from tests.journeys.curation.chat import (
    Chat,
    count_versions,
    in_dialogue,
    label,
    stored,
    text,
)
from tests.journeys.serving import BLAST, BLAST_ANSWER, DRAFTS, Govi

NEW = create_draft("goat.feed", phrasings=("එළුවන්ට කෑම මොනවද",), answer="තණකොළ දෙන්න.")
CHANGED = DRAFTS[0].model_copy(update={"answer": "වෙනස් කළ උත්තරය."})


async def reported(admin: Chat, suffix: str = ".xlsx", *drafts) -> Seen:
    """Send a file of entries; return the report on it."""
    await admin.sends("/import")
    content = format_knowledge(suffix, drafts or (NEW, CHANGED, DRAFTS[1]))
    return await admin.sends_file(f"දැනුම{suffix}", content)


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".xlsx"])
async def test_a_file_is_reported_on_and_then_imported(
    api: BotApi, govi: Govi, admin: Chat, asker: Chat, suffix: str
) -> None:
    """Nothing changes before the confirmation; then farmers get what it holds."""
    report = await reported(admin, suffix)
    assert report.text == text(
        "curate.import.report",
        name=f"දැනුම{suffix}",
        added="1 (goat.feed)",
        changed="1 (paddy.blast)",
        unchanged=1,
    )
    assert len(govi.rows(Entry)) == len(DRAFTS)

    done = await admin.presses(report.button(label("curate.import.yes")))

    assert done.text == text("curate.import.done", added=1, changed=1)
    await api.until(lambda: not govi.services.index.refresh())
    assert (await asker.sends("එළුවන්ට කෑම මොනවද")).text == NEW.answer
    assert (await asker.sends(BLAST)).text == CHANGED.answer
    assert stored(govi, admin.person, "goat.feed").changed_by == "telegram:1"


async def test_a_report_names_what_farmers_get_again(govi: Govi, admin: Chat) -> None:
    """A file without the column status publishes what was retired."""
    retired = DRAFTS[0].model_copy(update={"status": "retired"})
    with transaction(govi.services.sessions) as session:
        import_entries(session, [retired], Origin.IMPORT, "cli:kamala")

    report = await reported(admin, ".csv", DRAFTS[0])

    assert text("curate.import.revived", entries="1 (paddy.blast)") in report.text


async def test_what_was_changed_since_the_report_is_not_overwritten(
    govi: Govi, admin: Chat, other_admin: Chat
) -> None:
    """A new report follows, with what the file would change now."""
    report = await reported(admin)
    with transaction(govi.services.sessions) as session:
        entry = read_entry(session, other_admin.person.id, DRAFTS[1].key)
        changes = {"answer": "වෙන කෙනාගේ උත්තරය."}
        edit_entry(session, other_admin.person.id, entry.entry_id, 1, changes)

    anew = await admin.presses(report.button(label("curate.import.yes")), replies=2)

    told = admin.answers()[-2].text
    assert told == text("refusal.changed_meanwhile", entry=DRAFTS[1].key, version=2)
    assert f"2 (paddy.blast, {DRAFTS[1].key})" in anew.text
    assert stored(govi, admin.person, DRAFTS[1].key).draft.answer == "වෙන කෙනාගේ උත්තරය."
    done = await admin.presses(anew.button(label("curate.import.yes")))
    assert done.text == text("curate.import.done", added=1, changed=2)


async def test_confirming_twice_imports_once(govi: Govi, admin: Chat) -> None:
    """The second press finds nothing waiting."""
    confirming = (await reported(admin)).button(label("curate.import.yes"))
    await admin.presses(confirming)

    assert await admin.is_told(confirming) == text("refusal.stale_button")
    assert count_versions(govi) == 2


async def test_a_file_that_changes_nothing_ends_the_dialogue(govi: Govi, admin: Chat) -> None:
    """There is nothing to confirm."""
    report = await reported(admin, ".csv", *DRAFTS)

    assert text("curate.import.nothing") in report.text
    assert report.buttons == []
    assert not in_dialogue(govi, admin.person)


async def test_a_download_that_fails_is_tried_again(govi: Govi, admin: Chat, api: BotApi) -> None:
    """Also after the confirmation: the press is handled again, and what is in stays in."""
    api.fail("getFile", faults.server_error())
    report = await reported(admin)
    api.fail("getFile", faults.dropped_connection())

    done = await admin.presses(report.button(label("curate.import.yes")))

    assert done.text == text("curate.import.done", added=1, changed=1)


async def test_farmers_are_answered_while_a_large_file_is_imported(
    api: BotApi, govi: Govi, admin: Chat, asker: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is written in parts; a farmer's question does not wait for all of them."""
    monkeypatch.setattr(importing, "BATCH", 1)
    drafts = [create_draft(f"big.n{number}") for number in range(60)]
    report = await reported(admin, ".jsonl", *drafts)
    before = len(admin.answers())
    admin.person.presses(report.button(label("curate.import.yes")))

    answer = await asker.sends(BLAST)

    assert answer.text == BLAST_ANSWER
    assert (await admin.sees_more(before + 1)).text == text(
        "curate.import.done", added=60, changed=0
    )


async def refused(admin: Chat, name: str, content: bytes) -> Seen:
    """Send a bad file; return what is said."""
    await admin.sends("/import")
    return await admin.sends_file(name, content)


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("k.csv", b"question,reply\nx,y\n", "header"),
        ("k.csv", "key,answer\na.one,café\n".encode("cp1252"), "fault.encoding"),
        ("k.csv", b"", "fault.empty"),
        ("k.jsonl", b"{\n", "fault.not_json"),
        ("k.xlsx", b"not a workbook", "fault.not_xlsx"),
        ("k.jsonl", format_knowledge(".jsonl", [NEW, NEW]), "fault.repeated"),
        ("k.csv", b"key\n" + b"a.one\n" * 50_001, "fault.many_rows"),
    ],
)
async def test_a_bad_file_is_told_in_sinhala_and_another_is_awaited(
    govi: Govi, admin: Chat, name: str, content: bytes, fault: str
) -> None:
    """Wrong header, other encoding, empty, broken, duplicate keys, 50,001 rows."""
    values = {"byte": 20, "limit": 50_000, "text": "goat.feed", "place": "k.jsonl, line 1"}

    told = await refused(admin, name, content)

    assert text("curate.import.refused") in told.text
    wanted = text(fault, **values) if fault.startswith("fault.") else text("curate.field.header")
    assert wanted in told.text
    report = await admin.sends_file("k.jsonl", format_knowledge(".jsonl", [NEW]))
    assert report.button(label("curate.import.yes"))


async def test_every_fault_of_a_bad_file_comes_as_a_file(govi: Govi, admin: Chat) -> None:
    """The chat shows the first of them."""
    await admin.sends("/import")

    last = await admin.sends_file("k.csv", b"key,answer\n" + b"NO,x\n" * 30, replies=2)

    name, content = admin.person.opens(last)
    assert name == "faults.txt"
    assert content.decode("utf-8-sig").count(text("fault.string_pattern_mismatch")) == 30


async def test_a_question_of_an_entry_outside_the_file_is_refused(govi: Govi, admin: Chat) -> None:
    """With its owner."""
    clash = create_draft("a.new", phrasings=(BLAST,))

    told = await refused(admin, "k.jsonl", format_knowledge(".jsonl", [clash]))

    assert text("fault.taken", text=BLAST, entry="paddy.blast") in told.text


@pytest.mark.parametrize("name", ["k.docx", "k.xlsm", "noname"])
async def test_another_kind_of_file_is_refused(govi: Govi, admin: Chat, name: str) -> None:
    """With the kinds that are read."""
    told = await refused(admin, name, b"x")

    kinds = ".csv, .jsonl, .xlsx"
    assert told.text == text("curate.import.other_kind", kinds=kinds)


@pytest.mark.parametrize("is_told_its_size", [True, False])
async def test_a_file_of_25_megabytes_is_refused(
    api: BotApi, govi: Govi, admin: Chat, is_told_its_size: bool
) -> None:
    """By its size, without downloading it; or when Telegram does not hand it out."""
    await admin.sends("/import")
    size = 25 * 2**20
    with api.world.lock:
        about = api.world.add_file("k.csv", b"x" * size)
    document = {**about, "file_name": "k.csv"}
    if not is_told_its_size:
        del document["file_size"]

    told = await admin.after(1, lambda: admin.person.sends_object({"document": document}))

    assert text("fault.large", limit=20) in told.text
    assert len(api.calls("getFile")) == (0 if is_told_its_size else 1)


@pytest.mark.parametrize("kind", ["text", "photo", "voice", "sticker", "location"])
@pytest.mark.parametrize("step", ["file", "preview"])
async def test_anything_but_a_document_is_refused_kindly(
    api: BotApi, govi: Govi, admin: Chat, kind: str, step: str
) -> None:
    """A file is wanted; the step stays."""
    await (reported(admin) if step == "preview" else admin.sends("/import"))

    sent = (
        admin.person.sends("මොකද වුණේ")
        if kind == "text"
        else getattr(admin.person, f"sends_{kind}")()
    )

    assert (await api.reply_to(sent)).text == text("dialogue.file_wanted")
    assert in_dialogue(govi, admin.person)


async def test_a_second_file_replaces_the_first(govi: Govi, admin: Chat) -> None:
    """The first one's button is out of date."""
    first = await reported(admin)
    second = await admin.sends_file("k.jsonl", format_knowledge(".jsonl", [NEW]))

    told = await admin.is_told(first.button(label("curate.import.yes")))
    assert told == text("refusal.stale_button")
    await admin.presses(second.button(label("curate.import.yes")))
    assert count_versions(govi) == 1


@pytest.mark.parametrize(
    ("word", "suffix"), [("", ".xlsx"), (" CSV", ".csv"), (" .jsonl", ".jsonl")]
)
async def test_what_is_exported_can_be_imported(
    govi: Govi, admin: Chat, word: str, suffix: str
) -> None:
    """Every entry comes as a document, and coming back it changes nothing."""
    sent = await admin.sends(f"/export{word}")
    name, content = admin.person.opens(sent)
    assert name.endswith(suffix)
    assert sent.raw["caption"] == text("curate.export.caption", count=len(DRAFTS))
    assert len(read_upload(name, content)) == len(DRAFTS)

    await admin.sends("/import")
    report = await admin.sends_file(name, content)

    assert text("curate.import.nothing") in report.text


async def test_no_cell_of_an_export_is_a_formula(govi: Govi, admin: Chat) -> None:
    """Whatever an entry begins with."""
    hostile = create_draft("a.formula", title="=1+1", phrasings=("+94 ගැන කියන්න",))
    await admin.presses((await reported(admin, ".jsonl", hostile)).buttons[0])

    name, content = admin.person.opens(await admin.sends("/export"))

    await asyncio.to_thread(Path(name).write_bytes, content)
    cells = [c for row in load_workbook(name).worksheets[0].iter_rows() for c in row]
    assert "f" not in {cell.data_type for cell in cells}
    assert "'=1+1" in [cell.value for cell in cells]


async def test_an_export_of_another_kind_gets_its_usage(govi: Govi, admin: Chat) -> None:
    """With the kinds that there are."""
    assert (await admin.sends("/export pdf")).text == text("curate.export.usage")


async def test_an_export_too_large_for_telegram_is_refused(
    govi: Govi, admin: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what to do on the server."""
    monkeypatch.setattr(files, "_LARGEST_DOCUMENT", 10)

    assert (await admin.sends("/export")).text == text("curate.export.too_large")
