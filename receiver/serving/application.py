"""The HTTP interface: what can be asked, and how it is answered."""

from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Annotated, Any

import numpy as np
import prometheus_client
from fastapi import FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.types import ASGIApp

from receiver.serving import logs
from receiver.serving.answers import Classification, Detection, Facts, State
from receiver.serving.batching import Batcher
from receiver.serving.budget import Budget
from receiver.serving.gate import RETRY_SECONDS, Gate
from receiver.serving.limits import Limits
from receiver.serving.metrics import Metrics
from receiver.serving.prediction import LARGEST_AT_A_TIME, Predictor
from receiver.serving.problems import STATUSES, Problem, Refused
from receiver.standalone.predict import Model

ANSWERS = {"classification": Classification, "detection": Detection}
IMAGE_TYPES = (
    "image/jpeg",
    "image/png",
    "image/tiff",
    "image/webp",
    "image/bmp",
    "image/gif",
    "image/x-portable-anymap",
)
WARM_UP_SIDE = 64

Threshold = Annotated[
    float | None,
    Query(
        ge=0,
        le=1,
        allow_inf_nan=False,
        description="In place of the bundle's: boxes below are left out, labels are not sure.",
    ),
]


def build(models: Mapping[str, Model], facts: Facts, limits: Limits, *, threads: int) -> tuple[ASGIApp, Gate]:
    """Return the application for the models of one bundle, by their tasks, and the gate that it is behind."""
    metrics = Metrics()
    batchers = {
        task: Batcher(
            model, metrics, max_batch=limits.max_batch, max_wait=limits.max_wait, max_waiting=limits.max_requests
        )
        for task, model in models.items()
    }
    decoders = ThreadPoolExecutor(threads, thread_name_prefix="decode")
    held = Budget(LARGEST_AT_A_TIME * limits.max_pixels)
    app = FastAPI(
        title=f"Transferline: {facts.name}",
        version=facts.version,
        description="Send the bytes of an image, get the answer of a model.",
        # Its page loads what it shows from elsewhere; the schema itself stays.
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan(batchers, decoders),
        exception_handlers={Refused: _refuse, RequestValidationError: _refuse_parameters, Exception: _fail},
    )
    others = ("/", "/health", "/ready", "/metrics", "/openapi.json")
    gate = Gate(metrics, predictions=[_path(task) for task in models], others=others, most=limits.max_requests)
    for task, batcher in batchers.items():
        _add_prediction(app, task, Predictor(batcher, decoders, held, limits))
    _add_others(app, facts, batchers, gate, metrics)
    return gate.around(app), gate


def _path(task: str) -> str:
    return f"/predict/{task}"


def _lifespan(batchers: Mapping[str, Batcher], decoders: ThreadPoolExecutor) -> Callable[[FastAPI], Any]:
    @asynccontextmanager
    async def run(_: FastAPI) -> AsyncIterator[None]:
        for task, batcher in batchers.items():
            batcher.start()
            # The first run is slow; it is not to be someone's.
            await batcher.run(np.zeros((WARM_UP_SIDE, WARM_UP_SIDE, batcher.model.spec["channels"]), np.uint8))
            logs.say("model ready", task=task)
        logs.say("ready")
        yield
        for batcher in batchers.values():
            await batcher.stop()
        decoders.shutdown()

    return run


def _add_prediction(app: FastAPI, task: str, predictor: Predictor) -> None:
    image = {"schema": {"type": "string", "format": "binary"}}
    responses = {status: {"model": Problem, "description": text} for status, text in STATUSES.items()}

    @app.post(
        _path(task),
        response_model=ANSWERS[task],
        responses=responses,  # type: ignore[arg-type]
        summary=f"Answer for one image: {task}.",
        operation_id=task,
        openapi_extra={"requestBody": {"required": True, "content": dict.fromkeys(IMAGE_TYPES, image)}},
    )
    async def predict(request: Request, threshold: Threshold = None) -> dict[str, Any]:
        return await predictor.answer(request, threshold)


def _add_others(app: FastAPI, facts: Facts, batchers: Mapping[str, Batcher], gate: Gate, metrics: Metrics) -> None:
    unavailable: Any = {503: {"model": State}}

    def state(response: Response, problem: str | None) -> State:
        response.status_code = 503 if problem else 200
        return State(status=problem or "ok")

    @app.get("/", summary="What is served.")
    async def bundle() -> Facts:
        return facts

    @app.get("/health", responses=unavailable, summary="Whether the server works; if not, start it again.")
    async def health(response: Response) -> State:
        dead = [task for task, batcher in batchers.items() if not batcher.is_working]
        return state(response, f"{dead[0]} has stopped working" if dead else None)

    @app.get("/ready", responses=unavailable, summary="Whether to send requests here.")
    async def ready(response: Response) -> State:
        return state(response, "shutting down" if gate.is_closing else None)

    @app.get("/metrics", response_class=PlainTextResponse, summary="For Prometheus.")
    async def metrics_text() -> Response:
        text = prometheus_client.generate_latest(metrics.registry)
        return Response(text, media_type=prometheus_client.CONTENT_TYPE_LATEST)


async def _refuse(_: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    headers = {"Retry-After": str(RETRY_SECONDS)} if error.status == 503 else None
    return JSONResponse({"detail": error.detail}, error.status, headers)


async def _refuse_parameters(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = "; ".join(f"{'.'.join(map(str, one['loc'][1:]))}: {one['msg']}" for one in error.errors())
    return JSONResponse({"detail": f"{found}."}, 422)


async def _fail(_: Request, __: Exception) -> Response:
    return JSONResponse({"detail": "The server failed; its log has the reason, by this answer's X-Request-Id."}, 500)
