"""The `file` and `series` of a definition: what a student uploads."""

from typing import Annotated, Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, StringConstraints, model_serializer, model_validator

from grader.limits import (
    CODE_DEFAULT_SECONDS,
    CODE_MAX_SECONDS,
    DEFAULT_MAX_FILE_BYTES,
    DEFAULT_SERIES_FILES,
    MAX_FILE_BYTES,
    MAX_SERIES_FILES,
)
from grader.strict import Strict

ScriptName = Annotated[str, StringConstraints(pattern=r"^[\w.*?-]{1,60}\.(py|ipynb)$")]
WeightName = Annotated[str, StringConstraints(pattern=r"^[\w.*?-]{1,60}\.(ckpt|pt|pth|safetensors)$")]
EntryName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,59}$")]


class CodeRule(Strict):
    """A zip with the code that builds a network and its weights, taken in place of the network itself."""

    scripts: tuple[ScriptName, ...] = Field(
        min_length=1, description="Names of the script or notebook, patterns too; the first that is there is taken."
    )
    checkpoints: tuple[WeightName, ...] = Field(
        min_length=1, description="Names of the weight file, patterns too; several files are for several networks."
    )
    entry: tuple[EntryName, ...] = Field(
        default=("build", "get_student_model", "StudentNet"),
        min_length=1,
        description="Functions or classes that give the network when they are called; the first that is there is taken.",
    )
    seconds: int = Field(
        default=CODE_DEFAULT_SECONDS, ge=1, le=CODE_MAX_SECONDS, description="Seconds of CPU that building may take."
    )


class FileRule(Strict):
    """What a student uploads."""

    format: Literal["keras-h5", "pytorch", "onnx"] = Field(description="The kind of weight file.")
    names: tuple[str, ...] = Field(min_length=1, description="Patterns (* and ?) of which the file's name meets one.")
    max_bytes: int = Field(
        default=DEFAULT_MAX_FILE_BYTES, gt=0, le=MAX_FILE_BYTES, description="Largest file, in bytes."
    )
    code: CodeRule | None = Field(
        default=None, description="Taken where it is given, beside `format: onnx`: code and weights in one zip."
    )

    @model_validator(mode="after")
    def _code_builds_networks(self) -> "FileRule":
        if self.code is not None and self.format != "onnx":
            raise ValueError("`code` is for `format: onnx`: a network that students build themselves")
        return self

    @model_serializer(mode="wrap")
    def _without_code_that_is_not_given(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {key: value for key, value in dump(self).items() if key != "code" or value is not None}

    @property
    def archive(self) -> "FileRule":
        """The rule for a zip with code as the readers take it: an archive with files of PyTorch in it."""
        return FileRule(format="pytorch", names=self.names, max_bytes=self.max_bytes)


class SeriesRule(Strict):
    """Several weight files in one zip: before pruning, after it and after retraining, step by step."""

    max_drop: float = Field(
        default=0.01, ge=0, le=1, description="The drop in accuracy of a single step beyond which the rule stops."
    )
    max_files: int = Field(
        default=DEFAULT_SERIES_FILES, gt=0, le=MAX_SERIES_FILES, description="Weight files in one archive."
    )
