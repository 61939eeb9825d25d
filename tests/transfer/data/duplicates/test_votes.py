import numpy as np
import pytest

from transfer.data.duplicates import votes
from transfer.data.duplicates.spots import Spots
from transfer.errors import DataError


def spots(*described: tuple[int, int, int]) -> Spots:
    rows, columns, names = (np.array(column) for column in zip(*described, strict=True))
    return Spots(rows.astype(np.int16), columns.astype(np.int16), (names.astype(np.uint64) << np.uint64(32))[:, None])


def found(*pictures: Spots, least: int = 2, most: int = 10) -> list[tuple[int, ...]]:
    result = votes.candidates(pictures, window=8, prefix_bits=32, least_votes=least, most_per_image=most)
    return list(zip(*(column.tolist() for column in result), strict=True))


def test_equal_names_vote_for_the_place_of_the_second_corner() -> None:
    first = spots((10, 20, 1), (30, 50, 2), (7, 7, 3))
    second = spots((4, 31, 1), (24, 61, 2), (50, 50, 4))
    assert [(0, 1, 6, -11, 2)] == found(first, second)


def test_votes_a_pixel_apart_count_together() -> None:
    first = spots((10, 20, 1), (30, 50, 2), (40, 40, 3))
    second = spots((4, 31, 1), (24, 60, 2), (35, 51, 3))
    assert 3 == max(candidate[4] for candidate in found(first, second, least=3))


def test_votes_for_different_shifts_make_no_candidate() -> None:
    assert [] == found(spots((10, 20, 1), (30, 50, 2)), spots((4, 31, 1), (30, 50, 2)))


def test_a_picture_does_not_vote_for_itself() -> None:
    assert [] == found(spots((10, 20, 1), (30, 20, 1), (50, 20, 1)), spots((1, 1, 9)))


def test_names_that_repeat_in_a_picture_do_not_vote() -> None:
    striped = spots((10, 20, 1), (30, 20, 1), (10, 40, 2), (30, 40, 2))
    assert [] == found(striped, spots((5, 20, 1), (5, 40, 2)))


def test_only_the_best_candidates_of_an_image_are_kept() -> None:
    many = spots(*((row, 5, row) for row in range(40)))
    few = [spots(*((row, 5, row) for row in range(count))) for count in (10, 8, 6, 4)]
    kept = found(many, *few, most=1)
    assert (0, 1, 0, 0, 10) in kept
    # The others share no more spots with a better partner than with `many`, or with each other.
    assert len(kept) < len(found(many, *few))


def test_no_spots_make_no_candidates() -> None:
    empty = Spots(np.zeros(0, np.int16), np.zeros(0, np.int16), np.zeros((0, 1), np.uint64))
    assert [] == found(empty, empty)


def test_too_many_images_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(votes, "NUMBER_BITS", 1)
    with pytest.raises(DataError, match=r"found 3 images.*takes 2; take it out of find_duplicates\.tiers"):
        found(*[spots((1, 1, 1))] * 3)
