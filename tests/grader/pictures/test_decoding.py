import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from grader import limits
from grader.dataset_errors import DatasetError
from grader.pictures.decoding import decoder, prepare
from grader.pictures.preparation import Layout, Preparation, crop_box, resized_size

Encode = Callable[..., bytes]

AS_IT_IS = Preparation(Layout.HWC)
RECORDED = json.loads(Path(__file__).with_name("torchvision.json").read_text(encoding="utf-8"))["cases"]


def pattern(width: int, height: int) -> bytes:
    """The picture of `record_torchvision`, losslessly."""
    y, x, channel = np.ogrid[:height, :width, :3]
    pixels = ((x * 7 + y * 13 + x * y * (channel + 1) + channel * 50) % 256).astype(np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def refusal(content: bytes, preparation: Preparation = AS_IT_IS) -> str:
    with pytest.raises(DatasetError) as raised:
        prepare(content, "0_1.jpg", preparation)
    return str(raised.value)


@pytest.mark.parametrize(
    "case", RECORDED, ids=lambda case: f"{'x'.join(map(str, case['size']))}-{case['resize']}-{case['crop']}"
)
def test_resizing_and_cutting_give_torchvisions_pixels_to_the_bit(case: dict[str, Any]) -> None:
    pixels = prepare(pattern(*case["size"]), "x", Preparation(Layout.HWC, case["resize"], case["crop"]))

    assert list(pixels.shape[:2]) == case["height_width"]
    assert hashlib.sha256(pixels.tobytes()).hexdigest() == case["sha256"]


def test_the_longer_side_is_cut_to_whole_pixels() -> None:
    assert resized_size((512, 384), 256) == (341, 256)
    assert resized_size((384, 512), 256) == (256, 341)
    assert resized_size((3, 1000), 256) == (256, 85333)


def test_half_a_pixel_goes_to_the_even_side() -> None:
    assert crop_box((225, 227), 224) == (0, 2, 224, 226)
    assert crop_box((229, 231), 224) == (2, 4, 226, 228)


def test_channels_come_first_or_last(encode: Encode) -> None:
    content = encode("PNG", (8, 6))

    last, first = (prepare(content, "x", Preparation(layout)) for layout in (Layout.HWC, Layout.CHW))

    assert (last.shape, first.shape) == ((6, 8, 3), (3, 6, 8))
    assert first.flags.c_contiguous
    np.testing.assert_array_equal(first.transpose(1, 2, 0), last)


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("JPEG", "RGB"),
        ("JPEG", "L"),
        ("JPEG", "CMYK"),
        ("PNG", "RGB"),
        ("PNG", "L"),
        ("PNG", "1"),
        ("PNG", "P"),
        ("PNG", "LA"),
        ("PNG", "RGBA"),
        ("BMP", "RGB"),
        ("WEBP", "RGB"),
        ("WEBP", "RGBA"),
    ],
)
def test_every_mode_becomes_what_pil_loader_makes_of_it(encode: Encode, kind: str, mode: str) -> None:
    content = encode(kind, mode=mode)

    pixels = prepare(content, "x", AS_IT_IS)

    assert (pixels.dtype.name, pixels.shape) == ("uint8", (30, 40, 3))
    np.testing.assert_array_equal(pixels, np.asarray(Image.open(io.BytesIO(content)).convert("RGB")))


def test_a_palette_with_transparency_loses_it(encode: Encode) -> None:
    content = encode("PNG", mode="P", transparency=bytes([0, 128] * 20))

    with pytest.warns(UserWarning, match="Palette images with Transparency"):
        assert prepare(content, "x", AS_IT_IS).shape == (30, 40, 3)


def test_a_picture_is_not_turned_by_what_its_camera_noted(encode: Encode) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: turn by 90 degrees

    np.testing.assert_array_equal(
        prepare(encode(exif=exif), "x", AS_IT_IS), prepare(encode(), "x", AS_IT_IS), strict=True
    )


def test_more_than_eight_bits_are_refused_and_not_cut_off() -> None:
    stream = io.BytesIO()
    Image.fromarray(np.full((4, 4), 40_000, np.uint16)).save(stream, "PNG")

    assert "0_1.jpg: expected 8 bits for each channel, got mode I;16 of Pillow" in refusal(stream.getvalue())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "got 0 bytes that begin with nothing: none of these formats"),
        (b"a,b\n1,2\n", "(JPEG, PNG, BMP, WEBP), got 8 bytes that begin with 61 2c 62 0a: none of these formats. Copy"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "none of these formats"),
        (b"GIF89a" + bytes(30), "none of these formats"),
    ],
)
def test_what_is_no_picture_is_told_with_its_first_bytes(content: bytes, message: str) -> None:
    assert message in refusal(content)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "WEBP"])
def test_a_picture_that_is_cut_short_is_refused_wherever_it_ends(encode: Encode, kind: str) -> None:
    whole = encode(kind)

    for length in range(0, len(whole) - 20, 97):
        assert f"got {length:,} bytes that begin with" in refusal(whole[:length])


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's remarks on damaged EXIF data and the like
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "WEBP"])
def test_damage_leads_to_pixels_or_to_a_dataset_error(encode: Encode, kind: str) -> None:
    whole = encode(kind)
    random = np.random.default_rng(5)
    refused = 0

    for _ in range(400):
        damaged = bytearray(whole)
        for place in random.integers(0, min(len(whole), 400), 3):
            damaged[place] = random.integers(0, 256)
        try:
            assert prepare(bytes(damaged), "x", Preparation(Layout.CHW, 16, 8)).shape == (3, 8, 8)
        except DatasetError:
            refused += 1

    assert refused > 40


@pytest.mark.parametrize("size", [(9_000, 8_000), (10_000, 9_500), (20_000, 20_000)])
def test_a_picture_that_would_fill_the_memory_is_refused_by_its_header(size: tuple[int, int]) -> None:
    stream = io.BytesIO()
    Image.new("1", (8, 8)).save(stream, "BMP")
    header = bytearray(stream.getvalue())
    header[18:26] = size[0].to_bytes(4, "little") + size[1].to_bytes(4, "little")

    assert "expected at most 64,000,000 pixels, got " in refusal(bytes(header))


def test_a_strip_that_would_grow_out_of_bounds_is_refused(encode: Encode) -> None:
    message = refusal(encode("PNG", (2_000, 2)), Preparation(Layout.CHW, 256, 224))

    assert "expected at most 64,000,000 pixels, got 2000 x 2 would become 256,000 x 256" in message


def test_what_is_smaller_than_the_cut_is_refused_and_not_padded(encode: Encode) -> None:
    message = refusal(encode(size=(300, 200)), Preparation(Layout.CHW, None, 224))

    assert "expected at least 224 x 224 pixels to cut 224 x 224 from, got 300 x 200. Resize first" in message


def test_the_decoder_is_told_with_versions() -> None:
    assert decoder().startswith("Pillow ")
    assert ", libjpeg" in decoder()


def test_the_side_that_may_be_asked_for_fits_the_pixels() -> None:
    assert limits.MAX_PICTURE_SIDE**2 <= limits.MAX_PICTURE_PIXELS
