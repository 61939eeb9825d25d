import numpy as np

from benchmarks.duplicates import draw_surface, periodic
from transfer.data.duplicates.blocks import block_agreement
from transfer.data.duplicates.repetition import moved_to_next_best
from transfer.data.duplicates.texture import fine_texture


def agreement_elsewhere(picture: np.ndarray) -> float:
    texture = fine_texture(picture)
    return block_agreement(*moved_to_next_best(texture, texture))[0]


def test_stripes_and_grids_fit_at_another_shift() -> None:
    assert min(agreement_elsewhere(periodic(seed, 96)) for seed in range(8)) > 0.9


def test_surfaces_fit_at_no_other_shift() -> None:
    assert max(agreement_elsewhere(draw_surface(seed, (96, 96))) for seed in range(8)) < 0.6


def test_move_is_the_best_of_all_moves_that_are_allowed() -> None:
    rng = np.random.default_rng(0)
    first, second = (rng.integers(-50, 50, (20, 24)).astype(np.int8) for _ in range(2))
    scores = {}
    for down in range(-10, 11):
        for right in range(-12, 13):
            if abs(down) > 5 or abs(right) > 5:
                rows, columns = slice(max(0, down), 20 + min(0, down)), slice(max(0, right), 24 + min(0, right))
                back, aside = slice(max(0, -down), 20 + min(0, -down)), slice(max(0, -right), 24 + min(0, -right))
                parts = (first[rows, columns], second[back, aside])
                scores[down, right] = (float((parts[0].astype(float) * parts[1]).mean()), parts)
    _, expected = max(scores.values(), key=lambda scored: scored[0])
    for window, part in zip(moved_to_next_best(first, second), expected, strict=True):
        np.testing.assert_array_equal(part, window)


def test_nothing_is_shared_where_no_move_is_allowed() -> None:
    small = np.ones((6, 8), np.int8)
    assert [0, 0] == [window.size for window in moved_to_next_best(small, small)]
