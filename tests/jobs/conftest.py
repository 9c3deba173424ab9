"""Services without a model, and a runner with a clock of its own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from bot.bootstrap import Services
from bot.jobs.runner import Runner
from bot.jobs.schedule import Job
from bot.services.knowledge_index import KnowledgeIndex
from bot.settings import Settings
from tests.factories import create_retriever
from tests.jobs.clock import Clock
from tests.jobs.owing import TEXTS


@pytest.fixture
def clock() -> Clock:
    """Half past six in the morning."""
    return Clock()


@pytest.fixture
def services(engine: Engine, sessions: sessionmaker[Session], tmp_path: Path) -> Iterator[Services]:
    """What jobs are given."""
    settings = Settings(data_dir=tmp_path, _env_file=None)
    index = KnowledgeIndex(sessions, create_retriever())
    services = Services(settings, engine, sessions, index, TEXTS)
    yield services
    services.close()


@pytest.fixture
def create_runner(services: Services, clock: Clock) -> Callable[..., Runner]:
    """Makes a runner of given jobs, as another process would."""

    def create(*jobs: Job) -> Runner:
        return Runner(services, jobs, clock)

    return create
