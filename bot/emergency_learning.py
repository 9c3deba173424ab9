"""Making `bot.emergency_classifier` from labelled messages; needs the extra [train]."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from bot.bootstrap import STARTER
from bot.emergency import EmergencyError, load_emergencies
from bot.emergency_classifier import BUCKETS, ORDINARY, EmergencyClassifier, extract
from bot.knowledge_files import read_knowledge
from retrieval.normalize import normalize
from retrieval.training.augment import Typist

MESSAGES = STARTER / "emergency_messages.jsonl"
#: Parts of the keys of subjects that are asked in the words of an emergency.
NEAR = ("poison", "snake", "self_harm", "emergency_numbers", "skin_eye", "rats.bait", "loan.relief")
#: How often each message is typed again in another way.
RETYPED = 2
#: A word that stands so often in the questions is learnt as a message of its own too.
USUAL = 5
SEED = 1
#: Inverse strength of the regularisation.
FREEDOM = 30.0


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
        lines = path.read_text("utf-8").splitlines()
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
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

    lessons = [*_lessons(messages), *((question, ORDINARY) for question in questions)]
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
    model = LogisticRegression(C=FREEDOM, max_iter=1000)
    model.fit(features, [kind for _, kind in lessons])
    return EmergencyClassifier(
        model.classes_.tolist(),
        np.ascontiguousarray(model.coef_.T, dtype=np.float16),
        model.intercept_.astype(np.float32),
    )


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
