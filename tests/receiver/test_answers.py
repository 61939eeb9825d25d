import threading
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from receiver import answers as module
from receiver.answers import Seen, answers, choose_batch_size
from receiver.errors import InputError
from receiver.inputs import Item
from receiver.standalone import predict
from tests.receiver.drawn import encode, noise


def items(count: int) -> list[Item]:
    return [Item(str(number), partial(bytes, encode(noise(5 + number % 3, 7, seed=number)))) for number in range(count)]


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("batch_size", [1, 4, 100])
@pytest.mark.parametrize("task", ["classification", "detection"])
def test_answers_come_in_order_and_are_those_of_each_image_alone(
    bundle: Path, task: str, threads: int, batch_size: int
) -> None:
    model, given = predict.load(bundle, task), items(23)
    found = list(answers(model, given, lambda seen: seen, batch_size=batch_size, threads=threads, max_pixels=10**6))
    for number, (item, result) in enumerate(zip(given, found, strict=True)):
        pixels = predict.decode(item.read(), model.spec)
        assert result.rendered is not None
        assert (result.name, result.rendered.number, result.rendered.name) == (str(number), number, str(number))
        assert (result.rendered.pixels == pixels).all()
        assert_same(result.rendered.answer, model.predict([pixels])[0])


def assert_same(found: dict, expected: dict) -> None:
    if "boxes" in expected:
        assert found == expected
    else:
        assert np.allclose(list(found["probabilities"].values()), list(expected["probabilities"].values()), atol=1e-6)


def test_what_cannot_be_read_keeps_its_place(bundle: Path) -> None:
    def gone() -> bytes:
        msg = "gone"
        raise InputError(msg)

    given = items(5)
    given[1], given[3] = Item("1", gone), Item("3", lambda: b"no image")
    model = predict.load(bundle, "classification")
    found = list(answers(model, given, lambda seen: seen.name, batch_size=2, threads=2, max_pixels=10**6))
    assert [(result.name, result.rendered) for result in found] == [
        ("0", "0"), ("1", None), ("2", "2"), ("3", None), ("4", "4"),
    ]  # fmt: skip
    assert found[1].reason == "gone"
    assert str(found[3].reason).startswith("not an image")


def test_the_limit_of_pixels_is_kept(bundle: Path) -> None:
    model = predict.load(bundle, "classification")
    found = list(answers(model, items(3), lambda seen: seen.number, batch_size=2, threads=2, max_pixels=42))
    assert [result.reason for result in found] == [None, None, "7 x 7 pixels; the limit is 42 in all"]


def test_images_are_run_before_they_fill_the_memory(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_HELD_BYTES", 300)
    model = predict.load(bundle, "classification")
    held = []
    run = model.predict
    monkeypatch.setattr(
        model, "predict", lambda images, batch_size: held.append(len(images)) or run(images, batch_size)
    )
    found = list(answers(model, items(10), lambda seen: seen.number, batch_size=10, threads=1, max_pixels=10**6))
    assert [result.rendered for result in found] == list(range(10))
    assert max(held) == 3


def test_only_a_few_chunks_are_taken_ahead(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHUNK", 1)
    taken, lock = [], threading.Lock()

    def render(seen: Seen) -> int:
        with lock:
            taken.append(seen.number)
        return seen.number

    model = predict.load(bundle, "detection")
    results = answers(model, items(40), render, batch_size=1, threads=2, max_pixels=10**6)
    assert next(results).rendered == 0
    assert len(taken) <= 6
    results.close()
    assert len(taken) <= 8


@pytest.mark.parametrize(("seconds", "expected"), [(0.0, 32), (0.02, 1)])
def test_a_slow_model_runs_one_image_at_a_time(
    bundle: Path, monkeypatch: pytest.MonkeyPatch, seconds: float, expected: int
) -> None:
    model = predict.load(bundle, "classification")
    monkeypatch.setattr(model, "run", lambda _: time.sleep(seconds))
    assert choose_batch_size(model) == expected


def test_no_images_are_no_answers(bundle: Path) -> None:
    model = predict.load(bundle, "detection")
    assert list(answers(model, [], lambda seen: seen, batch_size=4, threads=2, max_pixels=10)) == []
