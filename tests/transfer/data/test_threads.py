import threading
import time
from collections.abc import Iterator

import pytest

from transfer.data.threads import ITEMS_AHEAD_PER_THREAD, ordered_map


def test_results_come_in_the_order_of_the_items() -> None:
    def slow_when_even(number: int) -> int:
        time.sleep(0.002 * (number % 2 == 0))
        return number * number

    assert list(ordered_map(slow_when_even, range(50), num_threads=4)) == [number * number for number in range(50)]


def test_only_a_few_items_are_taken_ahead() -> None:
    taken = []

    def items() -> Iterator[int]:
        for number in range(1000):
            taken.append(number)
            yield number

    results = ordered_map(abs, items(), num_threads=2)
    next(results)
    assert len(taken) == ITEMS_AHEAD_PER_THREAD * 2 + 1
    results.close()  # type: ignore[attr-defined]


def test_an_error_reaches_the_caller() -> None:
    with pytest.raises(ZeroDivisionError):
        list(ordered_map(lambda number: 1 // number, [1, 0, 1], num_threads=2))


def test_items_are_taken_in_the_callers_thread() -> None:
    threads = set()

    def items() -> Iterator[int]:
        for number in range(20):
            threads.add(threading.current_thread())
            yield number

    list(ordered_map(abs, items(), num_threads=4))
    assert threads == {threading.current_thread()}
