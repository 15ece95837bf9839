"""A picture's bytes made into the pixels of a data set, with Pillow.

Opened as torchvision's `pil_loader` opens it (RGB, not turned by EXIF, transparency dropped), then resized and cut by the
same calls of Pillow with the same numbers as its transforms: with the same Pillow, the same pixels to the bit.
"""

import io
import struct
import warnings
import zlib

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError, features

from grader import limits
from grader.dataset_errors import DatasetError
from grader.pictures.preparation import Layout, Preparation, Size, crop_box, resized_size

Pixels = npt.NDArray[np.uint8]

_FORMATS = ("JPEG", "PNG", "BMP", "WEBP")
_EIGHT_BITS = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "HSV")
_DAMAGE = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, struct.error, zlib.error)
_BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)


def decoder() -> str:
    """The libraries whose versions decide what a picture's pixels are."""
    turbo = features.check("libjpeg_turbo")
    jpeg = f"libjpeg-turbo {features.version('libjpeg_turbo')}" if turbo else f"libjpeg {features.version('jpg')}"
    return f"Pillow {features.version('pil')}, {jpeg}"


def prepare(content: bytes, where: str, preparation: Preparation) -> Pixels:
    """The pixels of a picture, uint8, (3, H, W) or (H, W, 3). Raises DatasetError naming `where`."""
    image = _decoded(content, where)
    if preparation.resize is not None:
        image = _resized(image, where, preparation.resize)
    if preparation.crop is not None:
        _check_room(image.size, where, preparation.crop)
        image = image.crop(crop_box(image.size, preparation.crop))
    pixels = np.asarray(image)
    return np.ascontiguousarray(pixels.transpose(2, 0, 1)) if preparation.layout is Layout.CHW else pixels


def _decoded(content: bytes, where: str) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(content), formats=_FORMATS)
    except _BOMBS as error:
        raise _too_large(where, str(error)) from error
    except _DAMAGE as error:
        raise _no_picture(where, content, error) from error
    _check_pixels(where, image.size, "the picture has")
    if image.mode not in _EIGHT_BITS:
        raise DatasetError(
            where,
            expected="8 bits for each channel",
            got=f"mode {image.mode} of Pillow, which has more",
            advice="Save it with 8 bits: conversion would cut the values off and not scale them.",
        )
    try:
        return image.convert("RGB")
    except _DAMAGE as error:
        raise _no_picture(where, content, error) from error


def _resized(image: Image.Image, where: str, shorter: int) -> Image.Image:
    size = resized_size(image.size, shorter)
    _check_pixels(where, size, f"{image.width} x {image.height} would become")
    return image.resize(size, Image.Resampling.BILINEAR)


def _check_pixels(where: str, size: Size, got: str) -> None:
    if size[0] * size[1] > limits.MAX_PICTURE_PIXELS:
        raise _too_large(where, f"{got} {size[0]:,} x {size[1]:,}")


def _check_room(size: Size, where: str, crop: int) -> None:
    if min(size) < crop:
        raise DatasetError(
            where,
            expected=f"at least {crop} x {crop} pixels to cut {crop} x {crop} from",
            got=f"{size[0]} x {size[1]}",
            advice=f"Resize first: --resize {crop} or more.",
        )


def _too_large(where: str, got: str) -> DatasetError:
    return DatasetError(
        where, expected=f"at most {limits.MAX_PICTURE_PIXELS:,} pixels", got=got, advice="Save the picture smaller."
    )


def _no_picture(where: str, content: bytes, error: Exception) -> DatasetError:
    return DatasetError(
        where,
        expected=f"a whole picture ({', '.join(_FORMATS)})",
        got=f"{len(content):,} bytes that begin with {content[:4].hex(' ') or 'nothing'}: {_reason(error)}",
        advice="Copy or save it again, or leave it out.",
    )


def _reason(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        return "none of these formats"
    return f"{type(error).__name__}: {error}"
