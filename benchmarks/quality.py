"""How good the answers are, and what each part is worth: `python -m benchmarks.quality`."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.results import show_share, table, write_section
from bot.bootstrap import STARTER
from bot.cli.train import read_entries
from bot.services.deciding import list_offered
from bot.settings import ROOT
from retrieval.embedder import Embedder, load_embedder
from retrieval.evaluation import EvalCase, evaluate, read_cases
from retrieval.manifest import ModelManifest
from retrieval.metrics import wilson
from retrieval.ranking import Fusion
from retrieval.retriever import Retriever, SearchResult
from retrieval.training.export import export_model

GROUPS = ("clean", "careless", "singlish", "mixed")
MODEL = ROOT / "retrieval" / "model"
#: More questions, by writers who saw none of the phrasings.
OTHERS = {
    "fresh.jsonl": "Questions by writers who saw the list of subjects alone",
    "long.jsonl": "Messages of 11 to 25 words that tell a story, by writers who saw the answers",
}


class Remembering:
    """An embedder that embeds each text once; for measuring one model in several ways."""

    def __init__(self, embedder: Embedder) -> None:
        self.model_id, self.dim = embedder.model_id, embedder.dim
        self._embedder = embedder
        self._known: dict[str, NDArray[np.float32]] = {}

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit vectors, float32 (n, dim)."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        self._known.update(zip(new, self._embedder.encode(new), strict=True))
        return np.array([self._known[text] for text in texts], dtype=np.float32)


def open_retriever(model_dir: Path) -> Retriever:
    """Open a model over the starter knowledge, with its own settings."""
    manifest = ModelManifest.load(model_dir)
    embedder = Remembering(load_embedder(model_dir))
    retriever = Retriever(embedder, manifest.thresholds, manifest.fusion)
    retriever.load(read_entries(STARTER))
    return retriever


def in_float32(trained: Path) -> Retriever:
    """Open a trained model without the loss of its export, with the settings of the shipped one."""
    shipped = ModelManifest.load(MODEL)
    settings = {name: getattr(shipped, name) for name in ("prompt", "thresholds", "fusion")}
    with TemporaryDirectory() as folder:
        export_model(trained, Path(folder), precision="fp32", settings=settings)
        return open_retriever(Path(folder))


def ranking_row(name: str, retriever: Retriever, cases: Sequence[EvalCase]) -> list[str]:
    """Measure ranking: accuracy@1 / recall@5 of each group."""
    groups = evaluate([case for case in cases if case.key], retriever.search)["groups"]
    cells = [
        f"{groups[group]['accuracy@1']['value']:.1%} / {groups[group]['recall@5']['value']:.1%}"
        for group in GROUPS
    ]
    return [name, *cells]


def decision_rows(report: dict[str, Any]) -> list[list[str]]:
    """Measure decisions at the shipped thresholds, with 95 % intervals."""
    rows = []
    for name, group in [("overall", report["overall"]), *report["groups"].items()]:
        shares = [
            group[figure]
            for figure in ("accuracy@1", "recall@5", "answered", "precision_answered", "refused")
        ]
        rows.append([name, str(group["n"]), *map(show_share, shares)])
    return rows


def decisions(retriever: Retriever, cases: Sequence[EvalCase]) -> str:
    """Measure ranking and decisions as a table."""
    header = ["group", "n", "accuracy@1", "recall@5", "answered", "precision", "refused"]
    return table(header, decision_rows(evaluate(cases, retriever.search)))


def served_rows(retriever: Retriever, cases: Sequence[EvalCase]) -> list[list[str]]:
    """Measure which share is answered rightly or offered the right entry, with intervals."""
    results = retriever.search([case.question for case in cases])
    rows = []
    for group in GROUPS:
        asked = [(c, r) for c, r in zip(cases, results, strict=True) if c.group == group]
        served = sum(case.key in _offered(result) for case, result in asked)
        rows.append([group, show_share(wilson(served, len(asked)))])
    return rows


def _offered(result: SearchResult) -> Sequence[str]:
    """Return the keys that a farmer is shown: one answer, or the suggestions."""
    if result.decision.kind == "answer":
        return [result.matches[0].key]
    if result.decision.kind == "suggest":
        return [match.key for match in list_offered(result.matches)]
    return []


def without_joiners(cases: Sequence[EvalCase]) -> list[EvalCase]:
    """Return questions as a keyboard without joiners types them."""
    return [
        replace(case, question=case.question.replace("\u200d", "").replace("\u200c", ""))
        for case in cases
    ]


def main() -> None:
    """Measure the shipped model, and an untrained base beside it when one is given."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--base", type=Path, help="an untrained serving directory to compare with")
    parser.add_argument("--float32", type=Path, help="what the shipped model was exported from")
    options = parser.parse_args()
    cases = read_cases(STARTER / "eval" / "test.jsonl")
    shipped = open_retriever(MODEL)
    rows = [
        ranking_row("sound fold alone", shipped.tuned(fusion=Fusion(0.0)), cases),
        ranking_row("embedder alone", shipped.tuned(fusion=Fusion(1.0)), cases),
        ranking_row("fused, as shipped", shipped, cases),
        ranking_row("fused, no joiners typed", shipped, without_joiners(cases)),
    ]
    if options.base:
        base = open_retriever(options.base)
        rows.insert(1, ranking_row("untrained base alone", base.tuned(fusion=Fusion(1.0)), cases))
        rows.insert(2, ranking_row("untrained base, fused", base.tuned(fusion=Fusion(0.7)), cases))
    if options.float32:
        rows.append(ranking_row("fused, in float32", in_float32(options.float32), cases))
    ranking = table(["accuracy@1 / recall@5", *GROUPS], rows)
    settings = f"Model `{shipped.model_id}`, {shipped.fusion}, {shipped.thresholds}."
    note = (
        "The questions were written from the entries' subjects and answers without sight of the "
        "stored phrasings; none is a phrasing after normalisation and fold. `near` and `far` must "
        "not be answered: `refused` is the share that gets no direct answer. Intervals: Wilson, "
        "95 %."
    )
    others = [
        f"{said}:\n\n{decisions(shipped, read_cases(STARTER / 'eval' / file))}"
        for file, said in OTHERS.items()
    ]
    served = table(
        ["group", "answered rightly or offered the right entry"], served_rows(shipped, cases)
    )
    text = "\n\n".join([ranking, settings, decisions(shipped, cases), served, note, *others])
    write_section("Answers", " ".join(["python -m benchmarks.quality", *sys.argv[1:]]), text)


if __name__ == "__main__":
    main()
