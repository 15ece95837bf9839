"""Spans for OpenTelemetry, sent where its own variables of the environment name a collector; else none are made.

One for each request and one for each grading, with the same facts as the log lines; a grading's phases are its events.
FastAPI's own spans stay off: they hold addresses, and some addresses hold a secret.
"""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager

from opentelemetry import trace
from opentelemetry.trace import NoOpTracer, Span, SpanKind, Tracer

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
"""https://opentelemetry.io/docs/specs/otel/protocol/exporter/"""
MISSING = "{} names a collector of traces, which needs two packages more: pip install 'secateur[traces]'"


class TracesMissing(Exception):
    """The environment asks for traces, and what sends them is not installed."""


class Traces:
    """What makes the spans of one process."""

    def __init__(self, tracer: Tracer | None = None, close: Callable[[], None] = lambda: None) -> None:
        self._tracer = tracer or NoOpTracer()
        self.close = close

    def request(self, request_id: str) -> AbstractContextManager[Span]:
        """The span of a request, named and described when it ends, since only then its route is known."""
        return self._span("request", SpanKind.SERVER, request=request_id)

    def grading(self, grading: int, submission: int) -> AbstractContextManager[Span]:
        """The span of one turn of a grading."""
        return self._span("grading", SpanKind.CONSUMER, grading=grading, submission=submission)

    def _span(self, name: str, kind: SpanKind, **facts: str | int) -> AbstractContextManager[Span]:
        attributes = {f"secateur.{key}": value for key, value in facts.items()}
        return self._tracer.start_as_current_span(name, kind=kind, attributes=attributes)


def open_traces(service: str) -> Traces:
    """Those of the process `secateur-<service>`. Raises TracesMissing. Starts a thread where a collector is named."""
    asked = [name for name in ENDPOINTS if os.environ.get(name)]
    if not asked or os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return Traces()
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise TracesMissing(MISSING.format(asked[0])) from error
    provider = TracerProvider(resource=Resource.create({"service.name": f"secateur-{service}"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Traces(provider.get_tracer("secateur"), provider.shutdown)


def describe(span: Span, method: str, route: str, status: int) -> None:
    """Names the span of a request that ended, by the pattern of its address."""
    span.update_name(f"{method} {route}")
    facts: dict[str, str | int] = {
        "http.request.method": method,
        "http.route": route,
        "http.response.status_code": status,
    }
    span.set_attributes(facts)
    if status >= 500:
        span.set_status(trace.StatusCode.ERROR)


def note(**facts: int) -> None:
    """Adds facts to the span that is open here, if one is."""
    trace.get_current_span().set_attributes({f"secateur.{key}": value for key, value in facts.items()})


def happened(what: str) -> None:
    """Writes an event into the span that is open here, if one is."""
    trace.get_current_span().add_event(what)
