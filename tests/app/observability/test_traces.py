"""Spans as a collector of OpenTelemetry receives them."""

import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from fastapi.testclient import TestClient
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from app.observability.traces import Traces, TracesMissing, happened, note, open_traces
from app.settings import Settings
from tests.app.applications import application

Program = Callable[[str | None], TestClient]


class Collector(HTTPServer):
    """Takes what is sent to it, on loopback."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Receiver)
        self.bodies: list[bytes] = []
        self.url = f"http://127.0.0.1:{self.server_port}"

    def spans(self) -> list[tuple[str, str, dict[str, Any], list[str]]]:
        """Process, name, attributes and events of each span."""
        return [
            (
                next(each.value.string_value for each in group.resource.attributes if each.key == "service.name"),
                span.name,
                {each.key: each.value.string_value or each.value.int_value for each in span.attributes},
                [event.name for event in span.events],
            )
            for body in self.bodies
            for group in ExportTraceServiceRequest.FromString(body).resource_spans
            for scope in group.scope_spans
            for span in scope.spans
        ]


class Receiver(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        assert self.path == "/v1/traces"
        self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    with Collector() as server:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", server.url)
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.only_on("sqlite", reason="spans are not kept in a database")
def test_a_request_is_a_span_under_the_pattern_of_its_address(settings: Settings, collector: Collector) -> None:
    with application(settings) as app:
        client = TestClient(app)
        answer = client.get("/links/a-token-that-nobody-else-may-know")
        app.state.services.traces.close()

    [(service, name, facts, _)] = collector.spans()
    assert (service, name) == ("secateur-web", "GET /links/{token}")
    assert facts["secateur.request"] == answer.headers["X-Request-ID"]
    assert (facts["http.route"], facts["http.response.status_code"]) == ("/links/{token}", answer.status_code)
    assert b"nobody-else" not in b"".join(collector.bodies)


def test_a_grading_is_a_span_with_its_phases(collector: Collector) -> None:
    with closing(open_traces("worker")) as traces, traces.grading(7, 5):
        happened("reading")
        note(examples=3)

    assert collector.spans() == [
        (
            "secateur-worker",
            "grading",
            {"secateur.grading": 7, "secateur.submission": 5, "secateur.examples": 3},
            ["reading"],
        )
    ]


def test_without_a_collector_nothing_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)

    with closing(open_traces("web")) as traces, traces.request("1") as span:
        assert not span.is_recording()


def test_a_collector_without_the_packages_is_told_at_the_start(
    monkeypatch: pytest.MonkeyPatch, collector: Collector
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)

    with pytest.raises(TracesMissing, match=r"OTEL_EXPORTER_OTLP_ENDPOINT .* pip install 'secateur\[traces\]'"):
        open_traces("web")


def test_a_process_without_traces_makes_spans_of_nothing() -> None:
    with Traces().grading(1, 2) as span:
        happened("checking")

    assert not span.is_recording()
