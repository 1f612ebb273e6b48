"""POST /procedure: what HTTP adds to a call."""

from collections.abc import Mapping

from tests.bench import driver
from tests.bench.benchmark import Benchmark
from tests.bench.cases.calls import SUM, seconds_of, warm_up
from tests.bench.figures import Row, Target
from tests.bench.lab import Lab
from tests.bench.rounds import Measure
from tests.bench.wrk import Requests, load

# Of an open rate: so many that one is always free, unless answers take very long.
_CONNECTIONS = 32


def _contenders(lab: Lab) -> Mapping[str, Measure]:
    service = lab.enter(lab.service())
    calls = Requests(service.url, ["/procedure"], "POST", SUM)
    warm_up(lab, calls)
    answer = service.call("SUMA_SIMPLE", {"a": 1.5, "b": 2}).content
    web = lab.enter(lab.bare(answer))
    bare = Requests(web.url, ["/"], "POST", SUM)
    warm_up(lab, bare)
    pool = lab.enter(driver.pool(lab.database))
    seconds = seconds_of(lab)

    def service_alone() -> Mapping[str, float]:
        with lab.measuring(service, "one client"):
            return {"p50": load(calls, seconds, connections=1).p50}

    def half_load(requests: Requests) -> Mapping[str, float]:
        most = load(requests, seconds).per_second
        half = load(requests, seconds, _CONNECTIONS, rate=most / 2)
        return {
            "most": most,
            "p50": half.p50,
            "p99": half.p99,
            "p99_by_p50": half.p99 / half.p50,
            "late": half.late * 100,
        }

    return {
        "service": service_alone,
        "bare": lambda: {"p50": load(bare, seconds, connections=1).p50},
        "driver": lambda: {"p50": driver.sum_milliseconds(pool, seconds)},
        "half": lambda: half_load(calls),
        "bare-half": lambda: half_load(bare),
    }


BENCHMARK = Benchmark(
    "call",
    _contenders,
    (
        Row(
            "`POST /procedure` (SUMA_SIMPLE), one client: p50 ÷ (p50 of bare + p50 of the driver)",
            "service.p50",
            ("bare.p50", "driver.p50"),
            target=Target("≤", 1.25),
        ),
        Row(
            "`POST /procedure` at half of its greatest load: p99 ÷ p50",
            "half.p99_by_p50",
            target=Target("≤", 2.0),
        ),
        Row("`POST /procedure`, one client: p50", "service.p50", unit="ms"),
        Row("bare, one client: p50", "bare.p50", unit="ms"),
        Row("driver, one thread: p50", "driver.p50", unit="ms"),
        Row("`POST /procedure`, 8 clients", "half.most", unit="requests/s"),
        Row("bare at half of its greatest load: p99 ÷ p50", "bare-half.p99_by_p50"),
        Row("`POST /procedure` at half load: requests sent late", "half.late", unit="%"),
    ),
)
