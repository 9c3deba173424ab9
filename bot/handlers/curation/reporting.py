"""/stats and /try: how well farmers are served, and what one of them would be told."""

from telegram import Update

from bot.db.base import utc_now
from bot.errors import EntryMissingError
from bot.excerpts import excerpt
from bot.handlers.context import GoviContext
from bot.handlers.incoming import get_user
from bot.handlers.registering import get_words
from bot.handlers.replying import say
from bot.i18n.moments import say_span
from bot.services.editing import read_entry
from bot.services.statistics import (
    Figures,
    Subject,
    list_unanswered_subjects,
    read_figures,
)
from retrieval import Match, SearchResult

_MOST_MATCHES = 5
_LONGEST_EXAMPLE = 120


async def show_statistics(update: Update, context: GoviContext) -> None:
    """Tell the figures of today, 7 and 30 days, and what farmers could not be told."""
    user_id, now = get_user(update).id, utc_now()
    figures = await context.read(read_figures, user_id, now)
    threshold = context.desk.services.index.retriever.thresholds.suggest
    subjects = await context.read(list_unanswered_subjects, user_id, now, threshold)
    parts = [_say_figures(context, each) for each in figures]
    if subjects:
        lines = [_say_subject(context, each) for each in subjects]
        parts.append("\n".join([context.text("curate.stats.subjects"), *lines]))
    await say(update, context, "\n\n".join(parts))


async def rehearse(update: Update, context: GoviContext) -> None:
    """Tell what the bot would answer to what was written after the command, and why."""
    user_id, words = get_user(update).id, get_words(context)
    if not words:
        await say(update, context, context.text("curate.try.usage"))
        return
    remark = context.desk.services.recognition.remark(words)
    if remark is not None:
        kind = context.text(f"curate.try.{remark.decision}")
        await say(update, context, f"➡️ {kind}\n\n💬 {context.text(remark.text_key)}")
        return
    result = await context.search(words)
    parts = [_say_decision(context, result)]
    parts += [_say_match(context, at, m) for at, m in enumerate(result.matches[:_MOST_MATCHES], 1)]
    if result.decision.kind == "answer":
        answer = await _answer_of(context, user_id, result.matches[0].key)
        parts.append(f"💬 {answer}")
    await say(update, context, "\n\n".join(parts))


async def _answer_of(context: GoviContext, user_id: int, key: str) -> str:
    try:
        state = await context.read(read_entry, user_id, key)
    except EntryMissingError:  # gone since the search
        return context.text("curate.edit.empty")
    return state.draft.answer


def _say_figures(context: GoviContext, figures: Figures) -> str:
    median = "–"
    if figures.median_seconds is not None:
        median = say_span(context.words, figures.median_seconds)
    return context.text(
        "curate.stats.figures",
        period=context.text(f"curate.stats.days.{figures.days}"),
        questions=figures.questions,
        answered=figures.answered,
        suggested=figures.suggested,
        chosen=figures.chosen,
        unanswered=figures.unanswered,
        resolved=figures.resolved,
        helpful=f"{figures.helpful / figures.rated:.0%}" if figures.rated else "–",
        rated=figures.rated,
        median=median,
    )


def _say_subject(context: GoviContext, subject: Subject) -> str:
    example = excerpt(subject.example, _LONGEST_EXAMPLE)
    near = context.text("curate.stats.near", entry=subject.key) if subject.key else ""
    return f"{subject.count} × {example} {near}".strip()


def _say_decision(context: GoviContext, result: SearchResult) -> str:
    thresholds = context.desk.services.index.retriever.thresholds
    return context.text(
        "curate.try.decision",
        decision=context.text(f"curate.try.{result.decision.kind}"),
        score=f"{result.decision.score:.3f}",
        margin=f"{result.decision.margin:.3f}",
        answer_at=f"{thresholds.answer:.3f}",
        suggest_at=f"{thresholds.suggest:.3f}",
        margin_at=f"{thresholds.margin:.3f}",
        script=context.text(f"console.script.{result.script}"),
        milliseconds=round(result.seconds * 1000),
        model=result.model_id,
    )


def _say_match(context: GoviContext, rank: int, match: Match) -> str:
    return context.text(
        "curate.try.match",
        rank=rank,
        entry=match.key,
        score=f"{match.score:.3f}",
        dense=f"{match.dense_score:.3f}",
        lexical=f"{match.lexical_score:.3f}",
        phrasing=match.phrasing,
    )
