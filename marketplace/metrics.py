"""Count what happens, for Prometheus; several processes add up through a shared directory."""

import os
from collections.abc import Iterator, Mapping

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    multiprocess,
    values,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from marketplace.counting import ReservedFile

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_IS_SHARED = "PROMETHEUS_MULTIPROC_DIR" in os.environ


class _Identity:
    """Names the file this process counts in."""

    def __init__(self) -> None:
        self.horse_of: int | None = None

    def __call__(self) -> str:
        return str(os.getpid()) if self.horse_of is None else f"h{self.horse_of}"


_identity = _Identity()
if _IS_SHARED:
    # Looked up there by whatever MultiProcessValue makes.
    vars(values)["MmapedDict"] = ReservedFile
    values.ValueClass = values.MultiProcessValue(_identity)  # type: ignore[no-untyped-call]  # untyped

_requests = Counter("concord_requests", "Requests answered.", ["method", "route", "status"])
_seconds = Histogram(
    "concord_request_seconds",
    "Time from request to response.",
    ["route"],
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 15, 30),
)
CLAIMS = Counter("concord_claims", "Tasks claimed.")
ANSWERS = Counter("concord_answers", "Answers accepted.")
DOORBELL_FAILURES = Counter(
    "concord_doorbell_failures", "Times the queue could not be told of due work.", ["topic"]
)
THROTTLE_OPEN = Counter("concord_throttle_open", "Requests let in uncounted, for Redis was away.")


def count_request(*, method: str, route: str, status: int, seconds: float) -> None:
    """Count one answered request under its route, never under its path."""
    method = method if method in METHODS else "OTHER"
    _requests.labels(method=method, route=route, status=str(status)).inc()
    _seconds.labels(route=route).observe(seconds)


def enter_horse() -> None:
    """Count in one file for all jobs of a worker, which forks a process for each."""
    _identity.horse_of = os.getppid()


def exposition(gauges: Mapping[str, float]) -> tuple[bytes, str]:
    """What a scrape gets, with the gauges the caller has just measured, and its content type."""
    return generate_latest(_counted()) + generate_latest(_measured(gauges)), CONTENT_TYPE_LATEST


def _counted() -> CollectorRegistry:
    if not _IS_SHARED:
        return REGISTRY
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # untyped
    return registry


def _measured(gauges: Mapping[str, float]) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(_Gauges(gauges))
    return registry


class _Gauges(Collector):
    def __init__(self, gauges: Mapping[str, float]) -> None:
        self._gauges = gauges

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for name, value in sorted(self._gauges.items()):
            yield GaugeMetricFamily(name, name.replace("_", " "), value=value)
