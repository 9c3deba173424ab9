"""Where `govi` looks for its settings and its database, and what it says about it."""

import stat
from pathlib import Path

import pytest

import bot.bootstrap
from bot.knowledge_files import write_knowledge
from tests.cli.conftest import Govi
from tests.factories import create_draft

QUESTION = "යූරියා දාන්නේ කවදද"


@pytest.mark.sqlite
@pytest.mark.parametrize(
    "arguments",
    [("export", "all.csv"), ("export", "--questions", "all.csv"), ("doctor", "inbox"),
     ("doctor", "outbox", "--retry", "1")],
)  # fmt: skip
def test_what_reads_a_database_makes_none(govi: Govi, arguments: tuple[str, ...]) -> None:
    """In another folder than the installation's it would tell of an empty one."""
    result = govi(*arguments)

    assert f"there is no database {Path.cwd()}/var/govi.sqlite3" in str(result.exception)
    assert not Path("var/govi.sqlite3").exists()
    assert not Path("all.csv").exists()


@pytest.mark.sqlite
def test_a_new_data_folder_is_its_owners_alone(govi: Govi) -> None:
    """What farmers ask lies there; other users of the machine do not read it."""
    govi("ask", QUESTION)

    assert stat.S_IMODE(Path("var").stat().st_mode) == 0o700


def test_a_database_that_is_made_is_told_with_its_place(govi: Govi) -> None:
    """Whoever stands in another folder sees it."""
    first, second = govi("ask", QUESTION), govi("ask", QUESTION)

    assert f"made one at='{Path.cwd()}/var/govi.sqlite3'" in first.stderr
    assert "made one" not in second.stderr


def test_a_first_import_says_that_the_starter_knowledge_stays_out(govi: Govi) -> None:
    """And how it comes in; later imports say nothing of it."""
    write_knowledge(Path("k.csv"), [create_draft("a.one")])

    first, second = govi("import", "k.csv"), govi("import", "k.csv")
    starter = govi("import", str(bot.bootstrap.STARTER))

    assert f"`govi import {bot.bootstrap.STARTER}` adds the starter" in first.stderr
    assert "starter" not in second.stderr
    assert starter.stdout.startswith("2 added")


def test_doctor_names_the_data_folder_whole(govi: Govi) -> None:
    """A folder called var is in many places."""
    assert f"data in {Path.cwd()}/var" in govi("doctor").stdout


def test_a_setting_that_does_nothing_is_told_by_every_command(govi: Govi) -> None:
    """Standard output stays what it was."""
    Path(".env").write_text("ADMIN_ID=12\n")

    result = govi("ask", "--json", QUESTION)

    assert "is ADMIN_IDS meant?" in result.stderr
    assert result.stdout.startswith("{")


def test_a_question_may_be_asked_without_quotes(govi: Govi) -> None:
    """The shell makes several words of it."""
    quoted, bare = govi("ask", QUESTION), govi("ask", *QUESTION.split())

    assert bare.stdout == quoted.stdout
