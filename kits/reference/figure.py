"""The Pareto figure: sparsity against accuracy, ours filled and the course's own points hollow."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from kits.reference.course import BEST_OF_STUDENTS, POINTS
from kits.reference.plan import DENSE, FREEZE, GRADUAL, LAYERWISE, MASKED, ONE_THRESHOLD, TITLES
from kits.reference.results import Result

# Colours of Okabe and Ito, which the colour-blind tell apart; the marks differ as well.
LOOKS = {
    DENSE: ("#000000", "*"),
    ONE_THRESHOLD: ("#0072B2", "o"),
    LAYERWISE: ("#56B4E9", "s"),
    FREEZE: ("#009E73", "^"),
    MASKED: ("#D55E00", "D"),
    GRADUAL: ("#CC79A7", "v"),
}
NEEDED = 0.6
LOWEST = 0.15
DENSE_END = (0.88, 1.0, 0.38, 0.80)  # the part that decides: left, right, bottom, top


def frontier(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The points that no other one beats in one coordinate without losing in the other, by the first coordinate."""
    kept: list[tuple[float, float]] = []
    for point in sorted(set(points), reverse=True):
        if not kept or point[1] > kept[-1][1]:
            kept.append(point)
    return kept[::-1]


def draw(results: Sequence[Result], path: Path) -> None:
    """Write the figure as SVG; equal results give equal bytes."""
    with matplotlib.rc_context({"svg.hashsalt": "kits", "svg.fonttype": "none", "font.size": 9}):
        figure = Figure(figsize=(10, 5.2), layout="constrained")
        whole, near = figure.subplots(1, 2)
        for axes in (whole, near):
            _points(axes, results)
        whole.set(xlim=(-0.03, 1.03), ylim=(LOWEST, 0.85), title="All sparsities")
        near.set(xlim=DENSE_END[:2], ylim=DENSE_END[2:], title="Where the score is decided")
        figure.legend(*whole.get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False)
        figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})
    # The lines of a file under version control end without blanks.
    text = path.read_text(encoding="utf-8")
    path.write_text("\n".join(line.rstrip() for line in text.splitlines()) + "\n", encoding="utf-8")


def _points(axes: Any, results: Sequence[Result]) -> None:
    for method, (colour, mark) in LOOKS.items():
        ours = sorted((each.sparsity, float(each.accuracy)) for each in results if each.method == method)
        look = {"color": colour, "marker": mark, "markersize": 9 if method == DENSE else 5}
        if ours:
            axes.plot(*zip(*ours, strict=True), linewidth=0.8, label=TITLES[method], **look)
        theirs = [(point.sparsity, point.accuracy) for point in POINTS if point.method == method]
        if theirs:
            axes.plot(*zip(*theirs, strict=True), linestyle="none", fillstyle="none", **look)
    axes.plot(
        [], [], "o", color="#666666", fillstyle="none", label="hollow: the course's own run, on validation images"
    )
    best = frontier([(each.sparsity, float(each.accuracy)) for each in results])
    if best:
        axes.step(
            *zip(*best, strict=True),
            where="pre",
            color="#999999",
            linewidth=2.5,
            alpha=0.5,
            label="frontier of ours, on test images",
        )
    axes.axhline(NEEDED, color="#666666", linestyle=":", label="accuracy that is needed: above 0.6")
    ends = (0.0, 1.0)
    score = f"score {BEST_OF_STUDENTS:.4f}, the best of a student's file"
    axes.plot(ends, [2 * BEST_OF_STUDENTS - end for end in ends], color="#666666", linestyle="--", label=score)
    axes.set(xlabel="sparsity (share of weights that are zero)", ylabel="accuracy")
    axes.grid(alpha=0.25)
