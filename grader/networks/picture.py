"""An image on its way through a network, whichever way round Keras holds it."""

from dataclasses import dataclass, replace

from grader.facts import Shape
from grader.networks.draft import Draft, Value
from grader.networks.keras_options import Options
from grader.networks.shapes import Pair


@dataclass(frozen=True, slots=True)
class Picture:
    """A tensor that the graph holds as (channels, height, width), and what Keras knows of it."""

    tensor: str
    size: Pair
    channels: int
    channels_last: bool

    def value(self, tensor: str, size: Pair | None = None, channels: int | None = None) -> Value:
        """The value of a tensor that was made of the picture, with its own size and channels where they changed."""
        height, width = size or self.size
        depth = self.channels if channels is None else channels
        shape: Shape = (height, width, depth) if self.channels_last else (depth, height, width)
        return Value(tensor, shape, turned=self.channels_last)

    def made(self, tensor: str, size: Pair | None = None, channels: int | None = None) -> "Picture":
        """The picture that an operator made of this one."""
        return replace(
            self, tensor=tensor, size=size or self.size, channels=self.channels if channels is None else channels
        )


def picture_of(options: Options, draft: Draft, value: Value) -> Picture:
    """A layer's input as a picture, by the layer's own `data_format`. Raises where the input is no image."""
    channels_last = options.channels_last()
    if len(value.shape) != 3:
        raise options.error(f"its input has shape {value.shape}; an image (height, width, channels) is needed")
    if channels_last:
        height, width, channels = value.shape
        return Picture(draft.turned(value).tensor, (height, width), channels, channels_last=True)
    channels, height, width = value.shape
    return Picture(draft.straight(value).tensor, (height, width), channels, channels_last=False)
