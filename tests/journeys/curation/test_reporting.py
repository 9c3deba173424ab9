"""/stats and /try."""

import pytest

from bot.db.base import utc_now
from bot.db.engine import transaction
from bot.db.models import Escalation, Feedback, Question
from bot.handlers.curation import reporting
from tests.journeys.curation.chat import Chat, text
from tests.journeys.serving import BLAST, BLAST_ANSWER, MITES, UNKNOWN, Govi
from tests.services.asking import answer


async def test_statistics_tell_what_farmers_got(
    govi: Govi, admin: Chat, asker: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted over real conversations; the unanswered subject stands in the farmer's words."""
    liked = await asker.sends(BLAST)
    await asker.is_told(liked.button("👍"))
    offer = await asker.sends(MITES)
    await asker.presses(offer.buttons[0])
    await asker.sends(UNKNOWN)
    now = utc_now()
    with transaction(govi.services.sessions) as session:
        # All on one day, whatever time of day it is.
        session.query(Question).update({"asked_at": now})
        session.query(Feedback).update({"given_at": now})
        answer(session, session.query(Escalation).one(), now)
    monkeypatch.setattr(reporting, "utc_now", lambda: now)

    told = await admin.sends("/stats")

    figures = {
        "questions": 3, "answered": 1, "suggested": 1, "chosen": 1, "unanswered": 1,
        "resolved": 0, "helpful": "100%", "rated": 1,
        "median": text("curate.stats.span", hours=0, minutes=0),
    }  # fmt: skip
    for days in (1, 7, 30):
        period = text(f"curate.stats.days.{days}")
        assert text("curate.stats.figures", period=period, **figures) in told.text
    assert f"1 × {UNKNOWN}" in told.text


async def test_statistics_of_the_first_day_are_zeros(govi: Govi, admin: Chat) -> None:
    """Nothing is divided by nothing."""
    told = await admin.sends("/stats")

    assert text("curate.stats.days.30") in told.text
    assert text("curate.stats.subjects") not in told.text


async def test_a_rehearsal_tells_answer_matches_and_thresholds(govi: Govi, admin: Chat) -> None:
    """Why it would be answered, and with what; nothing is recorded."""
    told = await admin.sends(f"/try {BLAST}")

    assert text("curate.try.answer") in told.text
    assert "1. paddy.blast · 0." in told.text
    assert "0.700" in told.text  # the answer threshold of the test's retriever
    assert BLAST_ANSWER in told.text
    assert govi.rows(Question) == []


async def test_a_rehearsal_of_a_doubtful_or_unknown_question(govi: Govi, admin: Chat) -> None:
    """It would be offered as a choice, or go to an officer."""
    doubtful = await admin.sends(f"/try {MITES}")
    assert text("curate.try.suggest") in doubtful.text
    assert "chilli.mites" in doubtful.text

    unknown = await admin.sends(f"/try {UNKNOWN}")
    assert text("curate.try.fallback") in unknown.text


@pytest.mark.parametrize(
    ("words", "decision", "key"),
    [
        ("thaththa wasa biwwa", "emergency", "emergency.poisoning"),
        ("ස්තූතියි", "smalltalk", "smalltalk.thanks"),
    ],
)
async def test_a_rehearsal_of_what_is_never_searched(
    govi: Govi, admin: Chat, words: str, decision: str, key: str
) -> None:
    """What a farmer would be told; nobody is alarmed."""
    told = await admin.sends(f"/try {words}")

    assert text(f"curate.try.{decision}") in told.text
    assert text(key) in told.text
    assert govi.rows(Question) == []
