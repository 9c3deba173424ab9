"""An outcome as plain text, for people who sit at a terminal."""

from bot.i18n import Catalogue, Words
from bot.services.answering import Outcome
from bot.services.remarks import Remark


def say(catalogue: Catalogue, remark: Remark) -> str:
    """Return the reply to a message that needs no search."""
    return Words(catalogue).into(remark.language).text(remark.text_key)


def show(catalogue: Catalogue, outcome: Outcome) -> str:
    """Return what a farmer would read; suggestions are numbered from 1."""
    if outcome.decision == "answer" and outcome.answer:
        return outcome.answer
    if outcome.decision == "suggest":
        lines = [catalogue.text("ask.suggest")]
        lines += [f"  {n}. {each.phrasing}" for n, each in enumerate(outcome.suggestions, 1)]
        lines.append(f"  0. {catalogue.text('button.none_of_these')}")
        return "\n".join(lines)
    return catalogue.text("ask.fallback")
