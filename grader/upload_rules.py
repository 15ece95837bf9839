"""The `file` and `series` of a definition: what a student uploads."""

from typing import Literal

from pydantic import Field

from grader.limits import DEFAULT_MAX_FILE_BYTES, DEFAULT_SERIES_FILES, MAX_FILE_BYTES, MAX_SERIES_FILES
from grader.strict import Strict


class FileRule(Strict):
    """What a student uploads."""

    format: Literal["keras-h5", "pytorch", "onnx"] = Field(description="The kind of weight file.")
    names: tuple[str, ...] = Field(min_length=1, description="Patterns (* and ?) of which the file's name meets one.")
    max_bytes: int = Field(
        default=DEFAULT_MAX_FILE_BYTES, gt=0, le=MAX_FILE_BYTES, description="Largest file, in bytes."
    )


class SeriesRule(Strict):
    """Several weight files in one zip: before pruning, after it and after retraining, step by step."""

    max_drop: float = Field(
        default=0.01, ge=0, le=1, description="The drop in accuracy of a single step beyond which the rule stops."
    )
    max_files: int = Field(
        default=DEFAULT_SERIES_FILES, gt=0, le=MAX_SERIES_FILES, description="Weight files in one archive."
    )
