"""Micro-batches: questions that arrive while the model is busy are answered together."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

from bot.errors import GoviError

T = TypeVar("T")
R = TypeVar("R")


class BatcherFullError(GoviError):
    """Too many questions are waiting for the model; this one must be tried again later."""


class Batcher(Generic[T, R]):
    """Calls a function of many items for single callers, off the event loop, in one thread.

    An item that finds the function idle goes at once and alone; those that arrive meanwhile go
    together in the next call. So batches grow with the load and nobody waits for a timer.
    """

    def __init__(
        self,
        function: Callable[[Sequence[T]], Sequence[R]],
        max_batch: int = 32,
        max_waiting: int = 1000,
    ) -> None:
        """Make a batcher; no thread is started before the first item.

        Args:
            function: Returns one result for each item, in order. May block.
            max_batch: Most items in one call.
            max_waiting: Most items that wait; beyond, `submit` refuses.
        """
        self._function = function
        self._max_batch = max_batch
        self._max_waiting = max_waiting
        self._waiting: deque[tuple[T, asyncio.Future[R]]] = deque()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="batcher")
        self._runner: asyncio.Task[None] | None = None

    async def submit(self, item: T) -> R:
        """Return the function's result for one item; its error reaches every item of the batch.

        Raises:
            BatcherFullError: `max_waiting` items wait already.
        """
        if len(self._waiting) >= self._max_waiting:
            raise BatcherFullError(f"{self._max_waiting} questions are waiting for the model")
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._runner is None or self._runner.done():
            self._runner = asyncio.create_task(self._run(), name="batcher")
        return await future

    async def close(self) -> None:
        """Let the running batch finish and give the thread back; waiting items are cancelled."""
        for _, future in self._waiting:
            future.cancel()
        self._waiting.clear()
        if self._runner is not None:
            await self._runner
        self._thread.shutdown()

    async def _run(self) -> None:
        while self._waiting:
            size = min(self._max_batch, len(self._waiting))
            batch = [self._waiting.popleft() for _ in range(size)]
            wanted = [(item, future) for item, future in batch if not future.done()]
            if wanted:
                await self._answer(wanted)

    async def _answer(self, batch: Sequence[tuple[T, "asyncio.Future[R]"]]) -> None:
        items = [item for item, _ in batch]
        try:
            results = await asyncio.get_running_loop().run_in_executor(
                self._thread, self._function, items
            )
        except Exception as error:
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), result in zip(batch, results, strict=True):
            if not future.done():
                future.set_result(result)
