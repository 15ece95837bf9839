"""What the readers of checkpoints do where a file is near or beyond a limit, or lies about places; files made by hand."""

from collections.abc import Mapping
from typing import Any

import pytest

from grader import limits
from grader.errors import Finding, Refusal
from grader.reading import job, storages, zips
from grader.reading.storages import Storages
from grader.reading.tensors import Storage, Tensor
from tests.corpus.makers import checkpoint, zip_writer
from tests.corpus.makers.zip_writer import Entry


def refused(parameters: Mapping[str, Any]) -> list[Finding]:
    with pytest.raises(Refusal) as caught:
        job.read(checkpoint.make(parameters, 1), 1 << 24, "model.pt", "pytorch")
    return list(caught.value.findings)


def damage(data: bytes) -> Finding:
    with pytest.raises(Refusal) as caught:
        zips.read_entries(data, 100)
    return caught.value.findings[0]


@pytest.mark.parametrize(
    ("limit", "value", "program", "code"),
    [
        ("PICKLE_MAX_BYTES", 100, {}, "checkpoint-pickle-size"),
        ("ZIP_MAX_ENTRIES", 11, {}, "zip-too-many-entries"),
        ("MAX_ELEMENTS", 54, {}, "too-many-numbers"),
        ("MAX_TENSORS", 8, {}, "too-many-tensors"),
        ("MAX_TENSORS", 8, {"form": "safetensors"}, "safetensors-damaged"),
        ("MODULE_MAX_MODULES", 5, {"module": {}}, "module-too-deep"),
        ("MODULE_MAX_DEPTH", 0, {"module": {}}, "module-too-deep"),
        ("MODULE_MAX_ATTRIBUTES", 3, {"module": {}}, "no-state-dict"),
        ("CHECKPOINT_MAX_ENTRIES", 1, {"wrap": ["model"], "beside": {"epoch": 1}}, "no-state-dict"),
        ("SAFETENSORS_MAX_HEADER_BYTES", 100, {"form": "safetensors"}, "safetensors-table"),
        ("LEGACY_MAX_HEAD_OPCODES", 2, {"form": "legacy"}, "pickle-too-long"),
        ("LEGACY_MAX_KEY_OPCODES", 8, {"form": "legacy"}, "pickle-too-long"),
    ],
)
def test_a_checkpoint_has_limits(
    limit: str, value: int, program: dict[str, Any], code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    job.read(checkpoint.make(program, 1), 1 << 24, "model.pt", "pytorch")
    monkeypatch.setattr(limits, limit, value)

    assert [finding.code for finding in refused(program)] == [code]


def test_all_problems_are_told_up_to_a_cap() -> None:
    strange = {name: 7 for name in checkpoint.SHAPES if "tracked" not in name}

    assert len(refused({"change": strange})) == 8
    assert len(refused({"add": {f"x{number}": 7 for number in range(100)}})) == limits.MAX_READ_FINDINGS


def test_numbers_outside_a_storage_are_never_read() -> None:
    content = memoryview(bytes(16))
    tensor = Tensor(Storage("0", "float32", 4), 1, (4,), (1,))

    with pytest.raises(ValueError, match="up to 5 of 4 numbers"):
        storages.read_arrays({"w": tensor}, Storages(lambda storage: content, little_endian=True))


def test_a_storage_of_bytes_gives_no_floats() -> None:
    told = {"like": "4.bias", "storage": "torch.UntypedStorage", "numbers": 12, "shape": [12]}
    told |= {"function": "torch._utils._rebuild_tensor_v3", "extra": [{"global": "torch.float32"}, {}]}

    assert refused({"change": {"4.bias": {"tensor": told}}}) == [Finding("storage-malformed", "4.bias")]


def test_a_name_of_an_unknown_type_is_no_type() -> None:
    told = {"like": "4.bias", "function": "torch._utils._rebuild_tensor_v3", "extra": [7, {}]}

    assert refused({"change": {"4.bias": {"tensor": told}}}) == [
        Finding("tensor-dtype", "4.bias", "float32", "an unknown type")
    ]


def test_a_chain_of_parameters_is_followed_a_few_steps() -> None:
    tensor: Any = {"tensor": "4.bias"}
    for _ in range(6):
        tensor = {"call": "torch._utils._rebuild_parameter", "with": [tensor, True, {"ordered": {}}]}

    assert [finding.code for finding in refused({"change": {"4.bias": tensor}})] == ["tensor-kind"]


def entries(**changes: Any) -> list[Entry]:
    return [Entry("m/a", b"1234"), Entry("m/b", b"5678", **changes)]


@pytest.mark.parametrize(
    ("data", "finding"),
    [
        (zip_writer.write(entries())[:-1], Finding("zip-no-end")),
        (b"PK\x03\x04" + bytes(40), Finding("zip-no-end")),
        (b"x" + zip_writer.write(entries(), zip64=False), Finding("zip-damaged", "the end record")),
        (zip_writer.write(entries(), zip64=False, end={"entries": 3}), Finding("zip-damaged", "the table of contents")),
        (zip_writer.write(entries(), zip64=False, end={"entries": 1}), Finding("zip-damaged", "the table of contents")),
        (zip_writer.write(entries(lies={"at": 1 << 31})), Finding("zip-damaged", "the table of contents")),
        (zip_writer.write(entries(lies={"central-size": 9})), Finding("zip-damaged", "m/b")),
        (zip_writer.write(entries(lies={"size": 0xFFFFFFFF})), Finding("zip-damaged", "m/b")),
        (zip_writer.write(entries(method=97)), Finding("zip-method", "m/b", got="97")),
        (zip_writer.write([Entry("m/" + "a" * 200, b"")]), Finding("zip-name", expected="200", got=f"'m/{'a' * 58}'")),
        (zip_writer.write([Entry("m/\n", b"")]), Finding("zip-name", expected="200", got="'m/\\n'")),
    ],
)  # fmt: skip
def test_an_archive_that_contradicts_itself_is_refused(data: bytes, finding: Finding) -> None:
    assert damage(data) == finding


def test_bytes_before_the_first_entry_are_refused() -> None:
    archive = zip_writer.write(entries(), zip64=False)
    start = archive.index(b"PK\x01\x02")
    moved = bytearray(b"x" + archive)
    places = [start + 42, start + 46 + 3 + 42, len(archive) - 6]  # of both entries, and of the table itself
    for at in places:
        moved[at + 1 : at + 5] = (int.from_bytes(archive[at : at + 4], "little") + 1).to_bytes(4, "little")

    assert damage(bytes(moved)) == Finding("zip-damaged", "m/a")


@pytest.mark.parametrize(("disk", "place"), [(1, 4), (9, 8)], ids=["on another disk", "elsewhere"])
def test_the_end_records_have_to_agree(disk: int, place: int) -> None:
    archive = bytearray(zip_writer.write(entries()))
    locator = archive.rindex(b"PK\x06\x07")
    archive[locator + place] = disk

    assert damage(bytes(archive)) == Finding("zip-damaged", "the end record")


@pytest.mark.parametrize("packed", [b"\xff\xff\xff\xff", b"\x03", b""])
def test_what_does_not_unpack_is_damaged(packed: bytes) -> None:
    entry = Entry("m/b", packed, lies={"method": 8, "size": 4, "crc": 0}, flags=0)
    data = zip_writer.write([Entry("m/a", b""), entry])

    with pytest.raises(Refusal) as caught:
        zips.content(data, zips.read_entries(data, 9)[1])

    assert caught.value.findings == (Finding("zip-damaged", "m/b"),)


def test_the_comment_of_an_archive_is_passed_over() -> None:
    data = zip_writer.write(entries(), comment=b"4f3c2a")

    assert [bytes(zips.content(data, entry)) for entry in zips.read_entries(data, 9)] == [b"1234", b"5678"]
