"""A strict walk over an HDF5 file: every group and dataset, and no feature that a weight file never needs.

Nothing is followed, resolved or repaired: links other than ordinary ones, data kept outside the file, virtual datasets,
foreign filters and objects that are reached twice are refused before a single number is read. Offsets below are those
of the HDF5 File Format Specification, version 3, section II.A (superblock).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from grader import limits
from grader.errors import Finding, Refusal
from grader.reading.library import DAMAGE, h5a, h5d, h5f, h5g, h5l, h5o
from grader.reading.signatures import HDF5, has_user_block
from grader.reading.storage import layout_problem

_LINK_CODES = {h5l.TYPE_SOFT: "h5-soft-link", h5l.TYPE_EXTERNAL: "h5-external-link"}


@dataclass(frozen=True, slots=True)
class Dataset:
    """One array of the file, not read yet: its path without a leading slash and its open handle."""

    path: str
    handle: object


@dataclass(frozen=True, slots=True)
class Group:
    """One group of the file and what hangs below it, by name."""

    path: str
    handle: object
    groups: dict[str, "Group"] = field(default_factory=dict)
    datasets: dict[str, Dataset] = field(default_factory=dict)

    def arrays(self) -> Iterator[Dataset]:
        """Every dataset at or below this group."""
        yield from self.datasets.values()
        for group in self.groups.values():
            yield from group.arrays()

    def group(self, path: str) -> "Group | None":
        """The group at a path below this one, None where there is none."""
        found: Group | None = self
        for name in path.split("/"):
            found = found.groups.get(name) if found else None
        return found

    def dataset(self, path: str) -> Dataset | None:
        """The dataset at a path below this group, None where there is none."""
        parent, _, name = path.rpartition("/")
        group = self.group(parent) if parent else self
        return group.datasets.get(name) if group else None


def open_tree(data: bytes) -> Group:
    """The file's root group with everything below it. Raises Refusal with all that is forbidden, up to a cap."""
    _check_superblock(data)
    try:
        file = h5f.open_file_image(data)
        if file.get_create_plist().get_userblock():
            raise Refusal(Finding("h5-user-block"))
        root = h5g.open(file, b"/")
    except DAMAGE as error:
        raise Refusal(Finding("h5-damaged", where="the file")) from error
    walk = _Walk()
    tree = walk.group(root, "")
    if walk.findings:
        raise Refusal(*walk.findings)
    return tree


def _check_superblock(data: bytes) -> None:
    if not data.startswith(HDF5):
        raise Refusal(Finding("h5-user-block" if has_user_block(data) else "not-hdf5"))
    try:
        end = _end_of_file(data)
    except struct.error as error:
        raise Refusal(Finding("h5-damaged", where="the file")) from error
    if end > len(data):
        raise Refusal(Finding("h5-truncated", expected=f"{end:,} bytes", got=f"{len(data):,} bytes"))


def _end_of_file(data: bytes) -> int:
    """The length in bytes that the superblock states; 0 for address sizes that no common machine writes."""
    version = data[8] if len(data) > 8 else 0
    size_at, first_address = (13, 24 + 4 * version) if version < 2 else (9, 12)
    (address_bytes,) = struct.unpack_from("B", data, size_at)
    if address_bytes != 8:
        return 0
    _base, _extension, end = struct.unpack_from("<QQQ", data, first_address)
    return int(end)


@dataclass(slots=True)
class _Walk:
    """The state of one walk: object addresses seen, objects counted, findings collected."""

    seen: set[tuple[int, int]] = field(default_factory=set)
    objects: int = 0
    findings: list[Finding] = field(default_factory=list)

    def find(self, code: str, where: str, *, expected: str = "", got: str = "") -> None:
        """Adds a finding; ends the walk when there are enough."""
        self.findings.append(Finding(code, where, expected, got))
        if len(self.findings) >= limits.MAX_READ_FINDINGS:
            raise Refusal(*self.findings)

    def stop(self, code: str, where: str, *, expected: str = "", got: str = "") -> Refusal:
        """The refusal of a file that is not worth walking any further."""
        return Refusal(*self.findings, Finding(code, where, expected, got))

    def group(self, handle: Any, path: str) -> Group:
        depth = path.count("/") + 1 if path else 0
        if depth > limits.H5_MAX_DEPTH:
            raise self.stop("h5-too-deep", path, expected=str(limits.H5_MAX_DEPTH))
        group = Group(path, handle)
        try:
            self._mark(handle, path or "/")
            attributes = h5a.get_num_attrs(handle)
            names = self._names(handle, path)
        except DAMAGE as error:
            raise self.stop("h5-damaged", path or "/") from error
        if attributes > limits.H5_MAX_ATTRIBUTES:
            self.find("h5-attributes", path or "/", expected=str(limits.H5_MAX_ATTRIBUTES), got=str(attributes))
        for raw in names:
            self._child(group, raw)
        return group

    def _names(self, handle: Any, path: str) -> list[bytes]:
        names: list[bytes] = []
        room = limits.H5_MAX_OBJECTS - self.objects

        def take(name: bytes) -> bool | None:
            names.append(name)
            return True if len(names) > room else None

        handle.links.iterate(take)
        self.objects += len(names)
        if self.objects > limits.H5_MAX_OBJECTS:
            raise self.stop("h5-too-many-objects", path or "/", expected=f"{limits.H5_MAX_OBJECTS:,}")
        return names

    def _child(self, parent: Group, raw: bytes) -> None:
        name = raw.decode("utf-8", "replace")
        if len(name) > limits.MAX_NAME_CHARACTERS or not name.isprintable() or "\ufffd" in name:
            return self.find(
                "h5-name", parent.path or "/", expected=str(limits.MAX_NAME_CHARACTERS), got=f"{raw[:40]!r}"
            )
        path = f"{parent.path}/{name}" if parent.path else name
        try:
            link = parent.handle.links.get_info(raw).type  # type: ignore[attr-defined]  # a GroupID, kept as object
            if link != h5l.TYPE_HARD:
                return self.find(_LINK_CODES.get(link, "h5-user-link"), path)
            child = h5o.open(parent.handle, raw)
            if isinstance(child, h5g.GroupID):
                parent.groups[name] = self.group(child, path)
            elif isinstance(child, h5d.DatasetID):
                self._dataset(parent, name, child, path)
            else:
                self.find("h5-named-type", path)
        except DAMAGE:
            self.find("h5-damaged", path)
        return None

    def _dataset(self, parent: Group, name: str, handle: Any, path: str) -> None:
        self._mark(handle, path)
        if problem := layout_problem(handle, path):
            return self.find(problem.code, path, expected=problem.expected, got=problem.got)
        parent.datasets[name] = Dataset(path, handle)
        return None

    def _mark(self, handle: Any, path: str) -> None:
        """Refuses an object that was met before: a cycle would never end, an alias would count twice."""
        info = h5o.get_info(handle)
        if (info.fileno, info.addr) in self.seen:
            raise self.stop("h5-linked-twice", path)
        self.seen.add((info.fileno, info.addr))
