"""Files of the store that no row names, removed without ever taking one that is just coming in.

An upload puts its file at its place and writes the row a moment later, so that a young file is never an orphan. Between
looking and removing the same bytes may come in once more: a file is first moved aside, looked at again, and put back
where somebody knows it by now or where it turns out to be a young one.
"""

from collections.abc import Iterable, Iterator
from itertools import islice

from app.database import Database
from app.housekeeping.references import known
from app.storage import Aside, Store, Stored

YOUNG_SECONDS = 3600.0
"""Far longer than from the last byte of an upload to its row."""
AT_ONCE = 500


def orphans(database: Database, store: Store, now: float) -> Iterator[Stored]:
    """The files that no row names, young ones left out. `now` is a POSIX timestamp."""
    files = store.files(older_than=now - YOUNG_SECONDS)
    while some := list(islice(files, AT_ONCE)):
        with database.read() as session:
            spoken_for = known(session, [each.sha256 for each in some])
        yield from (each for each in some if each.sha256 not in spoken_for)


def remove(database: Database, store: Store, files: Iterable[Stored], now: float) -> Iterator[Stored]:
    """Removes files unless somebody knows them, and tells those that are gone."""
    for each in files:
        aside = store.set_aside(each.sha256)
        if aside is None:
            continue
        with database.read() as session:
            is_known = bool(known(session, [each.sha256]))
        if is_known or aside.modified_at > now - YOUNG_SECONDS:
            aside.put_back()
        else:
            aside.remove()
            yield each


def give_up(database: Database, store: Store, digests: Iterable[str]) -> list[str]:
    """Removes files whose rows are gone, young ones too, unless another row names them; tells those that are gone.

    For what somebody wants erased. Should the very same bytes come in at this moment, their upload fails as if the
    disk had lost them; the next one succeeds.
    """
    gone = []
    for sha256 in digests:
        aside: Aside | None = store.set_aside(sha256)
        if aside is None:
            continue
        with database.read() as session:
            is_known = bool(known(session, [sha256]))
        if is_known:
            aside.put_back()
        else:
            aside.remove()
            gone.append(sha256)
    return gone
