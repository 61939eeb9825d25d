"""From the bytes of a request to an answer, within the limits."""

import asyncio
from concurrent.futures import Executor
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

import numpy as np
from starlette.requests import Request

from receiver.serving import body
from receiver.serving.batching import Batcher, QueueFull
from receiver.serving.budget import Budget
from receiver.serving.limits import Limits
from receiver.serving.problems import Refused
from receiver.standalone.predict import UnreadableImage, open_image, pixels

# Images of the largest size that may be decoded at a time; smaller ones are more.
LARGEST_AT_A_TIME = 4


class Predictor:
    """Answers of one model to requests."""

    def __init__(self, batcher: Batcher, decoders: Executor, held: Budget, limits: Limits) -> None:
        self._batcher, self._decoders, self._held, self._limits = batcher, decoders, held, limits

    async def answer(self, request: Request, threshold: float | None) -> dict[str, Any]:
        """Read the image, decode it, run it and put the answer into words.

        Raises:
            Refused: with the status and the reason.
        """
        body.check_type(request)
        stage, seconds = 408, self._limits.timeout
        try:
            async with asyncio.timeout(seconds):
                data = await body.read(request, max_bytes=self._limits.max_bytes)
                stage = 504
                return await self._predict(data, threshold)
        except TimeoutError as error:
            what = "The image did not arrive" if stage == 408 else "There was no answer"
            raise Refused(stage, f"{what} within {seconds:g} seconds, which is the limit.") from error
        except QueueFull as error:
            raise Refused(503, "Too many images wait already; try again in a second.") from error

    async def _predict(self, data: bytes, threshold: float | None) -> dict[str, Any]:
        async with AsyncExitStack() as stack:
            with self._batcher.announced():
                image = await self._decode(data, stack)
            found = await self._batcher.run(image)
        return self._batcher.model.answer(found, threshold)

    async def _decode(self, data: bytes, stack: AsyncExitStack) -> np.ndarray:
        """Decode in a thread; the memory for it is held until the stack ends."""
        loop, spec = asyncio.get_running_loop(), self._batcher.model.spec
        try:
            image = await loop.run_in_executor(self._decoders, open_image, data)
            await stack.enter_async_context(self._held.held(image.width * image.height))
            decode = partial(pixels, image, data, spec, max_pixels=self._limits.max_pixels)
            return await loop.run_in_executor(self._decoders, decode)
        except UnreadableImage as error:
            raise Refused(422, f"The image cannot be used: {error}.") from error
