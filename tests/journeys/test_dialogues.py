"""A person in a guided dialogue: each message is its next step, until it ends or is cancelled."""

import pytest
from telegram import Update

from bot import application
from bot.db.engine import reading, transaction
from bot.db.models import Dialogue, Question, Role
from bot.handlers.context import GoviContext
from bot.handlers.replying import place_of, send
from bot.i18n import Catalogue
from bot.rendering import render_text
from bot.services import dialogues, roles
from bot.services.dialogues import Stand
from bot.testing import faults
from bot.testing.bot_api import BotApi
from bot.testing.people import Person
from tests.journeys.serving import BLAST, BLAST_ANSWER, Govi
from tests.journeys.team import appoint, dismiss

TEXTS = Catalogue.load()


async def echo(update: Update, context: GoviContext, stand: Stand) -> None:
    """Repeat what came, and how often something came before; stay in the dialogue."""
    user_id, count = update.effective_user.id, stand.data["count"] + 1
    await context.run(
        dialogues.enter, user_id, stand.name, "on", {"count": count}, update.update_id
    )
    said = update.message.text or "a document"
    await send(context, place_of(update), render_text(f"{count} {said}"))


async def for_officers(update: Update, context: GoviContext, stand: Stand) -> None:
    """Do what farmers may not."""
    await context.run(roles.require, update.effective_user.id, Role.OFFICER)


@pytest.fixture
def farmer(govi: Govi, farmer: Person) -> Person:
    """Who asks here is an officer too."""
    return appoint(govi, farmer, Role.OFFICER)


