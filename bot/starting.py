"""What a start is spared; imported before anything else is."""

import gc
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


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


def prepare_streams() -> None:
    """Make standard streams that take whatever is said.

    One that is closed, as under some supervisors, becomes the null device: Python has None there,
    and a file of ours would get its number. What an output cannot hold is written as an escape.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
