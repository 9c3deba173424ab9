"""Fixtures shared by all tests: nothing here touches the network or the user's own files."""

import difflib
import functools
import logging
import os
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from bot.env_file import _ALIKE
from bot.settings import Settings
from bot.testing.bot_api import BotApi
from tests import postgresql as server
from tests.database import IS_POSTGRESQL, create_database, open_maybe_new, url_of

# The same examples every time, however long a busy machine takes over one; whoever looks for new
# ones gives pytest --hypothesis-profile default.
settings.register_profile(
    "same",
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("same")


@functools.cache
def unwanted() -> list[str]:
    """Settings, what would be taken for one, and proxies that would be asked for this machine."""
    known = [name.upper() for name in Settings.model_fields]
    others = (
        name
        for name in os.environ
        if name.upper().endswith("_PROXY")
        or difflib.get_close_matches(name.upper(), known, 1, _ALIKE)
    )
    return [*known, *others]


@pytest.fixture(scope="session", autouse=True)
def certificates_read_once() -> Iterator[None]:
    """Each HTTP client reads them anew, though nothing here speaks TLS."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ssl, "create_default_context", functools.cache(ssl.create_default_context))
        yield


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Every test runs in an empty folder with no setting in the environment."""
    for name in unwanted():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    """What a command sets up for its own process is over with the test that runs it."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(autouse=True)
def silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever this machine can say aloud, tests see the same; those about speech say otherwise."""
    monkeypatch.setattr("bot.speech.find_programs", lambda: None)


@pytest.fixture(autouse=True)
def room_for_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    """However full this machine's disk is, a few bytes of what farmers send may be copied."""
    monkeypatch.setattr("bot.services.copies.RESERVE", 0)


@pytest.fixture(autouse=True)
def on_postgresql(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[None]:
    """With GOVI_TEST_POSTGRESQL set, what would be a file of SQLite's is a database there."""
    if not IS_POSTGRESQL:
        yield
        return
    if request.node.get_closest_marker("sqlite"):
        pytest.skip("is about SQLite itself")
    own = property(lambda self: self.database_url or url_of(self.data_dir / "govi.sqlite3"))
    monkeypatch.setattr(Settings, "database", own)
    monkeypatch.setattr("bot.bootstrap.open_engine", open_maybe_new)
    with server.cluster().dropping():
        yield


@pytest.fixture
def postgresql(tmp_path: Path) -> Iterator[str]:
    """The URL of a database that is not there yet, on a server of these tests' own."""
    server.skip_where_there_is_none()
    with server.cluster().dropping():
        yield server.url_of(tmp_path / "postgresql")


@pytest.fixture
def api() -> Iterator[BotApi]:
    """A running stand-in for Telegram, which knows nobody yet."""
    with BotApi() as api:
        yield api


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """An empty, migrated database."""
    engine = create_database(url_of(tmp_path / "test.sqlite3"))
    yield engine
    engine.dispose()


@pytest.fixture
def sessions(engine: Engine) -> sessionmaker[Session]:
    """Sessions on the test database."""
    return sessionmaker(engine, expire_on_commit=False)


@pytest.fixture
def session(sessions: sessionmaker[Session]) -> Iterator[Session]:
    """One open transaction, rolled back at the end."""
    with sessions() as session:
        yield session
