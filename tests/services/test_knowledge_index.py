"""The retriever follows the database."""

import pytest
from sqlalchemy.orm import Session, sessionmaker

from bot.db.engine import transaction
from bot.db.models import Origin
from bot.services.curation import import_entries
from bot.services.knowledge_index import KnowledgeIndex
from tests.factories import create_draft, create_retriever

GOAT = create_draft("goat.feed", phrasings=("එළුවන්ට මොනවද කන්න දෙන්නේ",))
URINE = create_draft("goat.water", phrasings=("එළුවන්ට වතුර කීයද",))


@pytest.fixture
def index(sessions: sessionmaker[Session]) -> KnowledgeIndex:
    """An index that holds one entry."""
    save(sessions, GOAT)
    index = KnowledgeIndex(sessions, create_retriever())
    index.load()
    return index


def save(sessions: sessionmaker[Session], *drafts: object) -> None:
    """Import and commit."""
    with transaction(sessions) as session:
        import_entries(session, drafts, Origin.IMPORT, "test")  # type: ignore[arg-type]


def found(index: KnowledgeIndex, text: str) -> list[str]:
    """Keys in order."""
    return [match.key for match in index.search([text])[0].matches]


def test_a_committed_entry_is_found_after_a_refresh(
    index: KnowledgeIndex, sessions: sessionmaker[Session]
) -> None:
    """No restart, no rebuild."""
    save(sessions, URINE)
    assert index.refresh()

    assert found(index, "eluwanta wathura kiyada")[0] == "goat.water"


def test_a_retired_entry_is_gone_after_a_refresh(
    index: KnowledgeIndex, sessions: sessionmaker[Session]
) -> None:
    """It is never matched again."""
    save(sessions, GOAT.model_copy(update={"status": "retired"}))
    index.refresh()

    assert found(index, GOAT.phrasings[0]) == []


def test_without_changes_a_refresh_does_nothing(index: KnowledgeIndex) -> None:
    """The revision tells."""
    assert not index.refresh()


def test_an_uncommitted_change_is_not_seen(
    index: KnowledgeIndex, sessions: sessionmaker[Session]
) -> None:
    """What is rolled back never existed."""
    with sessions() as session:
        import_entries(session, [URINE], Origin.IMPORT, "test")

    assert not index.refresh()
