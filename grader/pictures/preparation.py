"""What is done to each picture, and the sizes that follow: those of torchvision's `Resize(n)` and `CenterCrop(n)`."""

from dataclasses import dataclass
from enum import StrEnum

Size = tuple[int, int]
"""Width and height, as Pillow has them."""


class Layout(StrEnum):
    """Where the channel axis of an image is: first for PyTorch, last for Keras."""

    CHW = "chw"
    HWC = "hwc"


@dataclass(frozen=True, slots=True)
class Preparation:
    """What is done to each picture: the shorter side becomes `resize` pixels, then the middle `crop` x `crop` is cut."""

    layout: Layout
    resize: int | None = None
    crop: int | None = None


def resized_size(size: Size, shorter: int) -> Size:
    """The size when the shorter side has become `shorter`; the longer one is cut to whole pixels, as Resize does."""
    width, height = size
    longer = int(shorter * max(size) / min(size))
    return (shorter, longer) if width <= height else (longer, shorter)


def crop_box(size: Size, side: int) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the middle square; half pixels go to the even side, as CenterCrop rounds."""
    left, top = (round((length - side) / 2.0) for length in size)
    return left, top, left + side, top + side
