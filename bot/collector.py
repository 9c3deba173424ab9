"""The garbage collector while Govi starts."""

import gc
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
