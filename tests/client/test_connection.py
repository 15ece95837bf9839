"""Requests to a server that is away, busy, or refuses: what is tried again, and with which sentence a command ends."""

import json
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from client.connection import TRIES, Connection
from client.trouble import Exit, Trouble

Answer = Callable[[httpx2.Request], httpx2.Response]


def connection(answer: Answer, pauses: list[float] | None = None) -> Connection:
    noted = [] if pauses is None else pauses
    http = httpx2.Client(base_url="http://server", transport=httpx2.MockTransport(answer))
    return Connection(http, noted.append)


def refuse(status: int, headers: dict[str, str] | None = None, **problem: object) -> Answer:
    return lambda request: httpx2.Response(status, json=problem, headers=headers)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "my_model_weights.h5"
    path.write_bytes(bytes(range(256)) * 1000)
    return path


def test_a_file_is_repeated_whole_and_with_one_key(file: Path) -> None:
    seen: list[tuple[str, int]] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        body = request.read()
        seen.append((request.headers["Idempotency-Key"], len(body)))
        assert request.headers["Content-Length"] == str(len(body))
        if len(seen) == 1:
            raise httpx2.ReadError("cut")
        return httpx2.Response(503 if len(seen) == 2 else 202, json={"id": 7})

    sent: list[int] = []
    body = connection(answer).submit(file, "demo", told=lambda done, size: sent.append(done))

    assert body == {"id": 7}
    assert {size for _, size in seen} == {file.stat().st_size}
    assert len(seen) == 3
    assert len({key for key, _ in seen}) == 1
    assert sent[-1] == file.stat().st_size


def test_pauses_grow_and_come_to_an_end() -> None:
    def away(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("nobody there")

    pauses: list[float] = []
    with pytest.raises(Trouble) as trouble:
        connection(away, pauses).get("/competitions")

    assert trouble.value.exit_code == Exit.FAILED
    assert "http://server cannot be reached" in trouble.value.message
    assert len(pauses) == TRIES - 1
    assert pauses == sorted(pauses)


def test_a_short_wait_that_the_server_asks_for_is_kept() -> None:
    answers = iter([httpx2.Response(429, json={}, headers={"Retry-After": "5"}), httpx2.Response(200, json={"a": 1})])
    pauses: list[float] = []

    assert connection(lambda request: next(answers), pauses).get("/x") == {"a": 1}
    assert pauses == [5.0]


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (refuse(401, detail="no token"), Exit.NOT_ALLOWED),
        (refuse(403, detail="not yours"), Exit.NOT_ALLOWED),
        (refuse(404, detail="no such thing"), Exit.USAGE),
        (refuse(409, code="closed", detail="over"), Exit.NO_TRY),
        (refuse(429, {"Retry-After": "33600"}, code="quota-used", detail="5 of 5"), Exit.NO_TRY),
        (
            refuse(422, detail="HDF5?", quota_charged=False, errors=[{"code": "not-hdf5", "message": "HDF5?"}]),
            Exit.REJECTED,
        ),
        (refuse(500, detail="ours"), Exit.FAILED),
        (lambda request: httpx2.Response(502, text="<html>proxy</html>"), Exit.FAILED),
    ],
)
def test_a_refusal_ends_with_its_own_status(answer: Answer, status: Exit) -> None:
    with pytest.raises(Trouble) as trouble:
        connection(answer).get("/x")

    assert trouble.value.exit_code == status


def test_each_thing_that_the_server_found_is_told() -> None:
    answer = refuse(422, detail="Two values.", errors=[{"message": "one is missing"}, {"message": "one is too long"}])

    with pytest.raises(Trouble, match=r"Two values\. one is missing one is too long"):
        connection(answer).get("/x")


def test_what_is_no_json_has_its_status_at_least() -> None:
    with pytest.raises(Trouble, match="status 418"):
        connection(lambda request: httpx2.Response(418, text=json.dumps(["tea"]))).get("/x")
