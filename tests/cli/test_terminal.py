"""`govi` beside what a terminal, a pipe or a supervisor may do to it."""

import io
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from bot.bootstrap import Services
from bot.cli import main
from bot.cli.chat import chat
from bot.cli.opening import services
from bot.db.engine import transaction
from bot.db.models import Origin
from bot.knowledge_files import write_knowledge
from bot.services.curation import import_entries
from bot.settings import load_settings
from tests.cli.conftest import DRAFTS, Govi
from tests.database import written_to
from tests.factories import create_draft

ANSWER = "දෙවැනි සතියේ."


class Typing(io.StringIO):
    """Standard input; something happens before the last line is typed."""

    def __init__(self, first: str, last: str, between: Callable[[], None]) -> None:
        super().__init__(f"{first}\n{last}\n")
        self._between = between

    def readline(self, size: int | None = -1, /) -> str:
        """Read on; the second time after what happens."""
        if self.tell():
            self._between()
            self._between = lambda: None
        return super().readline(-1 if size is None else size)


@pytest.fixture
def writing(govi: Govi, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Another process that writes to the database all the while, and nobody waits for."""
    monkeypatch.setattr("bot.db.engine.BUSY_SECONDS", 0.01)
    monkeypatch.setenv("ADMIN_IDS", "11")
    govi("ask", "x")
    with written_to(load_settings().database):
        yield


@pytest.mark.parametrize("name", ["stdin", "stdout", "stderr"])
def test_a_closed_standard_stream_does_no_harm(
    govi: Govi, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Everything is set up, and the exit status is 0."""
    monkeypatch.setattr("sys.argv", ["govi", "run"])
    monkeypatch.setattr("sys.stdin", io.StringIO())
    monkeypatch.setattr(sys, name, None)

    with pytest.raises(SystemExit) as ended:
        main()

    getattr(sys, name).close()
    assert not ended.value.code


def test_an_output_that_cannot_hold_an_answer_gets_it_escaped(
    govi: Govi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of another locale, for example."""
    shown = io.TextIOWrapper(io.BytesIO(), "latin-1")
    monkeypatch.setattr("sys.argv", ["govi", "ask", "yuriya danne kawadada"])
    monkeypatch.setattr("sys.stdout", shown)

    with pytest.raises(SystemExit) as ended:
        main()

    assert not ended.value.code
    shown.seek(0)
    assert shown.read().strip() == ANSWER.encode("ascii", "backslashreplace").decode()


def test_a_file_does_not_steer_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is wrong with it is told with its own words, which may come from anybody."""
    Path("k.csv").write_text("key,\x1b]0;title\x07,\x9b31m\n")
    monkeypatch.setattr("sys.argv", ["govi", "import", "k.csv"])

    with pytest.raises(SystemExit):
        main()

    shown = capsys.readouterr().err
    assert "�]0;title�" in shown
    assert not {"\x1b", "\x07", "\x9b"} & set(shown)


def test_a_full_disk_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was said went into a file there."""
    full = Path("/dev/full").open("w")  # noqa: SIM115 - closing it fails
    monkeypatch.setattr("sys.argv", ["govi", "db", "upgrade"])
    monkeypatch.setattr("sys.stdout", full)

    with pytest.raises(SystemExit) as ended:
        main()

    with suppress(OSError):
        full.close()
    assert ended.value.code == 1
    assert capsys.readouterr().err.endswith("\ngovi: cannot write: No space left on device\n")


def test_a_question_is_answered_while_an_import_keeps_the_database(
    govi: Govi, writing: None
) -> None:
    """Nothing has to be written for it."""
    assert govi("ask", "yuriya danne kawadada").stdout.strip() == ANSWER
    assert govi("doctor").exit_code == 0


def test_who_would_write_meanwhile_is_told_so(
    govi: Govi,
    writing: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In one line, and with status 1."""
    write_knowledge(Path("k.csv"), [create_draft("a.one")])
    monkeypatch.setattr("sys.argv", ["govi", "import", "k.csv"])

    with pytest.raises(SystemExit) as ended:
        main()

    shown = capsys.readouterr().err
    assert ended.value.code == 1
    assert re.match("govi: cannot use the database now: .*(is locked|lock timeout);", shown)
    assert shown.count("\n") == 1


@pytest.mark.parametrize(
    "command",
    [("console", "--link"), ("doctor", "inbox", "--replay"), ("doctor", "outbox", "--retry")],
)
def test_a_number_that_no_database_holds_is_refused(govi: Govi, command: tuple[str, ...]) -> None:
    """With the usage; there is no such person or message."""
    assert govi(*command, "9" * 20).exit_code == 2


@pytest.mark.parametrize("line", [b"", b"  ", b"caf\xe9 \xff"])
def test_a_line_that_says_nothing_is_not_the_end_of_what_is_piped_in(
    govi: Govi, line: bytes
) -> None:
    """Nor is one in another encoding: the questions after it are answered."""
    result = govi("chat", typed=line + b"\n" + "යූරියා දාන්නේ කවදද\n".encode())

    assert ANSWER in result.stdout


@pytest.mark.parametrize("number", ["²", "9" * 5000])
def test_what_only_looks_like_a_choice_is_a_question(govi: Govi, number: str) -> None:
    """It ends nothing."""
    result = govi("chat", typed=f"යූරියා ගැන\n{number}\nයූරියා දාන්නේ කවදද\n")

    assert "1. යූරියා" in result.stdout
    assert ANSWER in result.stdout


def test_an_entry_that_is_added_meanwhile_is_found(
    govi: Govi, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By another process, while somebody chats."""
    goats = create_draft("goat.feed", phrasings=("එළුවන්ට කෑම",), answer="තණකොළ.")

    with services() as opened:
        typed = Typing("x", "eluwanta kema", lambda: write(opened, goats.model_dump()))
        monkeypatch.setattr("sys.stdin", typed)
        chat(opened)

    assert "තණකොළ." in capsys.readouterr().out


def test_a_suggestion_that_is_withdrawn_meanwhile_is_said_to_be_gone(
    govi: Govi, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The conversation goes on."""
    retired = DRAFTS[1].model_dump() | {"status": "retired"}

    with services() as opened:
        typed = Typing("යූරියා ගැන", "1", lambda: write(opened, retired))
        monkeypatch.setattr("sys.stdin", typed)
        chat(opened)
        gone = opened.catalogue.text("button.stale")

    assert gone in capsys.readouterr().out


def write(opened: Services, fields: dict[str, object]) -> None:
    """Change the knowledge as another process would."""
    with transaction(opened.sessions) as session:
        import_entries(session, [create_draft(**fields)], Origin.IMPORT, "cli:test")
