"""Run the application until it is told to stop, and then finish what was begun."""

import signal
import socket
import sys
import time
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from receiver.errors import UsageError
from receiver.serving import logs
from receiver.serving.gate import Gate
from receiver.serving.limits import Limits

BACKLOG = 2048


class Server(uvicorn.Server):
    """Uvicorn, but for how it ends: it goes on to listen for a while and says that it is going, to new requests too."""

    def __init__(self, config: uvicorn.Config, gate: Gate, limits: Limits) -> None:
        super().__init__(config)
        self._gate, self._drain = gate, limits.drain
        self._told_at: float | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to go; told once more, go at once."""
        if self._told_at is not None:
            super().handle_exit(signal.SIGINT, frame)
            return
        self._told_at = time.monotonic()
        self._gate.is_closing = True
        logs.say("shutting down", signal=signal.Signals(sig).name, in_flight=self._gate.in_flight)

    async def on_tick(self, counter: int) -> bool:
        """Say whether it is time to close."""
        told_to_close = await super().on_tick(counter)
        if self._told_at is None:
            return told_to_close
        drained = self._gate.in_flight == 0 and time.monotonic() - self._told_at >= self._drain
        return told_to_close or drained


def serve(app: ASGIApp, gate: Gate, limits: Limits, *, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT; port 0 is any free one. Where it listens is logged.

    Raises:
        UsageError: it cannot listen there.
    """
    listening = _listen(host, port)
    address, chosen = listening.getsockname()[:2]
    logs.say("listening", host=address, port=chosen)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        ws="none",
        backlog=BACKLOG,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=int(limits.timeout) + 1,
    )
    Server(config, gate, limits).run(sockets=[listening])
    logs.say("stopped")


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family)
    if sys.platform != "win32":
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except (OSError, OverflowError) as error:
        listening.close()
        msg = f"{host}:{port}: cannot listen there ({getattr(error, 'strerror', None) or error})"
        raise UsageError(msg) from error
    return listening
