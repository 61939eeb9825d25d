import http.client
import json
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import httpx
import numpy as np
import pytest

from receiver.standalone import predict, verify
from tests.receiver import tiny_bundle
from tests.receiver.drawn import IMAGES, encode, noise
from tests.receiver.serving.process import Served, serving

PNG = {"Content-Type": "image/png"}


@pytest.fixture(scope="module")
def served(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    log = tmp_path_factory.mktemp("served") / "log"
    with serving(bundle, log, "--max-bytes", 10**6, "--max-pixels", 60_000, "--threads", 2, "--timeout", 3) as running:
        yield running


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=30) as opened:
        yield opened


@pytest.mark.parametrize("task", ["classification", "detection"])
@pytest.mark.parametrize("name", IMAGES)
def test_answers_are_those_of_predict(bundle: Path, client: httpx.Client, served: Served, task: str, name: str) -> None:
    model = predict.load(bundle, task)
    try:
        expected = 200, model.predict([predict.decode(IMAGES[name], model.spec, max_pixels=60_000)])[0]
    except predict.UnreadableImage as error:
        expected = 422, {"detail": f"The image cannot be used: {error}."}
    answer = client.post(f"{served.url}/predict/{task}", content=IMAGES[name], headers=PNG)
    assert (answer.status_code, answer.json()) == expected


def test_many_at_once_get_their_own_answers(bundle: Path, client: httpx.Client, served: Served) -> None:
    model = predict.load(bundle, "classification")
    images = [noise(10 + number % 3, 12, seed=number) for number in range(48)]

    def ask(image: np.ndarray) -> dict:
        return client.post(f"{served.url}/predict/classification", content=encode(image), headers=PNG).json()

    with ThreadPoolExecutor(12) as pool:
        found = list(pool.map(ask, images))
    for image, answer in zip(images, found, strict=True):
        (expected,) = model.predict([image])
        assert np.allclose(list(answer["probabilities"].values()), list(expected["probabilities"].values()), atol=1e-6)
    text = client.get(f"{served.url}/metrics").text
    runs, run_images = (
        float(re.findall(rf'transferline_batch_size_{what}{{task="classification"}} (\S+)', text)[0])
        for what in ("count", "sum")
    )
    assert runs < run_images


def test_the_threshold_is_a_choice(client: httpx.Client, served: Served) -> None:
    white = encode(np.full((9, 9, 3), 255, np.uint8))
    counts = {}
    for threshold in (0, 0.31, 1):
        answer = client.post(f"{served.url}/predict/detection?threshold={threshold}", content=white, headers=PNG)
        counts[threshold] = len(answer.json()["boxes"])
    assert counts == {0: 3, 0.31: 2, 1: 1}


@pytest.mark.parametrize(
    ("query", "content", "headers", "status", "detail"),
    [
        ("", b"x", {}, 415, "Content-Type is missing; send the bytes of one image, as image/png or the like."),
        ("", b"x", {"Content-Type": "text/html; x"}, 415, "Content-Type is 'text/html'; send the bytes of one image"),
        ("?threshold=2", b"x", PNG, 422, "threshold: Input should be less than or equal to 1."),
        ("?threshold=nan", b"x", PNG, 422, "threshold: Input should be"),
        ("?threshold=much", b"x", PNG, 422, "threshold: Input should be a valid number"),
        ("", bytes(10**6 + 1), PNG, 413, "The image has more than 1,000,000 bytes, which is the limit"),
        ("", encode(np.zeros((1, 60_001), np.uint8)), PNG, 422, "60,001 x 1 pixels; the limit is 60,000 in all."),
        ("", b"", PNG, 422, "The image cannot be used: the file has zero bytes."),
    ],
)
def test_what_is_refused_is_refused_with_a_sentence(
    client: httpx.Client, served: Served, query: str, content: bytes, headers: dict[str, str], status: int, detail: str
) -> None:
    answer = client.post(f"{served.url}/predict/detection{query}", content=content, headers=headers)
    assert (answer.status_code, detail in answer.json()["detail"]) == (status, True)


def test_an_endless_body_is_refused_before_it_ends(client: httpx.Client, served: Served) -> None:
    pieces = (bytes(2**20) for _ in range(50))
    answer = client.post(f"{served.url}/predict/detection", content=pieces, headers=PNG)
    assert (answer.status_code, "1,000,000 bytes" in answer.json()["detail"]) == (413, True)


def test_an_image_that_comes_too_slowly_is_refused(client: httpx.Client, served: Served) -> None:
    started = time.monotonic()
    with closing(begun(served)) as connection:
        answer = connection.getresponse()
        assert (answer.status, json.load(answer)["detail"]) == (
            408,
            "The image did not arrive within 3 seconds, which is the limit.",
        )
    assert 2 < time.monotonic() - started < 10


