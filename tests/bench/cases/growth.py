"""How costs grow with the work: the points of the plots."""

import time
from collections.abc import Mapping, Sequence
from http.client import HTTPConnection
from statistics import median

from oracle_api.jobs.job import JobStatus
from tests.bench import driver
from tests.bench.benchmark import Growth, Panel, Point
from tests.bench.cases.calls import NOOP, SUM, blocked_service, figures, seconds_of, warm_up
from tests.bench.cases.rows import run_as_job
from tests.bench.lab import Lab, answer_of
from tests.bench.rounds import Measure
from tests.bench.stores import fill
from tests.bench.wrk import Requests, load
from tests.integration.service import TOKEN, Service

_HEADERS = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}


def _median_ms(service: Service, requests: int, method: str, path: str, body: str | None) -> float:
    """Make requests one after the other; gives the median of their times in milliseconds."""
    connection = HTTPConnection("127.0.0.1", service.port, timeout=30)
    times = []
    try:
        for _ in range(requests):
            began = time.perf_counter()
            connection.request(method, path, body, _HEADERS)
            answer = connection.getresponse()
            answer.read()
            times.append(time.perf_counter() - began)
            assert answer.status < 300
    finally:
        connection.close()
    return median(times) * 1000


def _timed(
    service: Service, requests: int, method: str, path: str, body: str | None = None
) -> Measure:
    return lambda: {"ms": _median_ms(service, requests, method, path, body)}


def _stored(lab: Lab) -> Sequence[Point]:
    points = []
    for count in lab.pick((100, 1_000, 10_000, 100_000), (10, 1_000)):
        folder = lab.folder()
        job = fill(folder, count, JobStatus.COMPLETED)[-1]
        service = lab.enter(lab.service(folder))
        requests = lab.pick(200, 5)
        for path in ("/jobs?limit=100", "/jobs?limit=1", f"/jobs/{job}"):
            series = "GET " + path.replace(job, "{id}")
            points.append(Point(series, count, _timed(service, requests, "GET", path)))
    return points


def _waiting(lab: Lab) -> Sequence[Point]:
    points = []
    for count in lab.pick((100, 1_000, 10_000, 100_000), (10, 1_000)):
        service = lab.enter(blocked_service(lab, 1))
        job = fill(service.log_path.parent, count, JobStatus.PENDING)[-1]
        # Few, since each submission is one more that waits.
        requests = lab.pick(50, 5)
        accept = _timed(service, requests, "POST", "/procedure/async", NOOP)
        points.append(Point("POST /procedure/async", count, accept))
        show = _timed(service, requests, "GET", f"/jobs/{job}")
        points.append(Point("GET /jobs/{id}", count, show))
    return points


def _rows(lab: Lab) -> Sequence[Point]:
    pool = lab.enter(driver.pool(lab.database))
    path = lab.folder() / "rows.csv"

    def as_job(count: int) -> Measure:
        def once() -> Mapping[str, float]:
            with lab.service() as service:
                run_as_job(service, 10)
                return run_as_job(service, count)

        return once

    def alone(count: int) -> Measure:
        return lambda: {"seconds": driver.write_csv(pool, count, path)}

    counts = lab.pick((1_000, 10_000, 100_000, 1_000_000), (100, 1_000))
    return [
        point
        for count in counts
        for point in (
            Point("job", count, as_job(count)),
            Point("driver, CSV", count, alone(count)),
        )
    ]


def _clients(lab: Lab) -> Sequence[Point]:
    service = lab.enter(lab.service())
    job = service.launch("SUMA_SIMPLE", {"a": 1.5, "b": 2})
    service.finished(job)
    path = f"/jobs/{job}"
    web = lab.enter(lab.bare(answer_of(service, path)))
    kinds = {
        "GET /jobs/{id}": Requests(service.url, [path]),
        "POST /procedure": Requests(service.url, ["/procedure"], "POST", SUM),
        "bare": Requests(web.url, ["/"]),
    }
    for requests in kinds.values():
        warm_up(lab, requests)

    def under(requests: Requests, clients: int) -> Measure:
        return lambda: figures(load(requests, seconds_of(lab), clients))

    return [
        Point(series, clients, under(requests, clients))
        for clients in lab.pick((1, 2, 4, 8, 16, 32, 64), (1, 4))
        for series, requests in kinds.items()
    ]


GROWTHS = (
    Growth(
        "growth-stored",
        "Jobs stored",
        "finished jobs in the store",
        (Panel("ms", "p50, one client, ms"),),
        _stored,
    ),
    Growth(
        "growth-waiting",
        "Jobs waiting",
        "jobs that wait",
        (Panel("ms", "p50, one client, ms"),),
        _waiting,
    ),
    Growth(
        "growth-rows",
        "Rows of a REF CURSOR",
        "rows of 8 columns",
        (
            Panel("seconds", "from submission to end, s", logarithmic=True),
            Panel("mib", "greatest growth, MiB"),
        ),
        _rows,
    ),
    Growth(
        "growth-clients",
        "Concurrent clients",
        "connections, each with one request at a time",
        (Panel("per_second", "requests/s"), Panel("p99", "p99, ms")),
        _clients,
    ),
)
