import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from transfer.data.decode import UnreadableImage, decode, probe


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
    assert (facts.bits, facts.largest) == (16, gray.max())


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


def refusal(data: bytes, **options: int) -> tuple[str, str]:
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
