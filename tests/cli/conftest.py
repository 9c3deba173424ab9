"""`govi` as an operator runs it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import bot.bootstrap
from bot.cli import cli
from retrieval.ranking import Fusion
from retrieval.retriever import Retriever
from retrieval.testing import HashingEmbedder
from tests.factories import THRESHOLDS, create_draft

Govi = Callable[..., Result]
DRAFTS = [
    create_draft("paddy.blast", phrasings=("කොළ පාළුවට මොකද කරන්නේ", "kola paluwa")),
    create_draft("paddy.urea", phrasings=("යූරියා දාන්නේ කවදද",), answer="දෙවැනි සතියේ."),
]


@pytest.fixture
def govi(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Govi:
    """Run `govi` in an empty folder with a two-entry starter and the offline embedder."""
    starter = tmp_path / "starter"
    starter.mkdir()
    (starter / "paddy.toml").write_text(as_toml())
    monkeypatch.setattr(bot.bootstrap, "STARTER", starter)
    monkeypatch.setattr(Retriever, "open", open_offline)

    def run(*arguments: str, typed: str | bytes = "") -> Result:
        return CliRunner().invoke(cli, arguments, input=typed, catch_exceptions=True)

    return run


def open_offline(model_dir: Path, snapshot_dir: Path, *_: object) -> Retriever:
    """Stand in for the shipped model."""
    return Retriever(HashingEmbedder(), THRESHOLDS, Fusion(0.5), snapshot_dir)


def as_toml() -> str:
    """The drafts as a curator writes them."""
    entries = []
    for draft in DRAFTS:
        fields = draft.model_dump(mode="json", exclude={"area", "status"}, exclude_none=True)
        lines = [f"{k} = {json.dumps(v, ensure_ascii=False)}" for k, v in fields.items()]
        entries.append("[[entry]]\n" + "\n".join(lines))
    return 'area = "paddy"\n' + "\n".join(entries)