def begun(served: Served, data: bytes = IMAGES["rgb PNG"]) -> http.client.HTTPConnection:
    """Send a request but for its last byte."""
    connection = http.client.HTTPConnection(served.host, served.port, timeout=30)
    connection.putrequest("POST", "/predict/detection")
    connection.putheader("Content-Type", "image/png")
    connection.putheader("Content-Length", str(len(data)))
    connection.endheaders(data[:-1])
    return connection


def test_who_goes_away_harms_nobody(client: httpx.Client, served: Served) -> None:
    for _ in range(3):
        begun(served).close()
    answer = client.post(f"{served.url}/predict/detection", content=IMAGES["rgb PNG"], headers=PNG)
    assert answer.status_code == 200


def test_what_is_served_is_said(bundle: Path, client: httpx.Client, served: Served) -> None:
    facts = client.get(f"{served.url}/").json()
    assert facts == {
        "name": "tiny",
        "version": "1",
        "digest": verify.digest(bundle),
        "tasks": {
            "classification": {"categories": tiny_bundle.CATEGORIES, "threshold": 0.5},
            "detection": {"categories": tiny_bundle.CATEGORIES, "threshold": 0.25},
        },
    }
    for path in ("health", "ready"):
        answer = client.get(f"{served.url}/{path}")
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_every_request_is_counted_and_logged_by_its_id(client: httpx.Client, served: Served) -> None:
    answer = client.get(f"{served.url}/nowhere/at/all", headers={"X-Request-Id": "my-id.1"})
    assert (answer.status_code, answer.headers["X-Request-Id"]) == (404, "my-id.1")
    made_up = client.get(f"{served.url}/health", headers={"X-Request-Id": "not one"}).headers["X-Request-Id"]
    assert re.fullmatch("[0-9a-f]{32}", made_up)
    text = client.get(f"{served.url}/metrics").text
    assert re.search(r'transferline_requests_total{path="other",status="404"} [1-9]', text)
    assert "process_resident_memory_bytes" in text
    (entry,) = (entry for entry in served.entries() if entry.get("request_id") == "my-id.1")
    assert {"time", "level", "seconds", "client"} < entry.keys()
    assert (entry["event"], entry["method"], entry["path"], entry["status"]) == (
        "request",
        "GET",
        "/nowhere/at/all",
        404,
    )


def test_a_server_at_its_limits_and_at_its_end(bundle: Path, tmp_path: Path) -> None:
    with serving(bundle, tmp_path / "log", "--max-requests", 2, "--drain", 0.5) as served, httpx.Client() as client:
        with closing(begun(served)) as one, closing(begun(served)) as other:
            wait_until(lambda: "transferline_in_flight 2.0" in client.get(f"{served.url}/metrics").text)
            too_much(client, served)
            served.terminate()
            wait_until(lambda: client.get(f"{served.url}/ready").status_code == 503)
            going(client, served)
            # Longer than it would listen if nothing were in flight.
            time.sleep(1)
            for connection in (one, other):
                connection.send(IMAGES["rgb PNG"][-1:])
                finished = connection.getresponse()
                assert (finished.status, len(json.load(finished)["boxes"])) == (200, 2)
        assert served.process.wait(20) == 0
        events = [entry["event"] for entry in served.entries() if entry["event"] != "request"]
    assert events[:2] == ["bundle loaded", "listening"]
    assert events[2:] == ["model ready", "model ready", "ready", "shutting down", "stopped"]


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def too_much(client: httpx.Client, served: Served) -> None:
    answer = client.post(f"{served.url}/predict/classification", content=IMAGES["rgb PNG"], headers=PNG)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert answer.json()["detail"] == "2 images are being worked on, which is the limit; try again in 1 second."


def going(client: httpx.Client, served: Served) -> None:
    assert client.get(f"{served.url}/ready").json() == {"status": "shutting down"}
    assert client.get(f"{served.url}/health").status_code == 200
    answer = client.post(f"{served.url}/predict/detection", content=IMAGES["rgb PNG"], headers=PNG)
    assert answer.status_code == 503
    assert answer.json()["detail"] == "The server is shutting down; send the request to another one."


@pytest.mark.slow
def test_told_twice_it_stops_at_once(bundle: Path, tmp_path: Path) -> None:
    with serving(bundle, tmp_path / "log", "--drain", 600) as served:
        served.terminate()
        wait_until(lambda: httpx.get(f"{served.url}/ready").status_code == 503)
        served.terminate()
        served.process.wait(30)
