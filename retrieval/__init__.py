"""Finding the stored entry that answers a question: normalise, embed, search, decide.

Knows nothing of Telegram or of a database: texts in, keys and scores out.
"""

from retrieval.decision import Decision, Match
from retrieval.errors import RetrievalError
from retrieval.normalize import detect_script, normalize
from retrieval.retriever import Retriever, SearchResult
from retrieval.segment import IndexedEntry

__all__ = [
    "Decision",
    "IndexedEntry",
    "Match",
    "RetrievalError",
    "Retriever",
    "SearchResult",
    "detect_script",
    "normalize",
]
