"""The results as CSV for programs and as Markdown for readers."""

import csv
from collections.abc import Sequence
from pathlib import Path

from kits.reference.course import BEST_OF_STUDENTS, POINTS
from kits.reference.judging import Graded
from kits.reference.plan import TITLES

COLUMNS = (
    "step",
    "method",
    "started_from",
    "epochs",
    "best_epoch",
    "parameters",
    "zeros",
    "sparsity",
    "validation_accuracy",
    "test_correct",
    "test_images",
    "test_accuracy",
    "score",
    "score_exact",
    "equal_to_service",
    "sha256",
)


def write_csv(graded: Sequence[Graded], path: Path) -> None:
    """Write a row for each file."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(_row(each) for each in graded)


def write_markdown(graded: Sequence[Graded], path: Path, facts: Sequence[str]) -> None:
    """Write the table with the facts of the run above it and the course's own points below."""
    head = "| method | sparsity | validation accuracy | test accuracy | score | epochs | graded alike |"
    lines = ["# Results of the reference solutions", "", *facts, "", head, "|---|--:|--:|--:|--:|--:|---|"]
    lines += [_line(each) for each in graded]
    best = max(graded, key=lambda each: each.result.score).result
    lines += [
        "",
        f"Best score: **{float(best.score):.4f}** ({TITLES[best.method]}, {best.sparsity:.2%} zeros); the best that a"
        f" student's file reached on this test set is {BEST_OF_STUDENTS:.4f}.",
        "",
        "## The course's own run",
        "",
        "As the course published it, on its own 2,525 validation images.",
        "",
        "| method | sparsity | validation accuracy |",
        "|---|--:|--:|",
        *(f"| {TITLES[point.method]} | {point.sparsity:.1%} | {point.accuracy:.4f} |" for point in POINTS),
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _row(each: Graded) -> list[object]:
    result = each.result
    return [
        result.name,
        result.method,
        result.started_from,
        result.epochs,
        result.best_epoch,
        result.parameters,
        result.zeros,
        f"{result.sparsity:.6f}",
        f"{float(result.validation_accuracy):.4f}",
        result.correct,
        result.examples,
        f"{float(result.accuracy):.4f}",
        f"{float(result.score):.6f}",
        result.score,
        "yes" if not each.problems else "; ".join(each.problems),
        each.file,
    ]


def _line(each: Graded) -> str:
    result = each.result
    epochs = f"{result.best_epoch} of {result.epochs}" if result.epochs else ""
    cells = [
        TITLES[result.method],
        f"{result.sparsity:.2%}",
        f"{float(result.validation_accuracy):.4f}",
        f"{float(result.accuracy):.4f}",
        f"{float(result.score):.4f}",
        epochs,
        "yes" if not each.problems else "; ".join(each.problems),
    ]
    return f"| {' | '.join(cells)} |"
