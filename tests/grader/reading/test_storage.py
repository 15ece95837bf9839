"""What a dataset is refused for: where its bytes are, how they are packed, what they are."""

import zlib
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from grader import limits
from grader.errors import Finding
from grader.reading import job

Write = Callable[..., bytes]
Refused = Callable[..., tuple[Finding, ...]]
KERNEL = "layers/dense/vars/0"
VALUES = np.arange(6, dtype=np.float32).reshape(2, 3)


def read_kernel(data: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return job.read(data, 1 << 20)[1]["0/0"]


def test_numbers_in_another_file_are_never_looked_at(write: Write, refused: Refused, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(bytes(24))
    data = write(lambda file: file.create_dataset(KERNEL, (6,), "f4", external=[(str(secret), 0, 24)]))

    assert refused(data) == (Finding("h5-external-storage", KERNEL),)


def test_a_virtual_dataset_is_refused(write: Write, refused: Refused) -> None:
    layout = h5py.VirtualLayout((6,), "f4")
    layout[:] = h5py.VirtualSource("elsewhere.h5", "x", (6,))

    data = write(lambda file: file.create_virtual_dataset(KERNEL, layout))

    assert refused(data) == (Finding("h5-virtual", KERNEL),)


@pytest.mark.parametrize(
    ("options", "got"),
    [
        ({"compression": "lzf"}, "LZF, 1 x"),
        ({"scaleoffset": 3}, "scaleoffset, 1 x"),
        ({"compression": 32004, "allow_unknown_filter": True}, "LZ4, 1 x"),
    ],
)
def test_other_filters_are_refused(write: Write, refused: Refused, options: dict[str, object], got: str) -> None:
    data = write(lambda file: file.create_dataset(KERNEL, (2, 3), "f4", chunks=(2, 3), **options))

    assert refused(data) == (Finding("h5-filter", KERNEL, got=got),)


def test_a_filter_twice_is_refused(write: Write, refused: Refused) -> None:
    def build(file: h5py.File) -> None:
        plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plan.set_chunk((6,))
        plan.set_deflate(9)
        plan.set_deflate(9)
        group = file.create_group("layers/dense/vars")
        h5py.h5d.create(group.id, b"0", h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple((6,)), plan)

    assert refused(write(build)) == (Finding("h5-filter", KERNEL, got="gzip, 2 x"),)


@pytest.mark.parametrize("kind", ["<f2", "<f4", "<f8", ">f2", ">f4", ">f8"])
def test_every_common_float_is_read_in_native_order(write: Write, kind: str) -> None:
    array = read_kernel(write(lambda file: file.create_dataset(KERNEL, data=VALUES.astype(kind))))

    assert array.dtype == np.dtype(kind).newbyteorder("=")
    assert array.tolist() == VALUES.tolist()


@pytest.mark.parametrize(
    "options",
    [
        {"compression": "gzip"},
        {"compression": "gzip", "shuffle": True, "fletcher32": True},
        {"fletcher32": True},
        {"chunks": (2, 2)},
        {"chunks": (1, 2), "maxshape": (None, None), "compression": "gzip"},
    ],
)
def test_packed_and_chunked_arrays_are_read(write: Write, options: dict[str, object]) -> None:
    data = write(lambda file: file.create_dataset(KERNEL, data=VALUES, **options))

    assert read_kernel(data).tolist() == VALUES.tolist()


def test_numbers_that_do_not_compress_are_read(write: Write) -> None:
    noise = np.random.default_rng(0).integers(0, 1 << 30, (64, 64), np.int32).view(np.float32)

    data = write(lambda file: file.create_dataset(KERNEL, data=noise, compression="gzip", fletcher32=True))

    assert read_kernel(data).tobytes() == noise.tobytes()


@pytest.mark.parametrize(
    ("value", "got"),
    [
        (np.zeros(3, np.int8), "int8"),
        (np.zeros(3, np.uint64), "uint64"),
        (np.zeros(3, bool), "booleans or an enumeration"),
        (np.zeros(3, np.complex64), "compound or complex numbers"),
        (np.zeros(3, [("a", "f4")]), "compound or complex numbers"),
        (np.zeros(3, np.longdouble), "an unusual float of 128 bits"),
        ("text", "text"),
        (np.zeros(3, "V2"), "something else than numbers"),
    ],
)
def test_only_floats_are_weights(write: Write, refused: Refused, value: object, got: str) -> None:
    data = write(lambda file: file.create_dataset(KERNEL, data=value))

    assert refused(data) == (Finding("h5-dtype", KERNEL, "float32", got),)


def test_a_float_with_bits_of_its_own_is_refused(write: Write, refused: Refused) -> None:
    def build(file: h5py.File) -> None:
        kind = h5py.h5t.IEEE_F32LE.copy()
        kind.set_ebias(100)
        space = h5py.h5s.create_simple((3,))
        h5py.h5d.create(file.create_group("layers/dense/vars").id, b"0", kind, space)

    assert refused(write(build)) == (Finding("h5-dtype", KERNEL, "float32", "an unusual float of 32 bits"),)


def test_an_array_of_a_named_type_is_refused(write: Write, refused: Refused) -> None:
    def build(file: h5py.File) -> None:
        file["kind"] = np.dtype("f4")
        file.create_dataset(KERNEL, (3,), file["kind"], data=np.ones(3))
        del file["kind"]

    assert refused(write(build)) == (Finding("h5-named-type", KERNEL),)


def test_an_array_without_a_shape_is_refused(write: Write, refused: Refused) -> None:
    data = write(lambda file: file.create_dataset(KERNEL, data=h5py.Empty("f4")))

    assert refused(data) == (Finding("h5-no-shape", KERNEL),)


def test_an_array_without_numbers_is_refused(write: Write, refused: Refused) -> None:
    data = write(lambda file: file.create_dataset(KERNEL, (3, 0), "f4"))

    assert refused(data) == (Finding("h5-empty-array", KERNEL, got="(3, 0)"),)


def test_many_dimensions_are_refused(write: Write, refused: Refused) -> None:
    data = write(lambda file: file.create_dataset(KERNEL, data=np.ones((1,) * 9, np.float32)))

    assert refused(data) == (Finding("h5-too-many-dimensions", KERNEL, "8", "9"),)


def test_an_array_that_was_never_written_is_not_a_pruned_one(write: Write, refused: Refused) -> None:
    data = write(lambda file: file.create_dataset(KERNEL, (10, 10), "f4"))

    assert refused(data) == (Finding("h5-unwritten", KERNEL, "400 bytes", "0 bytes"),)


def test_chunks_that_were_never_written_are_not_pruned(write: Write, refused: Refused) -> None:
    def build(file: h5py.File) -> None:
        file.create_dataset(KERNEL, (10, 10), "f4", chunks=(4, 4))[:4, :4] = 1

    assert refused(write(build)) == (Finding("h5-unwritten", KERNEL, "9 chunks", "1 chunks"),)


def test_a_shape_may_not_promise_more_than_the_budget(write: Write, refused: Refused) -> None:
    data = write(lambda file: file.create_dataset(KERNEL, (1 << 20, 1 << 20), "f4", chunks=(1024, 1024)))

    assert refused(data) == (Finding("h5-too-many-numbers", KERNEL, "20,000,000", f"{1 << 40:,}"),)


def test_a_chunk_may_not_promise_more_than_the_budget(write: Write, refused: Refused) -> None:
    data = write(lambda file: file.create_dataset(KERNEL, (4, 4), "f4", chunks=(30_000, 30_000), maxshape=(None, None)))

    assert refused(data) == (Finding("h5-too-many-numbers", KERNEL, "20,000,000", "900,000,000"),)


def test_arrays_share_one_budget(write: Write, refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_ELEMENTS", 8)

    def build(file: h5py.File) -> None:
        file[KERNEL] = VALUES
        file["layers/dense/vars/1"] = np.ones(3, np.float32)

    assert refused(write(build)) == (Finding("h5-too-many-numbers", "layers/dense/vars/1", "8", "9"),)


def test_too_many_chunks_are_refused(write: Write, refused: Refused) -> None:
    data = write(lambda file: file.create_dataset(KERNEL, (200, 200), "f4", chunks=(1, 1)))

    assert refused(data) == (Finding("h5-too-many-chunks", KERNEL, "16,384", "40,000"),)


def write_chunk(packed: bytes, filter_mask: int = 0) -> Callable[[h5py.File], None]:
    def build(file: h5py.File) -> None:
        dataset = file.create_dataset(KERNEL, (2, 3), "f4", chunks=(2, 3), compression="gzip")
        dataset.id.write_direct_chunk((0, 0), packed, filter_mask)

    return build


def test_a_chunk_may_not_unpack_to_more_than_its_shape(write: Write, refused: Refused) -> None:
    assert refused(write(write_chunk(zlib.compress(bytes(20_000))))) == (
        Finding("h5-inflates", KERNEL, "24 bytes", "more than 24 bytes"),
    )


@pytest.mark.parametrize(
    "packed", [b"not deflated", zlib.compress(bytes(5)), zlib.compress(bytes(24))[:-3], bytes(5_000)]
)
def test_a_chunk_that_does_not_unpack_to_its_shape_is_damaged(write: Write, refused: Refused, packed: bytes) -> None:
    assert refused(write(write_chunk(packed))) == (Finding("h5-damaged", KERNEL),)


@pytest.mark.parametrize("length", [5, 25])
def test_a_chunk_that_is_not_packed_has_the_size_of_its_shape(write: Write, refused: Refused, length: int) -> None:
    assert refused(write(write_chunk(bytes(length), filter_mask=1))) == (Finding("h5-damaged", KERNEL),)


def test_a_chunk_may_be_left_unpacked(write: Write) -> None:
    assert read_kernel(write(write_chunk(VALUES.tobytes(), filter_mask=1))).tolist() == VALUES.tolist()


def test_a_wrong_checksum_is_damage(write: Write, refused: Refused) -> None:
    data = write(lambda file: file.create_dataset(KERNEL, data=VALUES, fletcher32=True))
    at = data.index(VALUES.tobytes())

    assert refused(data[:at] + b"\x01" + data[at + 1 :]) == (Finding("h5-damaged", KERNEL),)


def test_all_arrays_of_a_wrong_type_are_told_at_once(write: Write, refused: Refused) -> None:
    def build(file: h5py.File) -> None:
        file[KERNEL] = np.zeros(3, np.int32)
        file["layers/dense/vars/1"] = VALUES
        file["layers/dense_1/vars/0"] = np.zeros(3, np.int64)

    assert [(finding.where, finding.got) for finding in refused(write(build))] == [
        (KERNEL, "int32"),
        ("layers/dense_1/vars/0", "int64"),
    ]
