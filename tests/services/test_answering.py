"""Recording questions and deciding what is owed."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db.models import (
    Ask,
    Entry,
    EntryStatus,
    Lane,
    Origin,
    OutgoingMessage,
    Question,
    QuestionState,
    Reply,
)
from bot.errors import NotYoursError, StaleButtonError
from bot.services import answering
from bot.services.answering import Incoming, Outcome
from bot.services.curation import import_entries
from bot.services.farmers import Asker
from bot.services.media import Media
from retrieval import Decision, SearchResult
from tests.factories import create_draft, create_match

NIMAL, KAMALA = Asker(11, 11), Asker(22, 22)
SPOKEN = {"a.one": "පළමු එක", "a.two": "දෙවැනි එක", "a.three": "තුන්වැනි එක", "a.four": "හතර"}
KEYS = tuple(SPOKEN)


@pytest.fixture(autouse=True)
def knowledge(session: Session) -> None:
    """Four published entries."""
    drafts = [create_draft(key, phrasings=(f"{key} mokakda", text)) for key, text in SPOKEN.items()]
    import_entries(session, drafts, Origin.IMPORT, "test")


def result(kind: str, *keys: str) -> SearchResult:
    """What the retriever would say."""
    return result_of(kind, *((key, 0.9 - n / 20) for n, key in enumerate(keys)))


def result_of(kind: str, *scores: tuple[str, float]) -> SearchResult:
    """What the retriever would say, with each match's score."""
    matches = tuple(create_match(key, score) for key, score in scores)
    return SearchResult("sinhala", matches, Decision(kind, 0.9, 0.1), 0.01, "m-1")


def ask(session: Session, kind: str, *keys: str, update_id: int = 1) -> Outcome:
    """Nimal asks something."""
    return record(session, result(kind, *keys), update_id)


def record(session: Session, found: SearchResult, update_id: int = 1) -> Outcome:
    """Nimal asks something that leads to this result."""
    incoming = Incoming(NIMAL, "ප්‍රශ්නය", update_id, message_id=5)
    return answering.record_question(session, incoming, found)


def test_an_answer_is_the_stored_text_word_for_word(session: Session) -> None:
    """Nothing is added to or taken from an approved answer."""
    outcome = ask(session, "answer", "a.one")

    assert outcome.answer == create_draft("a.one").answer
    assert outcome.entry_key == "a.one"


def test_the_question_is_stored_with_how_it_was_decided(session: Session) -> None:
    """Text, script, decision, score, matches, seconds and model stay with it."""
    stored = session.get_one(Question, ask(session, "answer", "a.one", "a.two").question_id)

    assert (stored.text, stored.script, stored.decision) == ("ප්‍රශ්නය", "sinhala", "answer")
    assert (stored.score, stored.margin, stored.model_id) == (0.9, 0.1, "m-1")
    assert [match["key"] for match in stored.matches] == ["a.one", "a.two"]
    assert stored.state is QuestionState.ANSWERED


def test_an_answer_retired_in_the_meantime_is_not_sent(session: Session) -> None:
    """The database decides: a withdrawn answer becomes an unanswered question."""
    retired = create_draft("a.one", status="retired")
    import_entries(session, [retired], Origin.IMPORT, "test")

    outcome = ask(session, "answer", "a.one")

    assert (outcome.decision, outcome.answer) == ("fallback", None)


def test_suggestions_are_three_stored_questions(session: Session) -> None:
    """At most three, best first, shown in Sinhala script whatever matched."""
    outcome = ask(session, "suggest", *KEYS)

    assert [s.phrasing for s in outcome.suggestions] == ["පළමු එක", "දෙවැනි එක", "තුන්වැනි එක"]


def test_a_suggestion_is_called_by_nothing_that_was_retired(session: Session) -> None:
    """A curator took it away because it misled."""
    draft = create_draft("a.one", phrasings=("a.one mokakda", "වෙන එකක්"))
    import_entries(session, [draft], Origin.IMPORT, "test")

    outcome = ask(session, "suggest", "a.one")

    assert [s.phrasing for s in outcome.suggestions] == ["වෙන එකක්"]


def test_what_is_far_behind_the_best_is_not_suggested(session: Session) -> None:
    """Two buttons that fit serve better than three of which one does not."""
    found = result_of("suggest", ("a.one", 0.62), ("a.two", 0.55), ("a.three", 0.45))

    outcome = record(session, found)

    assert [s.phrasing for s in outcome.suggestions] == ["පළමු එක", "දෙවැනි එක"]


def test_the_best_is_always_suggested(session: Session) -> None:
    """However far it is ahead, and even when a better one was withdrawn meanwhile."""
    session.scalars(select(Entry).where(Entry.key == "a.one")).one().status = EntryStatus.RETIRED

    outcome = record(session, result_of("suggest", ("a.one", 0.64), ("a.two", 0.4)))

    assert [s.phrasing for s in outcome.suggestions] == ["දෙවැනි එක"]


