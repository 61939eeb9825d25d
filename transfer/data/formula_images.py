"""Draw formula-generated images, a batch at a time, in the frequency domain."""

import torch

from transfer.data.formula import Formula, Texture

# How much brightness, contrast and light across the image vary, in units of the texture's standard deviation:
# none of them says anything about the formula.
BRIGHTNESS, LIGHT = 0.8, 0.6
DARKEST_CONTRAST, STRONGEST_CONTRAST = -0.7, 0.5
# The gray value and the spread, of 0..255, that a texture with mean 0 and deviation 1 is drawn with.
GRAY, SPREAD = 127.5, 63.75


def draw_images(formula: Formula, size: int, generator: torch.Generator) -> torch.Tensor:
    """Draw one image per formula: uint8 [n, size, size, 3], gray. The same formula draws another image each time."""
    values = _lit(_arranged(formula, size, generator), generator)
    gray = (GRAY + SPREAD * values).clamp(0, 255).round().to(torch.uint8)
    return gray[..., None].repeat(1, 1, 1, 3)


def _arranged(formula: Formula, size: int, generator: torch.Generator) -> torch.Tensor:
    ground = _textured(formula.ground, size, generator)
    other = _textured(formula.other, size, generator)
    patches = torch.sigmoid(6 * (_patch_field(len(ground), size, generator) - _column(formula.cover)))
    arrangement = _column(formula.arrangement)
    added = ground + _column(formula.weight) * other
    values = torch.where(
        arrangement == 0, ground, torch.where(arrangement == 1, added, ground + patches * (other - ground))
    )
    return _standard(values + _column(formula.noise) * torch.randn(values.shape, generator=generator))


def _lit(values: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    def vary(low: float, high: float) -> torch.Tensor:
        return low + (high - low) * torch.rand(len(values), 1, 1, generator=generator)

    ramp = torch.linspace(-1, 1, values.shape[-1])
    values = values * torch.exp(vary(DARKEST_CONTRAST, STRONGEST_CONTRAST)) + vary(-BRIGHTNESS, BRIGHTNESS)
    return values + vary(-LIGHT, LIGHT) * ramp + vary(-LIGHT, LIGHT) * ramp[:, None]


def _textured(texture: Texture, size: int, generator: torch.Generator) -> torch.Tensor:
    """Draw float32 [n, size, size] with mean 0 and deviation 1."""
    octaves, angles = _frequencies(size)
    turned = torch.exp(_column(texture.grain) * (torch.cos(2 * (angles - _column(texture.angle))) - 1))
    band = torch.exp(-0.5 * ((octaves - _column(texture.octave)) / _column(texture.width)) ** 2) * turned
    power_law = torch.exp2(-octaves * _column(texture.slope)) * turned
    share = _column(texture.share)
    return _bent(_noise(share * _unit(band) + (1 - share) * _unit(power_law), size, generator), texture)


def _patch_field(count: int, size: int, generator: torch.Generator) -> torch.Tensor:
    octaves, _ = _frequencies(size)
    amplitude = torch.exp(-0.5 * ((octaves - 1.5) / 0.5) ** 2)
    return _noise(amplitude.expand(count, *amplitude.shape), size, generator)


def _noise(amplitude: torch.Tensor, size: int, generator: torch.Generator) -> torch.Tensor:
    """Draw Gaussian noise with the given amplitudes of its frequencies, mean 0 and deviation 1."""
    spectrum = torch.view_as_complex(torch.randn(*amplitude.shape, 2, generator=generator)) * amplitude
    spectrum[:, 0, 0] = 0
    return _standard(torch.fft.irfft2(spectrum, s=(size, size)))


def _bent(values: torch.Tensor, texture: Texture) -> torch.Tensor:
    """Bend noise into fibres, pits, spots or islands with the curve that each texture names."""
    threshold, steepness = _column(texture.threshold), _column(texture.steepness)
    bends = (
        values,
        torch.tanh(steepness * (values - threshold)),
        values.abs(),
        -torch.tanh(steepness * ((values - threshold / 2).abs() - 0.3)),
        torch.exp(0.8 * values.clamp(-3, 3)),
        torch.sigmoid(2 * steepness * (values - threshold - 0.5)),
    )
    return _standard(torch.stack(bends)[texture.bend, torch.arange(len(values))])


def _frequencies(size: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return log2 of the cycles per side, and the angle, of each frequency of a real image."""
    down, across = torch.meshgrid(torch.fft.fftfreq(size) * size, torch.fft.rfftfreq(size) * size, indexing="ij")
    return torch.log2(torch.hypot(down, across).clamp_min(0.5)), torch.atan2(down, across)


def _unit(amplitude: torch.Tensor) -> torch.Tensor:
    return amplitude / amplitude.flatten(1).norm(dim=1)[:, None, None].clamp_min(1e-12)


def _standard(values: torch.Tensor) -> torch.Tensor:
    centred = values - values.mean((1, 2), keepdim=True)
    return centred / centred.flatten(1).std(dim=1)[:, None, None].clamp_min(0.05)


def _column(values: torch.Tensor) -> torch.Tensor:
    return values[:, None, None]
