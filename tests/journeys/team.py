"""People with roles, for the journey tests."""

import json
from typing import Any

from bot.db.engine import transaction
from bot.db.models import Role, RoleGrant
from bot.i18n import Catalogue
from bot.services import granting, roles
from bot.testing.bot_api import BotApi
from bot.testing.people import Person
from tests.journeys.serving import Govi

TEXTS = Catalogue.load()


def appoint(govi: Govi, person: Person, role: Role) -> Person:
    """Give a person a role as the settings would."""
    with transaction(govi.services.sessions) as session:
        session.add(RoleGrant(telegram_user_id=person.id, role=role, granted_by="ADMIN_IDS"))
    return person


def dismiss(govi: Govi, person: Person) -> None:
    """Take a person's role away behind the bot's back, as another process would."""
    with transaction(govi.services.sessions) as session:
        granting.assign(session, person.id, None, "test")


def role_of(govi: Govi, person: Person) -> Role | None:
    """What a person holds now."""
    with transaction(govi.services.sessions) as session:
        member = roles.find_member(session, person.id)
        return member.role if member else None


def menu_of(api: BotApi, person: Person) -> dict[str, str] | None:
    """A person's own menu: command -> what it says; None when they have none."""
    scope = json.dumps({"chat_id": person.id, "type": "chat"}, sort_keys=True)
    menu: Any = api.world.commands.get((scope, ""))
    return None if menu is None else {each["command"]: each["description"] for each in menu}


def lines_over_the_chat(api: BotApi) -> list[str]:
    """What presses were answered with, oldest first."""
    calls = api.calls("answerCallbackQuery")
    return [call.parameters.get("text", "") for call in calls]
