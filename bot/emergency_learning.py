"""Making `bot.emergency_classifier` from labelled messages; needs the extra [train]."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from bot.bootstrap import STARTER
from bot.emergency import EmergencyError, load_emergencies
from bot.emergency_classifier import BUCKETS, ORDINARY, EmergencyClassifier, extract
from bot.knowledge_files import read_knowledge
from retrieval.normalize import normalize
from retrieval.training.augment import Typist

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

MESSAGES = STARTER / "emergency_messages.jsonl"
#: Parts of the keys of subjects that are asked in the words of an emergency.
NEAR = ("poison", "snake", "self_harm", "emergency_numbers", "skin_eye", "rats.bait", "loan.relief")
#: How often each message is typed again in another way.
RETYPED = 2
#: A word that stands so often in the questions is learnt as a message of its own too.
USUAL = 5
SEED = 1
#: Inverse strength of the regularisation.
FREEDOM = 10.0
#: How much a feature counts that calls and ordinary messages have alike; one that tells them apart
#: counts for as much more as its log-odds are above the mean.
UNTELLING = 0.5


class Message(BaseModel):
    """A line of the file: a message, and what it calls for help about, if it does."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str
    kind: str | None
    group: str


def read_messages(path: Path = MESSAGES) -> list[Message]:
    """Read labelled messages, one JSON object a line.

    Raises:
        EmergencyError: The file is missing, or a line is no such object; names the line.
    """
    try:
        lines = path.read_text("utf-8").removesuffix("\n").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise EmergencyError(f"{path} cannot be read: {error}") from error
    messages = []
    for number, line in enumerate(lines, 1):
        try:
            messages.append(Message.model_validate_json(line))
        except ValidationError as error:
            raise EmergencyError(f"{path}, line {number}: {error}") from error
    return messages


def learn(messages: Sequence[Message], questions: Iterable[str]) -> EmergencyClassifier:
    """Fit a multinomial logistic regression to messages and ordinary questions.

    Args:
        messages: What is learnt, each also as others might have typed it.
        questions: Ordinary ones.
    """
    from scipy.sparse import csr_matrix, diags
    from sklearn.linear_model import LogisticRegression

    lessons = [*_lessons(messages), *((question, ORDINARY) for question in questions)]
    kinds = np.array([kind for _, kind in lessons])
    hear = load_emergencies(weights=None).hear
    rows = [extract(hear(text)) for text, _ in lessons]
    starts = np.cumsum([0, *(len(places) for places, _ in rows)])
    features = csr_matrix(
        (
            np.concatenate([values for _, values in rows]),
            np.concatenate([places for places, _ in rows]),
            starts,
        ),
        shape=(len(rows), BUCKETS),
    )
    shares = _telling(features, kinds != ORDINARY)
    model = LogisticRegression(C=FREEDOM, max_iter=1000)
    model.fit(features @ diags(shares), kinds)
    return EmergencyClassifier(
        model.classes_.tolist(),
        np.ascontiguousarray((model.coef_ * shares).T, dtype=np.float16),
        model.intercept_.astype(np.float32),
    )


def _telling(features: "csr_matrix", is_call: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return how much each feature shall count, float32 (BUCKETS,): by what it tells by itself.

    Naive Bayes log-odds as in Wang and Manning 2012, "Baselines and bigrams"; a feature that only
    one lesson has counts for nothing.
    """
    seen = (features > 0).astype(np.float32)
    calls, ordinary = (
        np.asarray(seen[rows].sum(axis=0), dtype=np.float32).ravel() for rows in (is_call, ~is_call)
    )
    odds = np.log((calls + 1) / (calls + 1).sum()) - np.log((ordinary + 1) / (ordinary + 1).sum())
    known = calls + ordinary
    shares = UNTELLING + np.abs(odds) / np.abs(odds[known > 0]).mean()
    return np.where(known > 1, shares, 0).astype(np.float32)


def _lessons(messages: Sequence[Message]) -> Iterator[tuple[str, str]]:
    typist = Typist(SEED)
    for message in messages:
        kind = message.kind or ORDINARY
        yield message.text, kind
        for _ in range(RETYPED):
            for variant in typist.variants(message.text):
                yield variant, kind


def read_questions() -> list[str]:
    """Return the phrasings, titles and usual words of the knowledge base's ordinary subjects."""
    texts = [
        text
        for draft in read_knowledge(STARTER)
        if not any(part in draft.key for part in NEAR)
        for text in (*draft.phrasings, draft.title)
    ]
    counts = Counter(word for text in texts for word in normalize(text).split())
    return texts + [word for word, count in counts.items() if count >= USUAL]
