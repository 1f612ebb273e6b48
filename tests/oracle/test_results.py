"""Rows and LOBs are kept up to a limit, and read no further than that needs."""

from collections.abc import Iterator

import pytest

from oracle_api.exceptions import ProcedureFailed
from oracle_api.oracle.handle import Deadline
from oracle_api.oracle.plan import Bind
from oracle_api.oracle.pool import Identity, OraclePool
from oracle_api.oracle.results import Lob, Readers, ResultReader, Rows, lobs_up_to, rows_up_to
from oracle_api.oracle.values import type_named


@pytest.mark.parametrize(
    ("count", "kept", "truncated"), [(0, 0, False), (9, 9, False), (10, 10, False), (11, 10, True)]
)
def test_rows_are_kept_up_to_the_limit(count: int, kept: int, truncated: bool) -> None:
    def batches() -> Iterator[Rows]:
        for number in range(0, count, 4):
            yield [[n] for n in range(number, min(number + 4, count))]

    result = rows_up_to(10)("C", ["N"], batches())
    assert result["rows"] == [[n] for n in range(kept)]
    assert result.get("truncated", False) is truncated


def test_no_more_batches_are_fetched_than_are_needed() -> None:
    fetched: list[int] = []

    def batches() -> Iterator[Rows]:
        for number in range(100):
            fetched.append(number)
            yield [[number]] * 5

    rows_up_to(10)("C", ["N"], batches())
    assert len(fetched) == 3


def test_a_lob_within_the_limit_is_given_whole() -> None:
    assert lobs_up_to(6)("C", Lob(6, True, iter(["abc", "dñf"]))) == "abcdñf"
    assert lobs_up_to(6)("B", Lob(3, False, iter([b"ab", b"c"]))) == b"abc"


def test_a_lob_over_the_limit_is_refused_unread() -> None:
    def chunks() -> Iterator[str]:
        pytest.fail("it was read")
        yield ""

    with pytest.raises(ProcedureFailed, match="MAX_LOB_BYTES"):
        lobs_up_to(5)("C", Lob(6, True, chunks()))


def test_a_date_before_the_first_year_is_the_procedures_failure(pool: OraclePool) -> None:
    kind = type_named("TIMESTAMP")
    assert kind is not None
    with pool.lend(Identity("test", "test")) as connection:
        reader = ResultReader(
            connection,
            Readers(rows_up_to(1), lobs_up_to(1)),
            Deadline(None),
            date_format="",
            numbers_as_text=False,
        )
        with pytest.raises(ProcedureFailed, match=r"T holds .* year -0044 is out of range"):
            reader.read(Bind("T", kind, "OUT"), "-0044-03-15T12:00:00.000000000", "T")
