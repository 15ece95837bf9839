"""Numbers that this process counts by itself: its requests, and what it takes of the machine."""

from prometheus_client import CollectorRegistry, Counter, GCCollector, Histogram, ProcessCollector

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0, 600.0)
"""Seconds: from a page out of memory to the slowest upload that is taken."""
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class Metrics:
    """The counters of one web process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=False)
        GCCollector(self.registry)
        ProcessCollector(registry=self.registry)
        self._requests = Counter(
            "secateur_http_requests", "Requests that ended.", ("method", "route", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "secateur_http_request_seconds",
            "Seconds from a request's head to the end of its answer.",
            ("method", "route"),
            registry=self.registry,
            buckets=BUCKETS,
        )

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Counts a request that ended."""
        known = method if method in METHODS else "other"
        self._requests.labels(known, route, str(status)).inc()
        self._seconds.labels(known, route).observe(seconds)
