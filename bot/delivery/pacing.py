"""When a message may be sent: Telegram's limits, and the pauses that it asks for.

Telegram says 429 with a number of seconds, not whom it means. So the first 429 holds the chat that
met it and slows everything else; when a second chat meets one while the first is held, Telegram
means the bot, and everything waits.
"""

import time
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence

#: Most messages to all chats together, a second; and while any chat is held.
OVERALL, OVERALL_SLOWED = 30, 10
OVERALL_SECONDS = 1.0
#: One message to a chat in so many seconds.
CHAT_SECONDS = 1.0
#: Most messages to a group, and in how long.
GROUP, GROUP_SECONDS = 20, 60.0


class Window:
    """At most so many in any span of so many seconds; a token bucket would let twice as many by."""

    def __init__(self, count: int, seconds: float) -> None:
        self._count = count
        self._seconds = seconds
        self._times: deque[float] = deque(maxlen=count)

    def delay(self, now: float, count: int | None = None) -> float:
        """Return the seconds until one more is allowed, for a lower limit `count` if given."""
        count = count or self._count
        if len(self._times) < count:
            return 0.0
        return max(0.0, self._times[-count] + self._seconds - now)

    def room(self, now: float, count: int | None = None) -> int:
        """Return how many are allowed at once now."""
        recent = sum(moment + self._seconds > now for moment in self._times)
        return max(0, (count or self._count) - recent)

    def note(self, now: float) -> None:
        """Count one."""
        self._times.append(now)

    def is_idle(self, now: float) -> bool:
        """Whether nothing that was counted matters any more."""
        return not self._times or self._times[-1] + self._seconds <= now


class Pacer:
    """Knows what was sent when; sends nothing and waits for nothing itself."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Start with nothing sent.

        Args:
            clock: Seconds that only ever grow.
        """
        self._clock = clock
        self._overall = Window(OVERALL, OVERALL_SECONDS)
        #: Least recently written to first.
        self._chats: OrderedDict[int, Sequence[Window]] = OrderedDict()
        self._held: dict[int, float] = {}
        self._all_held_until = 0.0

    def delay(self, chat_id: int) -> float:
        """Return the seconds until a message to this chat is allowed; 0 when it is now."""
        now = self._clock()
        chat = [window.delay(now) for window in self._chats.get(chat_id, ())]
        return max(self.room_delay(), self._held.get(chat_id, now) - now, *chat)

    def room(self) -> int:
        """Return how many messages to different chats are allowed now."""
        now = self._clock()
        return 0 if self._all_held_until > now else self._overall.room(now, self._limit(now))

    def room_delay(self) -> float:
        """Return the seconds until `room` is at least 1."""
        now = self._clock()
        return max(self._all_held_until - now, self._overall.delay(now, self._limit(now)))

    def note(self, chat_id: int) -> None:
        """Count a message to a chat."""
        now = self._clock()
        self._overall.note(now)
        if chat_id not in self._chats:
            group = [Window(GROUP, GROUP_SECONDS)] if chat_id < 0 else []
            self._chats[chat_id] = [Window(1, CHAT_SECONDS), *group]
        for window in self._chats[chat_id]:
            window.note(now)
        self._chats.move_to_end(chat_id)
        self._forget_idle(now)

    def hold(self, chat_id: int, seconds: float) -> None:
        """Take over a pause that Telegram asked for when this chat was written to."""
        now = self._clock()
        self._held = {chat: until for chat, until in self._held.items() if until > now}
        if self._held.keys() - {chat_id}:
            self._all_held_until = max(self._all_held_until, now + seconds)
        self._held[chat_id] = max(self._held.get(chat_id, 0.0), now + seconds)

    def _limit(self, now: float) -> int:
        is_slowed = any(until > now for until in self._held.values())
        return OVERALL_SLOWED if is_slowed else OVERALL

    def _forget_idle(self, now: float) -> None:
        while self._chats:
            chat_id, windows = next(iter(self._chats.items()))
            if not all(window.is_idle(now) for window in windows):
                return
            del self._chats[chat_id]
