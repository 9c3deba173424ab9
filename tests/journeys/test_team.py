"""Officers and admins come and go."""

import re
from datetime import timedelta

import pytest

from bot.db.base import utc_now
from bot.db.engine import transaction
from bot.db.models import Invite, Role
from bot.services import dialogues
from bot.testing.bot_api import BotApi
from bot.testing.people import Person, Seen
from tests.journeys.serving import BLAST, BLAST_ANSWER, Govi
from tests.journeys.team import (
    TEXTS,
    appoint,
    dismiss,
    lines_over_the_chat,
    menu_of,
    role_of,
)


@pytest.fixture
def admin(api: BotApi, govi: Govi) -> Person:
    """An admin by the settings."""
    return appoint(govi, api.user(1), Role.ADMIN)


@pytest.fixture
def officer(api: BotApi, govi: Govi) -> Person:
    """An officer."""
    return appoint(govi, api.user(2), Role.OFFICER)


async def invited(api: BotApi, admin: Person, role: str = "officer") -> str:
    """Let an admin make an invite; return what a client sends that opens its link."""
    reply = await api.reply_to(admin.sends(f"/role {role}"))
    link = re.search(r"https://t\.me/govi_bot\?start=(\S+)", reply.text)
    assert link
    return f"/start {link[1]}"


async def last_seen(api: BotApi, person: Person, count: int) -> Seen:
    """Wait until so many messages stand in a person's chat; return the last."""
    await api.until(lambda: len(person.sees()) >= count)
    return person.sees()[-1]


async def test_an_invite_makes_an_officer_and_tells_the_admin(
    api: BotApi, govi: Govi, admin: Person, farmer: Person
) -> None:
    """The officer is welcomed and gets the menu; the admin hears who came."""
    opening = await invited(api, admin)

    farmer.sends(opening)

    welcome = await last_seen(api, farmer, 2)
    assert welcome.text == TEXTS.text("team.welcome.officer")
    await api.until(lambda: menu_of(api, farmer) is not None)
    assert {"team", "cancel"} <= menu_of(api, farmer).keys()
    assert "role" not in menu_of(api, farmer)
    assert "Person 11" in (await last_seen(api, admin, 3)).text
    assert role_of(govi, farmer) is Role.OFFICER


@pytest.mark.parametrize("spoilt", ["used", "expired", "unknown"])
async def test_a_link_that_does_not_work_is_refused_alike(
    api: BotApi, govi: Govi, admin: Person, farmer: Person, neighbour: Person, spoilt: str
) -> None:
    """Nobody learns whether it ever worked, and the person may ask at once."""
    opening = await invited(api, admin)
    if spoilt == "used":
        neighbour.sends(opening)
        await last_seen(api, neighbour, 2)
    elif spoilt == "expired":
        with transaction(govi.services.sessions) as session:
            session.query(Invite).one().expires_at = utc_now() - timedelta(seconds=1)
    else:
        opening = opening[:-5] + "AAAAA"

    refused = await api.reply_to(farmer.sends(opening))
    asked = await api.reply_to(farmer.sends(BLAST))

    assert [refused.text, asked.text] == [TEXTS.text("refusal.invite"), BLAST_ANSWER]
    assert role_of(govi, farmer) is None


async def test_of_two_who_open_a_link_at_once_one_becomes_officer(
    api: BotApi, govi: Govi, admin: Person, farmer: Person, neighbour: Person
) -> None:
    """The other is refused, whoever was first."""
    opening = await invited(api, admin)

    for person in (farmer, neighbour):
        person.sends(opening)

    texts = {(await last_seen(api, person, 2)).text for person in (farmer, neighbour)}
    assert texts == {TEXTS.text("team.welcome.officer"), TEXTS.text("refusal.invite")}
    roles = [role_of(govi, person) for person in (farmer, neighbour)]
    assert sorted(roles, key=str) == [None, Role.OFFICER]


async def test_a_link_opened_in_a_group_is_only_a_start(
    api: BotApi, govi: Govi, admin: Person, farmer: Person
) -> None:
    """Where everyone can read it, it gives no role."""
    opening = await invited(api, admin)
    group = api.group(-1001)

    farmer.sends(opening.replace("/start", "/start@govi_bot"), chat_id=group)

    await api.until(lambda: len(farmer.sees(group)) == 2)
    assert role_of(govi, farmer) is None


async def test_an_admin_sets_a_role_by_number(
    api: BotApi, govi: Govi, admin: Person, farmer: Person
) -> None:
    """The person is told, in whichever direction it goes, and the menu follows."""
    farmer.sends("/start")
    await last_seen(api, farmer, 2)

    for number, (role, welcome) in enumerate(
        [("officer", "officer"), ("admin", "admin"), ("farmer", "farmer")], 3
    ):
        await api.reply_to(admin.sends(f"/role {farmer.id} {role}"))
        told = await last_seen(api, farmer, number)
        assert told.text == TEXTS.text(f"team.welcome.{welcome}")

    await api.until(lambda: menu_of(api, farmer) is None)
    assert role_of(govi, farmer) is None


