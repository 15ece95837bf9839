"""A zip archive of several files that a student uploads: what is in it, and the bytes of one of its files.

Files that systems leave in archives by themselves are passed over. A checkpoint of PyTorch is a zip archive, too, and no
archive in this sense; an archive within an archive is not opened.
"""

from grader import limits
from grader.errors import Finding, Refusal
from grader.reading import torch_zip, zips
from grader.reading.signatures import ZIP
from grader.reading.zips import Entry

MANIFESTS = ("series.yaml", "series.yml", "series.json")
_LITTER_FOLDER = "__MACOSX"
_LITTER = (".DS_Store", "Thumbs.db", "desktop.ini")


def members_of(data: bytes) -> tuple[Entry, ...] | None:
    """The files in an uploaded archive, None where the upload is a single weight file. Raises Refusal."""
    if not data.startswith(ZIP):
        return None
    entries = zips.read_entries(data, limits.ZIP_MAX_ENTRIES)
    if torch_zip.is_checkpoint(entries):
        return None
    members = tuple(entry for entry in entries if not _is_litter(entry))
    _refuse_other_kinds(members)
    _check_sizes(members)
    return members


def content_of(data: bytes, name: str) -> bytes:
    """The bytes of one file of an uploaded archive. Raises Refusal where there is no such file."""
    for member in members_of(data) or ():
        if member.name == name:
            return bytes(zips.content(data, member))
    raise Refusal(Finding("archive-no-member", name))


def manifest_of(data: bytes, members: tuple[Entry, ...]) -> bytes | None:
    """The bytes of the archive's manifest, at its top or in its one folder; None where it has none. Raises Refusal."""
    tops = {member.name.partition("/")[0] for member in members}
    places = {"", f"{tops.pop()}/"} if len(tops) == 1 else {""}
    found = [
        member for member in members if member.name in {f"{place}{name}" for place in places for name in MANIFESTS}
    ]
    if len(found) > 1:
        raise Refusal(Finding("series-manifest", got="there are several: " + " and ".join(one.name for one in found)))
    if not found:
        return None
    if found[0].size > limits.MAX_MANIFEST_BYTES:
        raise Refusal(Finding("series-manifest", got=f"it is longer than {limits.MAX_MANIFEST_BYTES:,} bytes"))
    return bytes(zips.content(data, found[0]))


def _is_litter(entry: Entry) -> bool:
    parts = entry.name.split("/")
    return entry.is_folder or parts[0] == _LITTER_FOLDER or parts[-1] in _LITTER or parts[-1].startswith("._")


def _refuse_other_kinds(members: tuple[Entry, ...]) -> None:
    """Files of other programs that are zip archives inside."""
    names = {member.name for member in members}
    if {"metadata.json", "config.json", "model.weights.h5"} <= names:
        raise Refusal(Finding("pytorch-not-keras"))
    if names and all(name.endswith(".npy") for name in names):
        raise Refusal(Finding("pytorch-not-numpy", got="a .npz file"))


def _check_sizes(members: tuple[Entry, ...]) -> None:
    if len(members) > limits.ARCHIVE_MAX_MEMBERS:
        expected = f"{limits.ARCHIVE_MAX_MEMBERS:,}"
        raise Refusal(Finding("zip-too-many-entries", expected=expected, got=f"{len(members):,}"))
    total = 0
    for member in members:
        total += member.size
        if member.name.count("/") > limits.ARCHIVE_MAX_FOLDERS:
            raise Refusal(Finding("archive-too-deep", member.name, str(limits.ARCHIVE_MAX_FOLDERS)))
        if member.size > limits.ARCHIVE_MAX_MEMBER_BYTES:
            expected = f"{limits.ARCHIVE_MAX_MEMBER_BYTES:,} bytes"
            raise Refusal(Finding("archive-member-size", member.name, expected, f"{member.size:,} bytes"))
        if total > limits.ARCHIVE_MAX_BYTES:
            raise Refusal(
                Finding("archive-size", expected=f"{limits.ARCHIVE_MAX_BYTES:,} bytes", got=f"{total:,} bytes")
            )
