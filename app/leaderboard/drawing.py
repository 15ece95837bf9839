"""A plot as SVG. matplotlib is loaded with the first one; the same points give the same bytes."""

import io
from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from app.leaderboard import guide_lines
from app.leaderboard.columns import Better, Column, Kind
from app.leaderboard.plots import Of, Plot, Point
from app.leaderboard.pointing import Spot, with_spots
from app.leaderboard.values import moment, text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.collections import PathCollection

LOG_FROM = 30
"""Largest value divided by the smallest from which an axis of counts is logarithmic."""
POINTS_PER_INCH = 72
LOCK = Lock()
"""matplotlib is not made for threads."""


class Palette(NamedTuple):
    """The colours of a theme, those of app.css."""

    surface: str
    ink: str
    soft: str
    line: str
    accent: str
    own: str


PALETTES = {
    "light": Palette("#fffdf7", "#1b2721", "#55615a", "#ddd5c3", "#1d5740", "#9b3d06"),
    "dark": Palette("#15211b", "#e7ebe2", "#a5b4aa", "#2b3b33", "#86cfa8", "#f5b287"),
}


def svg(plot: Plot, theme: str, *, opens_all: bool) -> bytes:
    """The plot as an SVG document whose text is text, 7.2 by 4.4 inches, in the colours of a theme.

    A point tells its entry when it is pointed at. One's own opens its submission, and so does every point for staff.
    """
    with LOCK:
        matplotlib = loaded()
        # As SVG counts: places on the figure are then those in the document.
        figure = matplotlib.figure.Figure(figsize=(7.2, 4.4), dpi=POINTS_PER_INCH, layout="constrained")
        palette = PALETTES[theme]
        figure.set_facecolor(palette.surface)
        axes = figure.add_subplot()
        axes.margins(0.08)
        _dress(axes, plot, palette)
        drawn = _draw(axes, plot, palette)
        sink = io.StringIO()
        figure.savefig(sink, format="svg", metadata={"Date": None, "Title": f"{plot.y.label} against {plot.x.label}"})
        spots = _spots(axes, plot, drawn, opens_all=opens_all)
        return with_spots(sink.getvalue(), spots, palette.ink).encode()


@cache
def loaded() -> Any:
    """The library, set up; the first call takes a while."""
    import matplotlib  # half a second and 60 MiB that only those pay who look at a plot
    import matplotlib.figure

    # A fixed salt: the names of clip paths are otherwise drawn by chance.
    matplotlib.rcParams.update({"svg.hashsalt": "secateur", "svg.fonttype": "none", "font.size": 10})
    return matplotlib