async def test_who_never_wrote_gets_the_menu_with_start(
    api: BotApi, govi: Govi, admin: Person, farmer: Person
) -> None:
    """A bot cannot write first, but the role is there at once."""
    reply = await api.reply_to(admin.sends(f"/role {farmer.id} admin"))
    assert reply.text == TEXTS.text("team.set", name="11", role=TEXTS.text("role.admin"))
    await api.until(lambda: len(api.calls("setMyCommands")) > 3 or bool(api.calls("sendMessage")))
    assert menu_of(api, farmer) is None

    farmer.sends("/start")

    await api.until(lambda: menu_of(api, farmer) is not None)
    assert "role" in menu_of(api, farmer)


@pytest.mark.parametrize(
    "words", ["", "farmer", "boss", "11", "11 boss", "x officer", "-1 officer", "1 2 3", "1" * 17]
)
async def test_role_says_how_it_is_used(api: BotApi, govi: Govi, admin: Person, words: str) -> None:
    """Whatever else is written after it."""
    reply = await api.reply_to(admin.sends(f"/role {words}".strip()))

    assert reply.text == TEXTS.text("team.usage")


FOR_ADMINS = ["/role", "/role officer", "/role admin", "/role 11 admin", "/role 1 farmer"]


@pytest.mark.parametrize("command", FOR_ADMINS)
async def test_officers_and_farmers_cannot_give_roles(
    api: BotApi, govi: Govi, admin: Person, officer: Person, farmer: Person, command: str
) -> None:
    """Each is refused kindly, and nothing changes."""
    for person in (officer, farmer):
        reply = await api.reply_to(person.sends(command))
        assert reply.text == TEXTS.text("refusal.not_allowed_admin")

    assert govi.rows(Invite) == []
    assert [role_of(govi, p) for p in (admin, officer, farmer)] == [Role.ADMIN, Role.OFFICER, None]


async def test_the_team_is_listed_for_officers_only(
    api: BotApi, govi: Govi, admin: Person, officer: Person, farmer: Person
) -> None:
    """An officer sees everyone and no buttons; a farmer is refused."""
    await api.reply_to(admin.sends("/team"))

    seen = await api.reply_to(officer.sends("/team"))
    refused = await api.reply_to(farmer.sends("/team"))

    assert TEXTS.text("team.heading", count=2) in seen.text
    assert seen.text.index("Person 1 ") < seen.text.index("Person 2 ")
    assert seen.buttons == []
    assert refused.text == TEXTS.text("refusal.not_allowed_officer")


async def test_a_removed_officer_is_a_farmer_at_the_next_command(
    api: BotApi, govi: Govi, admin: Person, officer: Person
) -> None:
    """After a question back, the role, the dialogue and the menu are gone at once."""
    await api.reply_to(officer.sends("/team"))
    with transaction(govi.services.sessions) as session:
        dialogues.enter(session, officer.id, "answer", "text", {})
    team = await api.reply_to(admin.sends("/team"))

    admin.presses(team.button("Person 2"))
    question = TEXTS.text("team.ask_removal", name="Person 2", role=TEXTS.text("role.officer"))
    await api.until(lambda: admin.sees()[-1].text == question)
    admin.presses(admin.sees()[-1].button("❌"))

    told = await last_seen(api, officer, 3)
    assert told.text == TEXTS.text("team.welcome.farmer")
    refused = await api.reply_to(officer.sends("/team"))
    assert refused.text == TEXTS.text("refusal.not_allowed_officer")
    assert (await api.reply_to(officer.sends(BLAST))).text == BLAST_ANSWER
    assert TEXTS.text("team.heading", count=1) in admin.sees()[-1].text


async def test_no_leads_back_to_the_list(
    api: BotApi, govi: Govi, admin: Person, officer: Person
) -> None:
    """Nobody is removed by asking."""
    team = await api.reply_to(admin.sends("/team"))
    admin.presses(team.buttons[1])
    await api.until(lambda: TEXTS.text("team.heading", count=2) not in admin.sees()[-1].text)

    admin.presses(admin.sees()[-1].button("↩"))

    await api.until(lambda: TEXTS.text("team.heading", count=2) in admin.sees()[-1].text)
    assert role_of(govi, officer) is Role.OFFICER


async def test_removing_twice_has_one_effect(
    api: BotApi, govi: Govi, admin: Person, officer: Person
) -> None:
    """The second press says that it is done; who was appointed again meanwhile stays."""
    officer.sends("/start")
    team = await api.reply_to(admin.sends("/team"))
    yes = team.buttons[1].data.replace(":x:", ":y:")
    admin.presses_anything(yes, dict(team.raw))
    await api.until(lambda: TEXTS.text("team.removed") in lines_over_the_chat(api))
    await api.reply_to(admin.sends("/role 2 officer"))

    admin.presses_anything(yes, dict(team.raw))

    await api.until(lambda: TEXTS.text("team.gone_already") in lines_over_the_chat(api))
    assert role_of(govi, officer) is Role.OFFICER


