"""Values of query strings."""

import pytest

from oracle_api import queries
from oracle_api.exceptions import InvalidRequest
from oracle_api.jobs.job import JobStatus


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (None, ()),
        ("", ()),
        (" , ", ()),
        ("completed", (JobStatus.COMPLETED,)),
        (" Completed, FAILED ,", (JobStatus.COMPLETED, JobStatus.FAILED)),
    ],
)
def test_states_are_a_comma_list(text: str | None, found: tuple[JobStatus, ...]) -> None:
    assert queries.statuses(text) == found


def test_an_unknown_state_is_answered_with_the_known_ones() -> None:
    with pytest.raises(InvalidRequest, match="pending, running, completed, failed, cancelled"):
        queries.statuses("completed,done")


@pytest.mark.parametrize(
    ("text", "value"),
    [(None, 7), ("", 7), (" ", 7), ("0", 0), ("1.5", 1.5), ("60", 60), ("61", 60), ("inf", 60)],
)
def test_a_number_has_a_default_and_a_highest(text: str | None, value: float) -> None:
    assert queries.number(text, "wait", default=7, highest=60) == value


@pytest.mark.parametrize("text", ["-1", "x", "nan", "-inf", "1,5", "1 2"])
def test_what_is_no_number_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidRequest, match=r"^wait must be a number from 0 to 60"):
        queries.number(text, "wait", default=7, highest=60)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (None, 100),
        ("", 100),
        ("1", 1),
        ("007", 7),
        (" 5 ", 5),
        ("1000", 1000),
        ("1001", 1000),
        ("9" * 5000, 1000),
    ],
)
def test_a_whole_number_has_a_default_and_a_highest(text: str | None, value: int) -> None:
    assert queries.whole_number(text, "limit", default=100, highest=1000) == value


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "x", "1e3", "٣", "1_0", "+1"])
def test_what_is_no_whole_number_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidRequest, match=r"^limit must be a whole number from 1 to 1000"):
        queries.whole_number(text, "limit", default=100, highest=1000)


@pytest.mark.parametrize(
    ("text", "prefix"), [(None, None), ("0", "0"), ("aBc9", "abc9"), ("F" * 32, "f" * 32)]
)
def test_ids_are_looked_for_in_any_case(text: str | None, prefix: str | None) -> None:
    assert queries.id_prefix(text) == prefix


@pytest.mark.parametrize("text", ["", " ", "g", "a ", "a\n", "%", "0x1", "a-b", "٣", "0" * 33])
def test_what_no_id_begins_with_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest, match="id must be"):
        queries.id_prefix(text)


@pytest.mark.parametrize(("text", "seq"), [(None, None), ("", None), ("0", 0), ("12", 12)])
def test_a_cursor_is_what_next_was(text: str | None, seq: int | None) -> None:
    assert queries.page_cursor(text) == seq


@pytest.mark.parametrize("text", ["-1", "x", "1.0", " 1", "9" * 19, "٣"])
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest, match="cursor"):
        queries.page_cursor(text)
