"""A farmer calls for help."""

import pytest
from sqlalchemy.exc import OperationalError

from bot.db.models import Ask, Escalation, InboxStatus, Question, ReceivedUpdate, Role
from bot.delivery import lifeline
from bot.handlers import emergency
from bot.i18n import Catalogue
from bot.services.invites import PREFIX as INVITE
from bot.services.remarks import record_remark
from bot.testing.bot_api import BotApi
from bot.testing.people import Person
from tests.database import written_to
from tests.journeys.serving import BLAST, Govi
from tests.journeys.team import appoint

TEXTS = Catalogue.load()
POISONED = "මගේ මහත්තයා වස බීලා"
BITTEN = "mata nayek gahuwa"
SOUNDS_POISONED = "mama-wasa-biwwa"


@pytest.fixture
def officer(api: BotApi, govi: Govi) -> Person:
    """An officer."""
    return appoint(govi, api.user(44), Role.OFFICER)


@pytest.mark.parametrize(
    ("text", "kind", "language"),
    [
        (POISONED, "poisoning", "si"),
        (BITTEN, "snake_bite", "si"),
        ("podi duwa wasa kala", "child_poisoning", "si"),
        ("ඇහැට බෙහෙත් ගියා", "contact", "si"),
        ("මට ජීවිතේ එපා වෙලා", "self_harm", "si"),
        ("my husband drank pesticide", "poisoning", "en"),
        ("பாம்பு கடித்துவிட்டது", "snake_bite", "ta"),
    ],
)
async def test_the_reply_says_what_helps(
    api: BotApi, govi: Govi, farmer: Person, text: str, kind: str, language: str
) -> None:
    """In the language of the message, with no buttons, no "did you mean", and no search."""
    reply = await api.reply_to(farmer.sends(text))

    assert reply.text == TEXTS.text(f"emergency.{kind}", language)
    assert not reply.buttons
    question = govi.rows(Question)[0]
    assert (question.decision, question.matches) == ("emergency", [])


async def test_every_officer_is_alerted_at_once(
    api: BotApi, govi: Govi, farmer: Person, officer: Person
) -> None:
    """As urgent, with the farmer's words and without their name."""
    await api.reply_to(officer.sends("/help"))

    await api.reply_to(farmer.sends(POISONED))

    await api.until(lambda: POISONED in officer.sees()[-1].text)
    assert "🚨" in officer.sees()[-1].text
    assert [group.is_urgent for group in govi.rows(Escalation)] == [True]
    assert [ask.reason for ask in govi.rows(Ask)] == ["emergency"]


async def test_a_caption_calls_for_help_too(api: BotApi, govi: Govi, farmer: Person) -> None:
    """The picture may show the bottle."""
    reply = await api.reply_to(farmer.sends_photo(POISONED))

    assert reply.text == TEXTS.text("emergency.poisoning")
    assert govi.rows(Question)[0].kind == "photo"


async def test_a_changed_message_calls_for_help_too(
    api: BotApi, govi: Govi, farmer: Person
) -> None:
    """Whoever mends what they typed in haste is heard."""
    message = farmer.sends(BLAST)
    await api.reply_to(message)

    farmer.edits(message, BITTEN)

    await api.until(lambda: len(api.replies(message)) == 2)
    assert api.replies(message)[1].text == TEXTS.text("emergency.snake_bite")


@pytest.mark.parametrize("command", ["/start", "/help", "/ask"])
async def test_words_behind_a_command_are_heard(
    api: BotApi, govi: Govi, farmer: Person, command: str
) -> None:
    """Nobody in need has to know how the bot is used."""
    reply = await api.reply_to(farmer.sends(f"{command} {POISONED}"))

    assert reply.text == TEXTS.text("emergency.poisoning")


async def test_the_code_of_an_invite_is_not_listened_to(
    api: BotApi, govi: Govi, farmer: Person
) -> None:
    """Nobody wrote it: it is drawn by lot, and may sound like anything."""
    opening = f"/start {INVITE}{SOUNDS_POISONED}"

    reply = await api.reply_to(farmer.sends(opening))

    assert govi.services.recognition.emergency(opening) is not None
    assert reply.text == TEXTS.text("refusal.invite")


