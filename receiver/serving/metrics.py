"""What Prometheus is told."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, PlatformCollector, ProcessCollector

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
SIZES = (1, 2, 4, 8, 16, 32, 64)


class Metrics:
    """The counters of one server, in a registry of their own, so that there can be several in one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self.requests = Counter(
            "transferline_requests", "Requests by path and status.", ("path", "status"), registry=self.registry
        )
        self.seconds = Histogram(
            "transferline_request_seconds", "Time to the answer.", ("path",), buckets=SECONDS, registry=self.registry
        )
        self.batch_size = Histogram(
            "transferline_batch_size", "Images per run.", ("task",), buckets=SIZES, registry=self.registry
        )
        self.run_seconds = Histogram(
            "transferline_run_seconds", "Time of a run.", ("task",), buckets=SECONDS, registry=self.registry
        )
        self._in_flight = Gauge("transferline_in_flight", "Predictions being worked on.", registry=self.registry)
        self._waiting = Gauge("transferline_waiting", "Images that wait to run.", ("task",), registry=self.registry)

    def watch_in_flight(self, count: Callable[[], float]) -> None:
        """Ask for the number of predictions being worked on when Prometheus does."""
        self._in_flight.set_function(count)

    def watch_waiting(self, task: str, count: Callable[[], float]) -> None:
        """Ask for the length of a queue when Prometheus does."""
        self._waiting.labels(task).set_function(count)