def _dress(axes: "Axes", plot: Plot, palette: Palette) -> None:
    axes.set_facecolor(palette.surface)
    axes.grid(color=palette.line, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(colors=palette.soft, which="both")
    for spine in axes.spines.values():
        spine.set_color(palette.line)
    for axis, rescale, column, values in (
        (axes.xaxis, axes.set_xscale, plot.x, [point.x for point in plot.points]),
        (axes.yaxis, axes.set_yscale, plot.y, [point.y for point in plot.points]),
    ):
        # Names of declared columns are students' words: never mathematics.
        axis.set_label_text(f"{column.label} ({column.better.value} is better)", color=palette.ink, parse_math=False)
        wide = bool(values) and min(values) > 0 and max(values) >= LOG_FROM * min(values)
        log = wide and column.kind in (Kind.COUNT, Kind.NUMBER)
        if log:
            rescale("log")
        _number(axis, column, plot, log=log)


def _number(axis: "Axis", column: Column, plot: Plot, *, log: bool) -> None:
    """How the numbers along an axis are written."""
    from matplotlib import dates, ticker

    if column.kind is Kind.SHARE:
        axis.set_major_formatter(ticker.PercentFormatter(1, symbol=" %"))
    elif column.kind is Kind.MOMENT:
        locator = dates.AutoDateLocator(tz=plot.zone, maxticks=6)  # type: ignore[no-untyped-call]
        axis.set_major_locator(locator)
        axis.set_major_formatter(dates.ConciseDateFormatter(locator, tz=plot.zone))  # type: ignore[no-untyped-call]
    elif column.kind is Kind.COUNT or log:
        axis.set_major_formatter(ticker.EngFormatter(sep=" "))
    if log:
        axis.set_minor_formatter(ticker.NullFormatter())


Drawn = list[tuple["PathCollection", list[Point]]]
"""Points and what they were drawn as, in one order."""


def _draw(axes: "Axes", plot: Plot, palette: Palette) -> Drawn:
    drawn: Drawn = []
    frontier = sorted((each for each in plot.points if each.on_frontier), key=lambda each: each.x)
    side: Literal["pre", "post"] = "post" if plot.x.better is Better.LOW else "pre"
    axes.step(*_places(plot, frontier), where=side, color=palette.accent, linewidth=1.2, zorder=2)
    others = [point for point in plot.points if not point.on_frontier and not point.is_own]
    # Hollow: it does not meet the condition for a rank. The frontier is drawn over the others, one's own over all.
    for label, size, colour, chosen in (
        ("other entries", 26, palette.soft, [each for each in others if each.meets]),
        ("without a rank", 26, palette.soft, [each for each in others if not each.meets]),
        ("on the frontier", 42, palette.accent, [each for each in plot.points if each.on_frontier and not each.is_own]),
        ("yours", 64, palette.own, [each for each in plot.points if each.is_own]),
    ):
        if chosen:
            fills = [colour if point.meets else palette.surface for point in chosen]
            marks = axes.scatter(
                *_places(plot, chosen), s=size, c=fills, edgecolors=colour, linewidths=1.3, label=label, zorder=3
            )
            drawn.append((marks, chosen))
    if plot.points and guide_lines.draw(axes, plot.guides, palette.soft):
        axes.plot([], [], color=palette.soft, linestyle=guide_lines.DOTTED, label="equal score", **guide_lines.PEN)
    if plot.points:
        legend = axes.legend(frameon=False, labelcolor=palette.ink, fontsize=9, loc="best")
        legend.set_zorder(1)
    return drawn


def _spots(axes: "Axes", plot: Plot, drawn: Drawn, *, opens_all: bool) -> list[Spot]:
    """Where the points lie, now that the drawing is laid out, in the order of the table beside it."""
    height = axes.get_figure(root=True).bbox.height  # type: ignore[union-attr] # axes of a figure
    found = {}
    for marks, points in drawn:
        for point, (x, y) in zip(points, axes.transData.transform(marks.get_offsets()), strict=True):
            address = f"/submissions/{point.submission_id}" if opens_all or point.is_own else None
            found[point.submission_id] = Spot(x, height - y, _words(plot, point), address)
    return [found[point.submission_id] for point in plot.points]


def _words(plot: Plot, point: Point) -> str:
    name = f"{point.alias}, number {point.submission_id}" if plot.of is Of.MINE else point.alias
    rank = "no rank" if point.rank is None else f"rank {point.rank}"
    values = (f"{column.label} {text(column, value, plot.zone)}" for column, value in _both(plot, point))
    return ", ".join((f"{name} (you)" if point.is_own else name, rank, *values))


def _both(plot: Plot, point: Point) -> tuple[tuple[Column, Fraction], tuple[Column, Fraction]]:
    return (plot.x, point.x), (plot.y, point.y)


def _places(plot: Plot, points: Sequence[Point]) -> tuple[list[Any], list[Any]]:
    def place(column: Column, value: Any) -> Any:
        return moment(value, plot.zone) if column.kind is Kind.MOMENT else float(value)

    return [place(plot.x, each.x) for each in points], [place(plot.y, each.y) for each in points]
