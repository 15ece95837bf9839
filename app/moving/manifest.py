"""What a backup says of itself: one small file, written last, by which everything else is verified."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.moving.errors import Damaged

NAME = "backup.json"
ROWS = "rows.jsonl.gz"

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
DatasetFile = Literal["images.npy", "labels.npy", "dataset.json"]


class Manifest(BaseModel):
    """The facts of one backup. Digests are SHA-256 in hexadecimal."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal["secateur backup, 1"] = "secateur backup, 1"
    release: str
    revision: str
    """The migration that the tables were at."""
    taken_at: datetime
    """The database's time of the moment that the rows are of."""
    tables: dict[str, int]
    """How many rows each table has."""
    rows_sha256: Digest
    """Digest of the rows' lines before they were packed."""
    files: dict[Digest, int]
    """The files that rows name, and their sizes in bytes."""
    datasets: dict[Digest, dict[DatasetFile, Digest]]
    """The files of each data set with their digests."""
    missing: list[str] = []
    """What rows name and the store did not have, or had otherwise."""

    def write(self, folder: Path) -> None:
        """Puts it into the backup's folder."""
        (folder / NAME).write_text(self.model_dump_json(indent=1) + "\n", encoding="utf-8")


def read(folder: Path) -> Manifest:
    """The manifest of a backup. Raises Damaged."""
    try:
        return Manifest.model_validate_json((folder / NAME).read_bytes())
    except FileNotFoundError:
        raise Damaged(f"{folder} holds no {NAME}, so it is no backup that was finished") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise Damaged(f"{folder / NAME}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
