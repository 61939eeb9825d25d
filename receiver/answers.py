"""Read, decode, run and render many images: a few threads, each with a chunk of them; results in their order."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np

from receiver.errors import InputError
from receiver.inputs import Item
from receiver.standalone.predict import Model, UnreadableImage, decode

# What one thread takes at a time, and the decoded pixels that it holds before it runs them.
CHUNK = 32
MAX_HELD_BYTES = 2**26
# Where a run takes longer than this, the model's own work outweighs all that a batch saves, and the memory that a batch
# needs makes it slower.
SECONDS_OF_A_SLOW_RUN = 0.004
TRIALS = 3
TRIAL_SIDE = 200

Rendered = TypeVar("Rendered")


class Seen(NamedTuple):
    """One image and what the model answered; `number` counts all inputs from 0."""

    number: int
    name: str
    pixels: np.ndarray
    answer: dict[str, Any]


@dataclass(frozen=True)
class Result(Generic[Rendered]):
    """One input: what was rendered of it, or why it could not be read."""

    name: str
    rendered: Rendered | None
    reason: str | None = None


def choose_batch_size(model: Model) -> int:
    """Return 1 for a model that is slow by itself, and otherwise as many as a thread takes at a time."""
    image = np.zeros((TRIAL_SIDE, TRIAL_SIDE, model.spec["channels"]), np.uint8)
    seconds = []
    for _ in range(TRIALS):
        started = time.perf_counter()
        model.run([image])
        seconds.append(time.perf_counter() - started)
    return 1 if min(seconds) > SECONDS_OF_A_SLOW_RUN else CHUNK


def answers(
    model: Model,
    items: Sequence[Item],
    render: Callable[[Seen], Rendered],
    *,
    batch_size: int,
    threads: int,
    max_pixels: int,
) -> Iterator[Result[Rendered]]:
    """Yield a result for each item, in their order; `render` runs in the threads, and what it returns is kept."""
    # Chunks, as one thread that decodes and then runs never waits for another one.
    size = max(1, min(max(batch_size, CHUNK), -(-len(items) // threads)))
    chunks = ([*enumerate(items[start : start + size], start)] for start in range(0, len(items), size))
    work = partial(_answer_chunk, model, render, max_pixels, batch_size)
    if threads == 1:
        # Without a second thread nothing is handed over, and memory is used again at once.
        yield from chain.from_iterable(map(work, chunks))
        return
    waiting: deque[Future[list[Result[Rendered]]]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for chunk in chunks:
                waiting.append(pool.submit(work, chunk))
                if len(waiting) > 2 * threads:
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _answer_chunk(
    model: Model,
    render: Callable[[Seen], Rendered],
    max_pixels: int,
    batch_size: int,
    chunk: Sequence[tuple[int, Item]],
) -> list[Result[Rendered]]:
    results: dict[int, Result[Rendered]] = {}
    held: list[tuple[int, Item, np.ndarray]] = []
    for number, item in chunk:
        try:
            held.append((number, item, decode(item.read(), model.spec, max_pixels=max_pixels)))
        except (InputError, UnreadableImage) as error:
            results[number] = Result(item.name, None, str(error))
        if sum(pixels.nbytes for _, _, pixels in held) >= MAX_HELD_BYTES:
            results |= _run(model, render, batch_size, held)
            held = []
    results |= _run(model, render, batch_size, held)
    return [results[number] for number, _ in chunk]


def _run(
    model: Model, render: Callable[[Seen], Rendered], batch_size: int, held: Sequence[tuple[int, Item, np.ndarray]]
) -> dict[int, Result[Rendered]]:
    found = model.predict([pixels for _, _, pixels in held], batch_size=batch_size)
    return {
        number: Result(item.name, render(Seen(number, item.name, pixels, answer)))
        for (number, item, pixels), answer in zip(held, found, strict=True)
    }
