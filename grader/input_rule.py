"""The `input` of a definition: how stored images become what a network takes."""

from typing import Annotated

from pydantic import Field

from grader.strict import Strict


class InputRule(Strict):
    """How stored images become the network's input: (value / divide_by - mean) / std, in float32."""

    divide_by: float = Field(default=1, gt=0, description="Each value is divided by this number.")
    mean: tuple[float, ...] | None = Field(
        default=None, description="Subtracted after the division, one for each channel."
    )
    std: tuple[Annotated[float, Field(gt=0)], ...] | None = Field(
        default=None, description="Divides last, one for each channel."
    )
