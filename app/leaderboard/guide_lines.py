"""The lines of a competition's rules in a plot: dotted where scores are equal, dashed where a condition begins to hold."""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from math import atan2, degrees, floor, log10, nan
from typing import TYPE_CHECKING, Any, NamedTuple

from app.leaderboard.guides import Bound, Guides, Names
from app.leaderboard.sight import Axis
from grader.formula import FormulaError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEVELS = 8
"""At most so many lines of equal score."""
DOTTED, DASHED = (0, (1, 2.5)), (0, (5, 2.5))
PEN: Mapping[str, Any] = {"linewidth": 0.9, "zorder": 1.5}
WORDS: Mapping[str, Any] = {"fontsize": 8.5, "rotation_mode": "anchor", "parse_math": False, "clip_on": True}
END = 0.99
"""Where the words at a straight bound end, as a share of the axis that it runs along."""


class Field(NamedTuple):
    """Places of a grid, row by row from the bottom, and the numbers that each tells."""

    x: Sequence[Fraction]
    y: Sequence[Fraction]
    rows: Sequence[Sequence[Names]]


def draw(axes: "Axes", guides: Guides, colour: str) -> bool:
    """Adds the lines behind the points, which are drawn already, and brings near bounds into sight.

    Whether there are lines of equal score among them.
    """
    straight = [(each, *each.at) for each in guides.bounds if each.at]
    stands = {name: [at for _, column, at in straight if column == name] for name in (guides.x, guides.y)}
    across = Axis(*axes.get_xlim(), axes.get_xscale() == "log").showing(stands[guides.x])
    up = Axis(*axes.get_ylim(), axes.get_yscale() == "log").showing(stands[guides.y])
    axes.set(xlim=(across.low, across.high), ylim=(up.low, up.high))
    for bound, column, at in straight:
        _straight(axes, words(bound), float(at), colour, is_upright=column == guides.x)
    curved = [each for each in guides.bounds if each.at is None]
    if not curved and not guides.has_levels:
        return False
    xs, ys = across.grid(stands[guides.x]), up.grid(stands[guides.y])
    field = Field(xs, ys, [[guides.numbers(x, y) for x in xs] for y in ys])
    for bound in curved:
        _contour(axes, field, bound.gap, {0.0: words(bound)}, DASHED, colour)
    return guides.has_levels and _contour(axes, field, lambda numbers: numbers["score"], None, DOTTED, colour)


def words(bound: Bound) -> str:
    """What is written at a bound: `accuracy > 0.6 for a score and for full credit`."""
    return f"{bound.text} {' and '.join(bound.purposes)}"


def levels(low: float, high: float) -> Mapping[float, str]:
    """Round values between two others, at most LEVELS, and how each is written: 0.80, 0.85."""
    from matplotlib import ticker

    found = ticker.MaxNLocator(LEVELS, steps=[1, 2, 5, 10]).tick_values(low, high)
    digits = max(0, -floor(log10(found[1] - found[0])))
    return {float(level): f"{level:,.{digits}f}" for level in found if low < level < high}


def _straight(axes: "Axes", told: str, at: float, colour: str, *, is_upright: bool) -> None:
    low, high = axes.get_xlim() if is_upright else axes.get_ylim()
    if not low < at < high:
        return
    turned: Mapping[str, Any]
    if is_upright:
        axes.axvline(at, color=colour, linestyle=DASHED, **PEN)
        place, turned = (at, END), {"rotation": 90, "transform": axes.get_xaxis_transform()}
    else:
        axes.axhline(at, color=colour, linestyle=DASHED, **PEN)
        place, turned = (END, at), {"rotation": 0, "transform": axes.get_yaxis_transform()}
    axes.text(place[0], place[1], told, color=colour, ha="right", va="bottom", **WORDS, **turned)


def _contour(
    axes: "Axes",
    field: Field,
    height: Callable[[Names], Fraction],
    told: Mapping[float, str] | None,
    dashes: tuple[int, tuple[float, float]],
    colour: str,
) -> bool:
    """Draws where a height over the plot has each of some values, by default round ones; whether it has one anywhere."""
    import numpy as np

    heights = np.ma.masked_invalid([[_height(height, numbers) for numbers in row] for row in field.rows])
    if heights.count() == 0:
        return False
    low, high = float(heights.min()), float(heights.max())
    told = {level: text for level, text in (told or levels(low, high)).items() if low < level < high}
    if not told:
        return False
    x, y = ([float(place) for place in places] for places in (field.x, field.y))
    pen = {"linewidths": PEN["linewidth"], "linestyles": [dashes], "zorder": PEN["zorder"]}
    drawn = axes.contour(x, y, heights, sorted(told), colors=colour, **pen)
    for level, lines in zip(drawn.levels, drawn.allsegs, strict=True):
        if lines:
            _along(axes, max(lines, key=len), told[float(level)], colour)
    return True


def _along(axes: "Axes", line: Any, told: str, colour: str) -> None:
    """Words along the upper end of a line, above it."""
    end, inner = (line[-1], line[-2]) if line[-1][1] >= line[0][1] else (line[0], line[1])
    is_left = inner[0] > end[0]
    left, right = (end, inner) if is_left else (inner, end)
    turn = degrees(atan2(right[1] - left[1], right[0] - left[0]))
    side = "left" if is_left else "right"
    told = f"{' ' * 4}{told}" if is_left else f"{told}{' ' * 4}"  # off the plot's edge
    axes.text(
        end[0], end[1], told, color=colour, ha=side, va="bottom", rotation=turn, transform_rotates_text=True, **WORDS
    )


def _height(height: Callable[[Names], Fraction], numbers: Names) -> float:
    """A height as a float, nan where there is none."""
    try:
        return float(height(numbers))
    except (FormulaError, KeyError, OverflowError):
        return nan