async def test_in_a_group_only_what_is_said_to_the_bot_is_answered(
    api: BotApi, govi: Govi, farmer: Person
) -> None:
    """People who talk among themselves are left alone."""
    group = api.group(-1001)
    overheard = farmer.sends(POISONED, chat_id=group)

    reply = await api.reply_to(farmer.sends(f"@govi_bot {POISONED}", chat_id=group))

    assert reply.text == TEXTS.text("emergency.poisoning")
    assert api.replies(overheard) == []


async def test_a_dialogue_of_the_team_goes_on(api: BotApi, govi: Govi) -> None:
    """What is said in it is answered and is the next step all the same; nobody is alarmed."""
    admin = appoint(govi, api.user(66), Role.ADMIN)
    await api.reply_to(admin.sends("/add"))

    said = admin.sends("වස බීපු කෙනෙක්ට මොකද කරන්නේ")

    await api.until(lambda: len(api.replies(said)) == 2)
    texts = {reply.text for reply in api.replies(said)}
    assert TEXTS.text("emergency.poisoning") in texts
    assert govi.rows(Escalation) == []


async def test_the_team_may_look_up_what_is_said_of_emergencies(
    api: BotApi, govi: Govi, officer: Person
) -> None:
    """A command with such words is a command."""
    reply = await api.reply_to(officer.sends(f"/find {POISONED}"))

    assert reply.text != TEXTS.text("emergency.poisoning")
    assert govi.rows(Question) == []


async def test_ordinary_questions_about_poison_and_snakes_are_searched(
    api: BotApi, govi: Govi, farmer: Person, officer: Person
) -> None:
    """They alarm nobody."""
    for text in ("wasa beheth gahala dawas keeyakin kanna puluwanda", "kumbure sarpayo innawa"):
        await api.reply_to(farmer.sends(text))

    assert {question.decision for question in govi.rows(Question)} == {"fallback"}
    assert {group.is_urgent for group in govi.rows(Escalation)} == {False}


async def test_a_search_that_is_down_keeps_nobody_waiting(
    api: BotApi, govi: Govi, farmer: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rules need no model."""

    def fail(*_: object) -> None:
        raise RuntimeError("no model")

    monkeypatch.setattr(govi.services.index.retriever, "search", fail)

    reply = await api.reply_to(farmer.sends(POISONED))

    assert reply.text == TEXTS.text("emergency.poisoning")


async def test_a_database_that_is_locked_keeps_nobody_waiting(
    api: BotApi, govi: Govi, farmer: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reply comes while nothing can be written; afterwards the call is recorded as well."""
    await api.reply_to(farmer.sends(BLAST))
    monkeypatch.setattr(lifeline, "PATIENCE_SECONDS", 0.05)

    with written_to(govi.services.settings.database):
        first = await api.reply_to(farmer.sends(POISONED))

        assert first.text == TEXTS.text("emergency.poisoning")
        assert len(govi.rows(Question)) == 1
    await api.until(lambda: len(govi.rows(Escalation)) == 1)
    assert govi.rows(Question)[1].decision == "emergency"


async def test_what_cannot_be_recorded_is_said_once_and_tried_again(
    api: BotApi, govi: Govi, farmer: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two failing attempts, one reply; the third records it and tells once more."""
    failures = iter([OperationalError("insert", {}, OSError("disk full"))] * 2)

    def record(*arguments: object) -> object:
        if (failure := next(failures, None)) is not None:
            raise failure
        return record_remark(*arguments)

    monkeypatch.setattr(emergency, "record_remark", record)
    call = farmer.sends(POISONED)

    await api.until(lambda: len(govi.rows(Question)) == 1 and len(api.replies(call)) == 2)
    await api.until(lambda: govi.rows(ReceivedUpdate)[0].status is InboxStatus.DONE)
    assert {reply.text for reply in api.replies(call)} == {TEXTS.text("emergency.poisoning")}
