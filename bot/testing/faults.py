"""What goes wrong between a bot and Telegram, on order."""

from typing import NamedTuple


class Fault(NamedTuple):
    """One way for a call to fail.

    Attributes:
        status: Answer with this status; 0 answers as usual, after what else is said here.
        retry_after: With 429: how long to wait.
        slow_seconds: Wait this long first.
        held_seconds: Wait this long between carrying the call out and answering.
        is_dropped: Close the connection instead of answering.
        has_effect: Carry the call out before dropping the connection: the answer alone is lost.
    """

    status: int = 0
    retry_after: int = 0
    slow_seconds: float = 0.0
    held_seconds: float = 0.0
    is_dropped: bool = False
    has_effect: bool = False


def too_many_requests(retry_after: int = 1) -> Fault:
    """Return 429, to be tried again after some seconds."""
    return Fault(status=429, retry_after=retry_after)


def server_error(status: int = 502) -> Fault:
    """Return an error of Telegram's own."""
    return Fault(status=status)


def dropped_connection() -> Fault:
    """Close the connection; nothing was done."""
    return Fault(is_dropped=True)


def lost_answer() -> Fault:
    """Do what was asked and close the connection without saying so."""
    return Fault(is_dropped=True, has_effect=True)


def slow_answer(seconds: float) -> Fault:
    """Answer rightly, but late."""
    return Fault(slow_seconds=seconds)


#: What "*" leaves out: how updates reach the bot.
_NEVER_ANY = ("getUpdates", "webhook")


class Faults:
    """Faults that wait for calls, first ordered first served."""

    def __init__(self) -> None:
        self._waiting: list[tuple[str, Fault]] = []

    def order(self, method: str, fault: Fault, times: int = 1) -> None:
        """Let the next `times` calls of a method fail; "*" means any method but getUpdates."""
        self._waiting += [(method, fault)] * times

    def take(self, method: str) -> Fault:
        """Return the fault for a call that has come in, or one that does nothing."""
        for place, (wanted, fault) in enumerate(self._waiting):
            if wanted == method or (wanted == "*" and method not in _NEVER_ANY):
                del self._waiting[place]
                return fault
        return Fault()

    @property
    def count(self) -> int:
        """How many ordered faults no call has met yet."""
        return len(self._waiting)

    def clear(self) -> None:
        """Let everything work again."""
        self._waiting.clear()
