"""The grading half of a competition's definition: what the file must be, what it is tested on, how it is scored.

A definition is one YAML file. Its `grading` section is validated here; the rest belongs to the service.
"""

import hashlib
import json
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    Field,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from grader import yaml_source
from grader.checking import architecture, family, free
from grader.checking.fit import Fit
from grader.errors import DefinitionError, GraderFault
from grader.facts import Shape, StoredWeights
from grader.formula import Formula, parse
from grader.input_rule import InputRule
from grader.network_rule import LimitRule, NetworkRule
from grader.networks.graph import Network
from grader.references import REFERENCES, Lookup, in_folder
from grader.scoring import METRICS
from grader.splits import Splits
from grader.strict import Strict
from grader.upload_rules import FileRule, SeriesRule
from grader.yaml_source import YamlSource

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$")]
ClassName = Annotated[str, StringConstraints(min_length=1, max_length=60)]


class Grading(Strict):
    """The `grading` section of a definition."""

    file: FileRule
    network: NetworkRule
    input: InputRule = InputRule()
    classes: tuple[ClassName, ...] = Field(min_length=2, max_length=10_000, description="Class names, in label order.")
    limits: LimitRule = Field(default=LimitRule(), validate_default=True)
    split: Slug = Field(default="test", description="The name under which the hidden test set is reported.")
    score: str = Field(description="Formula of the score.")
    lower_is_better: bool = Field(default=False, description="Whether a smaller score ranks above a larger one.")
    rank_if: str | None = Field(
        default=None, description="Condition for a rank; may also use `score`. Others are listed below, unranked."
    )
    full_credit: str | None = Field(default=None, description="Condition for full credit; may also use `score`.")
    compacted: bool = Field(
        default=False,
        description="Whether the network without what is zero is offered, once the test set has verified it.",
    )

    series: SeriesRule | None = Field(
        default=None, description="Taken where it is given: one zip with several weight files and what belongs to them."
    )
    splits: Splits = Field(default=None, description="A public and a private part of the test set; none: one part.")

    @field_validator("network")
    @classmethod
    def _free_networks_are_files_of_graphs(cls, rule: NetworkRule, info: ValidationInfo) -> NetworkRule:
        if "file" in info.data and (info.data["file"].format == "onnx") is not (rule.free is not None):
            raise ValueError(
                "`format: onnx` and a network that is `free: true` belong together: the file tells the network"
            )
        return rule

    @field_validator("series")
    @classmethod
    def _series_are_of_pytorch(cls, rule: SeriesRule | None, info: ValidationInfo) -> SeriesRule | None:
        if rule is not None and "file" in info.data and info.data["file"].format != "pytorch":
            raise ValueError("archives of several weight files are read for `format: pytorch` alone")
        return rule

    @field_validator("score")
    @classmethod
    def _score_is_a_formula(cls, text: str) -> str:
        _parse_for_pydantic(text, METRICS)
        return text

    @field_validator("full_credit", "rank_if")
    @classmethod
    def _condition_is_a_formula(cls, text: str | None) -> str | None:
        if text is not None:
            _parse_for_pydantic(text, METRICS | {"score"})
        return text

    @field_validator("input")
    @classmethod
    def _input_fits_the_network(cls, rule: InputRule, info: ValidationInfo) -> InputRule:
        if "network" in info.data:
            known = info.data["network"].known
            channels = known.input_shape[0 if known.channels_first else -1]
            for key, values in (("mean", rule.mean), ("std", rule.std)):
                if values is not None and len(values) != channels:
                    raise ValueError(f"`{key}` has {len(values)} numbers, the network's input {channels} channels")
        return rule

    @field_validator("limits")
    @classmethod
    def _network_is_not_too_heavy(cls, rule: LimitRule, info: ValidationInfo) -> LimitRule:
        exact = info.data["network"].network if "network" in info.data else None
        if exact is not None and (told := rule.above(exact)):
            raise ValueError(told)
        return rule

    @field_validator("classes")
    @classmethod
    def _classes_fit_the_network(cls, names: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if "network" in info.data:
            outputs = getattr(info.data["network"].known, "classes", len(names))
            if outputs != len(names):
                raise ValueError(f"the network has {outputs} outputs, `classes` names {len(names)}")
        return names


class Definition:
    """A competition as the grader sees it: its slug and its grading rules, with the network and the formulas built once."""

    def __init__(self, slug: str, grading: Grading) -> None:
        self.slug = slug
        self.grading = grading

    @cached_property
    def digest(self) -> str:
        """SHA-256 of everything that decides a result, as canonical JSON."""
        rules = self.grading.model_dump(mode="json")
        return hashlib.sha256(json.dumps(rules, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    @property
    def input_shape(self) -> Shape:
        """The shape of one image, without the batch."""
        return self.grading.network.known.input_shape

    @property
    def classes(self) -> int:
        """How many classes the networks tell apart."""
        return len(self.grading.classes)

    @property
    def channels_first(self) -> bool:
        """Whether an image's first axis, and not its last, is that of its channels."""
        return self.grading.network.known.channels_first

    @property
    def exact(self) -> Network | None:
        """The one network that weights must fit, or None where the weights tell which one of a family it is."""
        return self.grading.network.network

    @property
    def network(self) -> Network:
        """The one network. Raises GraderFault for a family: who asks has to use `fit`."""
        if self.exact is None:
            raise GraderFault(f"{self.slug} takes a family of networks; which one, a file's weights tell")
        return self.exact

    def fit(self, stored: StoredWeights) -> Fit:
        """The network that a file's weights are for, and the arrays in their places, with all that keeps them from it."""
        if self.exact is not None:
            return architecture.fit(stored, self.exact)
        if self.grading.network.open is not None:
            return free.fit(stored, self.grading.network.open, self.classes)
        plan = self.grading.network.plan
        assert plan is not None  # noqa: S101 - what is no exact network is a plan
        return family.fit(stored, plan)

    @cached_property
    def score(self) -> Formula:
        """The score's formula."""
        return parse(self.grading.score, METRICS)

    @cached_property
    def full_credit(self) -> Formula | None:
        """The condition for full credit, if there is one."""
        return _condition(self.grading.full_credit)

    @cached_property
    def rank_if(self) -> Formula | None:
        """The condition for a rank, if there is one."""
        return _condition(self.grading.rank_if)


def load(path: Path) -> Definition:
    """The definition in a YAML file. Raises DefinitionError that names file and line."""
    source = read_source(path)
    return from_source(source, in_folder(path.parent))


def read_source(path: Path) -> YamlSource:
    """The YAML of a definition file, unvalidated."""
    try:
        return yaml_source.parse(path.read_text(encoding="utf-8"), path.name)
    except (OSError, UnicodeDecodeError) as error:
        raise DefinitionError(f"cannot be read: {error}", source=str(path)) from None


def from_source(source: YamlSource, lookup: Lookup) -> Definition:
    """The grading half of a parsed definition; `lookup` reads the files that it names."""
    for key in ("slug", "grading"):
        if key not in source.data:
            raise source.error(f"the key {key!r} is missing")
    rules = source.data["grading"]
    if not isinstance(rules, dict):
        raise source.error("`grading` is a mapping of keys to values", ("grading",))
    try:
        return Definition(_Head(slug=source.data["slug"]).slug, Grading.model_validate(_resolve(source, rules, lookup)))
    except ValidationError as error:
        prefix = ("grading",) if error.title == Grading.__name__ else ()
        raise source.validation_error(error, prefix) from None


class _Head(BaseModel):
    slug: Slug


def _resolve(source: YamlSource, rules: dict[str, Any], lookup: Lookup) -> dict[str, Any]:
    """The rules with the file that describes the network read in, so that the definition stands alone."""
    network = rules.get("network")
    for key in REFERENCES:
        if isinstance(network, dict) and isinstance(network.get(key), str):
            place = ("grading", "network", key)
            name = network[key]
            try:
                network = network | {key: lookup(key, name)}
            except (OSError, ValueError, RecursionError, DefinitionError) as error:
                raise source.error(f"{name[:60]} cannot be read: {error}", place) from None
    return rules if network is None else rules | {"network": network}


def _condition(text: str | None) -> Formula | None:
    return None if text is None else parse(text, METRICS | {"score"})


def _parse_for_pydantic(text: str, names: frozenset[str]) -> Formula:
    try:
        return parse(text, names)
    except DefinitionError as error:
        raise ValueError(str(error)) from None
