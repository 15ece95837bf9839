"""What only a real server shows: answers before bodies, and pages while the database is being written."""

import os
import resource
import signal
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import text

from app.commands.serving import CONNECTIONS
from app.database import Database
from tests import warm
from tests.app.world import World, copied
from tests.databases import Backend
from tests.faults.tree import free_port, wait_for

HDF5 = b"\x89HDF\r\n\x1a\n" + bytes(100)
WAITING = 60
"""Uploads at once, more than the web process has threads for pages."""
SIZE = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Served:
    """A web process on its own."""

    port: int
    world: World
    backend: Backend

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def token(self, name: str) -> str:
        return f"Bearer {self.world.people[name].token}"


@pytest.fixture(scope="module")
def served(backend: Backend, world_template: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with copied(backend, world_template, tmp_path_factory.mktemp("served") / "data") as world:
        yield from serving(Served(free_port(), world, backend))


def serving(served: Served) -> Iterator[Served]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SECATEUR_")} | {
        "SECATEUR_DATA_DIR": str(served.world.folder),
        "SECATEUR_DATABASE_URL": served.world.database_url,
        "SECATEUR_PORT": str(served.port),
        "SECATEUR_MIN_FREE_DISK_BYTES": "0",
        "SECATEUR_MAX_UPLOADS_AT_ONCE": str(WAITING),
        "SECATEUR_MAX_ENTRANT_WAITING": str(WAITING),
    }
    with Path(os.devnull).open("wb") as nowhere:
        process = warm.start(["web"], environment, nowhere)

    def answers() -> bool:
        try:
            return httpx2.get(served.url("/healthz")).status_code == 200
        except httpx2.TransportError:
            return False

    try:
        wait_for("the web process", answers)
        yield served
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def ask(served: Served, *headers: str, target: str = "/submissions?competition=demo") -> str:
    """The head of the answer to a POST of which nothing but the headers is ever sent."""
    head = "\r\n".join([f"POST {target} HTTP/1.1", f"Host: 127.0.0.1:{served.port}", *headers, "", ""])
    with closing(socket.create_connection(("127.0.0.1", served.port), timeout=20)) as connection:
        connection.sendall(head.encode())
        answer = b""
        while b"\r\n\r\n" not in answer:
            piece = connection.recv(65536)
            assert piece, "the connection was closed without an answer"
            answer += piece
    return answer.decode().partition("\r\n\r\n")[0].lower()


@pytest.fixture
def many_files() -> Iterator[None]:
    """This process may have as many files open as it needs for all those connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS + 500
    if resource.RLIM_INFINITY not in (soft, hard) and hard < wanted:
        pytest.skip(f"a process may have {hard} files open here, of {wanted}")
    if resource.RLIM_INFINITY != soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("many_files")
def test_a_connection_too_many_is_told_so_and_the_others_are_served(served: Served) -> None:
    with ExitStack() as held:
        for _ in range(CONNECTIONS):
            held.enter_context(closing(socket.create_connection(("127.0.0.1", served.port), timeout=20)))
        refused = wait_for("a refusal", lambda: httpx2.get(served.url("/healthz")).status_code == 503)

    assert refused
    wait_for("room again", lambda: httpx2.get(served.url("/healthz")).status_code == 200)


LARGE = f"Content-Length: {SIZE}"


def test_an_anonymous_upload_is_answered_before_its_body_is_read(served: Served) -> None:
    assert ask(served, LARGE).startswith("http/1.1 401")


def test_so_is_one_without_a_length(served: Served) -> None:
    assert ask(served, "Transfer-Encoding: chunked").startswith("http/1.1 401")


def test_so_is_one_of_another_course(served: Served) -> None:
    token = f"Authorization: {served.token('outsider')}"

    assert ask(served, LARGE, token).startswith("http/1.1 404")


def test_so_is_one_from_another_site(served: Served) -> None:
    assert ask(served, LARGE, "Sec-Fetch-Site: cross-site").startswith("http/1.1 403")


def test_what_is_too_large_is_answered_and_the_connection_closed(served: Served) -> None:
    token = f"Authorization: {served.token('ada')}"

    answer = ask(served, LARGE, token)

    assert answer.startswith("http/1.1 413")
    assert "connection: close" in answer


def test_a_large_form_is_refused_before_it_is_read(served: Served) -> None:
    form = "Content-Type: application/x-www-form-urlencoded"

    assert ask(served, LARGE, form, target="/login").startswith("http/1.1 413")


def test_pages_answer_while_many_submissions_wait_for_the_database(served: Served) -> None:
    headers = {"Authorization": served.token("ada")}

    def hand_in(number: int) -> int:
        content = HDF5 + number.to_bytes(2)
        return httpx2.post(
            served.url("/submissions?competition=demo"), content=content, headers=headers, timeout=60
        ).status_code

    def stored() -> bool:
        return len([path for path in (served.world.folder / "files").rglob("*") if path.is_file()]) == WAITING

    with ThreadPoolExecutor(WAITING) as pool, served.backend.locked(served.world.database_url):
        waiting = [pool.submit(hand_in, number) for number in range(WAITING)]
        wait_for("all files in the store", stored)
        answers = [httpx2.get(served.url(path), timeout=15).status_code for path in ("/healthz", "/login", "/help")]
        still = [each.done() for each in waiting]

    assert answers == [200, 200, 200]
    assert not any(still)
    assert [each.result() for each in waiting] == [202] * WAITING


@pytest.mark.parametrize("path", ["/", "/login", "/competitions/demo", "/submissions", "/account"])
def test_a_page_answers_while_a_write_is_open(served: Served, path: str) -> None:
    cookies = {"secateur": served.world.people["ada"].cookie}
    with closing(Database(served.world.database_url)) as database, database.write() as session:
        # Long ago: the page would like to note that the session was seen.
        session.execute(text("UPDATE auth_sessions SET last_seen_at = '2020-01-01 00:00:00.000'"))
    with served.backend.locked(served.world.database_url):
        response = httpx2.get(served.url(path), cookies=cookies, headers={"Accept": "text/html"}, timeout=15)

    assert response.status_code == (303 if path == "/login" else 200)
