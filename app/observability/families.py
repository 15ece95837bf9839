"""The facts of the database as families of metrics."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import ceil

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from app.observability.queries import Facts
from grader.airlock.layers import Level
from models.gradings import Lane, State
from models.workers import Worker

QUANTILES = (0.5, 0.95)
LEVELS = {level.value: number for number, level in enumerate(reversed(Level))}
"""0: nothing is graded, 2: everything holds."""


class Told(Collector):
    """Families that were made before they are asked for."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = list(families)

    def collect(self) -> Iterable[Metric]:
        """The families."""
        return self._families


def parts(checks: Mapping[str, str], free_bytes: int) -> Iterator[Metric]:
    """Which part of the service is there, and the room on the disk."""
    yield _gauge(
        "secateur_ready",
        "1 where this part of the service can do its work.",
        "part",
        {k: float(not v) for k, v in checks.items()},
    )
    yield GaugeMetricFamily("secateur_disk_free_bytes", "Bytes free in the data folder.", value=free_bytes)


def of_database(facts: Facts, dead_after: float) -> Iterator[Metric]:
    """The queue, what became of gradings, how long they took, and the workers."""
    lanes = {lane.value: 0.0 for lane in Lane}
    yield _gauge("secateur_queue_waiting", "Gradings that wait.", "lane", lanes | dict(facts.waiting))
    yield _gauge("secateur_queue_oldest_seconds", "Age of what waits longest.", "lane", lanes | dict(facts.oldest))
    states = {state.value: 0.0 for state in State}
    yield _gauge("secateur_gradings", "Gradings by state.", "state", states | dict(facts.states))
    causes = dict.fromkeys(("crashes", "losses", "rules"), 0.0)
    yield _gauge("secateur_gradings_failed", "Gradings that failed, by cause.", "cause", causes | dict(facts.causes))
    yield _times(facts.times)
    yield from _workers(facts.workers, dead_after)


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of all do not exceed."""
    return sorted(values)[max(0, ceil(share * len(values)) - 1)]


def _times(times: Mapping[str, Sequence[float]]) -> Metric:
    family = GaugeMetricFamily(
        "secateur_recent_seconds",
        "Seconds of the gradings that ended last, by phase; queue, work and all are sums.",
        labels=("phase", "quantile"),
    )
    for name, values in sorted(times.items()):
        for share in QUANTILES:
            family.add_metric((name, str(share)), quantile(values, share))
    return family


def _workers(workers: Sequence[tuple[Worker, float]], dead_after: float) -> Iterator[Metric]:
    age = GaugeMetricFamily("secateur_worker_silent_seconds", "Seconds since its last heartbeat.", labels=("worker",))
    level = GaugeMetricFamily(
        "secateur_worker_airlock_level",
        "2: A, everything holds; 1: B; 0: C, it grades nothing. Of those alive.",
        labels=("worker", "device", "lanes"),
    )
    alive = 0
    for worker, seconds in workers:
        age.add_metric((worker.name,), seconds)
        if seconds <= dead_after:
            alive += 1
            level.add_metric((worker.name, worker.device, "+".join(worker.lanes)), LEVELS[worker.airlock_level])
    yield from (age, level, GaugeMetricFamily("secateur_workers_alive", "Workers heard of lately.", value=alive))


def _gauge(name: str, help_text: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, help_text, labels=(label,))
    for key, value in values.items():
        family.add_metric((key,), value)
    return family
