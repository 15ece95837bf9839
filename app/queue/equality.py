"""When two gradings have the same result, so that the second need not be made."""

import hashlib
import importlib.metadata
from functools import cache

from app.competitions.stored import Rules
from grader import exports
from grader.report import Report

OF_THIS_SERVER = "code-level"
"""The problem that says nothing about the file: the same one may be graded elsewhere, or later."""


@cache
def grader_version() -> str:
    """What decides a result besides file, definition and data: our own release and the engine's."""
    return " ".join(
        f"{name} {importlib.metadata.version(name)}" for name in ("secateur", "onnxruntime", "h5py", "numpy")
    )


@cache
def exporter_version() -> str:
    """What decides beside it which graph a student's code comes to."""
    return f"torch {importlib.metadata.version('torch')}" if exports.has_torch() else ""


def equality_key(file_sha256: str, rules: Rules, reference: str | None) -> str:
    """SHA-256 over everything that decides a result: gradings with equal keys have equal results.

    `reference` is the digest of the file that it is timed against, if there is one.
    """
    parts = [file_sha256, rules.definition.digest, rules.dataset_digest, grader_version(), reference or ""]
    if rules.definition.grading.file.code is not None:
        parts.append(exporter_version())
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def can_be_copied(report: Report) -> bool:
    """Whether a result would be the same anywhere."""
    return all(problem.code != OF_THIS_SERVER for problem in report.problems)
