import asyncio
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from receiver.serving.batching import Batcher, QueueFull
from receiver.serving.budget import Budget
from receiver.serving.metrics import Metrics
from receiver.standalone import predict
from tests.receiver.drawn import noise


def batcher(bundle: Path, task: str = "classification", **options: Any) -> tuple[Batcher, list[int]]:
    model, sizes = predict.load(bundle, task), []
    real = model.run

    def counted(images: list[np.ndarray], batch_size: int) -> Any:
        sizes.append(len(images))
        return real(images, batch_size)

    model.run = counted  # type: ignore[method-assign]
    return Batcher(model, Metrics(), **{"max_batch": 4, "max_wait": 5.0, "max_waiting": 100, **options}), sizes


async def with_worker(made: Batcher, work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    made.start()
    try:
        return await work()
    finally:
        await made.stop()


async def ask(made: Batcher, number: int) -> bool:
    """Ask for one image, and compare with the answer for it alone."""
    image = noise(5 + number % 2, 6, seed=number)
    with made.announced():
        await asyncio.sleep(0.01)
    found = await made.run(image)
    return np.allclose(found[0], made.model.run([image], 1)[0][0], atol=1e-6)


def test_images_that_come_together_share_a_run(bundle: Path) -> None:
    made, sizes = batcher(bundle)

    async def work() -> list[bool]:
        return await asyncio.gather(*(ask(made, number) for number in range(10)))

    started = time.monotonic()
    assert asyncio.run(with_worker(made, work)) == [True] * 10
    # The last two wait for nobody, as nobody is on the way.
    assert time.monotonic() - started < 4
    assert [size for size in sizes if size > 1] == [4, 4, 2]


def test_an_image_alone_does_not_wait(bundle: Path) -> None:
    made, _ = batcher(bundle)
    started = time.monotonic()
    assert asyncio.run(with_worker(made, lambda: ask(made, 0)))
    assert time.monotonic() - started < 4


def test_an_image_waits_for_those_on_their_way_but_not_for_long(bundle: Path) -> None:
    made, _ = batcher(bundle, max_wait=0.2)

    async def work() -> float:
        with made.announced():
            started = time.monotonic()
            await made.run(noise())
            return time.monotonic() - started

    assert 0.19 < asyncio.run(with_worker(made, work)) < 3


def test_a_model_that_takes_one_image_at_a_time_waits_for_no_other(bundle: Path) -> None:
    made, sizes = batcher(bundle, "detection")
    assert made.max_batch == 1

    async def work() -> None:
        with made.announced():
            await made.run(noise())

    started = time.monotonic()
    asyncio.run(with_worker(made, work))
    assert (sizes, time.monotonic() - started < 4) == ([1], True)


def test_more_images_than_may_wait_are_refused(bundle: Path) -> None:
    made, _ = batcher(bundle, max_waiting=2)

    async def work() -> None:
        waiting = [asyncio.create_task(made.run(noise())) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(QueueFull):
            await made.run(noise())
        made.start()
        assert len(await asyncio.gather(*waiting)) == 2
        await made.stop()

    asyncio.run(work())
    assert not made.is_working


def test_who_gave_up_is_not_worked_for(bundle: Path) -> None:
    made, sizes = batcher(bundle)

    async def work() -> None:
        given_up = asyncio.create_task(made.run(noise()))
        await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.gather(given_up, return_exceptions=True)
        made.start()
        await made.run(noise())
        await made.stop()

    asyncio.run(work())
    assert sizes == [1]


def test_a_budget_is_never_overdrawn_and_everyone_gets_their_turn() -> None:
    held: list[int] = []
    most: list[int] = []

    async def hold(budget: Budget, units: int) -> None:
        async with budget.held(units):
            held.append(units)
            most.append(sum(held))
            await asyncio.sleep(0.001)
            held.remove(units)

    async def work() -> None:
        budget = Budget(10)
        await asyncio.gather(*(hold(budget, units) for units in (3, 9, 1, 10, 4, 2, 7, 5) * 4))

    asyncio.run(work())
    assert len(most) == 32
    assert max(most) <= 10


def test_more_than_the_budget_is_all_of_it() -> None:
    async def work() -> None:
        async with Budget(10).held(1000):
            pass

    asyncio.run(asyncio.wait_for(work(), 5))
