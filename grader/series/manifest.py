"""A series as its manifest tells it: `series.yaml` (or .yml, .json) at the top of the archive.

steps:
- name: first filter           # may be left out
layer: conv1                 # may be left out
before: base.pt              # may be left out: the last file of the step ahead
pruned: conv1-a-pruned.pt
retrained: conv1-a-retrained.pt
final: conv1-a-retrained.pt      # may be left out: the last file of the last step
declared:
training_seconds: 812
method: L1 norm
"""

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from grader import limits, yaml_source
from grader.errors import DefinitionError, Finding, Refusal
from grader.series.plan import Plan, Stage, Step, chained

Name = Annotated[str, StringConstraints(min_length=1, max_length=limits.MAX_MEMBER_NAME_CHARACTERS)]
Column = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Value = Annotated[float, Field(allow_inf_nan=False, strict=True)] | Annotated[str, StringConstraints(max_length=200)]


class StepEntry(BaseModel):
    """One entry of `steps`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, StringConstraints(min_length=1, max_length=80)] | None = None
    layer: Annotated[str, StringConstraints(min_length=1, max_length=80)] | None = None
    before: Name | None = None
    pruned: Name | None = None
    retrained: Name | None = None

    @property
    def files(self) -> Mapping[Stage, str]:
        """The file of each stage that the entry has."""
        named = {Stage.BEFORE: self.before, Stage.PRUNED: self.pruned, Stage.RETRAINED: self.retrained}
        return {stage: name for stage, name in named.items() if name is not None}

    @model_validator(mode="after")
    def _has_a_file(self) -> Self:
        if self.pruned is None and self.retrained is None:
            raise ValueError("a step names the file `pruned`, the file `retrained`, or both")
        return self


class Manifest(BaseModel):
    """The whole manifest."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    steps: tuple[StepEntry, ...] = ()
    final: Name | None = None
    declared: dict[Column, Value] = Field(default={}, max_length=20)

    @model_validator(mode="after")
    def _names_a_final_file(self) -> Self:
        if self.final is None and not self.steps:
            raise ValueError("a manifest names `steps`, the file `final`, or both")
        return self


def plan_of(text: str, weights: Sequence[str], root: str) -> Plan:
    """The plan that a manifest makes of an archive's weight files; its names are relative to the folder `root`.

    Raises Refusal where the manifest cannot be read, or names files that are not there.
    """
    manifest = _parsed(text)
    named = [name for entry in manifest.steps for name in entry.files.values()]
    named += [manifest.final] if manifest.final is not None else []
    known = {str(PurePosixPath(name).relative_to(root)): name for name in weights}
    if missing := [name for name in dict.fromkeys(named) if name not in known]:
        expected = ", ".join(known) or "none"
        raise Refusal(*(Finding("series-missing", name, expected=expected[:200]) for name in missing))
    steps = [
        Step(entry.name or f"step {place}", {stage: known[name] for stage, name in entry.files.items()}, entry.layer)
        for place, entry in enumerate(manifest.steps, start=1)
    ]
    linked = chained(steps, None)
    final = known[manifest.final] if manifest.final is not None else linked[-1].last
    return Plan(final, linked, manifest.declared)


def _parsed(text: str) -> Manifest:
    if len(text.encode()) > limits.MAX_MANIFEST_BYTES:
        raise Refusal(Finding("series-manifest", got=f"it is longer than {limits.MAX_MANIFEST_BYTES:,} bytes"))
    try:
        source = yaml_source.parse(text, "series")
        try:
            return Manifest.model_validate(source.data)
        except ValidationError as error:
            raise source.validation_error(error) from None
    except DefinitionError as error:
        printable = "".join(character if character.isprintable() else " " for character in str(error))
        raise Refusal(Finding("series-manifest", got=printable[:200])) from None
