"""What is kept about a person, and their say in it."""

import pytest

from bot.db.models import (
    Attachment,
    Farmer,
    Feedback,
    InboxStatus,
    Question,
    ReceivedUpdate,
)
from bot.services import copies
from bot.testing.bot_api import BotApi
from bot.testing.people import Person, Seen
from tests.database import read_everything
from tests.journeys.serving import BLAST, BLAST_ANSWER, UNKNOWN, Govi
from tests.journeys.team import TEXTS, lines_over_the_chat

PERSON = 918_273_645
SECRET = "xyzzy රහසක් plugh"


@pytest.fixture
def person(api: BotApi) -> Person:
    """A farmer whose number is like no other."""
    return api.user(PERSON)


async def bytes_of_database(api: BotApi, govi: Govi) -> bytes:
    """All that the database holds, once every update has been handled."""
    handled = (InboxStatus.DONE, InboxStatus.FAILED)
    await api.until(lambda: all(row.status in handled for row in govi.rows(ReceivedUpdate)))
    await govi.stop()
    await govi.close()
    return read_everything(govi.services.engine)


async def pressed(api: BotApi, person: Person, seen: Seen, label: str) -> str:
    """Press a button of a message; return what stands there instead."""
    person.presses(seen.button(TEXTS.text(label)))
    await api.until(lambda: person.sees()[seen.message_id - 1].text != seen.text)
    return person.sees()[seen.message_id - 1].text


async def test_asking_needs_no_consent_and_start_says_what_asking_means(
    api: BotApi, govi: Govi, person: Person
) -> None:
    """The notice stands under the welcome; a question is answered with or without it."""
    reply = await api.reply_to(person.sends(BLAST))
    person.sends("/start")

    await api.until(lambda: TEXTS.text("privacy.notice") in person.sees()[-1].text)
    assert reply.text == BLAST_ANSWER


async def test_privacy_names_the_act_and_the_days(api: BotApi, govi: Govi, person: Person) -> None:
    """What the settings say, and every section that a person can rely on."""
    told = await api.reply_to(person.sends("/privacy"))

    settings = govi.services.settings
    wanted = ["2022 අංක 9", f"දවස් {settings.retention_days}", "/mydata (13)", "/forget (16)"]
    assert [each for each in wanted if each not in told.text] == []


async def test_privacy_tells_of_copies_where_some_are_kept(
    api: BotApi, govi: Govi, person: Person
) -> None:
    """And of none where there are none."""
    told = await api.reply_to(person.sends("/privacy"))
    assert TEXTS.text("privacy.copies") not in told.text
    services = govi.services
    services.settings = services.settings.model_copy(update={"media_keep": 1})

    told = await api.reply_to(person.sends("/privacy"))

    assert TEXTS.text("privacy.copies") in told.text


async def test_forgetting_deletes_copies_at_once(api: BotApi, govi: Govi, person: Person) -> None:
    """Those of others stay."""
    folder = govi.services.settings.media_dir
    await api.reply_to(person.sends_photo())
    await api.reply_to(api.user(22).sends_photo())
    own, other = (each.file_id for each in govi.rows(Attachment))
    for file_id in (own, other):
        copies.write(folder, file_id, b"photo")

    asked = await api.reply_to(person.sends("/forget"))
    await pressed(api, person, asked, "forget.yes")

    assert copies.read(folder, own) is None
    assert copies.read(folder, other) == b"photo"


async def test_consent_is_given_and_taken_back_by_one_button(
    api: BotApi, govi: Govi, person: Person
) -> None:
    """Nobody has agreed who did not press it."""
    told = await api.reply_to(person.sends("/privacy"))
    assert TEXTS.text("privacy.is_not_kept") in told.text

    agreed = await pressed(api, person, told, "privacy.yes")
    consented_at = govi.rows(Farmer)[0].consented_at
    refused = await pressed(api, person, person.sees()[told.message_id - 1], "privacy.no")

    assert TEXTS.text("privacy.is_kept") in agreed
    assert consented_at is not None
    assert TEXTS.text("privacy.is_not_kept") in refused
    assert govi.rows(Farmer)[0].consented_at is None


async def test_mydata_is_a_file_with_everything(api: BotApi, govi: Govi, person: Person) -> None:
    """The person's own words and the answer that they got; no neighbour's."""
    await api.reply_to(person.sends(BLAST))
    await api.reply_to(api.user(22).sends(UNKNOWN))

    person.sends("/mydata")

    await api.until(lambda: person.sees()[-1].document is not None)
    name, content = person.opens(person.sees()[-1])
    assert name.startswith("govi-")
    told = content.decode("utf-8-sig")
    assert all(part in told for part in (BLAST, BLAST_ANSWER, str(PERSON)))
    assert UNKNOWN not in told


