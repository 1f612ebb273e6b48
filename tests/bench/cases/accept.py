"""POST /procedure/async: durable 202s."""

from collections.abc import Mapping

from tests.bench.benchmark import Benchmark
from tests.bench.cases.calls import NOOP, blocked_service, figures, warm_up
from tests.bench.figures import Row, Target
from tests.bench.lab import Lab
from tests.bench.rounds import Measure
from tests.bench.wrk import Requests, load
from tests.integration.service import Service


def _submissions(url: str, path: str = "/procedure/async") -> Requests:
    return Requests(url, [path], "POST", NOOP)


# Which process accepts a connection is chance: all of one load's may be with one of two. So a
# figure is the median of several short loads, each with new connections.
_LOADS = 5


def _accepted(lab: Lab, requests: Requests) -> Mapping[str, float]:
    loads = [load(requests, 1.0) for _ in range(lab.pick(_LOADS, 1))]
    return figures(sorted(loads, key=lambda one: one.per_second)[len(loads) // 2])


def _contenders(lab: Lab) -> Mapping[str, Measure]:
    with lab.service() as service:
        answer = service.submit("PKG_BENCH.NOOP").content

    def accept(service: Service, label: str) -> Mapping[str, float]:
        requests = _submissions(service.url)
        warm_up(lab, requests)
        with lab.measuring(service, label):
            return _accepted(lab, requests)

    # All are new in each round: jobs that wait since the round before would make it slower, and
    # some processes are faster than others of the same kind for as long as they live.
    def alone(processes: int) -> Measure:
        def once() -> Mapping[str, float]:
            with blocked_service(lab, processes) as service:
                return accept(service, f"workers-{processes}")

        return once

    def beside() -> Mapping[str, float]:
        with lab.service() as service:
            return accept(service, "beside")

    def limit(processes: int) -> Measure:
        def once() -> Mapping[str, float]:
            with lab.bare(answer, WEB_CONCURRENCY=str(processes)) as web:
                requests = _submissions(web.url, "/")
                warm_up(lab, requests)
                return _accepted(lab, requests)

        return once

    return {
        "alone-1": alone(1),
        "bare-1": limit(1),
        "alone-2": alone(2),
        "bare-2": limit(2),
        "beside": beside,
    }


def _row(processes: int, target: float) -> Row:
    workers = "1 gunicorn worker" if processes == 1 else f"{processes} gunicorn workers"
    return Row(
        f"`POST /procedure/async` with {workers}, durable 202s/s ÷ bare",
        f"alone-{processes}.per_second",
        (f"bare-{processes}.per_second",),
        target=Target("≥", target),
    )


BENCHMARK = Benchmark(
    "accept",
    _contenders,
    (
        _row(1, 0.65),
        _row(2, 0.55),
        Row(
            "`POST /procedure/async` with 1 gunicorn worker",
            "alone-1.per_second",
            unit="202s/s",
            older=Target("≥", 7300),
        ),
        Row(
            "`POST /procedure/async` with 2 gunicorn workers",
            "alone-2.per_second",
            unit="202s/s",
        ),
        Row(
            "`POST /procedure/async` with 1 gunicorn worker whose 8 job workers run jobs, ÷ bare",
            "beside.per_second",
            ("bare-1.per_second",),
        ),
    ),
)
