"""The base of everything that is read from a definition."""

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """A part of a definition: unknown keys are refused, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
