"""What schemathesis is given beyond its own: a check, and the names of what there is."""

from typing import Any

import schemathesis
from schemathesis.core.parameters import ParameterLocation

FORM = "request-form"
"""The code of what the framework refuses by the declared types, before any rule of ours is asked."""
THERE = {"course": "ml", "slug": "demo"}
"""The course and the competition that there are: an address that names nothing leads to 404 alone."""


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: schemathesis.Case[Any], kwargs: dict[str, Any]) -> None:
    """Puts the names of what there is into an address, unless its values are the ones that are to be refused."""
    path = case.meta.components.get(ParameterLocation.PATH) if case.meta is not None else None
    if path is not None and path.mode.is_positive:
        case.path_parameters.update({name: THERE[name] for name in case.path_parameters if name in THERE})


@schemathesis.check
def well_formed_is_understood(
    context: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case[Any]
) -> None:
    """Raises where a request that keeps to the description gets a 422 with the code of a wrong form."""
    is_good = case.meta is not None and case.meta.generation.mode.is_positive
    if is_good and response.status_code == 422:
        assert response.json()["code"] != FORM, response.json()["detail"]
