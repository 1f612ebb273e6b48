"""Sessions that know types and packages as they were are replaced, and nothing is repeated."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest

from oracle_api.embedded.procedures import Catalog
from oracle_api.embedded.server import EmbeddedServer
from oracle_api.exceptions import InvalidRequest, ProcedureFailed, StaleTypes
from oracle_api.oracle.call import Caller, CallOptions
from oracle_api.oracle.dictionary import Dictionary
from oracle_api.oracle.handle import Deadline
from oracle_api.oracle.names import ProcedureName
from oracle_api.oracle.pool import Identity, OraclePool
from oracle_api.oracle.request import Argument, CallRequest
from oracle_api.oracle.results import Readers, lobs_up_to, rows_up_to
from oracle_api.settings import Settings

ME = Identity("test", "test")
READERS = Readers(rows_up_to(10), lobs_up_to(1000))
ITEM = "T_ITEM AS OBJECT (id NUMBER)"
LARGER_ITEM = "T_ITEM AS OBJECT (id NUMBER, precio NUMBER)"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def catalog() -> Catalog:
    catalog = Catalog(owner="DWH")
    catalog.type(ITEM)
    for name in ("PKG.ECHO", "PKG.OTHER"):
        catalog.procedure(f"{name}(p IN OUT T_ITEM)")(lambda call, p: {"p": p})
    catalog.procedure("STATE.GET(p OUT NUMBER)")(lambda call: {"p": 1})
    catalog.keep_state("STATE")
    return catalog


@pytest.fixture
def pool(catalog: Catalog) -> Iterator[OraclePool]:
    with EmbeddedServer(catalog=catalog) as server:
        environ = {
            "ORACLE_DSN": server.dsn,
            "ORACLE_USER": server.user,
            "ORACLE_PASSWORD": server.password,
            "API_TOKEN": "t",
        }
        pool = OraclePool(Settings.from_env(environ), 25)
        pool.open()
        yield pool
        pool.close(5)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def dictionary(clock: Clock) -> Dictionary:
    return Dictionary(60, clock)


@pytest.fixture
def call(pool: OraclePool, dictionary: Dictionary) -> Callable[..., Any]:
    caller = Caller(dictionary, CallOptions())

    def call(name: str, value: Any = None, **members: Any) -> Any:
        arguments = () if value is None else (Argument("p", value),)
        request = CallRequest(name, arguments=arguments, by_object=True)
        with pool.lend(ME) as connection:
            return caller.call(
                connection, request, readers=READERS, deadline=Deadline(20), **members
            ).out

    return call


def open_sessions(pool: OraclePool, count: int, use: Callable[[Any], Any]) -> set[int]:
    """Have the pool hold so many sessions, each of which was used."""
    with ExitStack() as stack:
        connections = [stack.enter_context(pool.lend(ME)) for _ in range(count)]
        with ThreadPoolExecutor(count) as threads:
            list(threads.map(use, connections))
        return {connection.session_id for connection in connections}


def test_a_package_that_lost_its_state_is_one_error_whatever_session_comes_next(
    catalog: Catalog, pool: OraclePool, call: Callable[..., Any]
) -> None:
    def use(connection: Any) -> None:
        connection.cursor().callproc("STATE.GET", [0])

    old = open_sessions(pool, 3, use)
    catalog.replace_procedure("STATE.GET(p OUT NUMBER)")(lambda call: {"p": 2})
    with pytest.raises(ProcedureFailed, match="compiled anew") as caught:
        call("STATE.GET")
    assert caught.value.code == "ORA-04068"
    assert [call("STATE.GET") for _ in range(4)] == [{"P": 2}] * 4
    assert not old & open_sessions(pool, 3, use)


def test_a_procedure_that_always_fails_so_does_not_have_all_sessions_replaced(
    catalog: Catalog, pool: OraclePool
) -> None:
    def fail() -> None:
        with pool.lend(ME):
            raise ProcedureFailed("existing state of packages has been invalidated", "ORA-04061")

    with pytest.raises(ProcedureFailed):
        fail()
    sessions = open_sessions(pool, 3, lambda connection: connection.ping())
    with pytest.raises(ProcedureFailed):
        fail()
    again = open_sessions(pool, 3, lambda connection: connection.ping())
    assert len(sessions & again) == 2


def test_what_is_known_of_other_procedures_is_dropped_as_well(
    catalog: Catalog, call: Callable[..., Any]
) -> None:
    assert call("PKG.OTHER", {"ID": 1}) == {"p": {"ID": 1}}
    assert call("PKG.ECHO", {"ID": 1}) == {"p": {"ID": 1}}
    catalog.replace_type(LARGER_ITEM)
    with pytest.raises(ProcedureFailed, match="compiled anew"):
        call("PKG.ECHO", {"ID": 1})
    assert call("PKG.OTHER", {"ID": 1}) == {"p": {"ID": 1, "PRECIO": None}}


def test_a_session_that_is_older_than_the_description_sends_nothing(
    catalog: Catalog, pool: OraclePool, dictionary: Dictionary, call: Callable[..., Any]
) -> None:
    open_sessions(pool, 1, lambda connection: connection.gettype("DWH.T_ITEM"))
    catalog.replace_type(LARGER_ITEM)
    stages: list[Any] = []
    with ExitStack() as stack:
        with pool.lend(ME) as older:
            newer = stack.enter_context(pool.lend(ME))
            assert older.session_id != newer.session_id
        dictionary.describe(newer, ProcedureName.parse("PKG.ECHO"))
        with pytest.raises(StaleTypes):
            call("PKG.ECHO", {"ID": 1}, on_stage=stages.append)
    assert stages == []
    assert call("PKG.ECHO", {"ID": 1, "PRECIO": 2}) == {"p": {"ID": 1, "PRECIO": 2}}


def test_a_type_that_is_gone_is_named_once_the_procedure_was_described_again(
    catalog: Catalog, pool: OraclePool, call: Callable[..., Any]
) -> None:
    assert call("PKG.ECHO", {"ID": 1}) == {"p": {"ID": 1}}
    catalog.drop_type("T_ITEM")
    with pool.lend(ME), pytest.raises(StaleTypes):
        call("PKG.ECHO", {"ID": 1})  # over a new session, as the old one is lent
    with pytest.raises(InvalidRequest, match=r"DWH\.T_ITEM, is not supported"):
        call("PKG.ECHO", {"ID": 1})


def test_a_description_that_is_read_again_tells_that_a_type_changed(
    catalog: Catalog, call: Callable[..., Any], clock: Clock
) -> None:
    assert call("PKG.ECHO", {"ID": 1}) == {"p": {"ID": 1}}
    catalog.replace_type(LARGER_ITEM)
    clock.now = 61
    with pytest.raises(StaleTypes):
        call("PKG.ECHO", {"ID": 1})
    assert call("PKG.ECHO", {"ID": 1, "PRECIO": 2}) == {"p": {"ID": 1, "PRECIO": 2}}


def test_a_request_that_does_not_fit_is_compared_with_the_procedure_of_now(
    catalog: Catalog, call: Callable[..., Any], clock: Clock
) -> None:
    assert call("STATE.GET") == {"P": 1}
    catalog.replace_procedure("STATE.GET(p IN OUT NUMBER)")(lambda call, p: {"p": p * 2})
    clock.now = 1.5
    with pytest.raises(ProcedureFailed, match="compiled anew"):
        call("STATE.GET", 21)
    assert call("STATE.GET", 21) == {"p": 42}
