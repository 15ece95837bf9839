"""Test sets and reference networks as the API tells them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from models.datasets import Dataset
from models.networks import ReferenceNetwork

_DATASET: dict[str, Any] = {
    "name": "hidden-2026",
    "digest": "9f" * 32,
    "examples": 2525,
    "shape": [25, 25, 3],
    "dtype": "uint8",
    "classes": 5,
    "per_class": [505, 505, 505, 505, 505],
    "created_at": "2026-09-01T12:00:00Z",
}


class DatasetBody(BaseModel):
    """A hidden test set. Neither an image nor a label of it is ever told."""

    model_config = ConfigDict(json_schema_extra={"examples": [_DATASET]})

    name: str
    digest: str
    examples: int
    shape: list[int]
    dtype: str
    classes: int
    per_class: list[int] = Field(description="Images of each class, in label order; empty where it cannot be told.")
    created_at: datetime


class DatasetList(BaseModel):
    """The test sets that a course may use, the newest first."""

    items: list[DatasetBody]


class NetworkBody(BaseModel):
    """A reference network, by the name that a definition calls it."""

    name: str
    key: str = Field(description="The key of `grading.network` that takes it.")
    file_sha256: str
    created_at: datetime


class NetworkList(BaseModel):
    """The reference networks of a course, the newest first."""

    items: list[NetworkBody]


def dataset_body(dataset: Dataset, per_class: Sequence[int]) -> DatasetBody:
    """What may be told of a test set."""
    return DatasetBody(
        name=dataset.name,
        digest=dataset.digest,
        examples=dataset.examples,
        shape=list(dataset.sample_shape),
        dtype=dataset.dtype,
        classes=dataset.classes,
        per_class=list(per_class),
        created_at=dataset.created_at,
    )


def network_body(network: ReferenceNetwork) -> NetworkBody:
    """What may be told of a reference network."""
    return NetworkBody(
        name=network.name, key=network.key, file_sha256=network.file_sha256, created_at=network.created_at
    )
