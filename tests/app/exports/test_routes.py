"""All submissions as an archive that is made while it is sent."""

import csv
import io
import json
import zipfile
from collections.abc import Callable
from fractions import Fraction

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.database import Database
from app.exports.zip_stream import Member, chunks, safe
from tests.app.world import World, hand_in, settle, store_bytes

Open = Callable[[str | None], TestClient]
ZIP = "/competitions/demo/submissions.zip"


@pytest.fixture
def handed_in(service: FastAPI, records: Database, world: World) -> list[int]:
    """Two submissions of Ada's; the bytes of Grace's are not kept."""
    store = service.state.services.store
    digests = [store_bytes(store, content).sha256 for content in (b"first", b"second")]
    numbers = [hand_in(records, world, "ada", sha256_hex=each) for each in digests]
    numbers.append(hand_in(records, world, "grace", sha256_hex="0" * 64))
    for number in numbers:
        settle(records, number, Fraction(1, 2))
    return numbers


def opened(content: bytes) -> zipfile.ZipFile:
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert archive.testzip() is None
    return archive


def test_every_file_and_report_is_in_it_with_a_table(program: Open, handed_in: list[int]) -> None:
    answer = program("instructor").get(ZIP)
    archive = opened(answer.content)

    table = list(csv.DictReader(io.StringIO(archive.read("submissions.csv").decode("utf-8-sig"))))
    assert [row["submission"] for row in table] == [str(number) for number in handed_in]
    assert [archive.read(row["path"]) for row in table[:2]] == [b"first", b"second"]
    assert table[2]["path"] == "(not kept)"
    folder = table[0]["path"].rpartition("/")[0]
    assert json.loads(archive.read(f"{folder}/report.json"))["score_exact"] == "1/2"
    assert table[0]["email"] == "ada@example.org"
    assert "no-store" in answer.headers["cache-control"]


def test_only_what_counts_is_in_it_where_that_is_asked_for(program: Open, handed_in: list[int]) -> None:
    archive = opened(program("instructor").get(ZIP, params={"only_counting": "true"}).content)

    assert archive.read("submissions.csv").count(b"\r\n") == 3  # the head, Ada's second, Grace's
    assert any(name.endswith("my_model_weights.h5") for name in archive.namelist())


def test_it_is_for_staff(program: Open, handed_in: list[int]) -> None:
    assert program("ada").get(ZIP).status_code == 403
    assert program("outsider").get(ZIP).status_code == 404


def test_pieces_come_as_they_are_made() -> None:
    pieces = list(chunks([Member("a", b"x" * 1_000_000), Member("b", b"y")], []))

    assert len(pieces) > 3
    assert max(map(len, pieces)) < 300_000
    assert opened(b"".join(pieces)).namelist() == ["a", "b"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [("../../etc", "_.._etc"), ("..", "_"), ("a/b\\c:d", "a_b_c_d"), ("Mossy Quince 42", "Mossy Quince 42"), ("", "_")],
)
def test_a_name_is_one_part_of_a_path_whatever_it_says(name: str, expected: str) -> None:
    assert safe(name) == expected
