import numpy as np
import pytest

from benchmarks.duplicates import draw_surface
from transfer.data.duplicates.texture import fine_texture, gray


def test_texture_does_not_depend_on_brightness_contrast_and_light() -> None:
    surface = draw_surface(0, (96, 96))
    slope = np.linspace(-30, 30, 96, dtype=np.float32)
    expected = fine_texture(surface).astype(float)
    actual = fine_texture(0.5 * surface + 40 + slope).astype(float)
    assert np.corrcoef(expected.ravel(), actual.ravel())[0, 1] > 0.99
    assert actual.std() == pytest.approx(expected.std(), rel=0.1)


def test_plain_surface_has_hardly_any_texture() -> None:
    plain = np.round(np.linspace(100, 140, 96, dtype=np.float32))[None].repeat(96, axis=0)
    assert np.abs(fine_texture(plain)).mean() < 0.3 * np.abs(fine_texture(draw_surface(0, (96, 96)))).mean()


def test_gray_is_reduced_by_the_mean_of_the_area() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (8, 12, 1), dtype=np.uint8).repeat(3, axis=2)
    expected = pixels[..., 0].astype(float).reshape(4, 2, 6, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(expected, gray(pixels, 2.0), atol=1e-3)
