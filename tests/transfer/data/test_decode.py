import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from transfer.data.decode import UnreadableImage, decode, probe
from transfer.data.reading import Reading


def noise(height: int = 20, width: int = 30) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def encode(image: Image.Image | np.ndarray, format: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(stream, format, **options)
    return stream.getvalue()


def png(width: int, height: int, depth: int, color: int, rows: bytes) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("format", ["PNG", "BMP", "TIFF", "PPM"])
def test_lossless_formats_give_the_pixels_back(format: str) -> None:
    assert (decode(encode(noise(), format)) == noise()).all()


@pytest.mark.parametrize("format", ["JPEG", "WEBP", "GIF"])
def test_lossy_formats_give_arrays_that_can_be_written_to(format: str) -> None:
    pixels = decode(encode(noise(), format))
    assert (pixels.shape, pixels.dtype, pixels.flags.writeable) == ((20, 30, 3), np.uint8, True)
    assert probe(encode(noise(), format)).format == format


@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_images_are_turned_upright_as_pillow_does(format: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encode(noise(), format, exif=exif)
    expected = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB"))
    facts = probe(data)
    assert (decode(data) == expected).all()
    assert (facts.orientation, facts.height, facts.width) == (orientation, *expected.shape[:2])


def test_an_impossible_orientation_is_none() -> None:
    exif = Image.Exif()
    exif[0x0112] = 9
    assert probe(encode(noise(), "PNG", exif=exif)).orientation == 1


def test_gray_and_bilevel_are_repeated() -> None:
    gray = noise()[:, :, 0]
    assert (decode(encode(gray, "PNG")) == gray[:, :, None]).all()
    assert (decode(encode(gray > 127, "PNG")) == np.where(gray > 127, 255, 0)[:, :, None]).all()


def test_alpha_is_dropped_and_colours_stay() -> None:
    pixels = np.concatenate([noise(), np.full((20, 30, 1), 7, np.uint8)], axis=2)
    assert (decode(encode(pixels, "PNG")) == noise()).all()
    assert probe(encode(pixels, "PNG")).mode == "RGBA"


def test_palettes_are_looked_up_with_or_without_transparency() -> None:
    image = Image.fromarray(noise()).quantize(16)
    expected = np.asarray(image.convert("RGB"))
    for options in ({}, {"transparency": 3}, {"transparency": bytes(range(16))}):
        data = encode(image, "PNG", **options)
        assert (decode(data) == expected).all()
        assert probe(data).mode == "P"


def test_cmyk_is_converted() -> None:
    data = encode(Image.new("CMYK", (4, 3), (255, 0, 0, 0)), "TIFF")
    assert (decode(data) == [0, 255, 255]).all()
    assert probe(data).mode == "CMYK"


@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_of_sixteen_bits_the_upper_eight_are_kept(format: str) -> None:
    gray = np.random.default_rng(0).integers(0, 4096, (5, 6), dtype=np.uint16)
    facts = probe(encode(gray, format))
    assert (decode(encode(gray, format)) == (gray // 256)[:, :, None]).all()
    assert (facts.bits, facts.values) == (16, (gray.min(), gray.max()))


def test_sixteen_bit_colour_is_recognised_though_pillow_hides_it() -> None:
    values = np.random.default_rng(0).integers(0, 65536, (2, 3, 3)).astype(">u2")
    data = png(3, 2, 16, 2, b"".join(b"\0" + row.tobytes() for row in values))
    assert (decode(data) == values // 256).all()
    assert (probe(data).mode, probe(data).bits) == ("RGB", 16)


def test_of_an_animation_the_first_frame_is_read() -> None:
    frames = [Image.new("RGB", (4, 4), color) for color in ("red", "blue", "green")]
    data = encode(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert probe(data).num_frames == 3
    assert (decode(data) == [255, 0, 0]).all()


def test_the_whole_window_keeps_the_upper_bits_of_every_value() -> None:
    values = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    assert (decode(encode(values, "PNG")) == (values >> 8)[:, :, None]).all()


@pytest.mark.parametrize("window", [(0, 4095), (1000, 1255), (20000, 20099), (0, 65534)])
def test_a_window_spreads_its_values_in_equal_steps(window: tuple[int, int]) -> None:
    values = np.arange(0, 65536, 7, dtype=np.uint16)[None]
    found = decode(encode(values, "PNG"), reading=Reading(window=window))[0, :, 0]
    # The slow way: the largest of 256 steps that begins at or below the value.
    begins = [window[0] + step * (window[1] - window[0] + 1) / 256 for step in range(256)]
    expected = [
        max((step for step in range(256) if begins[step] <= min(value, window[1])), default=0)
        for value in values[0].tolist()
    ]
    assert expected == found.tolist()


def test_a_window_on_colours_of_sixteen_bits_is_refused() -> None:
    data = png(1, 1, 16, 2, bytes(7))
    finding, reason = refusal(data, reading=Reading(window=(0, 4095)))
    assert (finding, "16-bit colour, of which only the upper 8 bits can be read" in reason) == (
        "unsupported_image",
        True,
    )


def infrared(dtype: type = np.uint8, height: int = 20, width: int = 30) -> np.ndarray:
    high = np.iinfo(dtype).max
    return np.random.default_rng(1).integers(0, high + 1, (height, width), dtype=dtype)


def pages(*images: np.ndarray) -> bytes:
    first, *others = map(Image.fromarray, images)
    return encode(first, "TIFF", save_all=True, append_images=others)


FOUR = Reading(channels=4)


@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_alpha_may_hold_infrared(format: str) -> None:
    stored = np.concatenate([noise(), infrared()[:, :, None]], axis=2)
    stored[0, 0, 3] = 0
    found = decode(encode(stored, format), reading=FOUR)
    assert (found == stored).all()
    assert (found.dtype, found.flags.writeable) == (np.uint8, True)


def test_pages_of_a_tiff_are_bands() -> None:
    expected = np.dstack([noise(), infrared()])
    assert (decode(pages(noise(), infrared()), reading=FOUR) == expected).all()
    assert (decode(pages(*np.moveaxis(expected, 2, 0)), reading=FOUR) == expected).all()
    assert (decode(pages(noise(), infrared())) == noise()).all()


def test_pages_of_sixteen_bits_go_through_the_window() -> None:
    bands = [infrared(np.uint16) // 16 + band for band in range(4)]
    data = pages(*bands)
    reading = Reading(channels=4, window=(0, 4095))
    assert (decode(data, reading=reading) == np.stack([np.minimum(band, 4095) // 16 for band in bands], 2)).all()
    assert probe(data, reading=reading).values == (min(map(np.min, bands)), max(map(np.max, bands)))


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
def test_an_image_of_four_bands_is_turned_whole(format: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = np.dstack([noise(), infrared() | 1])
    data = encode(stored, format, exif=exif, lossless=True)
    assert (decode(data, reading=FOUR) == np.rot90(stored, -1)).all()
    assert (probe(data, reading=FOUR).width, probe(data, reading=FOUR).height) == (20, 30)


def test_the_pages_of_a_tiff_are_turned_alike() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encode(
        Image.fromarray(noise()), "TIFF", exif=exif, save_all=True, append_images=[Image.fromarray(infrared())]
    )
    assert (decode(data, reading=FOUR) == np.rot90(np.dstack([noise(), infrared()]), -1)).all()


def with_extra_samples(meaning: int) -> bytes:
    """Write a TIFF of four samples whose fourth has another meaning than Pillow gives it."""
    data = encode(np.dstack([noise(), infrared()]), "TIFF")
    entry = struct.pack("<HHI", 338, 3, 1)
    assert data.count(entry + b"\2\0") == 1
    return data.replace(entry + b"\2\0", entry + bytes([meaning, 0]))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (encode(noise(), "PNG"), "3 band(s) in 1 page(s); ingest_data.channels is 4"),
        (encode(infrared(), "PNG"), "1 band(s) in 1 page(s)"),
        (pages(*[infrared()] * 9), "5 band(s) in 5 page(s)"),
        (pages(noise(), infrared(height=10)), "pages of 30 x 10 and 30 x 20 pixels in 2 page(s)"),
        (with_extra_samples(1), "multiplied by alpha"),
        (with_extra_samples(0), "1 band(s) beyond RGB have no meaning"),
    ],
)
def test_other_bands_than_asked_for_are_refused(data: bytes, reason: str) -> None:
    finding, found = refusal(data, reading=FOUR)
    assert finding == "other_channels"
    assert reason in found


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_stack_cut_short_is_refused(share: float) -> None:
    data = pages(noise(), infrared())
    assert refusal(data[: int(len(data) * share)], reading=FOUR)[0] in ("truncated_image", "other_channels")


def test_every_page_has_the_limit_of_pixels() -> None:
    assert refusal(pages(noise(), infrared(height=21)), reading=FOUR, max_pixels=600)[0] == "image_too_large"


def refusal(data: bytes, **options: Any) -> tuple[str, str]:
    with pytest.raises(UnreadableImage) as caught:
        decode(data, **options)
    with pytest.raises(UnreadableImage) as again:
        probe(data, **options)
    assert (again.value.finding, str(again.value)) == (caught.value.finding, str(caught.value))
    return caught.value.finding, str(caught.value)


def test_zero_bytes_are_refused() -> None:
    assert refusal(b"") == ("empty_file", "the file has zero bytes")


def test_text_is_not_an_image() -> None:
    finding, reason = refusal(b"<html>no image here</html>")
    assert finding == "not_an_image"
    assert "begins with b'<html>no'" in reason


@pytest.mark.parametrize("format", ["JPEG", "PNG", "BMP", "TIFF", "WEBP", "PPM", "GIF"])
def test_images_cut_short_are_refused(format: str) -> None:
    data = encode(noise(), format)
    finding, reason = refusal(data[: len(data) // 2])
    assert finding == "truncated_image"
    assert reason


def test_every_cut_of_a_png_is_refused_or_whole() -> None:
    data, found = encode(noise(4, 4), "PNG"), set()
    for length in range(len(data)):
        try:
            assert (decode(data[:length]) == noise(4, 4)).all()
        except UnreadableImage as error:
            found.add(error.finding)
    assert found == {"empty_file", "not_an_image", "truncated_image"}


def test_damaged_pixels_are_refused() -> None:
    data = bytearray(encode(noise(), "PNG"))
    data[data.index(b"IDAT") + 30] ^= 0xFF
    assert refusal(bytes(data))[0] == "truncated_image"


def test_an_image_bomb_is_refused_before_it_is_decoded() -> None:
    data = png(60_000, 60_000, 8, 0, b"")
    assert refusal(data) == ("image_too_large", "60,000 x 60,000 pixels; the limit is 100,000,000 in all")


def test_the_limit_of_pixels_is_a_choice() -> None:
    assert decode(encode(noise(), "PNG"), max_pixels=600).shape == (20, 30, 3)
    assert refusal(encode(noise(), "PNG"), max_pixels=599)[0] == "image_too_large"


def test_floating_point_pixels_are_refused() -> None:
    finding, reason = refusal(encode(np.ones((3, 3), np.float32), "TIFF"))
    assert finding == "unsupported_image"
    assert "mode F has no fixed range" in reason


def test_signed_pixels_are_refused() -> None:
    finding, reason = refusal(encode(np.full((3, 3), -5, np.int32), "TIFF"))
    assert finding == "unsupported_image"
    assert "gray values from -5 to -5" in reason


def test_what_pillow_only_warns_about_is_refused() -> None:
    exif = b"Exif\0\0II*\0\x08\0\0\0\x05\0\x12\x01"
    finding, reason = refusal(encode(noise(), "JPEG", exif=exif))
    assert finding == "truncated_image"
    assert "Corrupt EXIF data" in reason
