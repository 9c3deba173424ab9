"""What outbox rows say."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from bot.db.models import Farmer, Origin, OutgoingMessage
from bot.delivery import messages
from bot.delivery.messages import KINDS, Kind, Letter, UnknownKindError, compose
from bot.i18n import Catalogue
from bot.rendering import Rendered, render_text
from bot.services import answering, outbox
from bot.services.answering import Incoming
from bot.services.curation import import_entries
from bot.services.farmers import Asker, get_farmer
from bot.services.media import Media
from bot.services.rating import rate
from retrieval import Decision, SearchResult
from tests.factories import create_draft, create_match
from tests.services.loop import SUNIL, appoint

TEXTS = Catalogue.load()
NIMAL = Asker(11, 11)


@pytest.fixture(autouse=True)
def knowledge(session: Session) -> None:
    """Two published entries."""
    import_entries(session, [create_draft("a.one"), create_draft("a.two")], Origin.IMPORT, "test")


def ask(session: Session, kind: str, script: str = "sinhala", **incoming: Any) -> None:
    """Nimal asks something that is decided so."""
    matches = (create_match("a.one", 0.9), create_match("a.two", 0.8))
    result = SearchResult(script, matches, Decision(kind, 0.9, 0.1), 0.01, "m-1")
    answering.record_question(session, Incoming(NIMAL, "<ප්‍රශ්නය>", 1, 5, **incoming), result)


def owed(session: Session) -> list[Rendered | Exception | None]:
    """What would be sent now."""
    return compose(session, TEXTS, outbox.lease(session, 10, 60))


def labels(rendered: Rendered) -> list[str]:
    """What stands on the buttons."""
    rows = rendered.keyboard.inline_keyboard if rendered.keyboard else ()
    return [button.text for row in rows for button in row]


def test_an_answer_is_the_stored_text_with_two_buttons(session: Session) -> None:
    """Word for word."""
    ask(session, "answer")

    [rendered] = owed(session)

    assert rendered.parts == (create_draft("a.one").answer,)
    assert labels(rendered) == [TEXTS.text("button.helpful"), TEXTS.text("button.not_helpful")]


def test_an_offer_has_a_button_an_entry_and_one_for_none(session: Session) -> None:
    """The suggestions that were recorded."""
    ask(session, "suggest")

    [rendered] = owed(session)

    assert rendered.parts == (TEXTS.text("ask.suggest"),)
    assert len(labels(rendered)) == 3


def test_a_fallback_is_in_the_language_of_the_question(session: Session) -> None:
    """Tamil for a question in Tamil script."""
    appoint(session, SUNIL)
    ask(session, "fallback", script="tamil")

    assert owed(session)[0].parts == (TEXTS.text("ask.passed_on", "ta", number=1),)


def test_a_fallback_is_otherwise_in_the_language_that_the_person_chose(session: Session) -> None:
    """Whatever script they type in."""
    appoint(session, SUNIL)
    get_farmer(session, NIMAL).language = "en"
    ask(session, "fallback")

    assert owed(session)[0].parts == (TEXTS.text("ask.passed_on", "en", number=1),)


@pytest.mark.parametrize("kind", ["question", "photo", "rating"])
def test_with_nobody_to_look_at_it_a_question_is_only_kept(session: Session, kind: str) -> None:
    """Who asks, shows something, or found an answer of no use is told so."""
    if kind == "photo":
        photo = Media("photo", "p")
        answering.record_media(session, Incoming(NIMAL, "", 1, 5, kind="photo", media=photo))
    else:
        ask(session, "fallback" if kind == "question" else "answer")
    if kind == "rating":
        session.query(OutgoingMessage).delete()  # the answer has arrived
        rate(session, 1, NIMAL, is_helpful=False)

    keys = {"question": "ask.kept", "photo": "media.passed_on.kept", "rating": "passed_on.kept"}
    assert owed(session)[0].parts == (TEXTS.text(keys[kind], number=1).strip(),)


def test_a_question_asked_by_a_button_is_repeated_above_its_answer(session: Session) -> None:
    """Nobody has written it, so it must stand somewhere; escaped, like everything."""
    ask(session, "answer", is_quoted=True)

    assert owed(session)[0].parts[0].startswith("❓ &lt;ප්‍රශ්නය&gt;\n\n")


@pytest.mark.parametrize(("kind", "key"), [("sticker", "media.sticker"), ("text", "ask.no_words")])
def test_what_holds_no_words_is_asked_for_words(session: Session, kind: str, key: str) -> None:
    """Each kind of media has its own sentence, and so has a text without words."""
    answering.record_media(session, Incoming(NIMAL, "", 1, 5, kind=kind))

    assert owed(session)[0].parts == (TEXTS.text(key),)


def test_a_kind_that_nobody_renders_is_an_error_of_its_own(session: Session) -> None:
    """Its neighbours are rendered."""
    outbox.post(session, 1, "nonsense")
    outbox.post(session, 2, "reply")
    ask(session, "fallback")

    kinds = [type(each) for each in owed(session)]

    assert kinds == [Rendered, UnknownKindError, ValueError]


def test_a_renderer_is_given_language_data_and_what_its_kind_reads(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person's own language; Sinhala for whoever is unknown."""
    get_farmer(session, NIMAL).language = "en"

    def say(letter: Letter) -> Rendered:
        return render_text(f"{letter.words.language} {letter.data['a']} {letter.found}")

    def count(session: Session, message: outbox.LeasedMessage) -> int:
        return session.query(Farmer).count()

    monkeypatch.setitem(messages.KINDS, "test", Kind(say, count))
    for chat_id in (11, 22):
        outbox.post(session, chat_id, "test", {"a": 7})

    assert [rendered.parts[0] for rendered in owed(session)] == ["en 7 1", "si 7 1"]


def test_a_matter_that_is_over_is_nothing_to_send(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A renderer says so; it is not even asked where nothing was found."""
    monkeypatch.setitem(KINDS, "test", Kind(lambda letter: None))
    monkeypatch.setitem(KINDS, "lost", Kind(lambda letter: render_text("?"), lambda *_: None))
    outbox.post(session, 11, "test")
    outbox.post(session, 22, "lost")

    assert owed(session) == [None, None]
