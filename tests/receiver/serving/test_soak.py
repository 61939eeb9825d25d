"""A steady load for ten minutes; docs/predict.md has the command."""

import itertools
import os
import re
import statistics
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from PIL import Image

from tests.receiver.drawn import IMAGES, encode, noise
from tests.receiver.serving.process import Served, serving

SECONDS = float(os.environ.get("TRANSFERLINE_SOAK_SECONDS", "600"))
REQUESTS_PER_SECOND = float(os.environ.get("TRANSFERLINE_SOAK_RATE", "20"))
CLIENTS = 4
WARM_UP_REQUESTS = 800
SECONDS_BETWEEN_SAMPLES = 2.0
SIDES = (64, 200, 333, 512, 1024)
# Of memory in use once the server has seen images of every size, until the end.
MOST_GROWTH = 0.02


def pictures() -> list[tuple[bytes, int]]:
    """Return images of many sizes and kinds, readable and not, with the status that each is to be answered with."""
    drawn = [Image.fromarray(noise(side, side * 3 // 4, seed=side)) for side in SIDES]
    whole = [encode(image, kind) for image in drawn for kind in ("PNG", "JPEG")]
    broken = [IMAGES[name] for name in ("half a PNG", "half a JPEG", "text")]
    return [(data, 200) for data in whole * 2] + [(data, 422) for data in broken]


@pytest.mark.soak
@pytest.mark.timeout(int(SECONDS) + 600)
def test_a_steady_load_meets_no_error_and_memory_does_not_grow(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = os.environ.get("TRANSFERLINE_SOAK_BUNDLE")
    found: Counter[str] = Counter()
    seconds: list[float] = []
    with serving(Path(given) if given else bundle, tmp_path / "log") as served:
        warm_up(served)
        turns, end = turns_of(served), time.monotonic() + SECONDS
        clients = [threading.Thread(target=ask, args=(turns, end, found, seconds)) for _ in range(CLIENTS)]
        for client in clients:
            client.start()
        samples = watch(served, end)
        for client in clients:
            client.join()
        served.terminate()
        assert served.process.wait(60) == 0
    fifth = max(1, len(samples) // 5)
    before, after = (
        statistics.median(memory for memory, _ in part) for part in (samples[fifth : 2 * fifth], samples[-fifth:])
    )
    with capsys.disabled():
        ordered = sorted(seconds)
        print(f"\n{SECONDS:g} s, {sum(found.values())} requests, {dict(found)}")
        print(f"answered in {ordered[len(ordered) // 2] * 1000:.0f} ms (median), {ordered[-1] * 1000:.0f} ms at most")
        print(f"memory {before / 2**20:.1f} MiB in the second fifth, {after / 2**20:.1f} MiB in the last")
    assert set(found) == {"as expected"}
    assert sum(found.values()) > 0.9 * SECONDS * REQUESTS_PER_SECOND, "the machine is too slow for this rate"
    assert after < before * (1 + MOST_GROWTH)
    assert max(files for _, files in samples) - min(files for _, files in samples) <= 2 * CLIENTS
    assert {"the server failed", "a worker has stopped"}.isdisjoint(entry["event"] for entry in served.entries())


def warm_up(served: Served) -> None:
    """Let the server meet images of all sizes together, so that its memory is as large as it is going to be."""
    turns = itertools.islice(turns_of(served), WARM_UP_REQUESTS)
    with httpx.Client(timeout=60) as client, ThreadPoolExecutor(CLIENTS) as pool:
        headers = {"Content-Type": "image/png"}
        answers = pool.map(lambda turn: client.post(turn[1], content=turn[2], headers=headers).status_code, turns)
        assert set(answers) == {200, 422}


Turn = tuple[float, str, bytes, int]


def turns_of(served: Served) -> Iterator[Turn]:
    """Yield when to send which image where, evenly; made for several threads."""
    tasks = list(httpx.get(f"{served.url}/").json()["tasks"])
    started, lock = time.monotonic(), threading.Lock()
    cycle = enumerate(itertools.cycle([(task, *picture) for picture in pictures() for task in tasks]))

    class Turns:
        def __iter__(self) -> Iterator[Turn]:
            return self

        def __next__(self) -> Turn:
            with lock:
                number, (task, data, status) = next(cycle)
            return started + number / REQUESTS_PER_SECOND, f"{served.url}/predict/{task}", data, status

    return Turns()


def ask(turns: Iterator[Turn], end: float, found: Counter[str], seconds: list[float]) -> None:
    """Send images when it is their turn, and count what comes back."""
    with httpx.Client(timeout=60) as client:
        for at, url, data, status in turns:
            if max(at, time.monotonic()) > end:
                return
            time.sleep(max(0.0, at - time.monotonic()))
            started = time.monotonic()
            try:
                answer = client.post(url, content=data, headers={"Content-Type": "image/png"})
                what = "as expected" if answer.status_code == status else f"{answer.status_code}: {answer.text}"
            except httpx.HTTPError as error:
                what = repr(error)
            found[what] += 1
            seconds.append(time.monotonic() - started)


def watch(served: Served, end: float) -> list[tuple[float, float]]:
    """Return the server's memory in bytes and its open files, sampled evenly."""
    samples = []
    with httpx.Client(timeout=60) as client:
        while time.monotonic() < end:
            text = client.get(f"{served.url}/metrics").text
            names = ("process_resident_memory_bytes", "process_open_fds")
            memory, files = (float(re.findall(rf"^{name} (\S+)$", text, re.MULTILINE)[0]) for name in names)
            samples.append((memory, files))
            time.sleep(SECONDS_BETWEEN_SAMPLES)
    return samples
