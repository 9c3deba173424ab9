"""Searching and changing the index."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from retrieval.errors import ModelMismatchError
from retrieval.ranking import Fusion
from retrieval.retriever import Retriever
from retrieval.segment import Segment, build_segment
from retrieval.testing import HashingEmbedder
from tests.factories import (
    BLAST,
    GOATS,
    RATS,
    THRESHOLDS,
    UREA,
    CountingEmbedder,
    best_key,
    create_entry,
    create_retriever,
    paddy_entries,
)

MODEL = Path(__file__).resolve().parents[2] / "retrieval" / "model"


@pytest.mark.parametrize(
    ("question", "key"),
    [
        (BLAST, "paddy.blast"),
        ("urea danne kawadada", "paddy.urea"),
        ("meeyan goyama kanawa", "paddy.rats"),
        ("rice blast", "paddy.blast"),
    ],
)
def test_the_closest_entry_comes_first(question: str, key: str) -> None:
    """Sinhala, Singlish and English all reach their entry."""
    assert best_key(create_retriever(*paddy_entries()), question) == key


@pytest.mark.parametrize("number", range(6))
def test_no_score_is_above_1(number: int) -> None:
    """Not even that of a question which stands there word for word."""
    entries = [create_entry("a.one", f"ගොයමේ කොළ {number} කහ වෙලා")]

    (match,) = create_retriever(*entries).search([entries[0].phrasings[0]])[0].matches

    assert max(match.score, match.dense_score, match.lexical_score) <= 1


@pytest.mark.parametrize("text", ["", " ", "🌾🌾", "\u200d", "\ud800", "\x00"])
def test_nothing_readable_is_a_fallback_without_matches(text: str) -> None:
    """There is nothing to look for, and nothing is guessed."""
    result = create_retriever(*paddy_entries()).search([text])[0]

    assert (result.decision.kind, result.matches) == ("fallback", ())


@pytest.mark.parametrize("text", ["ක" * 10_000, "<b>'; drop table x;--", "ගොයම" + "\u202e" * 50])
def test_hostile_text_gets_an_ordinary_result(text: str) -> None:
    """Length, markup and direction marks are only text."""
    assert create_retriever(*paddy_entries()).search([text])[0].decision.kind in {
        "answer", "suggest", "fallback",
    }  # fmt: skip


def test_entries_without_a_word_are_never_found() -> None:
    """No more than entries that are not there."""
    retriever = create_retriever(create_entry("a.one", "🌾", title="?", answer="!"))

    assert best_key(retriever, BLAST) is None


def test_an_empty_knowledge_base_falls_back() -> None:
    """No entries, no matches, no error."""
    assert create_retriever().search([BLAST])[0].decision.kind == "fallback"


def test_each_entry_appears_once_with_its_best_phrasing() -> None:
    """Phrasings of one entry do not crowd the list."""
    result = create_retriever(*paddy_entries()).search([BLAST])[0]

    keys = [match.key for match in result.matches]
    assert len(keys) == len(set(keys))
    assert result.matches[0].phrasing == BLAST


def test_a_batch_gives_what_single_questions_give() -> None:
    """Batching changes no match."""
    retriever = create_retriever(*paddy_entries())
    questions = [BLAST, UREA, RATS]

    together = [result.matches for result in retriever.search(questions)]

    assert together == [retriever.search([question])[0].matches for question in questions]


def test_an_added_entry_is_found_at_once() -> None:
    """Change makes a new entry searchable beside the old ones."""
    retriever = create_retriever(*paddy_entries())
    retriever.change([create_entry("goat.feed", "එළුවන්ට මොනවද කන්න දෙන්නේ")])

    assert best_key(retriever, "eluwanta monawada kanna denne") == "goat.feed"
    assert best_key(retriever, BLAST) == "paddy.blast"


def test_the_first_entry_is_added_as_any_other() -> None:
    """Its words make the lexicon; the next one embeds its own texts alone."""
    embedder = CountingEmbedder()
    retriever = Retriever(embedder, THRESHOLDS, Fusion(0.5))
    retriever.change([create_entry("goat.feed", GOATS, title=GOATS, answer=GOATS)])
    retriever.change([create_entry("paddy.urea", UREA, title=UREA, answer=UREA)])

    assert embedder.count == 2
    assert [best_key(retriever, text) for text in (UREA, "eluwanta")] == ["paddy.urea", "goat.feed"]
    assert embedder.last == "එළුවන්ට"


def test_a_small_index_is_made_anew_once_it_has_doubled() -> None:
    """Its weights and lexicon are too little to go by for what is added to it."""
    retriever = create_retriever(create_entry("a.one", "කොළ කහ"))
    retriever.change([create_entry("a.two", "වතුර නෑ", "වතුර අඩුයි")])

    before = retriever.needs_compacting
    retriever.compact()

    assert (before, retriever.needs_compacting) == (True, False)


def test_a_removed_entry_is_never_found_again() -> None:
    """A retired entry leaves the matches at once."""
    retriever = create_retriever(*paddy_entries())
    retriever.change([], removed=["paddy.rats"])

    keys = [match.key for match in retriever.search([RATS])[0].matches]
    assert "paddy.rats" not in keys


def test_a_changed_entry_loses_its_old_phrasings() -> None:
    """What an entry no longer says does not lead to it, whatever changes next."""
    retriever = create_retriever(*paddy_entries())
    retriever.change([create_entry("paddy.rats", "කකුළුවෝ නියර හාරනවා")])
    retriever.change([], removed=["paddy.urea"])

    assert best_key(retriever, "kakuluwo niyara haranawa") == "paddy.rats"
    assert retriever.search([RATS])[0].decision.kind != "answer"


def test_compacting_changes_no_first_match() -> None:
    """One fresh index gives what the old one with its additions gave."""
    retriever = create_retriever(*paddy_entries()[:2])
    retriever.change([paddy_entries()[2]], removed=["paddy.urea"])
    before = [best_key(retriever, text) for text in (BLAST, RATS)]

    retriever.compact()

    assert [best_key(retriever, text) for text in (BLAST, RATS)] == before


class OneMeaning(HashingEmbedder):
    """Finds that some texts mean exactly the same, one nearly the same, and the others nothing."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return vectors in a plane."""
        cosines = [0.9 if "දෙවැනි" in t else 0.0 if "අසල" in t else 1.0 for t in texts]
        return np.array([[c, (1 - c * c) ** 0.5] for c in cosines], dtype=np.float32)