@pytest.mark.parametrize("command", ["/forget", "/delete"])
async def test_forgetting_asks_first(api: BotApi, govi: Govi, person: Person, command: str) -> None:
    """Whoever says no loses nothing."""
    await api.reply_to(person.sends(BLAST))

    asked = await api.reply_to(person.sends(command))
    told = await pressed(api, person, asked, "forget.no")

    assert (asked.text, told) == (TEXTS.text("forget.ask"), TEXTS.text("forget.kept"))
    assert govi.rows(Question)[0].text == BLAST


async def test_after_forgetting_the_database_knows_nothing_of_the_person(
    api: BotApi, govi: Govi, person: Person
) -> None:
    """In no table and in no byte of its files; a neighbour's question is still there."""
    reply = await api.reply_to(person.sends(BLAST))
    person.presses(reply.button("👎"))
    await api.until(lambda: govi.rows(Feedback) != [])
    await api.reply_to(person.sends(SECRET))
    await api.reply_to(person.sends(f"@govi_bot {SECRET}", chat_id=api.group(-1001)))
    await api.reply_to(api.user(22).sends(UNKNOWN))
    asked = await api.reply_to(person.sends("/forget"))

    told = await pressed(api, person, asked, "forget.yes")

    assert told == TEXTS.text("forget.done")
    assert [farmer.telegram_user_id for farmer in govi.rows(Farmer)] == [22]
    content = await bytes_of_database(api, govi)
    for secret in (SECRET.encode(), SECRET.encode("unicode_escape"), str(PERSON).encode()):
        assert secret not in content
    assert PERSON.to_bytes(4) not in content
    assert UNKNOWN.encode() in content


async def test_forgotten_words_stay_when_the_person_agreed(
    api: BotApi, govi: Govi, person: Person
) -> None:
    """They are asked about it, and nothing leads from the words to the person."""
    await api.reply_to(person.sends(SECRET))
    await pressed(api, person, await api.reply_to(person.sends("/privacy")), "privacy.yes")
    asked = await api.reply_to(person.sends("/forget"))
    assert asked.text == TEXTS.text("forget.ask_keeping_words")

    await pressed(api, person, asked, "forget.yes")

    content = await bytes_of_database(api, govi)
    assert SECRET.encode() in content
    assert str(PERSON).encode() not in content
    assert PERSON.to_bytes(4) not in content


async def test_who_asks_again_after_forgetting_is_new(
    api: BotApi, govi: Govi, person: Person
) -> None:
    """And is answered as at the first time; an old confirmation can be pressed again."""
    asked = await api.reply_to(person.sends("/forget"))
    for _ in range(2):
        person.presses(asked.button(TEXTS.text("forget.yes")))
    await api.until(lambda: len(lines_over_the_chat(api)) == 2)

    reply = await api.reply_to(person.sends(BLAST))

    assert reply.text == BLAST_ANSWER
    assert len(govi.rows(Farmer)) == 1


@pytest.mark.parametrize("command", ["/privacy", "/mydata", "/forget"])
async def test_in_a_group_nothing_personal_is_said(
    api: BotApi, govi: Govi, person: Person, command: str
) -> None:
    """Where everyone reads it."""
    group = api.group(-1001)

    refused = await api.reply_to(person.sends(f"{command}@govi_bot", chat_id=group))

    assert refused.text == TEXTS.text("refusal.private_only")


async def test_a_telephone_number_or_a_place_is_not_kept(
    api: BotApi, govi: Govi, person: Person
) -> None:
    """Only that something of the kind was sent."""
    number = "+94771234567"
    await api.reply_to(person.sends_location(8.31234, 80.41234))
    contact = {"phone_number": number, "first_name": "X", "user_id": PERSON}
    await api.reply_to(person.sends_object({"contact": contact}))

    assert [row.kind for row in govi.rows(Question)] == ["location", "other"]
    content = await bytes_of_database(api, govi)
    assert number.encode() not in content
    assert b"8.31234" not in content


async def test_a_handled_update_leaves_nothing_behind(
    api: BotApi, govi: Govi, person: Person
) -> None:
    """Its id alone, so that it is known if it comes again."""
    await api.reply_to(person.sends(BLAST))

    await api.until(lambda: govi.rows(ReceivedUpdate)[0].status is InboxStatus.DONE)
    (row,) = govi.rows(ReceivedUpdate)
    assert (row.raw, row.chat_id) == ({}, None)
