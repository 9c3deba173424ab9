"""In a group Govi speaks only when it is spoken to."""

import pytest

from bot.db.models import (
    Attachment,
    InboxStatus,
    OutboxStatus,
    OutgoingMessage,
    Question,
    ReceivedUpdate,
    Role,
)
from bot.i18n import Catalogue
from bot.services.questions import NAMELESS
from bot.testing.bot_api import BotApi
from bot.testing.people import Person
from tests.journeys.serving import BLAST, BLAST_ANSWER, MITES, UNKNOWN, Govi
from tests.journeys.team import appoint

TEXTS = Catalogue.load()


@pytest.fixture
def group(api: BotApi) -> int:
    """A group that Govi is in."""
    return api.group(-1001)


async def test_a_mention_is_answered_without_the_mention_in_the_question(
    api: BotApi, govi: Govi, farmer: Person, group: int
) -> None:
    """The name of the bot is no part of the question."""
    reply = await api.reply_to(farmer.sends(f"@govi_bot {BLAST}", chat_id=group))

    assert reply.text == BLAST_ANSWER
    assert govi.rows(Question)[0].text == BLAST


async def test_a_reply_to_the_bot_is_answered(
    api: BotApi, govi: Govi, farmer: Person, group: int
) -> None:
    """Who replies to Govi's message speaks to Govi."""
    said = await api.reply_to(farmer.sends("/help@govi_bot", chat_id=group))

    reply = await api.reply_to(farmer.sends(BLAST, chat_id=group, replying_to=said))

    assert reply.text == BLAST_ANSWER


async def test_the_bots_name_in_reply_to_a_neighbour_passes_on_what_they_asked(
    api: BotApi, govi: Govi, farmer: Person, neighbour: Person, group: int
) -> None:
    """They did not ask Govi themselves; the answer goes to who did."""
    asked = neighbour.sends(BLAST, chat_id=group)

    reply = await api.reply_to(farmer.sends("@govi_bot", replying_to=asked))

    assert reply.text == BLAST_ANSWER
    assert api.replies(asked) == []


async def test_talk_among_people_is_left_alone(
    api: BotApi, govi: Govi, farmer: Person, group: int
) -> None:
    """Neither a question to others, nor another bot's command, nor a photo gets a reply."""
    overheard = [
        farmer.sends(text, chat_id=group) for text in (BLAST, "/price", "/start@other_bot")
    ]
    overheard.append(farmer.sends_object({"sticker": {"file_id": "x"}}, chat_id=group))

    await api.reply_to(farmer.sends("/help", chat_id=group))

    assert [api.replies(message) for message in overheard] == [[], [], [], []]


async def test_an_album_is_taken_whole_though_one_photo_names_the_bot(
    api: BotApi, govi: Govi, farmer: Person, group: int
) -> None:
    """Its caption stands under the first; albums among people are left alone."""
    mention = {"type": "mention", "offset": 0, "length": len("@govi_bot")}
    caption = {"caption": f"@govi_bot {UNKNOWN}", "caption_entities": [mention]}
    for album, words in (("a", caption), ("a", {}), ("b", {})):
        about = {"file_id": f"photo{album}{len(words)}", "file_unique_id": "x"}
        photo = {"photo": [about | {"width": 9, "height": 9}], "media_group_id": album}
        farmer.sends_object(photo | words, chat_id=group)

    await api.reply_to(farmer.sends("/help@govi_bot", chat_id=group))

    assert [each.file_id for each in govi.rows(Attachment)] == ["photoa2", "photoa0"]
    assert len(govi.rows(Question)) == 1


async def test_another_persons_button_is_refused_politely(
    api: BotApi, govi: Govi, farmer: Person, neighbour: Person, group: int
) -> None:
    """The buttons under an answer belong to the one who asked, and stay for them."""
    reply = await api.reply_to(farmer.sends(f"@govi_bot {BLAST}", chat_id=group))

    neighbour.presses(reply.button("👎"))

    await api.until(lambda: len(api.calls("answerCallbackQuery")) == 1)
    said = api.calls("answerCallbackQuery")[0].parameters["text"]
    assert said == TEXTS.text("button.not_yours")
    assert not api.calls("editMessageReplyMarkup")


@pytest.mark.parametrize("account", NAMELESS)
async def test_who_asks_without_a_name_may_choose_under_their_own(
    api: BotApi, govi: Govi, farmer: Person, group: int, account: int
) -> None:
    """A group's nameless admin, or one who writes as a channel, presses buttons as a person."""
    offer = await api.reply_to(api.user(account).sends(f"@govi_bot {MITES}", chat_id=group))

    farmer.presses(offer.buttons[0])

    await api.until(lambda: len(api.calls("answerCallbackQuery")) == 1)
    said = api.calls("answerCallbackQuery")[0].parameters["text"]
    assert said == TEXTS.text("button.chosen")


async def test_what_a_channel_says_to_all_is_no_question(
    api: BotApi, govi: Govi, farmer: Person, group: int
) -> None:
    """Telegram puts it into the channel's group by itself, with the bot's name if it has it."""
    words = f"@govi_bot {UNKNOWN}"
    mention = {"type": "mention", "offset": 0, "length": len("@govi_bot")}
    post = {"text": words, "entities": [mention], "is_automatic_forward": True}
    overheard = api.user(777000).sends_object(post, chat_id=group)

    await api.reply_to(farmer.sends("/help", chat_id=group))

    assert api.replies(overheard) == []
    assert govi.rows(Question) == []


async def test_what_was_asked_in_a_group_moves_with_it(
    api: BotApi, govi: Govi, farmer: Person
) -> None:
    """A group that becomes a supergroup has another id, and its messages other numbers."""
    old, new = api.group(-5), api.group(-1005)
    await api.reply_to(farmer.sends("@govi_bot " + UNKNOWN, chat_id=old))

    farmer.sends_object({"migrate_to_chat_id": new}, chat_id=old)
    listed = await api.reply_to(farmer.sends("/mine@govi_bot", chat_id=new))

    assert UNKNOWN in listed.text
    assert [question.message_id for question in govi.rows(Question)] == [None]


async def test_where_the_bot_may_not_write_nothing_is_set_aside(
    api: BotApi, govi: Govi, farmer: Person, group: int
) -> None:
    """Whoever muted it meant to; the admins are not called to every mention."""
    appoint(govi, api.user(99), Role.ADMIN)
    api.mute(group)
    for words in (BLAST, UNKNOWN, "ayubowan"):
        farmer.sends(f"@govi_bot {words}", chat_id=group)
    farmer.sends("/help@govi_bot", chat_id=group)

    def are_settled() -> bool:
        updates, messages = govi.rows(ReceivedUpdate), govi.rows(OutgoingMessage)
        return [row.status for row in updates] == [InboxStatus.DONE] * 4 and all(
            row.status is not OutboxStatus.PENDING for row in messages if row.chat_id == group
        )

    await api.until(are_settled)
    kept = [row for row in govi.rows(OutgoingMessage) if row.chat_id == group]
    assert {row.status for row in kept} == {OutboxStatus.DROPPED}
    assert "set_aside" not in {row.kind for row in govi.rows(OutgoingMessage)}
