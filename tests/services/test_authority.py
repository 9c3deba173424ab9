"""Every service that is for a role asks the database for it before anything else."""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from sqlalchemy.orm import Session

from bot import services
from bot.errors import NotAllowedError
from tests.services.curating import FARMER, OFFICER, staff

Service = Callable[..., Any]

#: What stands for an argument of a kind; for those of all other kinds nothing does.
PLAIN: Mapping[Any, Any] = {
    int: 1,
    str: "x",
    Mapping[str, Any]: {"entry_id": 1, "escalation_id": 1},
}


def public_functions() -> Iterator[tuple[str, Service]]:
    """Each service under the name of its module and its own."""
    for module in pkgutil.iter_modules(services.__path__):
        found = importlib.import_module(f"bot.services.{module.name}")
        for name, function in inspect.getmembers(found, inspect.isfunction):
            if function.__module__ == found.__name__ and not name.startswith("_"):
                yield f"{module.name}.{name}", function


def says_so(function: Service) -> bool:
    """Whether the docstring warns that a person may be refused."""
    return "NotAllowedError" in (function.__doc__ or "")


SERVICES = dict(public_functions())
GUARDED = sorted(name for name in SERVICES if says_so(SERVICES[name]) and name != "roles.require")


@pytest.mark.parametrize("name", GUARDED)
def test_a_service_refuses_who_is_below_its_role(session: Session, name: str) -> None:
    """What is for admins, an officer; what is for officers, a farmer."""
    staff(session)
    service = SERVICES[name]
    is_admins = re.search(r"is no\s+admin", service.__doc__ or "")
    others = list(inspect.signature(service).parameters.values())[2:]
    given = {each.name: PLAIN.get(each.annotation) for each in others if each.default is each.empty}

    with pytest.raises(NotAllowedError):
        service(session, OFFICER if is_admins else FARMER, **given)


def test_every_service_that_asks_for_a_role_says_so() -> None:
    """So that the test above tries it."""
    asking = {
        name
        for name, service in SERVICES.items()
        if re.search(r"\brequire\(session", inspect.getsource(service))
    }

    assert {name for name in asking if not says_so(SERVICES[name])} == set()
    assert "roles.list_team" in asking
