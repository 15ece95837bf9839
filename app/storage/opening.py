"""Which file store the settings name."""

from app.settings import Settings
from app.storage.folder import Store

CACHE = "cache"
"""The folder within the data folder for copies of what an object store has."""


def open_store(settings: Settings, min_free_bytes: int | None = None) -> Store:
    """The file store: a folder of this machine, or an object store with a bounded folder of copies.

    Uploads are refused where fewer bytes than `min_free_bytes` are free; by default as the settings say.
    """
    spare = settings.min_free_disk_bytes if min_free_bytes is None else min_free_bytes
    if not settings.store_url:
        return Store(settings.data_dir, spare)
    # Its library is loaded where such a store is named, and nowhere else.
    from app.storage.bucket import Bucket
    from app.storage.remote import RemoteStore

    bucket = Bucket(settings.store_url, settings.store_endpoint, settings.store_seconds)
    return RemoteStore(settings.data_dir / CACHE, bucket, settings.store_cache_bytes, spare)
