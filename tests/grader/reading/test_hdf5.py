"""What a hostile or broken HDF5 file is refused for before a number is read."""

from collections.abc import Callable

import h5py
import numpy as np
import pytest

from grader import limits
from grader.errors import Finding
from grader.reading import job

Build = Callable[[h5py.File], None]
Write = Callable[..., bytes]
Refused = Callable[..., tuple[Finding, ...]]


def test_other_bytes_are_not_hdf5(refused: Refused) -> None:
    assert refused(bytes(range(1, 200))) == (Finding("not-hdf5"),)


def test_a_user_block_is_refused(write: Write, dense: Build, refused: Refused) -> None:
    data = write(dense, userblock_size=1024)

    assert refused(data) == (Finding("h5-user-block"),)


@pytest.mark.parametrize("kept", [1, 40, 99])
def test_a_truncated_file_is_told_by_both_lengths(write: Write, dense: Build, refused: Refused, kept: int) -> None:
    data = write(dense)
    length = len(data) * kept // 100

    assert refused(data[:length]) == (
        Finding("h5-truncated", expected=f"{len(data):,} bytes", got=f"{length:,} bytes"),
    )


def test_a_truncated_file_of_the_newest_format_is_told_too(write: Write, dense: Build, refused: Refused) -> None:
    data = write(dense, libver="latest")

    assert [finding.code for finding in refused(data[:-9])] == ["h5-truncated"]


def test_less_than_a_header_is_damaged(refused: Refused) -> None:
    assert refused(b"\x89HDF\r\n\x1a\n\x00\x00") == (Finding("h5-damaged", "the file"),)


def test_a_header_without_a_file_is_damaged(refused: Refused) -> None:
    assert refused(b"\x89HDF\r\n\x1a\n" + bytes(120)) == (Finding("h5-damaged", "the file"),)


def test_a_damaged_group_is_named(write: Write, dense: Build, refused: Refused) -> None:
    data = write(dense)
    at = data.rindex(b"TREE")

    found = refused(data[:at] + b"XXXX" + data[at + 4 :])

    assert [finding.code for finding in found] == ["h5-damaged"]
    assert found[0].where.startswith("layers")


@pytest.mark.parametrize(
    ("target", "code"),
    [
        (h5py.SoftLink("/layers/dense/vars/0"), "h5-soft-link"),
        (h5py.SoftLink("/nowhere"), "h5-soft-link"),
        (h5py.ExternalLink("/etc/passwd", "/x"), "h5-external-link"),
        (np.dtype("f4"), "h5-named-type"),
    ],
)
def test_only_groups_and_datasets_are_allowed(
    write: Write, dense: Build, refused: Refused, target: object, code: str
) -> None:
    def build(file: h5py.File) -> None:
        dense(file)
        file["layers/dense/vars/2"] = target

    assert refused(write(build)) == (Finding(code, "layers/dense/vars/2"),)


def test_a_link_of_a_kind_of_its_own_is_refused(write: Write, dense: Build, refused: Refused) -> None:
    def build(file: h5py.File) -> None:
        dense(file)
        plan = h5py.h5p.create(h5py.h5p.GROUP_CREATE)
        plan.set_link_creation_order(h5py.h5p.CRT_ORDER_TRACKED)  # such a group keeps its links as messages
        group = h5py.Group(h5py.h5g.create(file.id, b"extra", gcpl=plan))
        group["stray"] = h5py.ExternalLink("elsewhere.h5", "/x")

    data = bytearray(write(build))
    at = data.index(b"stray")
    kind = data.rindex(bytes([h5py.h5l.TYPE_EXTERNAL]), at - 12, at)
    data[kind] = 200

    assert refused(bytes(data)) == (Finding("h5-user-link", "extra/stray"),)


def test_a_group_inside_itself_is_refused(write: Write, dense: Build, refused: Refused) -> None:
    def build(file: h5py.File) -> None:
        dense(file)
        file["layers/dense/loop"] = file["layers"]

    assert [finding.code for finding in refused(write(build))] == ["h5-linked-twice"]


def test_the_root_inside_itself_is_refused(write: Write, dense: Build, refused: Refused) -> None:
    def build(file: h5py.File) -> None:
        dense(file)
        file["again"] = file["/"]

    assert refused(write(build)) == (Finding("h5-linked-twice", "again"),)


def test_one_array_under_two_names_is_refused(write: Write, dense: Build, refused: Refused) -> None:
    def build(file: h5py.File) -> None:
        dense(file)
        file["layers/dense_1/vars/0"] = file["layers/dense/vars/0"]

    assert refused(write(build)) == (Finding("h5-linked-twice", "layers/dense_1/vars/0"),)


def test_deep_groups_are_refused(write: Write, refused: Refused) -> None:
    data = write(lambda file: file.create_group("/".join(["g"] * 40)))

    assert refused(data) == (
        Finding("h5-too-deep", "/".join(["g"] * (limits.H5_MAX_DEPTH + 1)), str(limits.H5_MAX_DEPTH)),
    )


def test_a_file_of_thousands_of_groups_is_refused(
    write: Write, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "H5_MAX_OBJECTS", 50)
    data = write(lambda file: [file.create_group(f"a/{index}") for index in range(60)])

    assert refused(data) == (Finding("h5-too-many-objects", "a", "50"),)


def test_a_group_with_hundreds_of_attributes_is_refused(write: Write, dense: Build, refused: Refused) -> None:
    def build(file: h5py.File) -> None:
        dense(file)
        for index in range(limits.H5_MAX_ATTRIBUTES + 1):
            file["layers"].attrs[str(index)] = 0

    count = limits.H5_MAX_ATTRIBUTES
    assert refused(write(build)) == (Finding("h5-attributes", "layers", str(count), str(count + 1)),)


@pytest.mark.parametrize("name", [b"new\nline", b"n" * 300, b"\xff\xfe", "right\u202eto left".encode()])
def test_names_are_short_and_printable(write: Write, dense: Build, refused: Refused, name: bytes) -> None:
    def build(file: h5py.File) -> None:
        dense(file)
        h5py.h5g.create(file["layers"].id, name)

    (found,) = refused(write(build))

    assert (found.code, found.where, found.expected) == ("h5-name", "layers", "200")
    assert found.got.isprintable()


def test_several_forbidden_things_are_told_at_once(write: Write, dense: Build, refused: Refused) -> None:
    def build(file: h5py.File) -> None:
        dense(file)
        file["a"] = h5py.SoftLink("/x")
        file["b"] = h5py.ExternalLink("x", "/x")

    assert [(finding.code, finding.where) for finding in refused(write(build))] == [
        ("h5-soft-link", "a"),
        ("h5-external-link", "b"),
    ]


def test_findings_end_at_a_cap(write: Write, refused: Refused) -> None:
    def build(file: h5py.File) -> None:
        for index in range(limits.MAX_READ_FINDINGS + 5):
            file[str(index)] = h5py.SoftLink("/x")

    assert len(refused(write(build))) == limits.MAX_READ_FINDINGS


@pytest.mark.parametrize("libver", ["earliest", "v110", "latest"])
def test_every_version_of_the_format_is_read(write: Write, dense: Build, libver: str) -> None:
    head, arrays = job.read(write(dense, libver=libver), 1 << 20)

    assert head["layers"] == [{"name": "dense", "arrays": ["0", "1"]}]
    assert arrays["0/0"].tolist() == [[0, 1, 2], [3, 4, 5]]
