"""What several questions find together."""

from bot.services.trying import best_of
from tests.factories import create_retriever, paddy_entries


def test_each_entry_is_found_once_by_what_fits_it_best() -> None:
    """Whichever question that was; what scores too little is left out."""
    entries = paddy_entries()
    results = create_retriever(*entries).search([entry.phrasings[0] for entry in entries])

    found = best_of([*results, *results], floor=0.0)

    assert sorted(match.key for match in found) == sorted(entry.key for entry in entries)
    assert [match.score for match in found] == sorted((m.score for m in found), reverse=True)
    assert best_of(results, floor=1.1) == []
