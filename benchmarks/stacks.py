"""One serving process, measured from its start: `python -m benchmarks.stacks govi|plain FOLDER`.

Prints one JSON object. Run in a process of its own, so that memory and start are its own.
"""

import time

STARTED = time.perf_counter()

import json  # noqa: E402 - everything after this line counts as start-up
import re  # noqa: E402
import statistics  # noqa: E402
import sys  # noqa: E402
from collections.abc import Callable, Sequence  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Literal  # noqa: E402

BATCH = 32
Answer = Callable[[Sequence[str]], Sequence[str]]
#: What a stack goes on with once it can answer.
Meanwhile = Callable[[], None]
#: httpx imports these where they are, for a command line of its own. Of Govi's requirements only
#: those of development bring them: no process that serves has them. Those of the plain stack do.
DEVELOPMENT_ONLY = ("pygments", "rich")


def open_govi(folder: Path) -> tuple[Answer, Meanwhile]:
    """Everything that `govi run` holds in memory, the Telegram application included."""
    import os

    for name in DEVELOPMENT_ONLY:
        sys.modules[name] = None  # type: ignore[assignment] # not to be found, says the language
    os.environ.update(DATA_DIR=str(folder / "govi"), BOT_TOKEN=f"1234567:{'x' * 35}")
    from bot.starting import multiply_alone, nothing_to_collect

    multiply_alone()
    with nothing_to_collect():  # as `govi` imports its commands
        from bot.bootstrap import open_services
        from bot.intake.serving import create_application
        from bot.settings import load_settings

    services = open_services(load_settings())
    application = create_application(services)

    def answer(questions: Sequence[str]) -> list[str]:
        results = application.bot_data["desk"].services.index.search(questions)
        return [result.matches[0].key if result.matches else "" for result in results]

    return answer, services.recognition.prepare


def open_plain(folder: Path) -> tuple[Answer, Meanwhile]:
    """What everyone writes first: SentenceTransformer in float32, all pieces, brute force.

    The vectors of the phrasings are read from a file, so that only the model is loaded.
    """
    import numpy as np
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(folder / "plain"))
    vectors = np.load(folder / "plain.npy")
    keys = json.loads((folder / "plain.json").read_text("utf-8"))

    def answer(questions: Sequence[str]) -> list[str]:
        found = model.encode(list(questions), batch_size=BATCH, normalize_embeddings=True)
        return [keys[row] for row in (found @ vectors.T).argmax(axis=1)]

    return answer, lambda: None


def memory_mb(field: Literal["VmHWM", "VmRSS"]) -> float:
    """Return this process's resident memory: VmHWM is its peak, VmRSS what it is now.

    Not `getrusage`: its figure begins with what the parent held when it forked.
    """
    status = Path("/proc/self/status").read_text("ascii")
    found = re.search(rf"^{field}:\s+([0-9]+) kB", status, re.MULTILINE)
    return int(found[1]) / 1024 if found else float("nan")


def measure(answer: Answer, meanwhile: Meanwhile, questions: Sequence[str]) -> dict[str, float]:
    """Time single questions and batches, after the first answer."""
    answer(questions[:1])
    first = time.perf_counter() - STARTED
    meanwhile()
    singles = []
    for question in questions:
        begun = time.perf_counter()
        answer([question])
        singles.append(time.perf_counter() - begun)
    begun = time.perf_counter()
    for start in range(0, len(questions), BATCH):
        answer(questions[start : start + BATCH])
    batched = len(questions) / (time.perf_counter() - begun)
    return {
        "start_seconds": first,
        "p50_ms": statistics.median(singles) * 1000,
        "p95_ms": statistics.quantiles(singles, n=20)[18] * 1000,
        "batched_per_second": batched,
        "peak_mb": memory_mb("VmHWM"),
    }


def main() -> None:
    """Measure the stack that is named."""
    stack, folder = sys.argv[1], Path(sys.argv[2])
    questions = json.loads((folder / "questions.json").read_text("utf-8"))
    answer, meanwhile = {"govi": open_govi, "plain": open_plain}[stack](folder)
    print(json.dumps(measure(answer, meanwhile, questions)))


if __name__ == "__main__":
    main()
