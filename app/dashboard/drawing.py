"""Scores by day as SVG: the median, the middle half and the range of each day."""

import io
from collections.abc import Sequence
from typing import Any

from app.dashboard.days import Day
from app.leaderboard.drawing import LOCK, PALETTES, loaded

TICKS = 8
"""Days that are named along the axis at most."""
PLACE = (0.11, 0.11, 0.87, 0.78)
"""Of the axes, with room for the longest numbers: to have matplotlib work it out is to draw twice."""


def svg(days: Sequence[Day], theme: str) -> bytes:
    """The plot as an SVG document whose text is text, 7.2 by 3.2 inches, in the colours of a theme."""
    with LOCK:
        figure = loaded().figure.Figure(figsize=(7.2, 3.2))
        palette = PALETTES[theme]
        figure.set_facecolor(palette.surface)
        axes = figure.add_axes(PLACE)
        axes.set_facecolor(palette.surface)
        axes.grid(color=palette.line, linewidth=0.7)
        axes.set_axisbelow(True)
        axes.tick_params(colors=palette.soft)
        for spine in axes.spines.values():
            spine.set_color(palette.line)
        axes.set_ylabel("Score", color=palette.ink)
        _draw(axes, days, palette)
        sink = io.BytesIO()
        figure.savefig(sink, format="svg", metadata={"Date": None, "Title": "Scores by day"})
        return sink.getvalue()


def _draw(axes: Any, days: Sequence[Day], palette: Any) -> None:
    if not days:
        axes.set_xticks([])
        axes.set_yticks([])
        return
    places = [each.day for each in days]
    axes.vlines(
        places,
        [each.least for each in days],
        [each.most for each in days],
        color=palette.line,
        linewidth=3,
        label="least to most",
    )
    axes.vlines(
        places,
        [each.quarter for each in days],
        [each.three_quarters for each in days],
        color=palette.soft,
        linewidth=6,
        label="middle half",
    )
    axes.plot(
        places,
        [each.median for each in days],
        color=palette.accent,
        marker="o",
        markersize=5,
        linewidth=1.4,
        label="median",
    )
    shown = places[:: -(-len(places) // TICKS)]
    axes.set_xticks(shown, [f"{each.day} {each:%b}" for each in shown])
    # Above the axes: looking for the best place among the points takes a third of the drawing's time.
    above = {"loc": "lower left", "bbox_to_anchor": (0, 1), "ncols": 3, "borderaxespad": 0}
    axes.legend(frameon=False, labelcolor=palette.ink, fontsize=9, **above)
