"""Requests that schemathesis makes up from the schema, sent to a real server."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import hypothesis
import pytest
import schemathesis
from hypothesis import strategies
from starlette.testclient import TestClient

from receiver.serving import application
from receiver.serving.answers import Facts
from receiver.serving.application import IMAGE_TYPES
from receiver.serving.limits import Limits
from receiver.standalone import predict
from tests.receiver import tiny_bundle
from tests.receiver.drawn import IMAGES
from tests.receiver.serving.process import Served, serving

# What is a whole image; the schema cannot say more of a body than that it has bytes.
WHOLE = [
    IMAGES[name] for name in ("rgb PNG", "rgb JPEG", "gray", "alpha", "palette", "cmyk jpeg", "16 bits", "animation")
]


@pytest.fixture(scope="module")
def served(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(bundle, tmp_path_factory.mktemp("served") / "log") as running:
        yield running


def described() -> schemathesis.schemas.BaseSchema:
    """Return the schema as the server gives it; schemathesis wants it before there is a server."""
    for name in IMAGE_TYPES:
        schemathesis.openapi.media_type(name, strategies.sampled_from(WHOLE))
    with tempfile.TemporaryDirectory() as folder:
        bundle = tiny_bundle.make(Path(folder) / "tiny")
        models = {task: predict.load(bundle, task) for task in predict.tasks(bundle)}
    app, _ = application.build(models, Facts(name="tiny", version="1", digest="", tasks={}), Limits(), threads=1)
    return schemathesis.openapi.from_dict(TestClient(app).get("/openapi.json").json())


schema = described()


@pytest.mark.slow
@schema.parametrize()
@hypothesis.settings(max_examples=50, deadline=None)
def test_every_answer_is_one_that_the_schema_names(case: schemathesis.Case, served: Served) -> None:
    case.call_and_validate(base_url=served.url)


@pytest.mark.slow
@pytest.mark.parametrize("task", ["classification", "detection"])
def test_bytes_of_any_kind_are_refused_with_a_sentence(served: Served, task: str) -> None:
    whole = strategies.sampled_from(list(IMAGES.values()))
    cut = strategies.builds(lambda data, share: data[: int(len(data) * share)], whole, strategies.floats(0, 1))
    damaged = strategies.builds(
        lambda data, place, value: data[:place] + bytes([value]) + data[place + 1 :],
        whole,
        strategies.integers(0, 2000),
        strategies.integers(0, 255),
    )

    with httpx.Client(timeout=30) as client:

        @hypothesis.given(strategies.one_of(strategies.binary(max_size=2000), cut, damaged))
        @hypothesis.settings(max_examples=150, deadline=None)
        def send(data: bytes) -> None:
            answer = client.post(f"{served.url}/predict/{task}", content=data, headers={"Content-Type": "image/png"})
            assert answer.status_code in (200, 422)
            assert answer.status_code == 200 or answer.json()["detail"].startswith("The image cannot be used: ")

        send()
    assert "the server failed" not in [entry["event"] for entry in served.entries()]