def test_choosing_a_suggestion_answers_the_question(session: Session) -> None:
    """The chosen entry's answer is owed, and the question counts as answered."""
    asked = ask(session, "suggest", "a.one", "a.two")

    outcome = answering.choose_suggestion(
        session, asked.question_id, asked.suggestions[1].entry_id, NIMAL, update_id=2
    )

    assert outcome.entry_key == "a.two"
    question = session.get_one(Question, asked.question_id)
    assert question.state is QuestionState.ANSWERED


def test_choosing_twice_is_refused(session: Session) -> None:
    """A second press on the same buttons has no second effect."""
    asked = ask(session, "suggest", "a.one")
    chosen = asked.suggestions[0].entry_id
    answering.choose_suggestion(session, asked.question_id, chosen, NIMAL, update_id=2)

    with pytest.raises(StaleButtonError):
        answering.choose_suggestion(session, asked.question_id, chosen, NIMAL, update_id=3)


def test_an_entry_that_was_not_offered_cannot_be_chosen(session: Session) -> None:
    """A forged button does not open other entries."""
    asked = ask(session, "suggest", "a.one")
    other = ask(session, "suggest", "a.two", update_id=2).suggestions[0].entry_id

    with pytest.raises(StaleButtonError):
        answering.choose_suggestion(session, asked.question_id, other, NIMAL, update_id=3)


def test_what_was_withdrawn_since_cannot_be_chosen(session: Session) -> None:
    """The button is older than the decision that nobody is told this any more."""
    asked = ask(session, "suggest", "a.one")
    session.get_one(Entry, asked.suggestions[0].entry_id).status = EntryStatus.RETIRED

    with pytest.raises(StaleButtonError):
        answering.choose_suggestion(
            session, asked.question_id, asked.suggestions[0].entry_id, NIMAL, update_id=3
        )


def test_another_farmer_cannot_choose(session: Session) -> None:
    """Buttons belong to the one who asked."""
    asked = ask(session, "suggest", "a.one")
    chosen = asked.suggestions[0].entry_id

    with pytest.raises(NotYoursError):
        answering.choose_suggestion(session, asked.question_id, chosen, KAMALA, update_id=2)


def test_none_of_these_makes_the_question_unanswered(session: Session) -> None:
    """The farmer said no to all: a person must look."""
    asked = ask(session, "suggest", "a.one")

    outcome = answering.refuse_suggestions(session, asked.question_id, NIMAL, update_id=2)

    assert outcome.decision == "fallback"
    question = session.get_one(Question, asked.question_id)
    assert question.state is QuestionState.UNANSWERED


def test_choosing_for_a_question_that_never_was_is_refused(session: Session) -> None:
    """A made-up id is a stale button, not a crash."""
    with pytest.raises(StaleButtonError):
        answering.refuse_suggestions(session, 999, NIMAL, update_id=2)


def test_an_update_that_comes_again_has_no_second_effect(session: Session) -> None:
    """Its first outcome is returned, whatever is found now; one question, one message owed."""
    first = ask(session, "answer", "a.one")

    again = ask(session, "answer", "a.two")

    assert again == first
    assert len(session.scalars(select(Question)).all()) == 1
    assert len(session.scalars(select(OutgoingMessage)).all()) == 1


def test_a_press_that_comes_again_has_no_second_effect(session: Session) -> None:
    """The same update twice is no stale button."""
    asked = ask(session, "suggest", "a.one")
    chosen = asked.suggestions[0].entry_id
    first = answering.choose_suggestion(session, asked.question_id, chosen, NIMAL, update_id=2)

    again = answering.choose_suggestion(session, asked.question_id, chosen, NIMAL, update_id=2)

    assert again == first


def test_a_reply_is_owed_with_the_question_that_caused_it(session: Session) -> None:
    """It goes under the farmer's own message, in its topic, before everything unasked."""
    incoming = Incoming(NIMAL, "ප්‍රශ්නය", 1, message_id=5, topic_id=3)
    outcome = answering.record_question(session, incoming, result("answer", "a.one"))

    owed = session.scalars(select(OutgoingMessage)).one()

    assert (owed.kind, owed.lane, owed.reply_id) == ("reply", Lane.REPLY, outcome.reply_id)
    assert (owed.chat_id, owed.under_message_id, owed.topic_id) == (NIMAL.chat_id, 5, 3)


def test_a_terminal_question_owes_nothing(session: Session) -> None:
    """Its answer is printed at once."""
    answering.record_terminal_question(session, "ප්‍රශ්නය", result("answer", "a.one"))

    assert session.scalars(select(OutgoingMessage)).all() == []


def test_what_is_needed_to_write_a_reply_is_read_back(session: Session) -> None:
    """The outcome as it was decided, and the question's text and script."""
    outcome = ask(session, "suggest", "a.one", "a.two")

    owed = answering.read_owed_reply(session, outcome.reply_id)

    assert owed.outcome == outcome
    assert (owed.question, owed.kind, owed.script) == ("ප්‍රශ්නය", "text", "sinhala")


def test_a_new_update_has_no_outcome_yet(session: Session) -> None:
    """Nothing is known of an update that was never handled."""
    assert answering.find_outcome(session, 404) is None


