"""The options of one layer in a Keras configuration: each one is used, known to be harmless, or refused."""

from collections.abc import Mapping
from typing import TypeGuard

from grader.errors import DefinitionError
from grader.limits import MAX_LAYER_SIZE
from grader.networks.shapes import Pair

TRAINING_SUFFIXES = ("_initializer", "_regularizer", "_constraint")
HARMLESS = {
    "name",
    "trainable",
    "batch_input_shape",
    "batch_shape",
    "seed",
    "momentum",
    "renorm_momentum",
    "synchronized",
}
DTYPES = ("float32",)
MAX_NUMBER = 3e38  # what float32 can hold


def is_size(value: object, least: int = 1) -> TypeGuard[int]:
    """Whether a value is a whole number from `least` to MAX_LAYER_SIZE; true and false are no numbers."""
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= MAX_LAYER_SIZE


class Options:
    """What a layer's `config` holds. Every take marks an option as used, and `finish` refuses what is left over.

    `keras` is the version, 2 or 3, that wrote the configuration; None where it does not say.
    """

    def __init__(self, kind: str, config: Mapping[str, object], keras: int | None = None) -> None:
        name = config.get("name")
        if not isinstance(name, str) or not name:
            raise DefinitionError(f"a {kind} layer has no name; save the configuration with model.to_json()")
        self.kind = kind
        self.name = name
        self.keras = keras
        self._config = config
        self._used = set(HARMLESS)
        self._check_dtype()

    def error(self, message: str) -> DefinitionError:
        """The error that names this layer before `message`."""
        return DefinitionError(f"layer '{self.name}' ({self.kind}): {message}")

    def take(self, option: str, default: object = None) -> object:
        """The value of an option as the configuration has it."""
        self._used.add(option)
        return self._config.get(option, default)

    def whole(self, option: str, default: int | None = None) -> int:
        """An option that is a positive whole number."""
        value = self.take(option, default)
        if not is_size(value):
            raise self.error(f"{option} is {value!r}; a whole number from 1 to {MAX_LAYER_SIZE} is needed")
        return value

    def number(self, option: str, default: float | None = None) -> float:
        """An option that is a number."""
        return self._as_number(option, self.take(option, default))

    def number_or_none(self, *options: str) -> float | None:
        """The first of several options that is there and not null, as a number."""
        values = [(option, self.take(option)) for option in options]
        return next((self._as_number(option, value) for option, value in values if value is not None), None)

    def numbers(self, option: str, default: float) -> list[float] | float:
        """An option that is one number, or a list of them."""
        value = self.take(option, default)
        if isinstance(value, list | tuple):
            return [self._as_number(option, each) for each in value]
        return self._as_number(option, value)

    def flag(self, option: str, *, default: bool) -> bool:
        """An option that is true or false."""
        value = self.take(option, default)
        if not isinstance(value, bool):
            raise self.error(f"{option} is {value!r}; true or false is needed")
        return value

    def pair(self, option: str, default: Pair | None = None) -> Pair:
        """An option for height and width: two positive whole numbers, or one for both."""
        value = self.take(option)
        value = default if value is None else value
        both = (value, value) if isinstance(value, int) else value
        if isinstance(both, list | tuple) and len(both) == 2:
            height, width = both
            if is_size(height) and is_size(width):
                return height, width
        raise self.error(f"{option} is {value!r}; two whole numbers from 1 to {MAX_LAYER_SIZE} are needed")

    def choice(self, option: str, *allowed: str) -> str:
        """An option that is one of a few words; the first of them where it is absent."""
        value = self.take(option)
        value = allowed[0] if value is None else value
        if isinstance(value, str) and value.lower() in allowed:
            return value.lower()
        raise self.error(f"{option} {value!r} is not supported; supported: {', '.join(allowed)}")

    def axis(self, rank: int, default: int = -1) -> int:
        """The option `axis`, from 1 for the first after the batch, for a tensor of `rank` axes without the batch."""
        value = self.take("axis", default)
        number = value[0] if isinstance(value, list | tuple) and len(value) == 1 else value
        if isinstance(number, int) and not isinstance(number, bool) and number and -rank <= number <= rank:
            return number % (rank + 1)
        raise self.error(f"axis {value!r} is not supported; one from 1 to {rank}, or from the end, is needed")

    def channels_last(self) -> bool:
        """Whether the option `data_format` says that channels are the last axis."""
        return self.choice("data_format", "channels_last", "channels_first") == "channels_last"

    def finish(self) -> None:
        """Refuse options that would change what the layer computes and that nothing has used."""
        for option, value in self._config.items():
            harmless = option in self._used or option.endswith(TRAINING_SUFFIXES)
            if not harmless and value not in (None, False):
                raise self.error(f"option {option} = {value!r} is not supported")

    def _as_number(self, option: str, value: object) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) <= MAX_NUMBER:
            raise self.error(f"{option} is {value!r}; a number that float32 can hold is needed")
        return float(value)

    def _check_dtype(self) -> None:
        dtype = self.take("dtype")
        if isinstance(dtype, Mapping):
            policy = dtype.get("config")
            dtype = policy.get("name") if isinstance(policy, Mapping) else dtype
        if dtype is not None and dtype not in DTYPES:
            raise self.error(f"dtype {dtype!r} is not supported; supported: float32")
