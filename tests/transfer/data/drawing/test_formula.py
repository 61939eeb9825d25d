import math

import pytest
import torch

from transfer.data.drawing import formula


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("size", [32, 48, 65])
def test_images_are_gray_squares_that_differ(size: int) -> None:
    images = formula.draw_images(formula.draw_spectra(6, size, generator()), generator())
    assert (torch.uint8, (6, size, size, 3)) == (images.dtype, tuple(images.shape))
    assert torch.equal(images[..., 0], images[..., 1])
    assert torch.equal(images[..., 0], images[..., 2])
    assert 6 == len({image.numpy().tobytes() for image in images})


def test_the_same_seed_draws_the_same() -> None:
    once, again = (formula.draw_images(formula.draw_spectra(4, 32, g), g) for g in (generator(5), generator(5)))
    assert torch.equal(once, again)


def test_the_same_spectrum_draws_another_image_each_time() -> None:
    spectra = formula.draw_spectra(1, 32, generator())
    g = generator()
    assert not torch.equal(formula.draw_images(spectra, g), formula.draw_images(spectra, g))


def test_images_use_the_range_of_gray_values_without_living_at_its_ends() -> None:
    images = formula.draw_images(formula.draw_spectra(200, 32, generator()), generator()).float()
    assert 100 < images.mean() < 155
    assert images.std() > 40
    assert ((images == 0) | (images == 255)).float().mean() < 0.1


def test_shares_are_the_energies_of_the_bands_counted_one_by_one() -> None:
    size = 32
    spectra = formula.draw_spectra(2, size, generator())
    expected = torch.zeros(2, formula.NUM_DIRECTIONS, formula.NUM_STEPS)
    for row in range(size):
        for column in range(size // 2 + 1):
            down, across = row if row < size / 2 else row - size, column
            angle = math.atan2(down, across) / math.pi * formula.NUM_DIRECTIONS
            octave = math.log2(max(math.hypot(down, across), 0.5)) / math.log2(size / math.sqrt(2))
            step = min(max(int(octave * formula.NUM_STEPS), 0), formula.NUM_STEPS - 1)
            expected[:, math.floor(angle + 0.5) % formula.NUM_DIRECTIONS, step] += spectra[:, row, column] ** 2
    expected = expected.sqrt().flatten(1)
    torch.testing.assert_close(formula.describe(spectra), expected / expected.sum(dim=1, keepdim=True))


def test_what_is_described_is_what_is_drawn() -> None:
    """The mean power over many images of one spectrum, in each band, is the one described."""
    spectra = formula.draw_spectra(1, 32, generator(1))
    images = formula.draw_images(spectra.expand(800, -1, -1), generator(2))[..., 0].double()
    # A window keeps the light that runs across an image from leaking into all frequencies.
    window = torch.hann_window(32, periodic=True, dtype=torch.float64)
    images = (images - images.mean(dim=(1, 2), keepdim=True)) * window * window[:, None]
    power = torch.fft.rfft2(images).abs().square().mean(dim=0, keepdim=True).sqrt()
    described, measured = formula.describe(spectra)[0], formula.describe(power.float())[0]
    assert torch.corrcoef(torch.stack([described, measured]))[0, 1] > 0.8


def test_many_spectra_reach_every_band() -> None:
    shares = formula.describe(formula.draw_spectra(400, 48, generator()))
    assert torch.isfinite(shares).all()
    torch.testing.assert_close(shares.sum(dim=1), torch.ones(400))
    seen = shares.reshape(400, formula.NUM_DIRECTIONS, formula.NUM_STEPS).amax(dim=0)
    assert (seen[:, 2:] > 0.02).all()
