"""A queue, a worker, and rejudges begun by the instructor."""

from tests.app.queue.conftest import queue, worker

__all__ = ["queue", "worker"]
