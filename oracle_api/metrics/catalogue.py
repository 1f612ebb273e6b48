"""Every metric that the service gives: its name, what it tells, its labels.

Names and units follow Prometheus' practices (https://prometheus.io/docs/practices/naming/). A
label's values are few, and none of them comes from the values of a request's parameters.
"""

from dataclasses import dataclass
from typing import ClassVar

from prometheus_client import CollectorRegistry, Counter, Gauge
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily

from oracle_api.metrics.histogram import GroupedHistogram


@dataclass(frozen=True)
class Described:
    """A metric as it is documented.

    Args:
        name: as it is in the exposition; a histogram's series add ``_bucket``, ``_sum`` and
            ``_count``.
        purpose: what it tells, in one sentence.
        labels: names of its labels.
    """

    kind: ClassVar[str]

    name: str
    purpose: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Count(Described):
    """What only grows, summed over the worker processes."""

    kind: ClassVar[str] = "counter"

    def make(self, registry: CollectorRegistry) -> Counter:
        """Make the counter of this process."""
        return Counter(self.name, self.purpose, self.labels, registry=registry)


@dataclass(frozen=True)
class Spread(Described):
    """How observed values spread, summed over the worker processes.

    Args:
        buckets: their upper bounds, in the unit of the name.
    """

    kind: ClassVar[str] = "histogram"

    buckets: tuple[float, ...] = ()

    def make(self, registry: CollectorRegistry) -> GroupedHistogram:
        """Make the histogram of this process."""
        return GroupedHistogram(
            self.name, self.purpose, self.labels, registry=registry, buckets=self.buckets
        )


@dataclass(frozen=True)
class Level(Described):
    """What goes up and down, summed over the worker processes that live."""

    kind: ClassVar[str] = "gauge"

    def make(self, registry: CollectorRegistry) -> Gauge:
        """Make the gauge of this process."""
        return Gauge(
            self.name,
            self.purpose,
            self.labels,
            registry=registry,
            multiprocess_mode="livesum",
        )


@dataclass(frozen=True)
class Reading(Described):
    """What is looked up when it is asked for, the same whichever worker process answers."""

    kind: ClassVar[str] = "gauge"

    def family(self) -> GaugeMetricFamily:
        """Make a family for the values that are found."""
        return GaugeMetricFamily(self.name, self.purpose, labels=self.labels)


@dataclass(frozen=True)
class Facts(Described):
    """What does not change while the service runs; its value is always 1."""

    kind: ClassVar[str] = "gauge"

    def family(self, facts: dict[str, str]) -> InfoMetricFamily:
        """Make the family of one set of facts."""
        return InfoMetricFamily(self.name.removesuffix("_info"), self.purpose, value=facts)


_REQUEST_SECONDS = (
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120,
)  # fmt: skip
_WAIT_SECONDS = (0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10, 30)
_COMMIT_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
_JOB_SECONDS = (0.1, 0.5, 1, 5, 15, 60, 300, 900, 1800, 3600, 7200, 14400, 28800, 86400)
_GROUP_WRITES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)

