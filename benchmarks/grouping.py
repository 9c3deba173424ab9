"""How well like questions find one another in the queue: `python -m benchmarks.grouping`.

Questions about one subject come in four ways of writing. They join as they would in the queue, in
turn: while the knowledge base lacks the entry that each is about, its matches left out; and while
it is there, as it is for questions that come by a thumb down. Farmers also ask about no entry at
all, near the subject or far from it.
"""

import argparse
import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.quality import MODEL, open_retriever
from benchmarks.results import table, write_section
from bot.bootstrap import STARTER
from bot.services.grouping import find_most_alike
from retrieval.evaluation import EvalCase, read_cases
from retrieval.likeness import ALIKE, Traits
from retrieval.retriever import Retriever

NOTE = (
    "The threshold was chosen on the dev split. Eight queues of 480 questions each: 100 "
    "subjects asked in four ways, 60 questions near the subject and 20 far from it, each of "
    "these a subject of its own. Each joins the group whose first question is most like it. "
    "Pairs right: of two questions in one group, how often they are about one entry. Pairs "
    "found: of two about one entry, how often they are in one group. Strays: questions in a "
    "group that is mostly about something else."
)
THRESHOLDS = (0.5, 0.55, ALIKE, 0.65, 0.7)
QUEUES = 8
SUBJECTS, NEAR, FAR = 100, 60, 20


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and what it is about; a question about no entry is a subject of its own."""

    subject: str
    group: str
    traits: Traits


@dataclass
class Counts:
    """Pairs of questions, and questions.

    Attributes:
        right: Pairs in one group that ask the same.
        wrong: Pairs in one group that do not.
        possible: Pairs that ask the same.
        strays: Questions in a group that is mostly about something else.
        groups: Groups in all.
        questions: Questions in all.
    """

    right: int = 0
    wrong: int = 0
    possible: int = 0
    strays: int = 0
    groups: int = 0
    questions: int = 0


def read_asked(retriever: Retriever, cases: Sequence[EvalCase], is_known: bool) -> list[Asked]:
    """Search every question; unless entries are known, without the one that it is about."""
    asked = []
    results = retriever.search([case.question for case in cases])
    for number, (case, result) in enumerate(zip(cases, results, strict=True)):
        matches = [each for each in result.matches if is_known or each.key != case.key]
        traits = Traits.of(case.question, matches, result.vector, result.model_id)
        asked.append(Asked(case.key or f"alone {number}", case.group, traits))
    return asked


def draw_queue(asked: Sequence[Asked], seed: int) -> list[Asked]:
    """Draw subjects with all their questions, and questions about nothing known; in any order."""
    draw = random.Random(seed)  # noqa: S311
    subjects = sorted({each.subject for each in asked if each.group not in ("near", "far")})
    chosen = set(draw.sample(subjects, SUBJECTS))
    queue = [each for each in asked if each.subject in chosen]
    for group, count in (("near", NEAR), ("far", FAR)):
        queue += draw.sample([each for each in asked if each.group == group], count)
    draw.shuffle(queue)
    return queue


def join(queue: Sequence[Asked], threshold: float) -> list[list[Asked]]:
    """Let each question join the group that is most like it, or open one."""
    groups: list[list[Asked]] = []
    for each in queue:
        heads = [(group, group[0].traits) for group in groups]
        group = find_most_alike(each.traits, heads, threshold)
        if group is None:
            groups.append([each])
        else:
            group.append(each)
    return groups


def count_pairs(queues: Sequence[Sequence[Asked]], threshold: float) -> Counts:
    """Add up several queues."""
    counts = Counts()
    for queue in queues:
        groups = join(queue, threshold)
        counts.groups += len(groups)
        counts.questions += len(queue)
        counts.possible += sum(map(_pairs, Counter(each.subject for each in queue).values()))
        for group in groups:
            subjects = Counter(each.subject for each in group)
            right = sum(map(_pairs, subjects.values()))
            counts.right += right
            counts.wrong += _pairs(len(group)) - right
            counts.strays += len(group) - max(subjects.values())
    return counts


def _pairs(number: int) -> int:
    return number * (number - 1) // 2


def row(queues: Sequence[Sequence[Asked]], threshold: float) -> list[object]:
    """Measure one threshold."""
    counts = count_pairs(queues, threshold)
    joined = counts.right + counts.wrong
    return [
        f"{threshold}{' (in force)' if threshold == ALIKE else ''}",
        f"{counts.right / joined if joined else 1:.1%}",
        f"{counts.right / counts.possible:.1%}",
        f"{counts.strays / counts.questions:.1%}",
        f"{counts.questions / counts.groups:.2f}",
    ]


def largest_without_subject(asked: Sequence[Asked]) -> str:
    """Say how large a group questions about no entry make, all of them in one queue."""
    sizes: dict[str, int] = defaultdict(int)
    for kind in ("near", "far"):
        alone = [each for each in asked if each.group == kind]
        groups = join(alone, ALIKE)
        sizes[kind] = max(map(len, groups))
        sizes[f"{kind} groups"] = len(groups)
        sizes[f"{kind} all"] = len(alone)
    return (
        f"All {sizes['near all']} questions near the subject form {sizes['near groups']} groups, "
        f"the largest of {sizes['near']}; the {sizes['far all']} far from it "
        f"{sizes['far groups']}, the largest of {sizes['far']}."
    )


def measure(retriever: Retriever, split: str, thresholds: Sequence[float]) -> list[str]:
    """Return a table each for entries that are missing and that are there, and a closing line."""
    cases = read_cases(STARTER / "eval" / f"{split}.jsonl")
    parts = []
    for title, is_known in (("entry missing", False), ("entry there", True)):
        asked = read_asked(retriever, cases, is_known)
        queues = [draw_queue(asked, seed) for seed in range(QUEUES)]
        heads = [f"{split}, {title}", "pairs right", "pairs found", "strays", "questions a group"]
        parts.append(table(heads, [row(queues, threshold) for threshold in thresholds]))
    return [*parts, largest_without_subject(asked)]


def main() -> None:
    """Measure thresholds on the dev split, and the one in force on the test split."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true", help="write benchmarks/RESULTS.md")
    write = parser.parse_args().write
    retriever = open_retriever(MODEL)
    parts = [*measure(retriever, "dev", THRESHOLDS), *measure(retriever, "test", (ALIKE,))]
    text = "\n\n".join([*parts, NOTE])
    if write:
        write_section("Grouping", "python -m benchmarks.grouping --write", text)
    else:
        print(text)


if __name__ == "__main__":
    main()
