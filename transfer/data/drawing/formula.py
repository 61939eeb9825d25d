"""Endless images from a formula: noise whose spectrum is drawn at random, and is what there is to learn about it."""

import math

import torch

# Of each image one or two textures are mixed, each a band of frequencies and a power law, with or without grain.
MOST_TEXTURES = 2
SHARE_WITHOUT_GRAIN = 0.3
# The bands by which a spectrum is described: directions, and steps of log2 of the frequency.
NUM_DIRECTIONS, NUM_STEPS = 8, 8
NUM_BANDS = NUM_DIRECTIONS * NUM_STEPS
# How brightness, log contrast and the light across an image vary, in deviations of the texture: they are no part of
# the answer, so that features learn to pass over them.
BRIGHTNESS, LIGHT, LOWEST_CONTRAST, HIGHEST_CONTRAST = 0.8, 0.6, -0.7, 0.5
# The gray value, and its deviation, that a texture is drawn with before that.
GRAY, DEVIATION = 127.5, 63.75


def draw_spectra(count: int, size: int, generator: torch.Generator) -> torch.Tensor:
    """Draw amplitudes float32 [count, size, size // 2 + 1] of the frequencies of images of `size` x `size` pixels."""
    num_textures = torch.randint(1, MOST_TEXTURES + 1, (count, 1, 1), generator=generator)
    spectra = _draw_texture(count, size, generator)
    for index in range(1, MOST_TEXTURES):
        # The first texture has weight 1, so only the ratio is drawn.
        weight = torch.exp(_uniform(count, -1.5, 1.5, generator)) * (index < num_textures)
        spectra = spectra + weight * _draw_texture(count, size, generator)
    return spectra


def draw_images(spectra: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Draw one gray image uint8 [n, size, size, 3] per spectrum; the same spectrum gives another image each time."""
    size = spectra.shape[1]
    noise = torch.view_as_complex(torch.randn(*spectra.shape, 2, generator=generator))
    values = torch.fft.irfft2(noise * spectra, s=(size, size))
    values = _lit(values / values.flatten(1).std(dim=1)[:, None, None], generator)
    gray = (GRAY + DEVIATION * values).clamp(0, 255).round().to(torch.uint8)
    return gray[..., None].repeat(1, 1, 1, 3)


def describe(spectra: torch.Tensor) -> torch.Tensor:
    """Return how much of each spectrum lies in each band: float32 [n, NUM_BANDS], not negative, summing to 1.

    Shares are of the root of the energy, so that faint bands count too.
    """
    energy = spectra.square().flatten(1)
    bands = torch.zeros(len(energy), NUM_BANDS).index_add_(1, _bands(spectra.shape[1]), energy).sqrt()
    return bands / bands.sum(dim=1, keepdim=True)


def _draw_texture(count: int, size: int, generator: torch.Generator) -> torch.Tensor:
    octaves, directions = _frequencies(size)
    highest = math.log2(size) - 1.4
    sharpness = torch.exp(_uniform(count, math.log(0.5), math.log(30), generator))
    sharpness = sharpness * (_uniform(count, 0, 1, generator) >= SHARE_WITHOUT_GRAIN)
    grain = torch.exp(sharpness * (torch.cos(2 * (directions - _uniform(count, 0, math.pi, generator))) - 1))
    centre, width = _uniform(count, 1, highest, generator), _uniform(count, 0.15, 0.7, generator)
    band = _unit(grain * torch.exp(-0.5 * ((octaves - centre) / width) ** 2))
    power_law = _unit(grain * torch.exp2(-octaves * _uniform(count, 0.3, 2.2, generator)))
    share = _uniform(count, 0, 1, generator)
    return share * band + (1 - share) * power_law


def _lit(values: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    count, ramp = len(values), torch.linspace(-1, 1, values.shape[-1])
    contrast = torch.exp(_uniform(count, LOWEST_CONTRAST, HIGHEST_CONTRAST, generator))
    across, down = _uniform(count, -LIGHT, LIGHT, generator), _uniform(count, -LIGHT, LIGHT, generator)
    return (
        contrast * values + _uniform(count, -BRIGHTNESS, BRIGHTNESS, generator) + across * ramp + down * ramp[:, None]
    )


def _bands(size: int) -> torch.Tensor:
    """Number the band of each frequency, in the order of a flattened spectrum."""
    octaves, directions = _frequencies(size)
    direction = (directions / math.pi * NUM_DIRECTIONS + 0.5).floor().long() % NUM_DIRECTIONS
    step = (octaves / math.log2(size / math.sqrt(2)) * NUM_STEPS).long().clamp(0, NUM_STEPS - 1)
    return (direction * NUM_STEPS + step).flatten()


def _frequencies(size: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return log2 of the cycles per image side, and the direction in radians, of the frequencies of a real image."""
    down, across = torch.meshgrid(torch.fft.fftfreq(size) * size, torch.fft.rfftfreq(size) * size, indexing="ij")
    return torch.log2(torch.hypot(down, across).clamp_min(0.5)), torch.atan2(down, across)


def _unit(amplitudes: torch.Tensor) -> torch.Tensor:
    """Scale to norm 1, without the constant part."""
    amplitudes[:, 0, 0] = 0
    norms: torch.Tensor = amplitudes.flatten(1).norm(dim=1)
    return amplitudes / norms[:, None, None]


def _uniform(count: int, low: float, high: float, generator: torch.Generator) -> torch.Tensor:
    return low + (high - low) * torch.rand(count, 1, 1, generator=generator)
