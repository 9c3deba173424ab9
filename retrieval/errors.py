"""The errors of this library.

RetrievalError
├── ModelError
│   ├── ModelMissingError
│   └── ModelMismatchError
└── SnapshotError
"""


class RetrievalError(Exception):
    """Retrieval cannot do what was asked."""


class ModelError(RetrievalError):
    """The model directory cannot be used."""


class ModelMissingError(ModelError):
    """A file of the model directory is missing."""


class ModelMismatchError(ModelError):
    """A file of the model directory is not the one that the manifest describes."""


class SnapshotError(RetrievalError):
    """A saved index cannot be used; rebuild it from the database."""
