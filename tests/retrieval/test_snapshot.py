"""Keeping the index between runs."""

import os
from pathlib import Path

import pytest

from retrieval.ranking import Fusion
from retrieval.retriever import Retriever
from tests.factories import (
    BLAST,
    GOATS,
    THRESHOLDS,
    UREA,
    CountingEmbedder,
    best_key,
    create_entry,
    paddy_entries,
)


def open_saved(folder: Path, name: str = "hashing-256") -> tuple[Retriever, CountingEmbedder]:
    """Load the paddy entries through a snapshot folder."""
    embedder = CountingEmbedder()
    embedder.model_id = name
    retriever = Retriever(embedder, THRESHOLDS, Fusion(0.5), folder)
    retriever.load(paddy_entries())
    return retriever, embedder


def test_a_second_start_tells_words_of_one_sound_apart_as_the_first(tmp_path: Path) -> None:
    """Equally frequent, whichever of them was seen first: the embedder reads the same word."""
    read = []
    for _ in range(2):
        embedder = CountingEmbedder()
        retriever = Retriever(embedder, THRESHOLDS, Fusion(0.5), tmp_path)
        retriever.load([create_entry("out", "එළියේ තියන්න", "එලියෙ තියන්න")])
        retriever.search(["eliye thiyanna"])
        read.append(embedder.last)

    assert read[0] == read[1]


def test_a_second_start_embeds_nothing(tmp_path: Path) -> None:
    """The snapshot is used, and answers the same."""
    first, _ = open_saved(tmp_path)
    second, embedder = open_saved(tmp_path)

    assert embedder.count == 0
    assert second.search([BLAST])[0].matches == first.search([BLAST])[0].matches


@pytest.mark.parametrize("damage", ["", "truncate", "of another model"])
def test_a_start_after_a_change_embeds_what_is_new(tmp_path: Path, damage: str) -> None:
    """The vectors of the others are in the last snapshot, if it is whole and of the same model."""
    open_saved(tmp_path)
    if damage == "truncate":
        path = next(tmp_path.glob("*/arrays.bin"))
        path.write_bytes(path.read_bytes()[:-64])
    embedder = CountingEmbedder()
    embedder.model_id += damage

    retriever = Retriever(embedder, THRESHOLDS, Fusion(0.5), tmp_path)
    retriever.load([*paddy_entries(), create_entry("goat.feed", GOATS, title=GOATS, answer=GOATS)])

    assert (embedder.count == 1) == (damage == "")
    assert [best_key(retriever, text) for text in (GOATS, BLAST)] == ["goat.feed", "paddy.blast"]


def test_a_second_start_hears_singlish_as_the_first_does(tmp_path: Path) -> None:
    """Each word of the lexicon comes back with its own sound."""
    question = "goyama meeyan urea kola danne kawadada"
    first, _ = open_saved(tmp_path)
    second, _ = open_saved(tmp_path)

    assert second.search([question])[0].matches == first.search([question])[0].matches
    assert second.search([question])[0].vector == first.search([question])[0].vector


@pytest.mark.parametrize("file", ["graph.bin", "arrays.bin"])
@pytest.mark.parametrize("damage", ["truncate", "remove", "overwrite"])
def test_a_damaged_snapshot_is_rebuilt(tmp_path: Path, file: str, damage: str) -> None:
    """Every file is verified before it is opened; the answer stays right."""
    open_saved(tmp_path)
    path = next(tmp_path.glob(f"*/{file}"))
    content = path.read_bytes()
    path.unlink()
    if damage != "remove":
        path.write_bytes(content[: len(content) // 2] if damage == "truncate" else b"x" * 99)

    again, embedder = open_saved(tmp_path)

    assert embedder.count > 0
    assert best_key(again, BLAST) == "paddy.blast"


def test_a_damaged_manifest_is_rebuilt(tmp_path: Path) -> None:
    """A manifest that is not JSON counts as no snapshot."""
    open_saved(tmp_path)
    next(tmp_path.glob("*/manifest.json")).write_text("{")

    assert open_saved(tmp_path)[1].count > 0


def test_another_model_never_uses_this_index(tmp_path: Path) -> None:
    """A snapshot belongs to the model that made its vectors."""
    open_saved(tmp_path)

    assert open_saved(tmp_path, name="another")[1].count > 0


def test_a_release_that_reads_texts_otherwise_embeds_nothing_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It makes its own index, from the vectors of the earlier one."""
    open_saved(tmp_path)
    before = [path.name for path in tmp_path.iterdir()]
    monkeypatch.setattr("retrieval.snapshot.READERS", [Path(__file__)])

    _, embedder = open_saved(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] != before
    assert embedder.count == 0


def test_a_folder_that_cannot_be_written_is_no_failure(tmp_path: Path) -> None:
    """Without a place for snapshots the index lives in memory."""
    (tmp_path / "file").write_text("in the way")

    retriever, _ = open_saved(tmp_path / "file" / "index")

    assert best_key(retriever, UREA) == "paddy.urea"


def test_only_the_newest_snapshot_is_kept(tmp_path: Path) -> None:
    """Old caches do not fill the disk."""
    open_saved(tmp_path)
    open_saved(tmp_path, name="another")

    assert len(list(tmp_path.iterdir())) == 1


def test_what_another_process_is_writing_stays(tmp_path: Path) -> None:
    """What one has left that died long ago does not."""
    fresh, left = tmp_path / ".writing-fresh", tmp_path / ".writing-left"
    for folder in (fresh, left):
        folder.mkdir()
    os.utime(left, (0, 0))

    open_saved(tmp_path)

    assert fresh.is_dir()
    assert not left.exists()
