"""The command line, as an operator meets it."""

import errno
import json
import os
from pathlib import Path

import pytest

from bot.cli import _COMMANDS, main
from bot.cli.train import with_learnt
from bot.db.migrate import head
from bot.errors import SettingsError
from bot.i18n import Catalogue
from bot.knowledge_files import write_knowledge
from bot.services import copies
from bot.settings import load_settings
from retrieval.retriever import Retriever
from tests.cli.conftest import DRAFTS, Govi
from tests.factories import create_draft, create_entry


def test_every_command_has_help(govi: Govi) -> None:
    """Each says what it does."""
    for name in _COMMANDS:
        assert len(govi(name, "--help").output) > 80


@pytest.mark.parametrize("name", ["", "model", "index", "db", "doctor"])
def test_a_list_of_commands_cuts_no_sentence_off(govi: Govi, name: str) -> None:
    """Each is summed up in so few words that they fit into a terminal."""
    commands = govi(*name.split(), "--help").output.partition("Commands:")[2]

    assert commands
    assert "..." not in commands


def test_ask_prints_the_stored_answer(govi: Govi) -> None:
    """What a farmer would see, and nothing else on standard output."""
    assert govi("ask", "yuriya danne kawadada").stdout.strip() == "දෙවැනි සතියේ."


def test_ask_as_json_has_the_published_shape(govi: Govi) -> None:
    """Names and types that others build on."""
    shown = json.loads(govi("ask", "--json", "යූරියා දාන්නේ කවදද").stdout)

    assert list(shown) == [
        "decision", "key", "answer", "score", "margin", "matches", "script", "seconds",
    ]  # fmt: skip
    assert (shown["decision"], shown["key"], shown["script"]) == ("answer", "paddy.urea", "sinhala")
    assert set(shown["matches"][0]) == {"key", "score", "phrasing"}