def test_what_no_database_holds_is_replaced(session: Session) -> None:
    """NUL and lone surrogates become U+FFFD; the rest stays as typed."""
    incoming = Incoming(NIMAL, "කොළ\x00\ud800 <b>", 9, 5)

    outcome = answering.record_question(session, incoming, result("fallback"))

    assert session.get_one(Question, outcome.question_id).text == "කොළ�� <b>"


def test_media_is_recorded_as_unanswered(session: Session) -> None:
    """A photo is kept with its question, which an officer gets; twice is as once."""
    photo = Media("photo", "file-1")
    incoming = Incoming(NIMAL, "", 9, 5, kind="photo", media=photo)

    stored = session.get_one(Question, answering.record_media(session, incoming).question_id)
    answering.record_media(session, incoming)

    assert (stored.kind, stored.state) == ("photo", QuestionState.UNANSWERED)
    assert [(each.kind, each.file_id) for each in stored.attachments] == [("photo", "file-1")]
    assert stored.ask is not None
    assert stored.ask.reason == "media"


def test_only_published_entries_are_suggested(session: Session) -> None:
    """Drafts and retired entries are never shown."""
    import_entries(session, [create_draft("a.one", status="draft")], Origin.IMPORT, "test")

    outcome = ask(session, "suggest", "a.one", "a.two")

    assert [s.phrasing for s in outcome.suggestions] == ["දෙවැනි එක"]


def test_every_reply_is_a_row(session: Session) -> None:
    """A question and its choice leave two replies in order."""
    asked = ask(session, "suggest", "a.one")
    answering.refuse_suggestions(session, asked.question_id, NIMAL, update_id=2)

    kinds = session.scalars(select(Reply.kind).order_by(Reply.id)).all()
    assert kinds == ["suggest", "fallback"]


def test_what_nothing_fits_is_passed_on_in_the_same_transaction(session: Session) -> None:
    """The reply knows the number; a repeated update passes nothing on again."""
    outcomes = [ask(session, "fallback") for _ in range(2)]

    waiting = session.scalars(select(Ask)).one()
    assert [outcome.ask_id for outcome in outcomes] == [waiting.id, waiting.id]
    assert (waiting.question_id, waiting.reason) == (outcomes[0].question_id, "fallback")


def test_what_has_an_answer_is_not_passed_on(session: Session) -> None:
    """Nor what still waits for the farmer's choice."""
    outcomes = [
        ask(session, kind, "a.one", update_id=n) for n, kind in ((1, "answer"), (2, "suggest"))
    ]

    assert [outcome.ask_id for outcome in outcomes] == [None, None]
    assert session.scalars(select(Ask)).all() == []


def test_a_terminal_question_is_not_passed_on(session: Session) -> None:
    """It has no farmer who could be told."""
    outcome = answering.record_terminal_question(session, "ප්‍රශ්නය", result("fallback"))

    assert outcome.ask_id is None
    assert session.scalars(select(Ask)).all() == []


def test_a_changed_question_is_passed_on_in_place_of_the_first(session: Session) -> None:
    """Only what the farmer means now waits."""
    ask(session, "fallback")
    changed = Incoming(NIMAL, "වෙන ප්‍රශ්නයක්", 2, message_id=5, is_edit=True)
    answering.record_question(session, changed, result("fallback"))

    states = session.scalars(select(Question.state).order_by(Question.id)).all()
    assert states == [QuestionState.WITHDRAWN, QuestionState.UNANSWERED]


@pytest.mark.parametrize("kind", ["answer", "fallback"])
def test_an_edit_that_changes_no_word_is_no_other_question(session: Session, kind: str) -> None:
    """Telegram tells of changes, too, that a bot cannot see; the question keeps its place."""
    first = ask(session, kind, "a.one")

    again = Incoming(NIMAL, "ප්‍රශ්නය", 2, message_id=5, is_edit=True)

    assert answering.record_question(session, again, result(kind, "a.one")) == first
    assert len(session.scalars(select(Question)).all()) == 1
    assert len(session.scalars(select(OutgoingMessage)).all()) == 1


def test_the_same_words_in_a_message_of_the_same_number_elsewhere_are_asked(
    session: Session,
) -> None:
    """Telegram counts the messages of each chat."""
    ask(session, "answer", "a.one")

    there = Incoming(Asker(11, -7), "ප්‍රශ්නය", 2, message_id=5, is_edit=True)
    answering.record_question(session, there, result("answer", "a.one"))

    assert len(session.scalars(select(Question)).all()) == 2


def test_words_that_are_changed_back_are_asked_again(session: Session) -> None:
    """They say something new after what stood there in between."""
    for update_id, words in enumerate(("ප්‍රශ්නය", "වෙන ප්‍රශ්නයක්", "ප්‍රශ්නය"), 1):
        incoming = Incoming(NIMAL, words, update_id, message_id=5, is_edit=update_id > 1)
        answering.record_question(session, incoming, result("answer", "a.one"))

    assert len(session.scalars(select(Question)).all()) == 3
