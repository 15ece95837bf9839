"""Zip archives of several files, as students make them and as they should not."""

import io
import stat
import tempfile
import zipfile
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from grader import limits
from grader.airlock.protocol import Answer, JobLimits
from grader.airlock.runner import Airlock
from grader.errors import ChildDied, Finding, Refusal
from grader.facts import AnyArray, Contents, Member
from grader.own_file import OwnFile
from grader.reading import samples
from grader.reading.stored import bytes_from_answer, contents_from_answer, from_answer
from grader.running import READING_JOB, Runner

LIMITS = JobLimits(cpu_seconds=5, wall_seconds=60, memory_bytes=1 << 30, answer_bytes=1 << 24)
CHECKPOINT = samples._checkpoint()


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.fixture(params=["in this process", "in the jail"], scope="module")
def runner(request: pytest.FixtureRequest) -> Iterator[Runner]:
    if request.param == "in this process":
        yield OwnFile(READING_JOB)
        return
    with Airlock(READING_JOB) as airlock:
        yield airlock


def ask(runner: Runner, data: bytes, task: str, **arguments: Any) -> Answer:
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        return runner.run({"format": "pytorch", "task": task, **arguments}, [file.fileno()], LIMITS)


def contents(runner: Runner, data: bytes) -> Contents:
    answer = ask(runner, data, "contents")
    return contents_from_answer(answer.head, answer.arrays)


def refused(data: bytes, task: str = "contents", **arguments: Any) -> list[Finding]:
    with pytest.raises(Refusal) as caught:
        ask(OwnFile(READING_JOB), data, task, **arguments)
    return list(caught.value.findings)


FILES = {
    "work/base.pt": CHECKPOINT,
    "work/series.yaml": "final: base.pt  # größer\n".encode(),
    "work/report.pdf": b"%PDF-1.7",
    "__MACOSX/lab/._base.pt": b"litter",
    "work/.DS_Store": b"litter",
    "work/empty.txt": b"",
}


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_an_archive_tells_its_files_and_its_manifest(runner: Runner, method: int) -> None:
    assert contents(runner, zipped(FILES, method)) == Contents(
        (
            Member("work/base.pt", len(CHECKPOINT)),
            Member("work/series.yaml", len(FILES["work/series.yaml"])),
            Member("work/report.pdf", 8),
            Member("work/empty.txt", 0),
        ),
        "final: base.pt  # größer\n",
    )


def test_a_single_weight_file_has_no_members(runner: Runner) -> None:
    assert contents(runner, CHECKPOINT) == Contents(())


@pytest.mark.parametrize("name", ["work/base.pt", "work/report.pdf", "work/empty.txt"])
def test_the_bytes_of_a_member_come_back_as_they_are(runner: Runner, name: str) -> None:
    answer = ask(runner, zipped(FILES), "bytes", member=name)

    assert bytes_from_answer(answer.head, answer.arrays) == FILES[name]


def test_the_weights_of_a_member_are_read(runner: Runner) -> None:
    answer = ask(runner, zipped(FILES), "weights", member="work/base.pt")

    weights = from_answer(answer.head, answer.arrays)
    assert [(layer.name, layer.arrays["weight"].tolist()) for layer in weights.layers] == [("l", [1, 0])]


def test_a_name_without_the_mark_of_utf_8_is_read_as_what_it_is() -> None:
    data = zipped({"aa.pt": CHECKPOINT, "bbb.pt": CHECKPOINT})
    data = data.replace(b"aa.pt", b"\x81a.pt").replace(b"bbb.pt", "éb.pt".encode())

    assert [member.name for member in contents(OwnFile(READING_JOB), data).members] == ["üa.pt", "éb.pt"]


def test_a_colon_is_part_of_a_name_and_not_always_a_drive() -> None:
    names = ["model 12:30:00.pt", "run 1: base/a.pt"]

    assert [
        member.name for member in contents(OwnFile(READING_JOB), zipped(dict.fromkeys(names, b"x"))).members
    ] == names


def test_a_name_that_is_marked_as_utf_8_and_is_not_is_refused() -> None:
    data = zipped({"é.pt": b""}).replace("é".encode(), b"\xff\xfe")

    assert refused(data) == [Finding("zip-name", expected="200", got="b'\\xff\\xfe.pt'")]


REFUSED = {
    "an empty archive of folders": (zipped({"a/": b""}), Finding("archive-empty")),
    "a path upwards": (zipped({"../a.pt": b"x"}), Finding("zip-path", got="../a.pt")),
    "an absolute path": (zipped({"/etc/passwd": b"x"}), Finding("zip-path", got="/etc/passwd")),
    "a path of Windows": (zipped({"C:/a.pt": b"x"}), Finding("zip-path", got="C:/a.pt")),
    "a path with a dot": (zipped({"a/./b.pt": b"x"}), Finding("zip-path", got="a/./b.pt")),
    "a folder too many": (zipped({"a/" * 9 + "b": b"x"}), Finding("archive-too-deep", "a/" * 9 + "b", "8")),
    "two manifests": (
        zipped({"series.yaml": b"", "series.json": b"{}"}),
        Finding("series-manifest", got="there are several: series.yaml and series.json"),
    ),
    "a manifest that is long": (
        zipped({"series.yml": bytes(limits.MAX_MANIFEST_BYTES + 1)}),
        Finding("series-manifest", got=f"it is longer than {limits.MAX_MANIFEST_BYTES:,} bytes"),
    ),
    "cut short": (zipped(FILES)[:-7], Finding("zip-no-end")),
    "bytes behind the end": (zipped(FILES) + b"x", Finding("zip-no-end")),
}


