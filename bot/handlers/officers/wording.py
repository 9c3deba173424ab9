"""How escalations are said to officers; farmers have numbers instead of names."""

from bot.excerpts import cut
from bot.handlers.context import GoviContext
from bot.i18n.moments import say_age
from bot.i18n.sent import say_sent
from bot.services.finding import Found
from bot.services.queue import AskLine, EscalationLine, EscalationView, NoteLine

ASKERS_SHOWN = 6
NOTES_SHOWN = 6
_LINE, _WORDS, _SAID = 90, 600, 400
_MARKS = {"photo": "📷", "voice": "🎤"}


def say_line(context: GoviContext, line: EscalationLine) -> str:
    """Return an escalation in the queue, in two lines."""
    facts = [f"#{line.escalation_id}", *_facts(context, line, line.asker_count)]
    return f"{' · '.join(facts)}\n{cut(say_words(context, line), _LINE)}"


def say_escalation(context: GoviContext, view: EscalationView, page: int = 0) -> str:
    """Return an escalation with a page of its askers; `writing.before` reads its beginning."""
    facts = [name_escalation(view.escalation_id), *_facts(context, view, view.asker_count)]
    if view.holder is None:
        facts.append(context.text(f"officer.state.{view.state.value}"))
    first = page * ASKERS_SHOWN
    asks = [_say_ask(context, each) for each in view.asks[first : first + ASKERS_SHOWN]]
    more = len(view.asks) - first - ASKERS_SHOWN
    if more > 0:
        asks.append(context.text("curate.more", count=more))
    notes = [say_note(context, each) for each in view.notes[-NOTES_SHOWN:]]
    parts = [" · ".join(facts), "\n".join(asks), "\n".join(notes), _say_near(context, view)]
    if view.is_mine:
        parts.append(context.text("officer.group.how_to_answer"))
    return "\n\n".join(part for part in parts if part)


def name_escalation(number: int) -> str:
    """Return how a message about an escalation begins, so that a reply to it is an answer."""
    return f"📥 #{number}"


def name_farmer(context: GoviContext, number: int | None) -> str:
    """Return what an asker is called; without a number all of them are meant."""
    if number is None:
        return context.text("officer.all_farmers")
    return context.text("officer.farmer", number=number)


def say_words(context: GoviContext, asked: EscalationLine | EscalationView | AskLine) -> str:
    """Return what was asked in one line: the words, or what was sent without any."""
    return say_sent(context.words, one_line(asked.text), asked.kind)


def say_question(found: Found) -> str:
    """Return a question that an entry answers, as farmers ask it if that is known."""
    return one_line(found.phrasing or found.title)


def one_line(text: str) -> str:
    """Return a text without line breaks."""
    return " ".join(text.split())


def _facts(context: GoviContext, group: EscalationLine | EscalationView, askers: int) -> list[str]:
    facts = [f"👥 {askers}", f"⏳ {say_age(context.words, group.since)}"]
    if group.is_urgent:
        facts.insert(0, context.text("officer.urgent"))
    if group.area:
        facts.append(context.words.area(group.area))
    if group.is_mine:
        facts.append(context.text("officer.held_by_you"))
    elif group.holder is not None:
        facts.append(context.text("officer.held", name=group.holder))
    return facts


def _say_ask(context: GoviContext, ask: AskLine) -> str:
    said = context.text(
        "officer.group.asker",
        who=name_farmer(context, ask.number),
        words=_set_in(say_sent(context.words, cut(ask.text, _WORDS), ask.kind)),
    )
    if ask.reason == "fallback":
        return said
    return f"{said}\n   {context.text(f'officer.reason.{ask.reason}')}"


def say_note(context: GoviContext, note: NoteLine) -> str:
    """Return one thing that was said about an escalation."""
    words = _set_in(cut(note.text, _SAID))
    if note.kind == "decline":
        words = context.text(f"officer.decline.{note.text}")
    if note.media is not None:
        words = f"{_MARKS.get(note.media.kind, '📎')} {words}".strip()
    who = name_farmer(context, note.number)
    return context.text(f"officer.group.{note.kind}", who=who, words=words)


def _set_in(text: str) -> str:
    """Return a person's words with all lines but the first set in, so that none looks like ours."""
    return text.replace("\n", "\n   ")


def _say_near(context: GoviContext, view: EscalationView) -> str:
    if not view.near:
        return ""
    lines = [
        context.text("officer.group.near_line", entry=each.key, title=say_question(each))
        for each in view.near
    ]
    return "\n".join([context.text("officer.group.near"), *lines])
