"""What a client may do."""

from datetime import UTC, datetime, timedelta

import pytest

from oracle_api.clients.client import ANONYMOUS, DEFAULT, Client, Scope

NOW = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize("client", [DEFAULT, ANONYMOUS])
def test_clients_that_need_no_file_may_do_everything(client: Client) -> None:
    assert all(map(client.may, Scope))
    assert client.sees_only is None
    assert client.rules.is_open
    assert not client.is_expired(datetime.max.replace(tzinfo=UTC))


def test_to_see_all_jobs_is_to_see_ones_own() -> None:
    client = Client("c", frozenset({Scope.JOBS_READ_ALL}))
    assert client.may(Scope.JOBS_READ)
    assert client.sees_only is None
    assert not client.may(Scope.JOBS_CANCEL)


def test_others_jobs_are_not_seen_without_a_scope_for_it() -> None:
    client = Client("c", frozenset(Scope) - {Scope.JOBS_READ_ALL})
    assert client.sees_only == "c"
    assert not client.may(Scope.JOBS_READ_ALL)


@pytest.mark.parametrize(("passed", "is_expired"), [(-1, False), (0, True), (1, True)])
def test_a_token_is_valid_until_it_expires(passed: int, is_expired: bool) -> None:
    client = Client("c", expires=NOW)
    assert client.is_expired(NOW + timedelta(microseconds=passed)) is is_expired
