"""What officers do in these tests again and again."""

from bot.db.engine import reading, transaction
from bot.db.models import Ask, Entry, Escalation, Proposal
from bot.testing.people import Button, Seen
from tests.journeys.curation.chat import Chat, text
from tests.journeys.serving import Govi

#: One question about cinnamon as three people type it; no entry comes near.
SINHALA = "කුරුඳු පොත්ත සුදු වෙනවා"
SINGLISH = "kurundu poththa sudu wenawa"
MIXED = "කුරුඳු poththa සුදු wenawa"
#: Another matter.
ROOTS = "බුලත් වැලේ මුල් කුණු වෙනවා"
ANSWER = "ලෑල්ලේ ඉර එළියේ දවසක් වේලන්න. <b>පුස්</b> & සුදු කෑලි අයින් කරන්න."


async def ask(govi: Govi, farmer: Chat, question: str) -> int:
    """Ask what Govi cannot answer; return the escalation that it became part of."""
    await farmer.sends(question)
    return int(govi.rows(Ask)[-1].escalation_id)


def group(govi: Govi, number: int) -> Escalation:
    """An escalation as the database holds it."""
    with reading(govi.services.sessions) as session:
        return session.get_one(Escalation, number)


async def opened(officer: Chat, number: int) -> Seen:
    """Open an escalation from the queue."""
    listed = await officer.sends("/queue")
    return await officer.presses(listed.button(f"#{number}"))


async def claimed(officer: Chat, number: int) -> Seen:
    """Open and claim an escalation; what is shown then."""
    return await officer.presses(
        (await opened(officer, number)).button(text("officer.button.claim"))
    )


async def forged(person: Chat, data: str) -> str:
    """Press as a forged client would, under the last message; return the line over the chat."""
    last = person.answers()[-1]
    return await person.is_told(Button("", data, last.chat_id, last.message_id))


def set_area(govi: Govi, number: int, area: str) -> None:
    """Say which area an escalation belongs to."""
    with transaction(govi.services.sessions) as session:
        session.get_one(Escalation, number).area = area


async def written(officer: Chat, held: Seen, answer: str) -> Seen:
    """Write an answer to what is held; its preview."""
    await officer.presses(held.button(text("officer.button.answer")))
    return await officer.sends(answer)


async def answered(officer: Chat, number: int, answer: str = ANSWER) -> Seen:
    """Claim and answer an escalation; the offer to keep it."""
    preview = await written(officer, await claimed(officer, number), answer)
    return await officer.presses(preview.button(text("officer.button.send")), replies=2)


async def kept(officer: Chat, offered: Seen) -> Seen:
    """Make a draft entry of an answer that was sent."""
    how = await officer.presses(offered.button(text("officer.button.keep")))
    await officer.presses(how.button(text("officer.keep.new")))
    area = await officer.sends("කෘෂිකර්ම දෙපාර්තමේන්තුව")
    preview = await officer.presses(area.buttons[0])
    return await officer.presses(preview.button(text("officer.keep.propose")))


def proposed_key(govi: Govi) -> str:
    """The key of the entry that the newest proposal is about."""
    entry_id = govi.rows(Proposal)[-1].entry_id
    return next(str(entry.key) for entry in govi.rows(Entry) if entry.id == entry_id)
