"""What a start is spared; imported before anything else is."""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def nothing_to_collect() -> Iterator[None]:
    """Make things that stay: modules, the index, the model.

    Python would look through all of them again and again while they grow, a tenth of the time
    that a start takes. Here it does not, and never later either.
    """
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()


def multiply_alone() -> None:
    """Keep numpy from making threads for large matrices when it is imported: a third of that time.

    Govi's own are small, and the model and the index have threads of their own. What the operator
    has set stays.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
