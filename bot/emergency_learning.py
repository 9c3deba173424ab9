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
    from sklearn.neural_network import MLPClassifier

MESSAGES = STARTER / "emergency_messages.jsonl"
#: Parts of the keys of subjects that are asked in the words of an emergency.
NEAR = ("poison", "snake", "self_harm", "emergency_numbers", "skin_eye", "rats.bait", "loan.relief")
#: How often each message is typed again in another way.
RETYPED = 2
#: A word that stands so often in the questions is learnt as a message of its own too.
USUAL = 5
SEED = 1
#: As many networks are fitted, each from another beginning and to messages retyped anew: a single
#: one's false alarms went up or down by a tenth when a few lessons were added.
NETWORKS = 3
#: Hidden units, and how they are fitted: L2 penalty, examples a step, first step size of Adam, and
#: passes over all lessons. Chosen on messages of writers left out of the lessons, by turns.
UNITS = 16
DECAY = 1e-3
BATCH = 256
PACE = 0.003
EPOCHS = 10


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
    """Fit `NETWORKS` networks with one hidden layer to messages and ordinary questions.

    Args:
        messages: What is learnt, each also as others might have typed it.
        questions: Ordinary ones.
    """
    asked = list(questions)
    networks = [_fit(messages, asked, SEED + number) for number in range(NETWORKS)]
    return EmergencyClassifier(
        networks[0].classes_.tolist(),
        np.concatenate([network.coefs_[0] for network in networks], axis=1).astype(np.float16),
        np.stack([network.intercepts_[0] for network in networks]).astype(np.float32),
        np.stack([network.coefs_[1] for network in networks]).astype(np.float32),
        np.stack([network.intercepts_[1] for network in networks]).astype(np.float32),
    )


def _fit(messages: Sequence[Message], questions: Sequence[str], seed: int) -> "MLPClassifier":
    from sklearn.neural_network import MLPClassifier

    lessons = [*_lessons(messages, seed), *((question, ORDINARY) for question in questions)]
    features = _extract_all([text for text, _ in lessons])
    kinds = np.array([kind for _, kind in lessons])
    network = MLPClassifier(
        (UNITS,),
        alpha=DECAY,
        batch_size=BATCH,
        learning_rate_init=PACE,
        random_state=np.random.RandomState(seed),  # a number would give each pass the same order
    )
    for _ in range(EPOCHS):
        network.partial_fit(features, kinds, classes=np.unique(kinds))
    network.coefs_[0][~_is_known(features)] = 0
    return network


def _extract_all(texts: Sequence[str]) -> "csr_matrix":
    from scipy.sparse import csr_matrix

    hear = load_emergencies(weights=None).hear
    rows = [extract(hear(text)) for text in texts]
    starts = np.cumsum([0, *(len(places) for places, _ in rows)])
    places, values = (np.concatenate(parts) for parts in zip(*rows, strict=True))
    return csr_matrix((values, places, starts), shape=(len(rows), BUCKETS))


def _is_known(features: "csr_matrix") -> NDArray[np.bool_]:
    """Return which features count, bool (BUCKETS,): one that a single lesson has tells nothing."""
    return np.asarray((features > 0).sum(axis=0)).ravel() > 1


def _lessons(messages: Sequence[Message], seed: int) -> Iterator[tuple[str, str]]:
    typist = Typist(seed)
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
