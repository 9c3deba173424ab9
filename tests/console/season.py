"""A month of farmers' questions, for pictures and for measuring."""

from pathlib import Path
from typing import Any

from bot.bootstrap import Services, open_services
from bot.db.engine import transaction
from bot.db.models import Farmer, Role, RoleGrant
from bot.services.editing import author
from bot.services.proposals import propose_phrasing
from bot.settings import Settings
from tests.console.asking import ADMIN, OFFICER, OTHER_ADMIN

#: Name of a picture -> path of a page.
PAGES = {
    "knowledge": "/knowledge",
    "search": "/knowledge?q=goyam+kola+kaha",
    "entry": "/knowledge/1?try=goyam+kola+kaha+wenawa",
    "editor": "/knowledge/1/edit",
    "history": "/knowledge/1/history",
    "drafts": "/drafts",
    "draft": "/drafts/1",
    "account": "/account",
}
NAMES = {ADMIN: "Kumari Jayasinghe", OTHER_ADMIN: "සුනිල් පෙරේරා", OFFICER: "Nimal Bandara"}


def create_season(folder: Path, **settings: Any) -> Services:
    """Open the shipped model and knowledge, and let a month go by."""
    services = open_services(Settings(data_dir=folder, _env_file=None, **settings))
    with transaction(services.sessions) as session:
        for person, name in NAMES.items():
            role = Role.OFFICER if person == OFFICER else Role.ADMIN
            session.add(
                RoleGrant(telegram_user_id=person, role=role, granted_by="ADMIN_IDS", name=name)
            )
            session.add(Farmer(telegram_user_id=person, language="en"))
        session.flush()
        propose_phrasing(session, OFFICER, 1, "mage govithena kola okkoma kaha paata wela")
        propose_phrasing(session, OFFICER, 3, "පැළවල අග වේලිලා")
    assert author(ADMIN)
    return services