@pytest.mark.parametrize("kind", ["t:0", "x:1", "y:1"])
async def test_another_roles_button_is_refused(
    api: BotApi, govi: Govi, admin: Person, officer: Person, farmer: Person, kind: str
) -> None:
    """A forged press of a farmer, or one of an officer that only admins may, changes nothing."""
    said = await api.reply_to(farmer.sends(BLAST))

    farmer.presses_anything(f"p1:{kind}", dict(said.raw))
    officer.sends("/start")
    if kind != "t:0":
        officer.presses_anything(f"p1:{kind}", dict(said.raw))

    expected = 1 if kind == "t:0" else 2
    await api.until(lambda: len(lines_over_the_chat(api)) == expected)
    role = "officer" if kind == "t:0" else "admin"
    assert set(lines_over_the_chat(api)) == {TEXTS.text(f"refusal.not_allowed_{role}")}
    assert role_of(govi, admin) is Role.ADMIN


@pytest.mark.parametrize("data", ["p1:x:", "p1:x:-1", "p1:z:1", "p2:x:1", "p1:y:1:2", "p1:l:fr"])
async def test_a_garbled_button_is_out_of_date(
    api: BotApi, govi: Govi, admin: Person, data: str
) -> None:
    """Nothing is guessed from it."""
    said = await api.reply_to(admin.sends(BLAST))

    admin.presses_anything(data, dict(said.raw))

    await api.until(lambda: lines_over_the_chat(api) == [TEXTS.text("button.stale")])
    assert role_of(govi, admin) is Role.ADMIN


async def test_a_button_of_a_grant_that_never_was_is_out_of_date(
    api: BotApi, govi: Govi, admin: Person
) -> None:
    """The button goes away with it."""
    said = await api.reply_to(admin.sends("/team"))

    admin.presses_anything("p1:y:99", dict(said.raw))

    await api.until(lambda: lines_over_the_chat(api) == [TEXTS.text("refusal.stale_button")])
    await api.until(lambda: not admin.sees()[-1].buttons)
    assert role_of(govi, admin) is Role.ADMIN


async def test_the_last_admin_cannot_leave(api: BotApi, govi: Govi, admin: Person) -> None:
    """Neither by command nor by button."""
    refused = await api.reply_to(admin.sends("/role 1 farmer"))
    team = await api.reply_to(admin.sends("/team"))
    admin.presses_anything(team.buttons[0].data.replace(":x:", ":y:"), dict(team.raw))

    await api.until(lambda: lines_over_the_chat(api) == [TEXTS.text("refusal.last_admin")])
    assert refused.text == TEXTS.text("refusal.last_admin")
    assert role_of(govi, admin) is Role.ADMIN


async def test_a_role_taken_elsewhere_is_gone_here(
    api: BotApi, govi: Govi, officer: Person
) -> None:
    """The database is asked each time, nothing is remembered."""
    await api.reply_to(officer.sends("/team"))
    dismiss(govi, officer)

    refused = await api.reply_to(officer.sends("/team"))

    assert refused.text == TEXTS.text("refusal.not_allowed_officer")


async def test_roles_are_private_matters(
    api: BotApi, govi: Govi, admin: Person, officer: Person
) -> None:
    """No invite link and no names are shown in a group."""
    group = api.group(-1001)

    for command in ("/role@govi_bot officer", "/team@govi_bot"):
        reply = await api.reply_to(admin.sends(command, chat_id=group))
        assert reply.text == TEXTS.text("refusal.private_only")

    assert govi.rows(Invite) == []


async def test_a_long_team_is_paged(api: BotApi, govi: Govi, admin: Person) -> None:
    """Ten a page, and the pages turn both ways."""
    for user_id in range(100, 120):
        appoint(govi, api.user(user_id), Role.OFFICER)
    team = await api.reply_to(admin.sends("/team"))
    assert len(team.buttons) == 11

    for turn, page in (("▶", 2), ("▶", 3), ("◀", 2)):
        admin.presses(admin.sees()[-1].button(turn))
        first = str(100 + (page - 1) * 10 - 1)
        await api.until(lambda first=first: f"• {first} " in admin.sees()[-1].text)

    assert len(admin.sees()[-1].buttons) == 12


async def test_menus_are_set_again_at_start(
    api: BotApi, govi: Govi, admin: Person, officer: Person
) -> None:
    """For everyone with a role whom the bot can reach; the others do not hinder it."""
    admin.sends("/start")
    await api.until(lambda: menu_of(api, admin) is not None)
    await govi.stop()
    api.world.commands.clear()

    await govi.start()

    await api.until(lambda: menu_of(api, admin) is not None)
    assert "role" in menu_of(api, admin)
    assert menu_of(api, officer) is None
