"""SIGTERM while Govi still makes itself ready to serve."""

import subprocess
import sys

import pytest

#: Govi that is asked to stop in the midst of opening its parts.
STOPPED = """
import os, signal
import bot.cli.opening

def open_services(*_, **__):
    os.kill(os.getpid(), signal.SIGTERM)
    raise SystemExit("went on")

bot.cli.opening.open_services = open_services
from bot.cli import main
main()
"""


@pytest.mark.parametrize("command", ["run", "console"])
def test_govi_stops_well_when_it_is_asked_to_during_its_start(command: str) -> None:
    """By itself: to the first process of a container the system does nothing."""
    done = subprocess.run(
        [sys.executable, "-c", STOPPED, command], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
