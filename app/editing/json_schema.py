"""The JSON Schema of a definition file, for editors that complete and check as one writes."""

from functools import cache
from typing import Any

from pydantic import create_model

from app.competitions.course_rules import Line
from app.competitions.definition import CourseRules
from grader.competition import Grading, Slug
from grader.strict import Strict


@cache
def json_schema() -> dict[str, Any]:
    """The schema of the whole file. In it `keras_config` and `onnx` may be names of files, too."""
    model = create_model(
        "Competition",
        __base__=Strict,
        slug=(Slug, ...),
        title=(Line, ...),
        summary=(Line, ...),
        grading=(Grading, ...),
        course=(CourseRules, ...),
    )
    found = model.model_json_schema(mode="validation")
    rule = found["$defs"]["NetworkRule"]["properties"]["keras_config"]
    rule["anyOf"] = [*rule["anyOf"], {"type": "string"}]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **found}