INFO = Facts(
    "oracle_api_info",
    "Versions of the service, of Python and of the driver.",
    ("version", "python", "oracledb"),
)
REQUESTS = Count(
    "oracle_api_http_requests_total",
    "Requests answered, by route (`unmatched` where there is none), method and status.",
    ("route", "method", "status"),
)
REQUEST_SECONDS = Spread(
    "oracle_api_http_request_duration_seconds",
    "From a request's arrival until its answer is ready; the sending is not part of it.",
    ("route", "method"),
    _REQUEST_SECONDS,
)
JOBS = Reading("oracle_api_jobs", "Jobs in the job store, by status.", ("status",))
QUEUE_LENGTH = Reading("oracle_api_job_queue_length", "Jobs that wait.")
QUEUE_LIMIT = Reading("oracle_api_job_queue_limit", "Jobs that may wait (`JOB_QUEUE_LIMIT`).")
OLDEST_AGE = Reading(
    "oracle_api_job_queue_oldest_age_seconds",
    "How long the oldest waiting job has waited; 0 where none waits.",
)
PROCESSES = Reading(
    "oracle_api_processes",
    "Processes that share the job store and live, by role: `api`, or `worker` of "
    "`JOB_ENGINE=celery`.",
    ("role",),
)
SLOTS = Reading(
    "oracle_api_job_slots",
    "Jobs that may run at once in all of these processes together (`JOB_WORKERS` of each).",
)
BROKER_UP = Reading(
    "oracle_api_broker_up",
    "Whether the broker of `JOB_ENGINE=celery` could be reached when this process last looked, "
    "which it does every few seconds; left out where there is no broker.",
)
BROKER_QUEUE_LENGTH = Reading(
    "oracle_api_broker_queue_length",
    "Messages that no worker has taken from the broker; left out while it cannot be reached.",
)
STORE_UP = Reading(
    "oracle_api_job_store_up",
    "Whether the job store could be read just now; where it could not, what it knows is left out.",
)
JOB_SECONDS = Spread(
    "oracle_api_job_duration_seconds",
    "How long jobs ran, by procedure and by how they ended: `completed`, `failed`, `cancelled` "
    "or `interrupted`. Procedures beyond the first 100 of a worker process are `other`, and so is "
    "one in which no call has completed or met an ORA- error yet.",
    ("procedure", "outcome"),
    _JOB_SECONDS,
)
POOL_OPEN = Level("oracle_api_pool_open_connections", "Connections to the database that are open.")
POOL_BUSY = Level("oracle_api_pool_busy_connections", "Connections that are in use.")
POOL_MAX = Level("oracle_api_pool_max_connections", "Connections that may be open.")
POOL_WAIT = Spread(
    "oracle_api_pool_wait_seconds",
    "How long was waited for a connection, whether there was one in the end or not.",
    buckets=_WAIT_SECONDS,
)
ORACLE_ERRORS = Count(
    "oracle_api_oracle_errors_total",
    "Errors of the database and its driver, by code (such as `ORA-20001`; beyond the first 200 of "
    "a worker process `other`) and by what they were met in: `connect`, `call`, `describe`, "
    "`list`, `ping` or `progress`.",
    ("code", "during"),
)
COMMIT_SECONDS = Spread(
    "oracle_api_store_commit_duration_seconds",
    "How long the job store's transactions took, until they were durable.",
    buckets=_COMMIT_SECONDS,
)
COMMIT_WRITES = Spread(
    "oracle_api_store_commit_writes",
    "How many writes to the job store shared a transaction.",
    buckets=_GROUP_WRITES,
)
COMMIT_FAILURES = Count(
    "oracle_api_store_commit_failures_total", "Transactions that the job store could not commit."
)

ALL: tuple[Described, ...] = (
    INFO,
    REQUESTS,
    REQUEST_SECONDS,
    JOBS,
    QUEUE_LENGTH,
    QUEUE_LIMIT,
    OLDEST_AGE,
    PROCESSES,
    SLOTS,
    BROKER_UP,
    BROKER_QUEUE_LENGTH,
    STORE_UP,
    JOB_SECONDS,
    POOL_OPEN,
    POOL_BUSY,
    POOL_MAX,
    POOL_WAIT,
    ORACLE_ERRORS,
    COMMIT_SECONDS,
    COMMIT_WRITES,
    COMMIT_FAILURES,
)


def table() -> str:
    """Write all of them as a Markdown table."""
    lines = ["| name | type | labels | tells |", "|---|---|---|---|"]
    for metric in ALL:
        labels = ", ".join(f"`{label}`" for label in metric.labels)
        lines.append(f"| `{metric.name}` | {metric.kind} | {labels} | {metric.purpose} |")
    return "\n".join(lines) + "\n"
