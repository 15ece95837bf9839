"""What only a real server shows: answers before bodies, and pages while the database is being written."""

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import httpx2
import pytest

from tests.app.world import World
from tests.faults.tree import free_port, wait_for

HDF5 = b"\x89HDF\r\n\x1a\n" + bytes(100)
WAITING = 60
"""Uploads at once, more than the web process has threads for pages."""
SIZE = 64 * 1024 * 1024


@pytest.fixture(scope="module")
def address(world_template: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int, Path]]:
    """A web process on its own: its host, its port, and its data folder."""
    folder = tmp_path_factory.mktemp("served") / "data"
    shutil.copytree(world_template.folder, folder)
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SECATEUR_")} | {
        "SECATEUR_DATA_DIR": str(folder),
        "SECATEUR_PORT": str(port),
        "SECATEUR_MIN_FREE_DISK_BYTES": "0",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "web"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )

    def answers() -> bool:
        try:
            return httpx2.get(f"http://127.0.0.1:{port}/healthz").status_code == 200
        except httpx2.TransportError:
            return False

    try:
        wait_for("the web process", answers)
        yield "127.0.0.1", port, folder
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def ask(address: tuple[str, int, Path], *headers: str, target: str = "/submissions?competition=demo") -> str:
    """The head of the answer to a POST of which nothing but the headers is ever sent."""
    host, port, _ = address
    head = "\r\n".join([f"POST {target} HTTP/1.1", f"Host: {host}:{port}", *headers, "", ""])
    with closing(socket.create_connection((host, port), timeout=20)) as connection:
        connection.sendall(head.encode())
        answer = b""
        while b"\r\n\r\n" not in answer:
            piece = connection.recv(65536)
            assert piece, "the connection was closed without an answer"
            answer += piece
    return answer.decode().partition("\r\n\r\n")[0].lower()


LARGE = f"Content-Length: {SIZE}"


def test_an_anonymous_upload_is_answered_before_its_body_is_read(address: tuple[str, int, Path]) -> None:
    assert ask(address, LARGE).startswith("http/1.1 401")


def test_so_is_one_without_a_length(address: tuple[str, int, Path]) -> None:
    assert ask(address, "Transfer-Encoding: chunked").startswith("http/1.1 401")


def test_so_is_one_of_another_course(address: tuple[str, int, Path], world_template: World) -> None:
    token = f"Authorization: Bearer {world_template.people['outsider'].token}"

    assert ask(address, LARGE, token).startswith("http/1.1 404")


def test_so_is_one_from_another_site(address: tuple[str, int, Path]) -> None:
    assert ask(address, LARGE, "Sec-Fetch-Site: cross-site").startswith("http/1.1 403")


def test_what_is_too_large_is_answered_and_the_connection_closed(
    address: tuple[str, int, Path], world_template: World
) -> None:
    token = f"Authorization: Bearer {world_template.people['ada'].token}"

    answer = ask(address, LARGE, token)

    assert answer.startswith("http/1.1 413")
    assert "connection: close" in answer


def test_a_large_form_is_refused_before_it_is_read(address: tuple[str, int, Path]) -> None:
    form = "Content-Type: application/x-www-form-urlencoded"

    assert ask(address, LARGE, form, target="/login").startswith("http/1.1 413")


def test_pages_answer_while_many_submissions_wait_for_the_database(
    address: tuple[str, int, Path], world_template: World
) -> None:
    host, port, folder = address
    base = f"http://{host}:{port}"
    headers = {"Authorization": f"Bearer {world_template.people['ada'].token}"}
    target = f"{base}/submissions?competition=demo"

    def hand_in(number: int) -> int:
        content = HDF5 + number.to_bytes(2)
        return httpx2.post(target, content=content, headers=headers, timeout=60).status_code

    def stored() -> bool:
        return len([path for path in (folder / "files").rglob("*") if path.is_file()]) == WAITING

    with (
        closing(sqlite3.connect(folder / "secateur.sqlite", isolation_level=None)) as writer,
        ThreadPoolExecutor(WAITING) as pool,
    ):
        writer.execute("BEGIN IMMEDIATE")
        waiting = [pool.submit(hand_in, number) for number in range(WAITING)]
        try:
            wait_for("all files in the store", stored)
            answers = [httpx2.get(f"{base}{path}", timeout=15).status_code for path in ("/healthz", "/login", "/help")]
            still = [each.done() for each in waiting]
        finally:
            writer.execute("ROLLBACK")

    assert answers == [200, 200, 200]
    assert not any(still)
    assert [each.result() for each in waiting] == [202] * WAITING


@pytest.mark.parametrize("path", ["/", "/login", "/competitions/demo", "/submissions", "/account"])
def test_a_page_answers_while_a_write_is_open(address: tuple[str, int, Path], world_template: World, path: str) -> None:
    host, port, folder = address
    cookies = {"secateur": world_template.people["ada"].cookie}
    with closing(sqlite3.connect(folder / "secateur.sqlite", isolation_level=None)) as writer:
        # Long ago: the page would like to note that the session was seen.
        writer.execute("UPDATE auth_sessions SET last_seen_at = '2020-01-01 00:00:00.000'")
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE users SET name = name")
        headers = {"Accept": "text/html"}
        response = httpx2.get(f"http://{host}:{port}{path}", cookies=cookies, headers=headers, timeout=15)
        writer.execute("ROLLBACK")

    assert response.status_code == (303 if path == "/login" else 200)