@pytest.fixture(autouse=True)
def three_dialogues(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three dialogues."""
    monkeypatch.setitem(application.STEPS, "echo", echo)
    monkeypatch.setitem(application.STEPS, "officers", for_officers)
    monkeypatch.setitem(application.FILE_STEPS, "file", echo)


def stand(govi: Govi, person: Person, name: str = "echo") -> None:
    """Put a person into a dialogue."""
    with transaction(govi.services.sessions) as session:
        dialogues.enter(session, person.id, name, "on", {"count": 0})


def where(govi: Govi, person: Person) -> dict[str, int]:
    """What a dialogue has noted so far."""
    with reading(govi.services.sessions) as session:
        return session.get_one(Dialogue, person.id).data


async def test_each_text_is_the_next_step(api: BotApi, govi: Govi, farmer: Person) -> None:
    """Nothing is looked up, and where the person stands goes from step to step."""
    stand(govi, farmer)

    first = await api.reply_to(farmer.sends(BLAST))
    second = await api.reply_to(farmer.sends("b"))

    assert [first.text, second.text] == [f"1 {BLAST}", "2 b"]
    assert govi.rows(Question) == []


async def test_others_ask_as_ever(
    api: BotApi, govi: Govi, farmer: Person, neighbour: Person
) -> None:
    """A dialogue belongs to one person."""
    stand(govi, neighbour)

    assert (await api.reply_to(farmer.sends(BLAST))).text == BLAST_ANSWER


async def test_in_a_group_the_person_asks(api: BotApi, govi: Govi, farmer: Person) -> None:
    """What is said there is no step of what was begun in private."""
    stand(govi, farmer)
    group = api.group(-1001)

    reply = await api.reply_to(farmer.sends(f"@govi_bot {BLAST}", chat_id=group))

    assert reply.text == BLAST_ANSWER


@pytest.mark.parametrize("kind", ["photo", "voice", "sticker", "location", "document"])
async def test_media_is_refused_and_the_step_stays(
    api: BotApi, govi: Govi, farmer: Person, kind: str
) -> None:
    """The person is told to write, and goes on where they were."""
    stand(govi, farmer)

    media = (
        farmer.sends_object({"document": {"file_id": "x", "file_unique_id": "y"}})
        if kind == "document"
        else getattr(farmer, f"sends_{kind}")()
    )

    assert (await api.reply_to(media)).text == TEXTS.text("dialogue.words_only")
    assert (await api.reply_to(farmer.sends("a"))).text == "1 a"
    assert govi.rows(Question) == []


async def test_a_dialogue_that_waits_for_a_file_takes_one(
    api: BotApi, govi: Govi, farmer: Person
) -> None:
    """And says so to who writes instead."""
    stand(govi, farmer, "file")

    text = await api.reply_to(farmer.sends(BLAST))
    document = {"document": {"file_id": "x", "file_unique_id": "y"}}
    taken = await api.reply_to(farmer.sends_object(document))

    assert [text.text, taken.text] == [TEXTS.text("dialogue.file_wanted"), "1 a document"]


async def test_an_edit_of_an_earlier_message_is_no_step(
    api: BotApi, govi: Govi, farmer: Person
) -> None:
    """It could belong to any step, so it is asked for again."""
    said = farmer.sends(BLAST)
    await api.reply_to(said)
    stand(govi, farmer)

    farmer.edits(said, "changed")

    await api.until(lambda: len(api.replies(said)) == 2)
    assert api.replies(said)[1].text == TEXTS.text("dialogue.no_edits")
    assert len(govi.rows(Question)) == 1


async def test_a_reaction_to_a_command_does_not_begin_it_again(
    api: BotApi, govi: Govi, farmer: Person
) -> None:
    """Telegram tells bots of it as of a change, and what was typed since would be lost."""
    appoint(govi, farmer, Role.ADMIN)
    command = farmer.sends("/add")
    await api.reply_to(command)
    question = farmer.sends("කුරුඳු පොත්ත සුදු වෙන්නේ ඇයි")
    await api.reply_to(question)

    farmer.edits(command, "/add")
    asked = await api.reply_to(farmer.sends("වේලන්න."))

    assert len(api.replies(command)) == 1
    assert asked.text == TEXTS.text("curate.add.phrasings")


async def test_an_update_handled_again_is_not_the_next_step(
    api: BotApi, govi: Govi, farmer: Person
) -> None:
    """It is the same one again, and what it led to is said."""
    stand(govi, farmer)
    api.fail("sendMessage", faults.dropped_connection())

    again = await api.reply_to(farmer.sends("a"))
    following = await api.reply_to(farmer.sends("b"))

    assert [again.text, following.text] == ["1 a", "2 b"]
    assert where(govi, farmer) == {"count": 2}


async def test_cancel_leaves_and_the_next_message_is_a_question(
    api: BotApi, govi: Govi, farmer: Person
) -> None:
    """Nothing of the dialogue is left."""
    stand(govi, farmer)

    left = await api.reply_to(farmer.sends("/cancel"))
    asked = await api.reply_to(farmer.sends(BLAST))

    assert [left.text, asked.text] == [TEXTS.text("dialogue.cancelled"), BLAST_ANSWER]


async def test_cancel_outside_any_dialogue_is_answered_kindly(
    api: BotApi, govi: Govi, farmer: Person
) -> None:
    """It is no mistake."""
    reply = await api.reply_to(farmer.sends("/cancel"))

    assert reply.text == TEXTS.text("dialogue.nothing_to_cancel")


async def test_another_command_leaves_the_dialogue_as_it_is(
    api: BotApi, govi: Govi, farmer: Person
) -> None:
    """Whoever looks something up goes on where they were."""
    stand(govi, farmer)

    help_text = await api.reply_to(farmer.sends("/help"))
    went_on = await api.reply_to(farmer.sends("a"))

    assert [help_text.text, went_on.text] == [TEXTS.text("help.text"), "1 a"]


async def test_who_may_not_go_on_is_told_and_leaves(
    api: BotApi, govi: Govi, farmer: Person
) -> None:
    """An officer who was demoted meanwhile is a farmer at the next message."""
    dismiss(govi, farmer)
    stand(govi, farmer, "officers")

    refused = await api.reply_to(farmer.sends("a"))
    asked = await api.reply_to(farmer.sends(BLAST))

    assert refused.text == TEXTS.text("refusal.not_allowed_officer")
    assert asked.text == BLAST_ANSWER


async def test_a_dialogue_of_another_release_is_passed_over(
    api: BotApi, govi: Govi, farmer: Person
) -> None:
    """Nobody is caught in a dialogue that no code knows any more."""
    stand(govi, farmer, "from the past")

    assert (await api.reply_to(farmer.sends(BLAST))).text == BLAST_ANSWER
