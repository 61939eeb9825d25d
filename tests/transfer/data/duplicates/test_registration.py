import numpy as np
import pytest

from benchmarks.duplicates import draw_surface, periodic
from transfer.data.duplicates.registration import Proof, prove, register
from transfer.data.duplicates.texture import fine_texture

PROOF = Proof(min_overlap=0.15, min_sharpness=7.0, min_agreement=0.45, min_blocks=6, max_ambiguity=0.6)


def crops(*, down: int, right: int) -> tuple[np.ndarray, np.ndarray]:
    surface = draw_surface(3, (200, 200))
    return fine_texture(surface[:100, :110]), fine_texture(surface[down : down + 90, right : right + 100])


@pytest.mark.parametrize("missed", [(0, 0), (1, -2)])
def test_shift_and_overlap_are_those_of_the_crops(missed: tuple[int, int]) -> None:
    found = register(*crops(down=40, right=30), down=40 + missed[0], right=30 + missed[1])
    assert (40.0, 30.0) == pytest.approx((found.down, found.right), abs=0.2)
    assert 60 * 80 / (90 * 100) == found.overlap
    assert found.agreement > 0.95


def test_overlap_is_proved() -> None:
    assert prove(*crops(down=40, right=30), down=40, right=30, proof=PROOF) is not None


def test_overlap_below_the_least_is_not() -> None:
    assert prove(*crops(down=80, right=50), down=80, right=50, proof=PROOF) is None


def test_another_shift_of_the_same_surface_is_not() -> None:
    assert prove(*crops(down=40, right=30), down=30, right=30, proof=PROOF) is None


@pytest.mark.parametrize("seed", range(6))
def test_stripes_and_grids_of_one_phase_prove_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    first, second = (fine_texture(periodic(seed, 96) + rng.normal(0, 2, (96, 96)).astype(np.float32)) for _ in range(2))
    assert register(first, second, down=0, right=0).agreement > PROOF.min_agreement
    assert prove(first, second, down=0, right=0, proof=PROOF) is None


@pytest.mark.parametrize("place", [(500, 0), (0, -500)])
def test_a_place_outside_proves_nothing(place: tuple[int, int]) -> None:
    assert prove(*crops(down=0, right=0), down=place[0], right=place[1], proof=PROOF) is None
