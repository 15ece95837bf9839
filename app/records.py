"""The service's database: whoever writes to it writes down in the same transaction what then counts of each entrant."""

from app.database import Database
from app.leaderboard.refreshing import before_commit


def open_database(database_url: str) -> Database:
    """Pools of connections; the caller closes them. Raises UnsupportedDatabase."""
    return Database(database_url, before_commit)