@pytest.mark.parametrize(("data", "finding"), REFUSED.values(), ids=REFUSED.keys())
def test_an_archive_that_is_not_plain_is_refused(data: bytes, finding: Finding) -> None:
    assert refused(data) == [finding]


def test_a_symbolic_link_is_refused() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        link = zipfile.ZipInfo("a.pt")
        link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")

    assert refused(buffer.getvalue()) == [Finding("zip-link", "a.pt")]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_files_of_one_name_are_refused() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.pt", "x")
        archive.writestr("a.pt", "y")

    assert refused(buffer.getvalue()) == [Finding("zip-duplicate", "a.pt")]


def test_encrypted_files_are_refused() -> None:
    data = bytearray(zipped({"a.pt": b"secret"}))
    for signature, flags_at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + flags_at] |= 1

    assert refused(bytes(data)) == [Finding("zip-encrypted", "a.pt")]


def test_other_methods_than_deflate_are_refused() -> None:
    assert refused(zipped({"a.pt": b"x"}, zipfile.ZIP_LZMA)) == [Finding("zip-method", "a.pt", got="14")]


def test_a_file_that_unpacks_to_more_than_it_says_is_refused() -> None:
    data = zipped({"a.pt": bytes(100_000)})
    data = data.replace((100_000).to_bytes(4, "little"), (99).to_bytes(4, "little"))

    findings = refused(data, "bytes", member="a.pt")

    assert findings == [Finding("zip-inflates", "a.pt", "99 bytes", "more than 99 bytes")]


@pytest.mark.parametrize(
    ("limit", "value", "finding"),
    [
        ("ARCHIVE_MAX_MEMBERS", 2, Finding("zip-too-many-entries", expected="2", got="3")),
        ("ZIP_MAX_ENTRIES", 2, Finding("zip-too-many-entries", expected="2", got="3")),
        ("ARCHIVE_MAX_MEMBER_BYTES", 4, Finding("archive-member-size", "b", "4 bytes", "5 bytes")),
        ("ARCHIVE_MAX_BYTES", 8, Finding("archive-size", expected="8 bytes", got="9 bytes")),
    ],
)
def test_an_archive_has_limits(limit: str, value: int, finding: Finding, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, limit, value)

    assert refused(zipped({"a": b"1234", "b": b"12345", "c": b""})) == [finding]


def test_a_member_that_is_not_there_is_told() -> None:
    assert refused(zipped(FILES), "bytes", member="Work/base.pt") == [Finding("archive-no-member", "Work/base.pt")]
    assert refused(CHECKPOINT, "bytes", member="warm/data.pkl") == [Finding("archive-no-member", "warm/data.pkl")]


def test_an_archive_is_no_weight_file_and_none_is_opened_inside_another() -> None:
    inner = zipped({"a.pt": CHECKPOINT})

    assert refused(inner, "weights") == [Finding("archive-not-weights", got="1")]
    assert refused(zipped({"b.zip": inner}), "weights", member="b.zip") == [Finding("archive-nested", "b.zip", got="1")]


def test_a_member_that_is_no_weight_file_is_told_as_an_upload_would_be() -> None:
    findings = refused(zipped({"a.pt": b"import torch\n"}), "weights", member="a.pt")

    assert findings == [Finding("pytorch-not-text", got="plain text")]


BAD_CONTENTS: dict[str, tuple[dict[str, Any], dict[str, AnyArray]]] = {
    "no members": ({}, {}),
    "a member of text": ({"members": ["a"]}, {}),
    "a size of text": ({"members": [{"name": "a", "bytes": "1"}]}, {}),
    "a size below 0": ({"members": [{"name": "a", "bytes": -1}]}, {}),
    "a size of truth": ({"members": [{"name": "a", "bytes": True}]}, {}),
    "a path upwards": ({"members": [{"name": "../a", "bytes": 1}]}, {}),
    "a name of nothing": ({"members": [{"name": "", "bytes": 1}]}, {}),
    "two of one name": ({"members": [{"name": "a", "bytes": 1}] * 2}, {}),
    "other arrays": ({"members": []}, {"0/0": np.ones(1, np.uint8)}),
    "a manifest of floats": ({"members": []}, {"manifest": np.ones(1, np.float32)}),
    "a manifest of two dimensions": ({"members": []}, {"manifest": np.ones((1, 1), np.uint8)}),
    "a manifest that is long": ({"members": []}, {"manifest": np.ones(limits.MAX_MANIFEST_BYTES + 1, np.uint8)}),
}


@pytest.mark.parametrize(("head", "arrays"), BAD_CONTENTS.values(), ids=BAD_CONTENTS.keys())
def test_a_malformed_answer_is_the_childs_fault(head: dict[str, Any], arrays: dict[str, AnyArray]) -> None:
    with pytest.raises(ChildDied):
        contents_from_answer(head, arrays)


def test_a_manifest_that_is_no_text_is_the_students() -> None:
    with pytest.raises(Refusal):
        contents_from_answer({"members": []}, {"manifest": np.full(1, 255, np.uint8)})


@pytest.mark.parametrize("arrays", [{}, {"content": np.ones(2, np.int8)}, {"other": np.ones(2, np.uint8)}])
def test_malformed_bytes_are_the_childs_fault(arrays: dict[str, AnyArray]) -> None:
    with pytest.raises(ChildDied):
        bytes_from_answer({}, arrays)


def test_the_task_of_an_hdf5_file_is_weights_and_nothing_else() -> None:
    answer = ask(OwnFile(READING_JOB), samples._hdf5(), "contents", format="keras-h5")

    assert contents_from_answer(answer.head, answer.arrays) == Contents(())
