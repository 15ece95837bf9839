"""Stored files and data sets on their way from one store to another, each verified by its digest."""

import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

from app.moving.errors import Damaged
from app.moving.manifest import DatasetFile
from app.storage import Store
from grader.dataset_folders import put_in_place

CHUNK_BYTES = 1 << 20
DATASET_FILES: tuple[DatasetFile, ...] = ("images.npy", "labels.npy", "dataset.json")


def copy(source: Store, target: Store, sha256: str) -> int:
    """Brings a file to another store; its size in bytes. Raises Damaged where it is not what its name says, or not there."""
    with target.receive() as incoming:
        for chunk in chunks(source, sha256):
            incoming.write(chunk)
        if incoming.sha256 != sha256:
            raise Damaged(f"the file {sha256} has other bytes than its name says")
        return incoming.keep().bytes


def is_whole(store: Store, sha256: str) -> bool:
    """True where the store has the file and its bytes are what its name says."""
    digest = hashlib.sha256()
    try:
        for chunk in chunks(store, sha256):
            digest.update(chunk)
    except Damaged:
        return False
    return digest.hexdigest() == sha256


def chunks(store: Store, sha256: str) -> Iterator[bytes]:
    """A stored file in pieces. Raises Damaged where it is not there."""
    try:
        file = os.fdopen(store.open(sha256), "rb")
    except FileNotFoundError:
        raise Damaged(f"the file {sha256} is not there") from None
    with file:
        yield from _pieces(file)


def dataset(store: Store, digest: str) -> Path:
    """The folder of a data set. Raises Damaged where it is not there."""
    try:
        return store.dataset(digest)
    except FileNotFoundError:
        raise Damaged(f"the data set {digest} is not there") from None


def digests(folder: Path) -> dict[DatasetFile, str]:
    """SHA-256 of each file of a data set. Raises Damaged where one is not there."""
    return {name: _digest(folder / name) for name in DATASET_FILES}


def copy_dataset(source: Store, target: Store, digest: str, expected: Mapping[DatasetFile, str]) -> None:
    """Brings a data set to another store. Raises Damaged where it has other bytes than expected."""
    if not is_dataset_whole(target, digest, expected):
        _bring_dataset(source, target, digest, expected)
    target.publish_dataset(digest)


def _bring_dataset(source: Store, target: Store, digest: str, expected: Mapping[DatasetFile, str]) -> None:
    folder = dataset(source, digest)
    unfinished = target.datasets / f".{secrets.token_hex(8)}"
    unfinished.mkdir()
    try:
        for name in DATASET_FILES:
            shutil.copyfile(_existing(folder / name), unfinished / name)
            sync(unfinished / name)
        if digests(unfinished) != expected:
            raise Damaged(f"the data set {digest} has other bytes than the backup says")
        put_in_place(unfinished, target.datasets / digest)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def is_dataset_whole(store: Store, digest: str, expected: Mapping[DatasetFile, str]) -> bool:
    """True where the store has the data set with these bytes."""
    try:
        return digests(dataset(store, digest)) == expected
    except Damaged:
        return False


def _digest(path: Path) -> str:
    with _existing(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise Damaged(f"the data set {path.parent.name} has no {path.name}")
    return path


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(CHUNK_BYTES):
        yield piece


def sync(path: Path) -> None:
    """Returns when a file, or a folder's entries, are on the disk for good."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
