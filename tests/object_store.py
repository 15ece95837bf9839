"""A real S3 server from pip on loopback, and a network in front of it that can be made slow or broken."""

import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from types import TracebackType
from typing import Literal, Self

import obstore
import pytest
from obstore.store import S3Store

from app.storage.bucket import Bucket

START_SECONDS = 60.0
BUCKET = "secateur"
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1"}


class ObjectStoreServer:
    """Moto's server in a process of its own. Skips the test where it is not installed."""

    def __init__(self) -> None:
        pytest.importorskip("moto", reason="no S3 server by pip here")
        self.port = free_port()
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _wait_for(self.port)
        self._http("PUT", f"/{BUCKET}")

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def url(self, prefix: str) -> str:
        """The address of a store of its own within the bucket."""
        return f"s3://{BUCKET}/{prefix}"

    def bucket(self, prefix: str, endpoint: str = "", seconds: float = 20.0) -> Bucket:
        return Bucket(self.url(prefix), endpoint or self.endpoint, seconds)

    def overwrite(self, prefix: str, key: str, content: bytes) -> None:
        """Puts other bytes under a key, as nobody should."""
        config = {"endpoint": self.endpoint}
        store = S3Store.from_url(self.url(prefix), config=config, client_options={"allow_http": True})  # type: ignore[arg-type]
        obstore.put(store, key, content)

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(20)

    def _http(self, method: str, path: str) -> None:
        with socket.create_connection(("127.0.0.1", self.port), 30) as connection:
            head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            connection.sendall(head.encode())
            assert b" 200 " in connection.recv(100)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


Mode = Literal["through", "drop", "stall", "slow"]
SLOW_SECONDS = 0.3
"""For each piece of up to 64 KiB that a slow network carries."""


class Network:
    """A way to a server that lets everything through, drops each connection, takes what is sent and never answers, or is slow."""

    def __init__(self, port: int) -> None:
        self.mode: Mode = "through"
        self._to = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def become(self, mode: Mode) -> None:
        """Changes what happens, to connections that are open as well."""
        self.mode = mode
        self._end_all()

    def close(self) -> None:
        self._listener.close()
        self._end_all()

    def _end_all(self) -> None:
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._open.clear()

    def _serve(self) -> None:
        while True:
            try:
                caller, _ = self._listener.accept()
            except OSError:
                return
            if self.mode == "drop":
                caller.close()
            elif self.mode == "stall":
                self._open.append(caller)
            else:
                server = socket.create_connection(("127.0.0.1", self._to))
                self._open += [caller, server]
                for source, target in ((caller, server), (server, caller)):
                    threading.Thread(target=self._pump, args=(source, target), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while piece := source.recv(1 << 16):
                if self.mode == "slow":
                    time.sleep(SLOW_SECONDS)
                target.sendall(piece)
            target.shutdown(socket.SHUT_WR)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _wait_for(port: int) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise TimeoutError("the S3 server does not start")
