"""A call request, its JSON in the job store, and its JSON Pointers."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle_api.oracle.request import Argument, CallRequest, Direction

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**40), 10**40)
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)
DIRECTIONS: st.SearchStrategy[Direction | None] = st.sampled_from([None, "IN", "OUT", "IN OUT"])
ARGUMENTS = st.builds(
    Argument,
    name=st.text(max_size=20),
    value=VALUES,
    direction=DIRECTIONS,
    type=st.none() | st.text(max_size=10),
)
REQUESTS = st.builds(
    CallRequest,
    name=st.text(max_size=20),
    schema=st.none() | st.text(max_size=10),
    is_function=st.none() | st.booleans(),
    arguments=st.lists(ARGUMENTS, max_size=5).map(tuple),
    by_object=st.booleans(),
)


@given(REQUESTS)
def test_a_request_is_read_back_from_its_json(request: CallRequest) -> None:
    assert CallRequest.from_json(request.to_json()) == request


@given(REQUESTS)
def test_the_stored_form_is_json_and_always_the_same(request: CallRequest) -> None:
    text = request.to_json()
    assert isinstance(json.loads(text), dict)
    assert CallRequest.from_json(text).to_json() == text


@pytest.mark.parametrize(
    "number",
    [
        Decimal("0.1"),
        Decimal("1.10"),
        Decimal("12345678901234567890.123456789012345678"),
        Decimal("1E-130"),
        Decimal("9.9E+125"),
        10**37,
    ],
)
def test_a_number_keeps_all_its_digits(number: Decimal | int) -> None:
    request = CallRequest("P", arguments=(Argument("a", number),))
    value = CallRequest.from_json(request.to_json()).arguments[0].value
    assert str(value) == str(number)
    assert type(value) is type(number)


def test_a_pointer_into_a_list_counts_from_zero() -> None:
    request = CallRequest("P", arguments=(Argument("a"), Argument("b")))
    assert [request.pointer(one) for one in request.arguments] == ["/params/0", "/params/1"]


def test_equal_arguments_have_pointers_of_their_own() -> None:
    request = CallRequest("P", arguments=(Argument("a", 1), Argument("a", 1)))
    assert [request.pointer(one) for one in request.arguments] == ["/params/0", "/params/1"]


@pytest.mark.parametrize(
    ("name", "pointer"),
    [("a", "/params/a"), ("a/b", "/params/a~1b"), ("~", "/params/~0"), ("~1", "/params/~01")],
)
def test_a_pointer_into_an_object_is_escaped(name: str, pointer: str) -> None:
    argument = Argument(name)
    assert CallRequest("P", arguments=(argument,), by_object=True).pointer(argument) == pointer
