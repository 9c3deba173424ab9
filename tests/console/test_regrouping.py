"""Questions split off and joined in the console."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from bot.bootstrap import Services
from bot.db.engine import reading, transaction
from bot.db.models import Ask, Escalation, EscalationState
from bot.services.escalating import take_back
from bot.services.queue import claim, peek
from bot.services.regrouping import merge, split
from tests.console.asking import ADMIN, OFFICER, Guest
from tests.services.loop import pass_on, vector

BANANA, COCONUT, CHILLI = "මගේ කෙසෙල් ගහේ කොළ ඉරිලා", "පොල් ගහේ කුරුමිණියා", "මිරිස් කොළ හැකිලිලා"


@pytest.fixture
def mine(services: Services) -> int:
    """A question that three farmers asked, held by the officer."""
    return hold(services, OFFICER, BANANA, 11, 12, 13)


@pytest.fixture
def other(services: Services) -> int:
    """Another that one farmer asked; nobody holds it."""
    return wait(services, COCONUT, 14)


def wait(services: Services, text: str, *farmers: int, **fields: Any) -> int:
    """Let farmers ask; return the number in the queue."""
    with transaction(services.sessions) as session:
        return pass_on(session, text, *farmers, **fields).id


def hold(services: Services, officer: int, text: str, *farmers: int, **fields: Any) -> int:
    """Let farmers ask, and an officer claim it."""
    number = wait(services, text, *farmers, **fields)
    with transaction(services.sessions) as session:
        claim(session, officer, number)
    return number


def groups(services: Services) -> list[int]:
    """The question that each asker is in, oldest asker first."""
    with reading(services.sessions) as session:
        return [ask.escalation_id for ask in session.query(Ask).order_by(Ask.id)]


async def test_questions_that_are_ticked_become_one_of_their_own(
    services: Services, officer: Guest, mine: int
) -> None:
    """It is shown, and in the same hands."""
    await officer.open(f"/queue/{mine}")
    assert officer.says("console.split.open")
    await officer.open(f"/queue/{mine}/split")

    await officer.submit(f"/queue/{mine}/split", ask_id=["1", "3"])

    new = mine + 1
    assert groups(services) == [new, mine, new]
    assert officer.page.url.path == f"/queue/{new}"
    assert officer.says("console.done.split")
    assert officer.says("console.queue.mine")


@pytest.mark.parametrize("ticked", [[], ["1", "2", "3"]])
async def test_somebody_goes_and_somebody_stays(
    services: Services, officer: Guest, mine: int, ticked: list[str]
) -> None:
    """What was ticked is still ticked."""
    await officer.open(f"/queue/{mine}/split")

    page = await officer.submit(f"/queue/{mine}/split", ask_id=ticked)

    assert page.status_code == 409
    assert officer.says("refusal.unfit_split")
    assert page.text.count(" checked>") == len(ticked)
    assert groups(services) == [mine] * 3


async def test_who_took_a_question_back_meanwhile_is_not_moved(
    services: Services, officer: Guest, mine: int
) -> None:
    """The officer is told that it changed, and keeps the other ticks."""
    await officer.open(f"/queue/{mine}/split")
    with transaction(services.sessions) as session:
        take_back(session, session.get_one(Ask, 2))

    page = await officer.submit(f"/queue/{mine}/split", ask_id=["1", "2"])

    assert page.status_code == 409
    assert officer.says("console.queue.changed")
    assert page.text.count(" checked>") == 1
    assert groups(services) == [mine] * 3


async def test_what_looks_alike_is_offered_first(services: Services, officer: Guest) -> None:
    """Before what more have asked; what another officer holds is not offered at all."""
    number = hold(services, OFFICER, BANANA, 11, **vector(1, 0))
    many = wait(services, CHILLI, 21, 22)
    alike = wait(services, "kesel gahe kola", 25, **vector(0.8, 0.6))
    hold(services, ADMIN, COCONUT, 26, **vector(0.8, -0.6))

    page = await officer.open(f"/queue/{number}/merge")

    assert re.findall(r"into=(\d+)", page.text) == [str(alike), str(many)]
    assert officer.says("console.merge.alike")


async def test_two_questions_are_joined_after_a_look_at_both(
    services: Services, officer: Guest, mine: int, other: int
) -> None:
    """All who asked wait in the one, which is shown."""
    page = await officer.open(f"/queue/{mine}/merge?into={other}")
    assert BANANA in page.text
    assert COCONUT in page.text

    await officer.submit(f"/queue/{mine}/merge")

    assert groups(services) == [other] * 4
    assert officer.page.url.path == f"/queue/{other}"
    assert officer.says("console.done.merged")


async def test_what_somebody_claimed_meanwhile_is_not_joined(
    services: Services, officer: Guest, mine: int, other: int
) -> None:
    """The officer is told who holds it, and chooses another."""
    await officer.open(f"/queue/{mine}/merge?into={other}")
    with transaction(services.sessions) as session:
        claim(session, ADMIN, other)

    page = await officer.submit(f"/queue/{mine}/merge")

    assert page.status_code == 409
    assert officer.says("refusal.held_by_other", name=str(ADMIN))
    assert officer.says("console.merge.which")
    assert groups(services) == [mine] * 3 + [other]


async def test_what_was_joined_meanwhile_is_not_joined_again(
    services: Services, officer: Guest, mine: int, other: int
) -> None:
    """The same officer had it open twice."""
    await officer.open(f"/queue/{mine}/merge?into={other}")
    with transaction(services.sessions) as session:
        merge(session, OFFICER, mine, other)

    page = await officer.submit(f"/queue/{mine}/merge")

    assert page.status_code == 409
    assert officer.says("refusal.escalation_closed")


@pytest.mark.parametrize("act", ["split", "merge"])
async def test_what_another_officer_holds_is_left_alone(
    services: Services, officer: Guest, other: int, act: str
) -> None:
    """Neither shown nor done, and the officer is told who holds it."""
    held = hold(services, ADMIN, BANANA, 11, 12)
    await officer.open(f"/queue/{held}")
    assert f"/queue/{held}/{act}" not in officer.page.text
    fields = {**officer.hidden("/language"), "ask_id": "1", "into": str(other)}

    for page in (
        await officer.open(f"/queue/{held}/{act}"),
        await officer.client.post(f"/queue/{held}/{act}", data=fields),
    ):
        assert page.status_code == 409
        assert str(ADMIN) in page.text

    with reading(services.sessions) as session:
        assert session.get_one(Escalation, held).state is EscalationState.CLAIMED
    assert set(groups(services)) == {held, other}


@pytest.mark.parametrize("act", ["split", "merge"])
async def test_nobody_regroups_with_a_form_of_anothers(
    services: Services, come: Callable[[], Guest], officer: Guest, mine: int, other: int, act: str
) -> None:
    """A form without the session's mark is refused, and a stranger sees nothing."""
    fields = {"ask_id": "1", "into": str(other)}

    forged = await officer.client.post(f"/queue/{mine}/{act}", data=fields)
    stranger = await come().open(f"/queue/{mine}/{act}")

    assert (forged.status_code, stranger.status_code) == (403, 401)
    assert BANANA not in stranger.text
    assert groups(services) == [mine] * 3 + [other]


@pytest.mark.parametrize("act", ["split", "merge"])
async def test_regrouping_stays_in_the_officers_part_of_the_queue(
    officer: Guest, mine: int, other: int, act: str
) -> None:
    """From the question to what it becomes, the list beside it is narrowed as it was."""
    page = await officer.open(f"/queue/{mine}?area=-")
    assert f'href="/queue/{mine}/{act}?area=-"' in page.text
    await officer.open(f"/queue/{mine}/{act}?area=-&into={other}")
    assert f'href="/queue/{mine}?area=-"' in officer.page.text

    await officer.submit(f"/queue/{mine}/{act}?area=-", ask_id="1")

    assert officer.page.url.path != f"/queue/{mine}"
    assert officer.page.url.params["area"] == "-"


async def test_an_open_page_hears_of_a_split(services: Services, mine: int) -> None:
    """Whoever looks at the question is told that it changed, though nobody newer has come."""
    with transaction(services.sessions) as session:
        before = peek(session, ADMIN, mine)
        split(session, OFFICER, mine, [1])

        assert peek(session, ADMIN, mine) != before
