"""Let images that come at the same time share a run of the model."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

from receiver.serving import logs
from receiver.serving.metrics import Metrics
from receiver.standalone.predict import Model

Found = tuple[np.ndarray, ...]


class QueueFull(Exception):
    """More images wait than may."""


class _Waiting(NamedTuple):
    pixels: np.ndarray
    found: asyncio.Future[Found]


class Batcher:
    """A bounded queue before one model, which runs in a thread of its own. To be used in one event loop."""

    def __init__(self, model: Model, metrics: Metrics, *, max_batch: int, max_wait: float, max_waiting: int) -> None:
        self.model = model
        # A model that takes one image at a time gains nothing from others.
        self.max_batch = max_batch if model.takes_batches else 1
        self._max_wait = max_wait
        self._metrics = metrics
        self._queue: asyncio.Queue[_Waiting] = asyncio.Queue(max_waiting)
        self._coming = 0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"run-{model.task}")
        self._worker: asyncio.Task[None] | None = None
        metrics.watch_waiting(model.task, self._queue.qsize)

    def start(self) -> None:
        """Begin to work, in the running event loop."""
        self._worker = asyncio.create_task(self._work_and_tell())

    async def stop(self) -> None:
        """End the work; nobody may be waiting any more."""
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.gather(self._worker, return_exceptions=True)
        self._thread.shutdown()

    @property
    def is_working(self) -> bool:
        """False before `start`, after `stop`, and if the work has ended by a mistake of ours."""
        return self._worker is not None and not self._worker.done()

    @contextmanager
    def announced(self) -> Iterator[None]:
        """Tell that an image is on its way, until `run` is called with it: only then do others wait for it."""
        self._coming += 1
        try:
            yield
        finally:
            self._coming -= 1

    async def run(self, pixels: np.ndarray) -> Found:
        """Return what the model finds in one image.

        Raises:
            QueueFull: too many others wait already.
        """
        waiting = _Waiting(pixels, asyncio.get_running_loop().create_future())
        try:
            self._queue.put_nowait(waiting)
        except asyncio.QueueFull as error:
            raise QueueFull from error
        return await waiting.found

    async def _work_and_tell(self) -> None:
        try:
            await self._work()
        except Exception:
            logs.say_error("a worker has stopped", task=self.model.task)
            raise

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            batch = await self._collect()
            # Whoever asked may have given up.
            wanted = [waiting for waiting in batch if not waiting.found.done()]
            if not wanted:
                continue
            results = await loop.run_in_executor(self._thread, self._run, [waiting.pixels for waiting in wanted])
            for waiting, result in zip(wanted, results, strict=True):
                if waiting.found.done():
                    continue
                if isinstance(result, Exception):
                    waiting.found.set_exception(result)
                else:
                    waiting.found.set_result(result)

    async def _collect(self) -> list[_Waiting]:
        batch = [await self._queue.get()]
        deadline = time.monotonic() + self._max_wait
        while len(batch) < self.max_batch:
            if not self._queue.empty():
                batch.append(self._queue.get_nowait())
                continue
            left = deadline - time.monotonic()
            if left <= 0 or self._coming == 0:
                break
            try:
                async with asyncio.timeout(left):
                    batch.append(await self._queue.get())
            except TimeoutError:
                break
        return batch

    def _run(self, images: Sequence[np.ndarray]) -> Sequence[Found | Exception]:
        started = time.perf_counter()
        try:
            return self.model.run(images, self.max_batch)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told to those who asked, and to no others
            return [error] if len(images) == 1 else [result for image in images for result in self._run([image])]
        finally:
            self._metrics.batch_size.labels(self.model.task).observe(len(images))
            self._metrics.run_seconds.labels(self.model.task).observe(time.perf_counter() - started)
