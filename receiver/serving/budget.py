"""Keep what is held at a time below a bound."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Budget:
    """A number of units that tasks of one event loop share; who asks for more than is left waits."""

    def __init__(self, total: int) -> None:
        self._left = self._total = total
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def held(self, units: int) -> AsyncIterator[None]:
        """Hold units; of more than the total, all of it."""
        units = min(units, self._total)
        async with self._changed:
            await self._changed.wait_for(lambda: units <= self._left)
            self._left -= units
        try:
            yield
        finally:
            self._left += units
            async with self._changed:
                self._changed.notify_all()
