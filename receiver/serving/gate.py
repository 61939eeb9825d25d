"""The door of the server: who is let in, and what is said and counted of everyone who leaves."""

import re
import time
import uuid
from collections.abc import Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from receiver.serving import logs
from receiver.serving.body import GONE
from receiver.serving.metrics import Metrics

OTHER = "other"
RETRY_SECONDS = 1
REQUEST_ID = re.compile(r"[\w.-]{1,64}", re.ASCII)


class Gate:
    """Counts predictions, refuses those that are too many or too late, and logs every request."""

    def __init__(self, metrics: Metrics, *, predictions: Collection[str], others: Collection[str], most: int) -> None:
        self.in_flight = 0
        self.is_closing = False
        self._metrics, self._most = metrics, most
        self._predictions, self._known = predictions, {*predictions, *others}
        metrics.watch_in_flight(lambda: self.in_flight)

    def around(self, app: ASGIApp) -> ASGIApp:
        """Return the application behind this gate."""

        async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                await self._pass(app, scope, receive, send)
            else:
                await app(scope, receive, send)

        return guarded

    async def _pass(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        request_id = _request_id(scope)
        status = GONE

        async def send_named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = request_id
            await send(message)

        try:
            await self._admit(app, scope, receive, send_named)
        except Exception:  # noqa: BLE001 - the answer was given; what is left to do is to write it down
            logs.say_error("the server failed", request_id=request_id)
        finally:
            self._note(scope, status, time.perf_counter() - started, request_id)

    async def _admit(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] not in self._predictions or scope["method"] != "POST":
            await app(scope, receive, send)
            return
        reason = self._why_not()
        if reason is not None:
            await JSONResponse({"detail": reason}, 503, {"Retry-After": str(RETRY_SECONDS)})(scope, receive, send)
            return
        self.in_flight += 1
        try:
            await app(scope, receive, send)
        finally:
            self.in_flight -= 1

    def _why_not(self) -> str | None:
        if self.is_closing:
            return "The server is shutting down; send the request to another one."
        if self.in_flight >= self._most:
            return f"{self._most} images are being worked on, which is the limit; try again in {RETRY_SECONDS} second."
        return None

    def _note(self, scope: Scope, status: int, seconds: float, request_id: str) -> None:
        path = scope["path"] if scope["path"] in self._known else OTHER
        self._metrics.requests.labels(path, status).inc()
        self._metrics.seconds.labels(path).observe(seconds)
        client = scope.get("client")
        logs.say(
            "request",
            method=scope["method"],
            path=scope["path"],
            status=status,
            seconds=round(seconds, 6),
            client=client[0] if client else None,
            request_id=request_id,
        )


def _request_id(scope: Scope) -> str:
    given = Headers(scope=scope).get("x-request-id", "")
    return given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