def test_ask_answers_a_call_for_help_without_a_model(
    govi: Govi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor a database: neither is opened, and the kind is said."""
    monkeypatch.setattr(Retriever, "open", lambda *_: pytest.fail("the model was opened"))

    shown = json.loads(govi("ask", "--json", "මගේ මහත්තයා වස බීලා").stdout)

    assert list(shown) == [
        "decision", "kind", "key", "answer", "reply", "score", "margin", "matches", "script",
        "seconds",
    ]  # fmt: skip
    assert (shown["decision"], shown["kind"], shown["answer"]) == ("emergency", "poisoning", None)
    assert shown["reply"] == govi("ask", "thaththa wasa biwwa").stdout.strip()
    assert "1990" in shown["reply"]
    assert not Path("var").exists()


def test_ask_replies_to_small_talk_without_calling_it_an_answer(govi: Govi) -> None:
    """No stored answer is given, yet something is said to whoever reads it."""
    shown = json.loads(govi("ask", "--json", "ස්තූතියි").stdout)

    assert (shown["decision"], shown["key"], shown["answer"]) == ("fallback", None, None)
    assert govi("ask", "thanks").stdout.strip() == Catalogue.load().text("smalltalk.thanks")


@pytest.mark.parametrize("text", ["", "🌾", "ක" * 10_000, "a\udcffb", "<b>'--", "\u202e\u200d"])
def test_ask_takes_any_text(govi: Govi, text: str) -> None:
    """Empty, long, broken and hostile text get an ordinary decision."""
    result = govi("ask", "--json", text)

    assert result.exit_code == 0
    assert json.loads(result.stdout)["decision"] in {"answer", "suggest", "fallback"}


def test_ask_records_nothing(govi: Govi) -> None:
    """It is a tool of the operator, not a farmer's question."""
    govi("ask", "නොදන්නා දෙයක්")

    assert "0 unanswered" in govi("doctor").stdout


def test_chat_answers_and_records(govi: Govi) -> None:
    """Questions from standard input are answered until it ends, and kept."""
    result = govi("chat", typed="යූරියා දාන්නේ කවදද\nzzzz qqqq\n")

    assert "දෙවැනි සතියේ." in result.stdout
    assert "1 unanswered" in govi("doctor").stdout


def test_chat_answers_a_call_for_help(govi: Govi) -> None:
    """As Telegram does; no officer is there to be alerted."""
    assert "1990" in govi("chat", typed="thaththa wasa biwwa\n").stdout
    assert "0 unanswered" in govi("doctor").stdout


def test_a_call_for_help_counts_as_refused(govi: Govi) -> None:
    """Whatever entry would have been near."""
    Path("cases.jsonl").write_text('{"question": "thaththa wasa biwwa", "key": null}')

    report = json.loads(govi("evaluate", "cases.jsonl", "--json").stdout)

    assert report["overall"]["refused"]["value"] == 1.0


def test_chat_replies_to_small_talk(govi: Govi) -> None:
    """It is no question that anybody has to answer."""
    result = govi("chat", typed="thanks\n")

    assert govi("ask", "thanks").stdout.strip() in result.stdout
    assert "0 unanswered" in govi("doctor").stdout


@pytest.mark.sqlite
def test_run_without_token_and_input_says_that_it_is_ready(govi: Govi) -> None:
    """Set-up only: everything is made, the exit status is 0."""
    result = govi("run")

    assert result.exit_code == 0
    assert "Govi is ready: 2 entries" in result.stdout
    assert Path("var/govi.sqlite3").is_file()


def test_a_webhook_needs_a_token(govi: Govi) -> None:
    """It is said before anything is set up; a chat in the terminal was not asked for."""
    result = govi("run", "--webhook")

    assert isinstance(result.exception, SettingsError)
    assert "BOT_TOKEN" in str(result.exception)
    assert not Path("var").exists()


def test_an_import_names_its_entries(govi: Govi) -> None:
    """Before and after; what was retired and comes back has a line of its own."""
    govi("db", "upgrade")
    drafts = [create_draft("a.one", status="retired"), create_draft("a.two")]
    write_knowledge(Path("k.jsonl"), drafts)
    govi("import", "k.jsonl")
    write_knowledge(Path("k.jsonl"), [create_draft("a.one"), create_draft("a.new")])

    told = govi("import", "k.jsonl", "--dry-run").stdout

    assert told.splitlines()[1:] == [
        "  added: a.new", "  changed: a.one", "  published again, or a draft until now: a.one",
    ]  # fmt: skip


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "xlsx"])
def test_export_and_import_into_an_empty_database_are_inverse(
    govi: Govi, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    """The same knowledge comes back, byte for byte."""
    govi("chat")
    govi("export", f"first.{suffix}")
    monkeypatch.setenv("DATA_DIR", "other")

    assert "2 added" in govi("import", f"first.{suffix}").stdout
    govi("export", "again.jsonl")
    govi("import", "again.jsonl")
    monkeypatch.setenv("DATA_DIR", "var")
    govi("export", "first.jsonl")
    assert Path("again.jsonl").read_text() == Path("first.jsonl").read_text()


def test_importing_again_changes_nothing(govi: Govi) -> None:
    """Idempotent by key."""
    write_knowledge(Path("k.csv"), DRAFTS)
    govi("import", "k.csv")

    assert "0 added, 0 changed, 2 unchanged" in govi("import", "k.csv").stdout


def test_a_dry_run_changes_nothing(govi: Govi) -> None:
    """It reports what would happen."""
    write_knowledge(Path("k.csv"), DRAFTS)

    assert "2 would be added" in govi("import", "k.csv", "--dry-run").stdout
    assert "2 would be added" in govi("import", "k.csv", "--dry-run").stdout


def test_a_user_without_a_name_may_import(govi: Govi, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a container a process often runs as a number that no user has."""
    for variable in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr("os.getuid", lambda: 54_321)
    write_knowledge(Path("k.csv"), DRAFTS)

    assert "2 added" in govi("import", "k.csv").stdout


def test_five_faults_are_all_reported(govi: Govi) -> None:
    """Each with its line and field, and nothing is imported."""
    good = DRAFTS[0].model_dump(mode="json")
    bad = [
        {**good, "key": "Not A Key"},
        {**good, "key": "a.b", "phrasings": ["අ එක"], "grade": "Z"},
        {**good, "key": "a.c", "phrasings": ["ආ දෙක"], "answer": ""},
        {**good, "key": "a.d", "phrasings": []},
        {**good, "key": "a.e", "phrasings": ["ඉ තුන"], "reviewed_on": "yesterday"},
    ]
    Path("k.jsonl").write_text("\n".join(json.dumps(row) for row in bad))

    message = str(govi("import", "k.jsonl").exception)

    places = ["line 1, key", "line 2, grade", "line 3, answer", "line 4, phrasings"]
    assert all(place in message for place in [*places, "line 5, reviewed_on"])
    assert "5 faults, nothing was imported" in message


def test_a_new_entry_is_answered_after_import(govi: Govi) -> None:
    """Import, then ask: the index follows the database."""
    write_knowledge(
        Path("k.csv"), [create_draft("goat.feed", phrasings=("එළුවන්ට කෑම",), answer="තණකොළ.")]
    )
    govi("chat")
    govi("import", "k.csv")

    assert govi("ask", "eluwanta kema").stdout.strip() == "තණකොළ."


def test_rebuilding_the_index_says_how_much_it_holds(govi: Govi) -> None:
    """The cache is thrown away and made again."""
    assert "2 entries indexed" in govi("index", "rebuild").stdout


def test_an_index_that_cannot_be_thrown_away_is_not_called_rebuilt(govi: Govi) -> None:
    """The old one would be found there and taken up again."""
    Path("var").mkdir()
    Path("var/index").write_text("in the way")

    assert isinstance(govi("index", "rebuild").exception, NotADirectoryError)


def test_upgrading_the_database_names_its_revision(govi: Govi) -> None:
    """Safe at any time."""
    assert f"revision {head()}" in govi("db", "upgrade").stdout


def test_doctor_finds_nothing_wrong_with_a_new_installation(govi: Govi) -> None:
    """Every line says ok."""
    result = govi("doctor")

    assert result.exit_code == 0
    assert {line[:2] for line in result.stdout.splitlines()} == {"ok"}


def test_doctor_says_what_copies_take(govi: Govi, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where some are kept, of how much they may take."""
    assert "copies: off" in govi("doctor").stdout
    monkeypatch.setenv("MEDIA_KEEP", "500")
    copies.write(load_settings().media_dir, "f1", bytes(3 * 2**20))

    assert "1 photos and recordings, 3.0 of 500 MB" in govi("doctor").stdout


def test_doctor_knowledge_names_thin_entries(govi: Govi) -> None:
    """Fewer phrasings than farmers need are a fault, with the entry's key."""
    result = govi("doctor", "knowledge")

    assert result.exit_code == 1
    assert "!!  paddy.urea: only 1 phrasings" in result.stdout


def test_an_operators_mistake_is_one_line_and_status_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No traceback; the message says what to do."""
    monkeypatch.setenv("BOT_TOKEN", "not-a-token")
    monkeypatch.setattr("sys.argv", ["govi", "run"])

    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 1
    shown = capsys.readouterr().err
    assert shown.count("\n") == 1
    assert "BOT_TOKEN" in shown


def test_an_export_that_finds_no_room_leaves_the_last_one(
    govi: Govi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full; half a file would be imported as a whole one."""
    govi("chat")
    govi("export", "k.csv")
    before = Path("k.csv").read_bytes()
    monkeypatch.setattr(Path, "write_bytes", _fill_disk)

    refused = govi("export", "k.csv")

    assert "k.csv cannot be written: No space left" in str(refused.exception)
    assert Path("k.csv").read_bytes() == before
    assert not list(Path().glob(".k.csv*"))


def test_an_export_over_a_link_is_written_where_it_leads(govi: Govi) -> None:
    """Such as into a folder that is shared."""
    govi("chat")
    Path("shared").mkdir()
    Path("k.csv").symlink_to("shared/all.csv")

    govi("export", "k.csv")

    assert Path("k.csv").is_symlink()
    assert Path("shared/all.csv").stat().st_size > 0


def _fill_disk(path: Path, content: bytes) -> int:
    with path.open("wb") as file:
        file.write(content[: len(content) // 2])
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_the_question_log_is_exported_with_filters(govi: Govi) -> None:
    """Questions from the terminal are in it too; nobody is named."""
    govi("chat", typed="යූරියා දාන්නේ කවදද\nzzzz qqqq\n")

    assert "2 questions written" in govi("export", "--questions", "all.csv").stdout
    result = govi("export", "--questions", "some.jsonl", "--decision", "fallback")

    (line,) = Path("some.jsonl").read_text().splitlines()
    assert result.exit_code == 0
    assert (json.loads(line)["text"], json.loads(line)["farmer"]) == ("zzzz qqqq", "")


def test_an_area_that_no_entry_is_in_is_refused(govi: Govi) -> None:
    """A misspelt one would look like an area about which nobody asks."""
    govi("chat")

    refused = govi("export", "--questions", "q.csv", "--area", "pady")

    assert "no entry is in the area pady; there are paddy" in str(refused.exception)
    assert not Path("q.csv").exists()


def test_a_log_of_days_without_questions_is_empty(govi: Govi) -> None:
    """Not an error."""
    govi("chat", typed="යූරියා දාන්නේ කවදද\n")

    result = govi("export", "--questions", "old.xlsx", "--until", "2001-01-01")

    assert "0 questions written" in result.stdout


def test_training_pairs_are_exported(govi: Govi) -> None:
    """An installation that nobody has taught gives an empty file."""
    govi("db", "upgrade")

    assert "0 pairs written" in govi("export", "--training-pairs", "pairs.jsonl").stdout
    assert Path("pairs.jsonl").read_text() == ""


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("k.csv", "--questions", "q.csv"),
        ("k.csv", "--since", "2026-01-01"),
        ("--questions", "q.csv", "--since", "yesterday"),
        ("--questions", "q.csv", "--since", "2026-02-01", "--until", "2026-01-31"),
        ("--questions", "q.csv", "--decision", "answered"),
        ("--questions", "q.csv", "--script", "sinhalese"),
        ("--questions", "q.csv", "--feedback", "meh"),
        ("--training-pairs", "t.csv"),
    ],
)
def test_an_export_that_makes_no_sense_is_refused(govi: Govi, arguments: tuple[str, ...]) -> None:
    """With its usage; nothing is written."""
    govi("db", "upgrade")

    assert govi("export", *arguments).exit_code == 2
    assert not list(Path().glob("*.csv"))


def test_learnt_pairs_are_trained_on_unless_they_are_evaluation_questions() -> None:
    """What becomes of each pair is told."""
    pairs = [
        {"question": "අලුත් ප්‍රශ්නයක්", "key": "paddy.urea", "origin": "officer"},
        {"question": "hora eka", "key": "paddy.urea", "origin": "officer"},
    ]
    Path("pairs.jsonl").write_text("\n".join(json.dumps(pair) for pair in pairs))
    Path("dev.jsonl").write_text('{"question": "Hora eka?", "key": "paddy.urea", "group": "clean"}')
    entries = [create_entry("paddy.urea", "යූරියා දාන්නේ කවදද")]

    (taught,) = with_learnt(entries, [Path("pairs.jsonl")], [Path("dev.jsonl")])

    assert taught.phrasings == ("යූරියා දාන්නේ කවදද", "අලුත් ප්‍රශ්නයක්")