@pytest.mark.parametrize("count", [100, 600])
def test_what_lies_behind_withdrawn_phrasings_is_found(count: int) -> None:
    """They are in the way of it; of very many only a fresh index gets rid."""
    question = "කොළ කහ වෙලා"
    first = create_entry("a.first", *(f"වතුර {number}" for number in range(count)))
    near = create_entry("b.near", *(f"{question} අසල {number}" for number in range(100)),
                        title="අසල", answer="අසල")  # fmt: skip
    second = create_entry("c.second", "දෙවැනි", title="දෙවැනි", answer="දෙවැනි")
    retriever = Retriever(OneMeaning(2), THRESHOLDS, Fusion(1))
    retriever.load([first, near, second])

    retriever.change([], removed=["a.first"])
    if retriever.needs_compacting:
        retriever.compact()

    assert best_key(retriever, question) == "c.second"
    assert not retriever.needs_compacting


def test_entries_change_while_one_fresh_index_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is added, replaced or taken out meanwhile is found at once, and stays as it is."""
    retriever = create_retriever(*paddy_entries())
    is_building, may_go_on = threading.Event(), threading.Event()

    def build(*arguments: Any, **options: Any) -> Segment:
        if threading.current_thread() is compacting:
            is_building.set()
            may_go_on.wait(60)
        return build_segment(*arguments, **options)

    monkeypatch.setattr("retrieval.retriever.build_segment", build)
    compacting = threading.Thread(target=retriever.compact)
    compacting.start()
    is_building.wait(60)
    changing = threading.Thread(target=lambda: change_goats(retriever))
    changing.start()
    changing.join(60)
    meanwhile = best_key(retriever, GOATS)
    may_go_on.set()
    for thread in (compacting, changing):
        thread.join(60)

    assert meanwhile == "goat.feed"
    assert [best_key(retriever, text) for text in (GOATS, BLAST)] == ["goat.feed", "paddy.blast"]
    assert best_key(retriever, RATS) != "paddy.rats"
    assert retriever.search(["අලුත් ප්‍රශ්නයක්"])[0].matches[0].key == "paddy.urea"
    assert len(retriever) == 3


def change_goats(retriever: Retriever) -> None:
    """Add an entry, give another one other phrasings, and take a third out."""
    urea = create_entry("paddy.urea", "අලුත් ප්‍රශ්නයක්")
    retriever.change([create_entry("goat.feed", GOATS), urea], removed=["paddy.rats"])


def test_searches_run_while_entries_change() -> None:
    """A reader in another thread only ever sees whole states."""
    retriever = create_retriever(*paddy_entries())
    failures: list[str | None] = []

    def read() -> None:
        keys = [best_key(retriever, BLAST) for _ in range(60)]
        failures.extend(key for key in keys if key != "paddy.blast")

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(20):
        retriever.change([create_entry(f"extra.{number}", f"වෙනත් දෙයක් {number}")])
    reader.join()
    assert failures == []


def test_a_changed_entry_embeds_its_new_texts_only() -> None:
    """However many phrasings it had before, learning one more is quick."""
    embedder = CountingEmbedder()
    retriever = Retriever(embedder, THRESHOLDS, Fusion(0.5))
    retriever.load(paddy_entries())
    before = embedder.count
    blast = paddy_entries()[0]

    retriever.change([replace(blast, phrasings=(*blast.phrasings, "අලුත් ප්‍රශ්නයක්"))])

    assert embedder.count == before + 1
    assert retriever.search(["අලුත් ප්‍රශ්නයක්"])[0].matches[0].key == blast.key


def test_a_model_of_another_normaliser_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its vectors would not fit what is typed today; the operator is told what to run."""
    monkeypatch.setattr("retrieval.retriever.NORMALIZER_VERSION", 999)

    with pytest.raises(ModelMismatchError, match="govi train"):
        Retriever.open(MODEL)


def test_the_shipped_model_opens() -> None:
    """From its directory, with thresholds that belong to it."""
    retriever = Retriever.open(MODEL)

    assert retriever.model_id.startswith("govi-e5")
    assert 0 < retriever.thresholds.suggest <= retriever.thresholds.answer < 1
