"""What is owed about escalations: to the farmers who asked, and to officers."""

from typing import TYPE_CHECKING

from bot.delivery.kinds import Kind, Letter, number_of
from bot.excerpts import excerpt
from bot.i18n.sent import say_sent
from bot.keyboards.escalations import open_keyboard, reason_keyboard, withdraw_keyboard
from bot.rendering import Rendered, render_rated, render_text
from bot.services.announcing import Announced, read_announced
from bot.services.answering import OwedReply, read_owed_reply
from bot.services.notices import OwedNotice, may_read, read_owed_notice
from bot.services.outbox import LeasedMessage
from bot.services.resolving import OwedWord, read_owed_word

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

#: Of a question in a notice; the whole of it is one press away.
EXCERPT_LIMIT = 300
ANNOUNCED_SHOWN, ANNOUNCED_EXCERPT = 6, 120


def _read_word(session: "Session", message: LeasedMessage) -> OwedWord | None:
    return read_owed_word(session, number_of(message.reply_id), message.data["note_id"])


def _render_answer(letter: Letter) -> Rendered:
    word: OwedWord = letter.found
    text = letter.text("word.answer", number=word.ask_id, text=word.text)
    excuse = letter.text("word.not_taken")
    return render_rated(letter.words, text, word.reply_id, word.media, excuse)


def _render_inquiry(letter: Letter) -> Rendered:
    word: OwedWord = letter.found
    text = letter.text("word.inquiry", number=word.ask_id, text=word.text)
    return render_text(text, withdraw_keyboard(letter.words, word.ask_id))


def _render_decline(letter: Letter) -> Rendered:
    word: OwedWord = letter.found
    key = f"word.declined.{word.text}"
    return render_text(letter.text(key, number=word.ask_id))


def _read_passed_on(session: "Session", message: LeasedMessage) -> OwedReply:
    return read_owed_reply(session, number_of(message.reply_id))


def _render_passed_on(letter: Letter) -> Rendered | None:
    """Tell who pressed 👎 that an officer looks at it now, and ask why it was no use."""
    owed: OwedReply = letter.found
    number = owed.outcome.ask_id
    if number is None:
        return None
    text = letter.text(f"passed_on.{'after_rating' if owed.has_team else 'kept'}", number=number)
    rated = letter.data["rated_reply_id"]
    return render_text(text, reason_keyboard(letter.words, rated, number))


def _render_detail_noted(letter: Letter) -> Rendered:
    number = letter.data["ask_id"]
    return render_text(letter.text("passed_on.detail_noted", number=number))


def _read_notice(session: "Session", message: LeasedMessage) -> OwedNotice | None:
    if not may_read(session, message.chat_id):
        return None
    escalation_id = number_of(message.escalation_id)
    return read_owed_notice(session, escalation_id, message.data.get("note_id"))


def _render_notice(letter: Letter) -> Rendered | None:
    """Tell an officer what happened to an escalation, unless it is closed by now."""
    notice: OwedNotice = letter.found
    if notice.is_over:
        return None
    text = letter.text(
        f"notice.{letter.message.kind}",
        number=notice.escalation_id,
        question=_question(letter, notice),
    )
    return render_text(text, open_keyboard(letter.words, [notice.escalation_id]))


def _render_new_detail(letter: Letter) -> Rendered | None:
    notice: OwedNotice = letter.found
    if notice.is_over:
        return None
    text = letter.text(
        "notice.new_detail",
        number=notice.escalation_id,
        farmer=notice.number or "?",
        text=notice.detail or "",
    )
    return render_text(text, open_keyboard(letter.words, [notice.escalation_id]))


def _render_all_withdrawn(letter: Letter) -> Rendered:
    notice: OwedNotice = letter.found
    text = letter.text(
        "notice.all_withdrawn",
        number=notice.escalation_id,
        question=_question(letter, notice),
    )
    return render_text(text)


def _read_announcement(session: "Session", message: LeasedMessage) -> list[Announced]:
    if not may_read(session, message.chat_id):
        return []
    return read_announced(session, message.data["escalation_ids"])


def _render_announcement(letter: Letter) -> Rendered | None:
    """List the first of what is new; what is opened in a group is shown in private."""
    announced: list[Announced] = letter.found
    if not announced:
        return None
    shown = announced[:ANNOUNCED_SHOWN]
    lines = [
        letter.text(
            f"notice.announcement.{'urgent_line' if each.is_urgent else 'line'}",
            number=each.escalation_id,
            count=each.asker_count,
            question=_question(letter, each, ANNOUNCED_EXCERPT),
        )
        for each in shown
    ]
    ending = "to_queue" if letter.message.chat_id > 0 else "to_private"
    text = "\n\n".join(
        [
            letter.text("notice.announcement.heading", count=len(announced)),
            *lines,
            letter.text(f"notice.announcement.{ending}"),
        ]
    )
    ids = [each.escalation_id for each in shown]
    return render_text(text, open_keyboard(letter.words, ids))


def _question(
    letter: Letter,
    about: OwedNotice | Announced,
    limit: int = EXCERPT_LIMIT,
) -> str:
    return say_sent(letter.words, excerpt(about.text, limit), about.kind)


KINDS: dict[str, Kind] = {
    "officer_answer": Kind(_render_answer, _read_word),
    "inquiry": Kind(_render_inquiry, _read_word),
    "declined": Kind(_render_decline, _read_word),
    "passed_on": Kind(_render_passed_on, _read_passed_on),
    "detail_noted": Kind(_render_detail_noted),
    "new_detail": Kind(_render_new_detail, _read_notice),
    "all_withdrawn": Kind(_render_all_withdrawn, _read_notice),
    "reopened": Kind(_render_notice, _read_notice),
    "hold_ended": Kind(_render_notice, _read_notice),
    "urgent": Kind(_render_notice, _read_notice),
    "announcement": Kind(_render_announcement, _read_announcement),
}
