"""An object store as the file store: shared by all machines, with copies in a bounded folder of each."""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from app.storage.bucket import Bucket
from app.storage.cache import Cache
from app.storage.folder import Aside, Incoming, Store, Stored
from grader import dataset_folders
from grader.errors import GraderFault
from models.columns import SHA256_HEX_LENGTH

DATASET_FILES = ("images.npy", "labels.npy", "dataset.json")
"""In the order in which they are sent; the last one says that the others are there."""


class RemoteStore(Store):
    """Files in a bucket. What was put there by anybody is fetched once, verified by its digest, and kept while it fits."""

    def __init__(self, root: Path, bucket: Bucket, cache_bytes: int, min_free_bytes: int = 0) -> None:
        super().__init__(root, min_free_bytes)
        self._bucket = bucket
        self._cache = Cache(self._files, self.datasets, cache_bytes)

    def receive(self) -> Incoming:
        """A new file to write to; it is in the bucket when it is kept. Raises AppError 507, StoreAway."""
        self._check_room()
        return _Sent(self._incoming / secrets.token_hex(16), self._files, self._lasting, self._bucket, self._cache)

    def open(self, sha256: str) -> int:
        """A read-only descriptor of a file. Raises FileNotFoundError, StoreAway."""
        self.path(sha256)
        return super().open(sha256)

    def path(self, sha256: str) -> Path:
        """Where a copy of a file is. Raises FileNotFoundError, StoreAway."""
        place = super().path(sha256)
        if not self._cache.use(place):
            with Incoming(self._incoming / secrets.token_hex(16), self._files, self._lasting) as copy:
                self._bucket.fetch(_key(sha256), copy.write)
                if copy.sha256 != sha256:
                    raise GraderFault(f"the file store holds other bytes under {sha256}")
                copy.keep()
            self._cache.trim()
        return place

    def has(self, sha256: str) -> bool:
        """Whether a file is stored. Raises StoreAway."""
        return self._is_there(_key(sha256))

    def dataset(self, digest: str) -> Path:
        """The folder with a copy of a data set. Raises FileNotFoundError, StoreAway."""
        place = super().dataset(digest)
        if not self._cache.use(place):
            self._fetch_dataset(digest, place)
            self._cache.trim()
        return place

    def has_dataset(self, digest: str) -> bool:
        """Whether a data set is stored, without fetching it. Raises StoreAway."""
        return self._is_there(f"datasets/{digest}/{DATASET_FILES[-1]}")

    def publish_dataset(self, digest: str) -> None:
        """Puts a data set that has got its place here into the bucket. Raises StoreAway."""
        for name in DATASET_FILES:
            self._bucket.put(f"datasets/{digest}/{name}", super().dataset(digest) / name)

    def files(self, older_than: float) -> Iterator[Stored]:
        """The files that were put into the bucket before a POSIX timestamp, in no order."""
        for each in self._bucket.objects("files"):
            name = each.key.rpartition("/")[2]
            if each.modified_at < older_than and len(name) == SHA256_HEX_LENGTH:
                yield Stored(name, each.bytes)

    def set_aside(self, sha256: str) -> "Aside | None":
        """Takes a file out of its place, to be removed or put back; None where it is not there."""
        aside = f"aside/{sha256}.{secrets.token_hex(4)}"
        try:
            found = self._bucket.look(_key(sha256))
            self._bucket.copy(found.key, aside)
            if self._bucket.look(found.key) != found:  # the same bytes came in just now
                self._bucket.remove(aside)
                return None
        except FileNotFoundError:
            return None
        self._bucket.remove(found.key)
        super().path(sha256).unlink(missing_ok=True)
        return _Aside(self._bucket, aside, found.key, found.modified_at)

    def put_back_left(self, older_than: float) -> int:
        """Puts back what was set aside by a process that ended meanwhile; how many that were."""
        left = [each for each in self._bucket.objects("aside") if each.modified_at < older_than]
        for each in left:
            sha256 = each.key.rpartition("/")[2].partition(".")[0]
            _Aside(self._bucket, each.key, _key(sha256), each.modified_at).put_back()
        return len(left)

    def check(self) -> None:
        """Returns where the bucket answers. Raises StoreAway."""
        self._bucket.check()

    def trim(self) -> int:
        """Removes copies that nobody used for a day, or that no longer fit; how many."""
        return self._cache.trim()

    def _is_there(self, key: str) -> bool:
        try:
            self._bucket.look(key)
        except FileNotFoundError:
            return False
        return True

    def _fetch_dataset(self, digest: str, place: Path) -> None:
        unfinished = self.datasets / f".{secrets.token_hex(8)}"
        unfinished.mkdir()
        try:
            for name in reversed(DATASET_FILES):
                with (unfinished / name).open("xb") as file:
                    self._bucket.fetch(f"datasets/{digest}/{name}", file.write)
            if dataset_folders.digest(unfinished) != digest:
                raise GraderFault(f"the file store holds another data set under {digest}")
            with suppress(OSError):  # another process of this machine was quicker
                unfinished.rename(place)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)


class _Sent(Incoming):
    """A file on its way in, which goes to the bucket before it has a place here."""

    def __init__(self, path: Path, files: Path, lasting: set[Path], bucket: Bucket, cache: Cache) -> None:
        super().__init__(path, files, lasting=lasting)
        self._bucket, self._cache = bucket, cache

    def keep(self) -> Stored:
        """Sends the complete file, then keeps a copy. Raises StoreAway."""
        self._bucket.put(_key(self.sha256), self.complete())
        stored = super().keep()
        self._cache.trim()
        return stored


class _Aside(Aside):
    """An object that was taken out of its place."""

    def __init__(self, bucket: Bucket, aside: str, place: str, modified_at: float) -> None:
        self._bucket, self._key, self._home = bucket, aside, place
        self.modified_at = modified_at

    def put_back(self) -> None:
        """Puts it where it was."""
        self._bucket.copy(self._key, self._home)
        self._bucket.remove(self._key)

    def remove(self) -> None:
        """Gives it up."""
        self._bucket.remove(self._key)


def _key(sha256: str) -> str:
    return f"files/{sha256[:2]}/{sha256}"
