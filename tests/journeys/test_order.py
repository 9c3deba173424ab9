"""Many people at once, each served in order."""

from bot.db.models import Question
from bot.testing.bot_api import BotApi
from bot.testing.faults import slow_answer
from bot.testing.people import Person
from tests.journeys.serving import BLAST, UNKNOWN, Govi


async def test_a_chat_is_answered_in_the_order_in_which_it_asked(
    api: BotApi, govi: Govi, farmer: Person
) -> None:
    """Eight questions in a burst get eight replies, in order."""
    asked = [farmer.sends(f"{BLAST} {number}") for number in range(8)]

    await api.until(lambda: all(api.replies(message) for message in asked))

    replies = [api.replies(message)[0].message_id for message in asked]
    assert replies == sorted(replies)
    assert [q.message_id for q in govi.rows(Question)] == [m.message_id for m in asked]


async def test_a_slow_chat_does_not_hold_up_another(
    api: BotApi, govi: Govi, farmer: Person, neighbour: Person
) -> None:
    """While one farmer's reply is stuck, another farmer is answered."""
    api.fail("sendMessage", slow_answer(30.0))
    slow = farmer.sends(UNKNOWN)
    await api.until(lambda: api.faults.count == 0)

    await api.reply_to(neighbour.sends(BLAST))

    assert api.replies(slow) == []


async def test_two_chats_get_their_own_answers(
    api: BotApi, govi: Govi, farmer: Person, neighbour: Person
) -> None:
    """Questions that are searched in one batch go back to whoever asked them."""
    mine, theirs = farmer.sends(BLAST), neighbour.sends(UNKNOWN)

    my_reply, their_reply = await api.reply_to(mine), await api.reply_to(theirs)

    assert my_reply.chat_id == farmer.id
    assert "1920" in their_reply.text
