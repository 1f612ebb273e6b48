"""Breaking a call off, and its deadline. What calls do is tested over HTTP."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from oracle_api.exceptions import CallCancelled, CallTimedOut, ProcedureFailed
from oracle_api.oracle.call import Caller, CallOptions, Stage
from oracle_api.oracle.dictionary import Dictionary
from oracle_api.oracle.handle import CallHandle, Deadline
from oracle_api.oracle.pool import Identity, OraclePool
from oracle_api.oracle.request import Argument, CallRequest
from oracle_api.oracle.results import Readers, lobs_up_to, rows_up_to

ME = Identity("test", "test")
READERS = Readers(rows_up_to(10), lobs_up_to(1000))
SLEEP = CallRequest("PROC_TEST_DEMORA", arguments=(Argument("segundos", 300),))
SUM = CallRequest("SUMA_SIMPLE", arguments=(Argument("a", 1), Argument("b", 2)))


@pytest.fixture
def caller() -> Caller:
    return Caller(Dictionary(60), CallOptions())


def call(
    caller: Caller,
    pool: OraclePool,
    request: CallRequest,
    handle: CallHandle | None = None,
    seconds: float | None = None,
    stages: list[Stage] | None = None,
) -> object:
    with pool.lend(ME) as connection:
        return caller.call(
            connection,
            request,
            readers=READERS,
            deadline=Deadline(seconds),
            handle=handle,
            on_stage=(stages if stages is not None else []).append,
        ).out


def test_a_call_goes_through_its_stages(caller: Caller, pool: OraclePool) -> None:
    stages: list[Stage] = []
    assert call(caller, pool, SUM, stages=stages) == {"RESULTADO": 3}
    assert stages == [Stage.BOUND, Stage.SENT, Stage.RETURNED]


def test_a_call_cancelled_before_it_began_is_never_sent(caller: Caller, pool: OraclePool) -> None:
    handle = CallHandle()
    assert handle.cancel()
    stages: list[Stage] = []
    with pytest.raises(CallCancelled):
        call(caller, pool, SUM, handle, stages=stages)
    assert stages == []


def test_a_running_call_is_broken_off(caller: Caller, pool: OraclePool) -> None:
    handle = CallHandle()
    sent = threading.Event()
    with ThreadPoolExecutor(1) as threads, pool.lend(ME) as connection:
        future = threads.submit(
            caller.call,
            connection,
            SLEEP,
            readers=READERS,
            deadline=Deadline(None),
            handle=handle,
            on_stage=lambda stage: sent.set() if stage is Stage.SENT else None,
        )
        assert sent.wait(60)
        assert handle.cancel()
        began = time.monotonic()
        with pytest.raises(CallCancelled):
            future.result(60)
        assert time.monotonic() - began < 30
    assert call(caller, pool, SUM) == {"RESULTADO": 3}


def test_after_the_point_of_no_return_a_cancel_does_nothing(
    caller: Caller, pool: OraclePool
) -> None:
    handle = CallHandle()
    call(caller, pool, SUM, handle)
    assert not handle.cancel()
    assert not handle.cancelled


def test_a_cancel_at_any_moment_hits_its_own_call_or_nothing(
    caller: Caller, pool: OraclePool
) -> None:
    """One connection, many calls, cancels from another thread: no call pays for another."""
    for number in range(150):
        handle = CallHandle()
        timer = threading.Timer((number % 30) / 10_000, handle.cancel)
        timer.start()
        try:
            assert call(caller, pool, SUM, handle) == {"RESULTADO": 3}
        except CallCancelled:
            assert handle.cancelled
        timer.join()
        assert call(caller, pool, SUM) == {"RESULTADO": 3}


def test_a_call_over_its_deadline_is_broken_off(caller: Caller, pool: OraclePool) -> None:
    began = time.monotonic()
    with pytest.raises(CallTimedOut):
        call(caller, pool, SLEEP, seconds=0.3)
    assert time.monotonic() - began < 30
    assert call(caller, pool, SUM) == {"RESULTADO": 3}


def test_a_deadline_that_is_over_lets_nothing_begin(caller: Caller, pool: OraclePool) -> None:
    stages: list[Stage] = []
    with pytest.raises(CallTimedOut):
        call(caller, pool, SUM, seconds=0, stages=stages)
    assert stages == []


def test_a_failed_call_leaves_the_connection_usable(caller: Caller, pool: OraclePool) -> None:
    fails = CallRequest("PROC_TEST_ERROR", arguments=(Argument("p_should_fail", 1),))
    for _ in range(3):
        with pytest.raises(ProcedureFailed):
            call(caller, pool, fails)
        assert call(caller, pool, SUM) == {"RESULTADO": 3}
