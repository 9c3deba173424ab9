"""Questions that meet at the model."""

import asyncio
import threading
from collections.abc import Sequence

import pytest

from bot.batching import Batcher, BatcherFullError


class Model:
    """Doubles numbers, one call at a time, when it is let."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.may_answer = threading.Event()

    def double(self, items: Sequence[int]) -> list[int]:
        """Return twice each number; a negative one is an error."""
        self.batches.append(list(items))
        self.may_answer.wait(60)
        if min(items) < 0:
            raise ValueError("negative")
        return [2 * item for item in items]


async def gather(batcher: Batcher[int, int], items: Sequence[int]) -> list[int | BaseException]:
    """Submit all at once."""
    waiting = (batcher.submit(item) for item in items)
    return await asyncio.gather(*waiting, return_exceptions=True)


async def test_what_arrives_while_the_model_is_busy_goes_together() -> None:
    """The first goes alone, the rest in one batch, and each gets its own result."""
    model = Model()
    batcher = Batcher(model.double)
    first = asyncio.create_task(batcher.submit(1))
    while not model.batches:  # noqa: ASYNC110 - a thread fills the list
        await asyncio.sleep(0.001)

    rest = asyncio.create_task(gather(batcher, [2, 3, 4]))
    await asyncio.sleep(0.01)
    model.may_answer.set()

    assert [await first, *await rest] == [2, 4, 6, 8]
    assert model.batches == [[1], [2, 3, 4]]
    await batcher.close()


async def test_no_batch_is_larger_than_the_limit() -> None:
    """What does not fit goes in the next."""
    model = Model()
    model.may_answer.set()
    batcher = Batcher(model.double, max_batch=2)

    assert await gather(batcher, [1, 2, 3, 4, 5]) == [2, 4, 6, 8, 10]

    assert max(map(len, model.batches)) <= 2
    await batcher.close()


async def test_an_error_reaches_every_waiter_of_its_batch() -> None:
    """And the next batch is answered as ever."""
    model = Model()
    model.may_answer.set()
    batcher = Batcher(model.double)

    results = await gather(batcher, [-1, 2])

    assert [str(result) for result in results] == ["negative", "negative"]
    assert await batcher.submit(4) == 8
    await batcher.close()


async def test_a_full_queue_refuses() -> None:
    """A thousand waiting questions are answered no sooner for a thousand and one."""
    model = Model()
    batcher = Batcher(model.double, max_waiting=0)

    with pytest.raises(BatcherFullError):
        await batcher.submit(1)

    await batcher.close()


async def test_who_gives_up_does_not_disturb_the_others() -> None:
    """A cancelled waiter is left out."""
    model = Model()
    batcher = Batcher(model.double)
    impatient, patient = (asyncio.create_task(batcher.submit(n)) for n in (1, 2))
    await asyncio.sleep(0)

    impatient.cancel()
    model.may_answer.set()

    assert await patient == 4
    await batcher.close()
