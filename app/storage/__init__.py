"""The file store: every file under the SHA-256 of its bytes, in a folder or in an object store that machines share."""

from app.storage.away import StoreAway
from app.storage.folder import Aside, Incoming, Store, Stored, disk_full, free_bytes
from app.storage.opening import open_store

__all__ = ["Aside", "Incoming", "Store", "StoreAway", "Stored", "disk_full", "free_bytes", "open_store"]
