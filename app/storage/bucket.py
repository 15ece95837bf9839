"""An object store: whole objects under keys. Whatever goes wrong with it is StoreAway, but for what is not there."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import obstore
from obstore import exceptions
from obstore.store import ObjectStore, S3Store

from app.storage.away import StoreAway

PART_BYTES = 8 << 20
"""Bytes of one request: a large object is sent and fetched in parts, so that the time limit is that of a part."""
RETRIES = 3
CONNECT_SECONDS = 5.0
NOT_THERE = (exceptions.NotFoundError, FileNotFoundError)


@dataclass(frozen=True, slots=True)
class Object:
    """What there is to say of an object; `modified_at` is a POSIX timestamp of the store's own clock."""

    key: str
    bytes: int
    modified_at: float


class Bucket:
    """A bucket, or what lies in it under a prefix. `seconds` is the limit of one request, and of all its retries."""

    def __init__(self, url: str, endpoint: str, seconds: float) -> None:
        self._store = _open(url, endpoint, seconds, RETRIES)
        self._hasty = _open(url, endpoint, min(seconds, CONNECT_SECONDS), 0)

    def put(self, key: str, path: Path) -> None:
        """Stores a file. Nobody ever sees half of it."""
        with _told():
            obstore.put(self._store, key, path, chunk_size=PART_BYTES)

    def fetch(self, key: str, write: Callable[[bytes], object]) -> None:
        """Hands an object's bytes to `write`, part by part. Raises FileNotFoundError."""
        size, begin = self.look(key).bytes, 0
        while begin < size:
            with self._missed(), _told():
                part = obstore.get_range(self._store, key, start=begin, length=min(PART_BYTES, size - begin))
            write(bytes(part))
            begin += len(part)

    def look(self, key: str) -> Object:
        """The facts about an object. Raises FileNotFoundError."""
        with self._missed(), _told():
            meta = obstore.head(self._store, key)
        return Object(key, meta["size"], meta["last_modified"].timestamp())

    def objects(self, prefix: str) -> Iterator[Object]:
        """Everything below a prefix, in no order."""
        with _told():
            for some in obstore.list(self._store, prefix):
                yield from (Object(each["path"], each["size"], each["last_modified"].timestamp()) for each in some)

    def copy(self, key: str, other: str) -> None:
        """Stores an object under another key as well. Raises FileNotFoundError."""
        with self._missed(), _told():
            obstore.copy(self._store, key, other)

    def remove(self, key: str) -> None:
        """Removes an object; one that is not there is no error."""
        with suppress(FileNotFoundError), self._missed(), _told():
            obstore.delete(self._store, key)

    def check(self) -> None:
        """Returns at once where the store answers. Raises StoreAway within seconds."""
        with _told():
            obstore.list_with_delimiter(self._hasty, "nothing")

    @contextmanager
    def _missed(self) -> Iterator[None]:
        """Raises FileNotFoundError where the block misses an object in a bucket that is there; of one that is not, StoreAway."""
        try:
            yield
        except StoreAway as away:
            if not isinstance(away.__cause__, NOT_THERE):
                raise
            self.check()  # the answer to HEAD does not say which of the two is missing
            raise FileNotFoundError(away.reason) from away


def _open(url: str, endpoint: str, seconds: float, retries: int) -> ObjectStore:
    limit = timedelta(seconds=seconds)
    return S3Store.from_url(
        url,
        config={"endpoint": endpoint} if endpoint else {},
        client_options={
            "timeout": limit,
            "connect_timeout": timedelta(seconds=min(seconds, CONNECT_SECONDS)),
            "allow_http": endpoint.startswith("http://"),
        },
        retry_config={"max_retries": retries, "retry_timeout": limit},
    )


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (exceptions.BaseError, OSError) as error:
        raise StoreAway(" ".join(str(error).split())[:500]) from error
