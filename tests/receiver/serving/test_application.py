import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from receiver.serving import application
from receiver.serving.answers import Facts, Task
from receiver.serving.gate import Gate
from receiver.serving.limits import Limits
from receiver.standalone import predict
from receiver.standalone.predict import Model
from tests.receiver.drawn import IMAGES, encode

FACTS = Facts(name="tiny", version="1", digest="0", tasks={"detection": Task(categories=["crack"], threshold=0.5)})
PNG = {"Content-Type": "image/png"}


@contextmanager
def client(model: Model, limits: Limits = Limits()) -> Iterator[tuple[TestClient, Gate]]:  # noqa: B008 - frozen
    app, gate = application.build({model.task: model}, FACTS, limits, threads=2)
    with TestClient(app, raise_server_exceptions=False) as opened:
        yield opened, gate


def replaced(model: Model, run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the model answer by `run` from its second run on: the first warms it up."""
    real, runs = model.run, []

    def counted(images: Sequence[np.ndarray], batch_size: int) -> Any:
        runs.append(len(images))
        return real(images, batch_size) if len(runs) == 1 else run(images, batch_size)

    monkeypatch.setattr(model, "run", counted)


def post(opened: TestClient, task: str = "detection", content: bytes = IMAGES["rgb PNG"]) -> Any:
    return opened.post(f"/predict/{task}", content=content, headers=PNG)


def test_an_answer_that_takes_too_long_is_given_up(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, go_on = predict.load(bundle, "detection"), threading.Event()
    real = model.run
    replaced(model, lambda *given: go_on.wait(20) and real(*given), monkeypatch)
    with client(model, Limits(timeout=0.3)) as (opened, gate):
        answer = post(opened)
        assert (answer.status_code, answer.json()["detail"]) == (
            504,
            "There was no answer within 0.3 seconds, which is the limit.",
        )
        assert gate.in_flight == 0
        go_on.set()
        assert post(opened).status_code == 200


def test_a_failing_model_fails_its_request_alone(
    bundle: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    model = predict.load(bundle, "classification")
    real = model.run

    def fail_on_white(images: Sequence[np.ndarray], batch_size: int) -> Any:
        if any(image.min() == 255 for image in images):
            raise ZeroDivisionError
        return real(images, batch_size)

    replaced(model, fail_on_white, monkeypatch)
    with client(model, Limits(max_wait=1.0)) as (opened, _), ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _: post(opened, "classification"), range(3)))
        assert [answer.status_code for answer in answers] == [200] * 3
        monkeypatch.setattr(model, "run", fail_on_white)
        white = encode(np.full((20, 30, 3), 255, np.uint8))
        contents = [IMAGES["rgb PNG"], white, IMAGES["rgb PNG"]]
        answers = list(pool.map(lambda content: post(opened, "classification", content), contents))
        assert [answer.status_code for answer in answers] == [200, 500, 200]
        assert answers[1].json()["detail"].startswith("The server failed; its log has the reason")
        (record,) = (record for record in caplog.records if record.getMessage() == "the server failed")
        assert record.fields["request_id"] == answers[1].headers["X-Request-Id"]  # type: ignore[attr-defined]


def test_a_worker_that_died_is_not_healthy(
    bundle: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    model = predict.load(bundle, "detection")
    replaced(model, lambda *_: [], monkeypatch)
    with client(model, Limits(timeout=0.3)) as (opened, _):
        assert opened.get("/health").status_code == 200
        assert post(opened).status_code == 504
        answer = opened.get("/health")
        assert (answer.status_code, answer.json()) == (503, {"status": "detection has stopped working"})
    assert "a worker has stopped" in [record.getMessage() for record in caplog.records]


def test_only_the_tasks_of_the_bundle_are_served(bundle: Path) -> None:
    with client(predict.load(bundle, "detection")) as (opened, _):
        assert post(opened, "classification").status_code == 404
        assert set(opened.get("/openapi.json").json()["paths"]) == {
            "/", "/predict/detection", "/health", "/ready", "/metrics",
        }  # fmt: skip


def test_the_schema_has_typed_answers_and_nothing_is_loaded_from_elsewhere(bundle: Path) -> None:
    with client(predict.load(bundle, "detection")) as (opened, _):
        schema = opened.get("/openapi.json").json()
        operation = schema["paths"]["/predict/detection"]["post"]
        assert set(operation["responses"]) == {"200", "408", "413", "415", "422", "500", "503", "504"}
        assert operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].endswith("/Detection")
        assert "image/png" in operation["requestBody"]["content"]
        assert opened.get("/docs").status_code == opened.get("/redoc").status_code == 404
