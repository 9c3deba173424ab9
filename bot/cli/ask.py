"""`govi ask`: one question, answered once, recorded nowhere."""

import json
from time import perf_counter

import click

from bot.cli.opening import services
from bot.cli.terminal import say, show
from bot.db.engine import reading
from bot.i18n import Catalogue
from bot.recognition import load_recognition
from bot.services.answering import Outcome, rehearse_question
from bot.services.remarks import Remark
from retrieval import SearchResult, detect_script

#: Small talk by a published decision: something is said, yet no stored answer.
_NO_ANSWER = Outcome(question_id=0, decision="fallback", reply_id=0)


@click.command("ask")
@click.argument("words", nargs=-1, required=True, metavar="QUESTION")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with all matches.")
def ask_command(words: tuple[str, ...], as_json: bool) -> None:
    """Answer QUESTION as a farmer would be answered. Nothing is recorded."""
    question = " ".join(words)  # quotes are easily forgotten
    recognition = load_recognition()
    start = perf_counter()
    remark = recognition.emergency(question)
    if remark is not None:  # told and answered without the database and the model
        click.echo(_emergency(question, remark, perf_counter() - start, as_json))
        return
    with services(update_starter=False) as opened:
        result = opened.index.search([question])[0]
        remark = opened.recognition.small_talk(question)
        if remark is not None:
            said = say(opened.catalogue, remark)
            click.echo(as_json_object(result, _NO_ANSWER) if as_json else said)
            return
        with reading(opened.sessions) as session:
            outcome = rehearse_question(session, question, result)
        click.echo(as_json_object(result, outcome) if as_json else show(opened.catalogue, outcome))


def _emergency(question: str, remark: Remark, seconds: float, as_json: bool) -> str:
    """Return the reply to a call for help; as JSON in the published shape, with its kind.

    The reply is no stored answer, so it does not stand where one would.
    """
    said = say(Catalogue.load(), remark)
    if not as_json:
        return said
    shown: dict[str, object] = {
        "decision": remark.decision,
        "kind": remark.kind,
        "key": None,
        "answer": None,
        "reply": said,
        "score": 0.0,
        "margin": 0.0,
        "matches": [],
        "script": detect_script(question),
        "seconds": seconds,
    }
    return json.dumps(shown, ensure_ascii=False)


def as_json_object(result: SearchResult, outcome: Outcome) -> str:
    """Return the published JSON shape of one answer."""
    is_known = outcome.decision != "fallback" and result.matches
    return json.dumps(
        {
            "decision": outcome.decision,
            "key": result.matches[0].key if is_known else None,
            "answer": outcome.answer,
            "score": result.decision.score,
            "margin": result.decision.margin,
            "matches": [
                {"key": m.key, "score": m.score, "phrasing": m.phrasing} for m in result.matches
            ],
            "script": result.script,
            "seconds": result.seconds,
        },
        ensure_ascii=False,
    )
