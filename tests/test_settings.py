"""The environment."""

import re
from pathlib import Path

import pytest
from pydantic import ValidationError
from sqlalchemy import make_url

from bot.errors import SettingsError
from bot.settings import ROOT, Settings, list_unknown, load_settings

TOKEN = "123456:" + "A" * 35


def test_env_example_lists_every_setting_and_no_other() -> None:
    """The example file and the settings are one list; some of it waits behind a sign."""
    text = (ROOT / ".env.example").read_text("utf-8")
    named = re.findall("^#?([A-Z_]+)=", text, re.MULTILINE)

    assert sorted(named) == sorted(name.upper() for name in Settings.model_fields)


def test_env_example_as_it_stands_gives_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    """Copying it changes nothing until a person fills it in."""
    plain = load_settings()
    Path(".env").write_text((ROOT / ".env.example").read_text("utf-8"), "utf-8")

    assert load_settings() == plain


def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable set by a supervisor is stronger than .env."""
    Path(".env").write_text("LOG_LEVEL=ERROR\n")
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")

    assert load_settings().log_level == "DEBUG"


def test_a_file_saved_with_a_byte_order_mark_is_read() -> None:
    """As some editors save it; else its first setting would be passed over."""
    Path(".env").write_text("LOG_LEVEL=ERROR\n", "utf-8-sig")

    assert load_settings().log_level == "ERROR"


def test_a_file_in_another_encoding_is_refused() -> None:
    """With what to do."""
    Path(".env").write_text("LOG_LEVEL=ERROR\n", "utf-16")

    with pytest.raises(SettingsError, match="save it as UTF-8"):
        load_settings()


def test_a_file_that_cannot_be_read_is_named() -> None:
    """As one of root's, that a service meets in its folder."""
    Path(".env").symlink_to("/proc/self/mem")  # even root gets an error from its first byte

    with pytest.raises(SettingsError, match=r"\.env cannot be read"):
        load_settings()


def test_an_id_that_no_database_holds_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody held a key down."""
    monkeypatch.setenv("ADMIN_IDS", "11,22222222222222222222")

    with pytest.raises(SettingsError, match=r"ADMIN_IDS '2+' is not a Telegram user id"):
        load_settings()


@pytest.mark.parametrize("name", ["var", "ගොවි data", "a?b", "100%25 #1"])
@pytest.mark.sqlite
def test_the_database_is_in_the_data_folder(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Whatever the folder is called: its name is no part of a URL's language."""
    monkeypatch.setenv("DATA_DIR", name)

    assert make_url(load_settings().database).database == f"{name}/govi.sqlite3"


def test_the_webhooks_address_stays_as_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy sends whoever leaves a slash out elsewhere, where Telegram does not follow."""
    monkeypatch.setenv("WEBHOOK_URL", "https://govi.example.org/hook/")

    assert load_settings().webhook_url == "https://govi.example.org/hook/"


@pytest.mark.parametrize("name", ["DATA_DIR", "MODEL_DIR", "SPEECH_MODEL"])
def test_a_folder_may_lie_in_the_home_folder(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """No shell reads .env; a folder called "~" would be made, and some day removed with "rm"."""
    monkeypatch.setenv("HOME", "/srv/kamala")
    Path(".env").write_text(f"{name}=~/govi\n")

    assert getattr(load_settings(), name.lower()) == Path("/srv/kamala/govi")


def test_a_home_folder_of_nobody_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """By name, like other nonsense."""
    monkeypatch.setenv("DATA_DIR", "~nobody-has-this-name/govi")

    with pytest.raises(SettingsError, match="DATA_DIR begins with the home folder"):
        load_settings()


def test_admin_ids_are_read_with_spaces_and_gaps(monkeypatch: pytest.MonkeyPatch) -> None:
    """People write lists untidily."""
    monkeypatch.setenv("ADMIN_IDS", " 11, 22 ,,")

    assert load_settings().admin_ids == {11, 22}


def test_officers_quiet_hours_and_topics_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hours as people write them, topics by area."""
    monkeypatch.setenv("QUIET_HOURS", "21-05")
    monkeypatch.setenv("OFFICERS_TOPICS", "paddy=12, vegetables=15")

    settings = load_settings()

    assert settings.quiet_hours == (21, 5)
    assert settings.officers_topics == {"paddy": 12, "vegetables": 15}


