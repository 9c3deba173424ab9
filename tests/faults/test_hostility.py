"""Updates that nobody should send."""

from pathlib import Path

from tests.faults.hostility import Ordeal, generate

UPDATES = 120


def test_the_same_chance_generates_the_same_updates() -> None:
    """What went wrong can be looked at again."""
    assert repr(generate(5, 7)) == repr(generate(5, 7))
    assert repr(generate(5, 7)) != repr(generate(5, 8))


async def test_generated_updates_neither_end_nor_deafen_the_bot(tmp_path: Path) -> None:
    """Each is handled or set aside, and a farmer is answered afterwards."""
    verdict = await Ordeal(tmp_path, 1).run(UPDATES)

    assert verdict.answers_after
    assert verdict.done > UPDATES // 4
    assert UPDATES // 2 < verdict.rows <= verdict.sent == UPDATES
    assert verdict.done + verdict.aside == verdict.rows
    assert [reading.updates for reading in verdict.readings] == [0, 24, 48, 72, 96, 120]
    assert all(0 < reading.resident <= reading.peak for reading in verdict.readings)
