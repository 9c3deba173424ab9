"""A month of farmers' questions, for pictures and for measuring."""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from bot.bootstrap import Services, open_services
from bot.db.base import utc_now
from bot.db.engine import transaction
from bot.db.models import (
    Ask,
    Farmer,
    Feedback,
    Note,
    Question,
    QuestionState,
    Reply,
    Role,
    RoleGrant,
)
from bot.services.editing import edit_entry, read_entry_by_id
from bot.services.escalating import escalate
from bot.services.proposals import propose_phrasing
from bot.services.queue import claim, list_queue
from bot.services.resolving import send_answer
from bot.services.texts import sound_of
from bot.settings import ROOT, Settings
from retrieval import SearchResult, detect_script
from tests.console.asking import ADMIN, OFFICER, OTHER_ADMIN
from tests.services.loop import pass_on

#: Name of a picture -> path of a page.
PAGES = {
    "queue": "/queue",
    "question": "/queue/{group}",
    "split": "/queue/{group}/split",
    "merge": "/queue/{group}/merge",
    "log": "/questions?q=goyam+kola",
    "logged": "/questions/7",
    "overview": "/overview?days=30",
    "knowledge": "/knowledge",
    "entry": "/knowledge/1?try=goyam+kola+kaha+wenawa",
    "editor": "/knowledge/1/edit",
    "history": "/knowledge/1/history",
    "drafts": "/drafts",
    "draft": "/drafts/1",
    "account": "/account",
}
NAMES = {ADMIN: "Kumari Jayasinghe", OTHER_ADMIN: "සුනිල් පෙරේරා", OFFICER: "Nimal Bandara"}
_STATES = {
    "answer": QuestionState.ANSWERED,
    "suggest": QuestionState.SUGGESTED,
    "fallback": QuestionState.UNANSWERED,
}


def create_season(folder: Path, count: int = 400, **settings: Any) -> Services:
    """Open the shipped model and knowledge, and let a month go by."""
    services = open_services(Settings(data_dir=folder, _env_file=None, **settings))
    texts = list(_texts(count))
    results = services.index.search(texts)
    with transaction(services.sessions) as session:
        _appoint(session)
        _serve(session, list(zip(texts, results, strict=True)))
        propose_phrasing(session, OFFICER, 1, "mage govithena kola okkoma kaha paata wela")
        propose_phrasing(session, OFFICER, 3, "පැළවල අග වේලිලා")
        state = read_entry_by_id(session, ADMIN, 1)
        answer = f"{state.draft.answer} සැක නම් නිලධාරියාගෙන් අහන්න."
        edit_entry(session, ADMIN, 1, state.version, {"answer": answer})
    return services


def hold_first(services: Services, person: int) -> int:
    """Let a person hold the first Sinhala question that nobody else does; return its number.

    Two more farmers ask the same while it is new.
    """
    with transaction(services.sessions) as session:
        first = next(
            line
            for line in list_queue(session, person, size=50).lines
            if (line.holder is None or line.is_mine) and detect_script(line.text) == "sinhala"
        )
        if first.holder is None:
            pass_on(session, first.text, 60_001, 60_002)
        claim(session, person, first.escalation_id)
        return first.escalation_id


def _texts(count: int) -> Iterator[str]:
    lines = (ROOT / "knowledge" / "eval" / "test.jsonl").read_text("utf-8").splitlines()
    chosen = random.Random(6).choices(lines, k=count)  # noqa: S311 - the same month each time
    yield from (json.loads(line)["question"] for line in chosen)


def _appoint(session: Session) -> None:
    for person, name in NAMES.items():
        role = Role.OFFICER if person == OFFICER else Role.ADMIN
        session.add(
            RoleGrant(telegram_user_id=person, role=role, granted_by="ADMIN_IDS", name=name)
        )
        session.add(Farmer(telegram_user_id=person, language="en"))
    session.flush()


def _serve(session: Session, asked: Sequence[tuple[str, SearchResult]]) -> None:
    chance = random.Random(7)  # noqa: S311
    now = utc_now()
    farmers = [Farmer(telegram_user_id=50_000 + number) for number in range(60)]
    session.add_all(farmers)
    session.flush()
    for number, (text, result) in enumerate(asked):
        back = timedelta(days=29) * (1 - (number + chance.random()) / len(asked))
        question = _question(text, result, now - back, chance.choice(farmers))
        session.add(question)
        session.flush()
        _go_on(session, question, chance, now)


def _question(text: str, result: SearchResult, at: datetime, farmer: Farmer) -> Question:
    best = result.matches[0].key if result.matches else None
    return Question(
        text=text, folded=sound_of(text), script=result.script, farmer=farmer, chat_id=1,
        message_id=1, decision=result.decision.kind, state=_STATES[result.decision.kind],
        score=result.decision.score, margin=result.decision.margin, nearest_key=best,
        matches=[asdict(match) for match in result.matches], asked_at=at,
        seconds=result.seconds, model_id=result.model_id,
    )  # fmt: skip


def _go_on(session: Session, question: Question, chance: random.Random, now: datetime) -> None:
    """Let a farmer rate an answer, and officers answer most of what is left."""
    if question.decision == "answer":
        reply = Reply(question=question, kind="answer", created_at=question.asked_at)
        session.add(reply)
        session.flush()
        if chance.random() < 0.5:
            session.add(
                Feedback(
                    reply_id=reply.id, farmer_id=question.farmer_id or 0,
                    is_helpful=chance.random() < 0.85, given_at=question.asked_at,
                )
            )  # fmt: skip
    elif question.decision == "fallback":
        group = escalate(session, question, "fallback")
        group.created_at = question.asked_at
        session.query(Ask).filter_by(question_id=question.id).one().joined_at = question.asked_at
        waited = timedelta(hours=chance.lognormvariate(1.2, 1))
        if chance.random() < 0.6 and question.asked_at + waited < now:
            officer = chance.choice([OFFICER, OFFICER, ADMIN, OTHER_ADMIN])
            claim(session, officer, group.id)
            send_answer(session, officer, group.id, "ළඟම ගොවිජන සේවා මධ්‍යස්ථානයෙන් අහන්න.")
            note = session.query(Note).order_by(Note.id.desc()).first()
            assert note is not None
            note.written_at = question.asked_at + waited
            session.flush()
        elif chance.random() < 0.15:
            claim(session, chance.choice([OFFICER, OTHER_ADMIN]), group.id)