def test_officers_may_be_told_at_any_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who wants no quiet hours says never."""
    monkeypatch.setenv("QUIET_HOURS", "never")

    assert load_settings().quiet_hours is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BOT_TOKEN", "hello"),
        ("BOT_TOKEN", "123:short"),
        ("ADMIN_IDS", "11,kamala"),
        ("INVITE_HOURS", "0"),
        ("LOG_LEVEL", "loud"),
        ("TELEGRAM_API_URL", "api.telegram.org"),
        ("TELEGRAM_API_URL", "http:api.telegram.org"),
        ("EMBEDDER_RUNTIME", "jax"),
        ("EMBEDDER_THREADS", "-1"),
        ("EMBEDDER_THREADS", "100000"),
        ("WEBHOOK_URL", "govi.example.org"),
        ("CONSOLE_URL", "https://govi.example.org/console/"),
        ("CONSOLE_HOST", "0.0.0.0"),  # noqa: S104 - which nobody can open
        ("CONSOLE_HOST", "::"),
        ("CONSOLE_PORT", "0"),
        ("WEBHOOK_SECRET", "x" * 15),
        ("WEBHOOK_SECRET", "x" * 16 + "?"),
        ("WEBHOOK_SECRET", "with spaces in the middle"),
        ("WEBHOOK_PORT", "65536"),
        ("QUIET_HOURS", "20-24"),
        ("QUIET_HOURS", "24-06"),
        ("QUIET_HOURS", "at night"),
        ("OFFICERS_CHAT_ID", "our group"),
        ("OFFICERS_TOPICS", "paddy=12,vegetables"),
    ],
)
def test_nonsense_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """The message names the setting and where to read about it."""
    monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError, match=rf"{name}.*\.env\.example"):
        load_settings()


def test_all_faults_are_reported_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody mends settings one restart at a time."""
    monkeypatch.setenv("LOG_LEVEL", "loud")
    monkeypatch.setenv("ADMIN_IDS", "x")

    with pytest.raises(SettingsError, match=r"ADMIN_IDS.*LOG_LEVEL"):
        load_settings()


def test_the_token_is_in_no_message(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the settings' repr nor an error shows it."""
    monkeypatch.setenv("BOT_TOKEN", TOKEN)
    assert "AAAA" not in repr(load_settings())

    monkeypatch.setenv("BOT_TOKEN", TOKEN + "!")
    for read in (load_settings, Settings):
        with pytest.raises((SettingsError, ValidationError)) as refusal:
            read()
        assert "AAAA" not in str(refusal.value)


def test_settings_stay_what_they_were_read_as() -> None:
    """Whoever was given them has what everybody else has."""
    with pytest.raises(ValidationError, match="frozen"):
        load_settings().log_level = "DEBUG"


@pytest.mark.parametrize("name", ["TELEGRAM_API_URL", "CONSOLE_URL"])
def test_a_slash_behind_an_address_is_left_out(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """What is put behind it begins with one."""
    monkeypatch.setenv(name, "https://govi.example.org/")

    assert getattr(load_settings(), name.lower()) == "https://govi.example.org"


@pytest.mark.sqlite
def test_the_database_is_a_file_in_the_data_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless DATABASE_URL says otherwise."""
    monkeypatch.setenv("DATA_DIR", "here")
    assert load_settings().database == "sqlite:///here/govi.sqlite3"

    monkeypatch.setenv("DATABASE_URL", "postgresql://host/govi")
    assert load_settings().database == "postgresql://host/govi"


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ('# ours\n\nBOT_TOKEN="123:abc\nADMIN_IDS=1\n', "line 3 is not like NAME=value"),
        ("ADMIN_IDS=1\nBOT_TOKEN: 123:abc\n", "line 2 is not like NAME=value"),
        ("LOG_LEVEL\n", "line 1 is not like NAME=value"),
        (f"BOT_TOKEN={TOKEN}\n\n\nBOT_TOKEN=\n", "line 4 sets BOT_TOKEN again, after line 1"),
    ],
)
def test_a_line_that_would_be_passed_over_is_refused(lines: str, fault: str) -> None:
    """Govi would open a chat in the terminal as if no token were set; no value is shown."""
    Path(".env").write_text(lines)

    with pytest.raises(SettingsError, match=rf"^\.env, {fault}") as refusal:
        load_settings()
    assert "123:" not in str(refusal.value)


def test_a_line_that_stands_there_twice_does_no_harm() -> None:
    """Both say the same."""
    Path(".env").write_text("export LOG_LEVEL=ERROR\nLOG_LEVEL = 'ERROR'\n")

    assert load_settings().log_level == "ERROR"


def test_a_name_that_is_no_setting_is_told_with_what_may_be_meant() -> None:
    """Nobody would be an admin, and nobody would know why."""
    Path(".env").write_text("ADMIN_ID=1\nlog_level=ERROR\nHTTPS_PROXY=http://proxy\n")

    admin, proxy = list_unknown()

    assert admin.startswith(".env sets ADMIN_ID, which is no setting")
    assert admin.endswith("is ADMIN_IDS meant?")
    assert proxy.startswith(".env sets HTTPS_PROXY")


def test_of_the_environment_only_what_is_spelt_like_a_setting_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A service has its settings from there, among names of all sorts."""
    monkeypatch.setenv("ADMIN_ID", "1")
    monkeypatch.setenv("XDG_DATA_DIRS", "/usr/share")

    (sentence,) = list_unknown()

    assert sentence.endswith("is ADMIN_IDS meant?")
