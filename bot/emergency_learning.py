"""Making `bot.emergency_classifier` from labelled messages; needs the extra [train]."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from bot.bootstrap import STARTER
from bot.emergency_classifier import ORDINARY, EmergencyClassifier, extract, locate
from bot.emergency_rules import EmergencyError, load_emergencies
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
OFTEN = 5
#: A feature of fewer messages tells nothing: seven in eight have one or two.
USUAL = 3
SEED = 1
#: As many networks are fitted, each from another beginning and to messages retyped anew: a single
#: one's false alarms went up or down by a tenth when a few lessons were added.
NETWORKS = 4
#: Hidden units, and how they are fitted: L2 penalty, examples a step, first step size of Adam, and
#: passes over all lessons. Chosen on messages of writers left out of the lessons, by turns.
UNITS = 8
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


class _Lessons(NamedTuple):
    """What a network is fitted to, one a row.

    Attributes:
        features: As `extract` returns them.
        kinds: What each is.
        sources: The message or question that each is, or is typed anew from.
    """

    features: Sequence[tuple[NDArray[np.uint32], NDArray[np.float32]]]
    kinds: Sequence[str]
    sources: Sequence[int]


def learn(messages: Sequence[Message], questions: Iterable[str]) -> EmergencyClassifier:
    """Fit `NETWORKS` networks with one hidden layer to messages and ordinary questions.

    Args:
        messages: What is learnt, each also as others might have typed it.
        questions: Ordinary ones.

    Raises:
        EmergencyError: They have too little in common to learn anything.
    """
    asked = list(questions)
    known = _find_usual(_hear(messages, asked, SEED))
    if not len(known):
        raise EmergencyError(f"no word or part of one is in {USUAL} of the messages")
    networks = [_fit(_hear(messages, asked, SEED + n), known, SEED + n) for n in range(NETWORKS)]
    return EmergencyClassifier(
        networks[0].classes_.tolist(),
        known,
        np.concatenate([network.coefs_[0] for network in networks], axis=1).astype(np.float16),
        np.stack([network.intercepts_[0] for network in networks]).astype(np.float32),
        np.stack([network.coefs_[1] for network in networks]).astype(np.float32),
        np.stack([network.intercepts_[1] for network in networks]).astype(np.float32),
    )


def _hear(messages: Sequence[Message], questions: Sequence[str], seed: int) -> _Lessons:
    hear = load_emergencies(weights=None).hear
    lessons = [*_retype(messages, seed)]
    lessons += [(n, text, ORDINARY) for n, text in enumerate(questions, len(messages))]
    return _Lessons(
        [extract(hear(text)) for _, text, _ in lessons],
        [kind for _, _, kind in lessons],
        [source for source, _, _ in lessons],
    )


def _retype(messages: Sequence[Message], seed: int) -> Iterator[tuple[int, str, str]]:
    typist = Typist(seed)
    for number, message in enumerate(messages):
        kind = message.kind or ORDINARY
        yield number, message.text, kind
        for _ in range(RETYPED):
            for variant in typist.variants(message.text):
                yield number, variant, kind


def _find_usual(lessons: _Lessons) -> NDArray[np.uint32]:
    """Return the features that `USUAL` messages and questions have, ascending."""
    counts = [len(features) for features, _ in lessons.features]
    features = np.concatenate([features for features, _ in lessons.features]).astype(np.uint64)
    held = np.unique(features << 32 | np.repeat(np.array(lessons.sources, dtype=np.uint64), counts))
    found, sources = np.unique(held >> 32, return_counts=True)
    usual: NDArray[np.uint32] = found[sources >= USUAL].astype(np.uint32)
    return usual


def _fit(lessons: _Lessons, known: NDArray[np.uint32], seed: int) -> "MLPClassifier":
    from sklearn.neural_network import MLPClassifier

    network = MLPClassifier(
        (UNITS,),
        alpha=DECAY,
        batch_size=BATCH,
        learning_rate_init=PACE,
        random_state=np.random.RandomState(seed),  # a number would give each pass the same order
    )
    rows, kinds = _as_matrix(lessons, known), np.array(lessons.kinds)
    for _ in range(EPOCHS):
        network.partial_fit(rows, kinds, classes=np.unique(kinds))
    return network


def _as_matrix(lessons: _Lessons, known: NDArray[np.uint32]) -> "csr_matrix":
    from scipy.sparse import csr_matrix

    found = [locate(features, known) for features, _ in lessons.features]
    values = [
        values[is_known] for (_, values), (_, is_known) in zip(lessons.features, found, strict=True)
    ]
    places = [places for places, _ in found]
    starts = np.cumsum([0, *map(len, places)])
    shape = (len(places), len(known))
    return csr_matrix((np.concatenate(values), np.concatenate(places), starts), shape=shape)


def read_questions() -> list[str]:
    """Return the phrasings, titles and usual words of the knowledge base's ordinary subjects."""
    texts = [
        text
        for draft in read_knowledge(STARTER)
        if not any(part in draft.key for part in NEAR)
        for text in (*draft.phrasings, draft.title)
    ]
    counts = Counter(word for text in texts for word in normalize(text).split())
    return texts + [word for word, count in counts.items() if count >= OFTEN]
