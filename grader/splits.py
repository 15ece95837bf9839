"""Public and private part of a test set: which sample is in which, the same on every machine and in every release."""

import hashlib
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Annotated

import numpy as np
import numpy.typing as npt
from pydantic import AfterValidator, Field, ValidationInfo

from grader.errors import GraderFault
from grader.facts import SplitResult
from grader.limits import MAX_DATASET_SPLIT
from grader.scoring import compare
from grader.strict import Strict

Indices = npt.NDArray[np.int64]
Size = Annotated[int, Field(gt=0, le=MAX_DATASET_SPLIT)]


class Part(StrEnum):
    """A part of the test set: what students see while they compete, and what decides in the end."""

    PUBLIC = "public"
    PRIVATE = "private"


class PartsRule(Strict):
    """How many samples each part has; together all samples of the test set."""

    public: Size = Field(description="Samples whose score students see while they compete.")
    private: Size = Field(description="Samples whose score decides at the end.")


class SplitsRule(Strict):
    """A test set in two parts. The same seed and sizes give the same parts."""

    seed: int = Field(ge=0, lt=2**63, description="A whole number; another one gives other parts.")
    parts: PartsRule

    def mismatch(self, examples: int) -> str:
        """What keeps a test set of so many samples from these parts, empty where nothing does."""
        wanted = self.parts.public + self.parts.private
        if wanted == examples:
            return ""
        return (
            f"`splits` asks for {self.parts.public:,} public and {self.parts.private:,} private samples, "
            f"{wanted:,} in all; the data set has {examples:,}"
        )

    def members(self) -> Mapping[str, Indices]:
        """The samples of each part, counted from 0 and ascending, the public part first."""
        public, private = _members(self.seed, self.parts.public, self.parts.private)
        return {Part.PUBLIC.value: public, Part.PRIVATE.value: private}

    @property
    def digest(self) -> str:
        """SHA-256 over which sample is in which part."""
        told = "\n".join(f"{name} {','.join(map(str, found))}" for name, found in self.members().items())
        return hashlib.sha256(told.encode()).hexdigest()


@lru_cache(maxsize=16)
def _members(seed: int, public: int, private: int) -> tuple[Indices, Indices]:
    """Samples in the order of SHA-256 of `seed/index`; the first ones are public."""
    digests = [hashlib.sha256(f"{seed}/{index}".encode()).digest() for index in range(public + private)]
    order = np.array(sorted(range(len(digests)), key=digests.__getitem__), dtype=np.int64)
    return np.sort(order[:public]), np.sort(order[public:])


def results(
    classes: npt.NDArray[np.int32], labels: npt.NDArray[np.int64], rule: SplitsRule | None, whole: str
) -> Mapping[str, SplitResult]:
    """Correct predictions in each part, the public one first; without a rule of the whole test set, under that name.

    Raises GraderFault where the parts are not those of the test set.
    """
    if rule is None:
        return {whole: compare(classes, labels)}
    if told := rule.mismatch(labels.size):
        raise GraderFault(told)
    return {name: compare(classes[found], labels[found]) for name, found in rule.members().items()}


def _stands_alone(rule: SplitsRule | None, info: ValidationInfo) -> SplitsRule | None:
    if rule is None:
        return None
    if info.data.get("split", "test") != "test":
        raise ValueError("the parts have names of their own; leave `split` out")
    if info.data.get("series") is not None:
        raise ValueError(
            "a series is measured on all samples, and would tell of the private ones; leave one of them out"
        )
    return rule


Splits = Annotated[SplitsRule | None, AfterValidator(_stands_alone)]
