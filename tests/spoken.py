"""The programs that read answers out, for tests that need them."""

import pytest

from bot import speech
from bot.speech import Programs

#: Before `tests.conftest` hides them.
PROGRAMS: Programs | None = speech.find_programs()

needs_programs = pytest.mark.skipif(
    PROGRAMS is None, reason=f"nothing speaks here: install {speech.PACKAGES}"
)
