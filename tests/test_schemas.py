"""Request bodies: what is a call, and how a refusal points at what is none."""

import json
import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from oracle_api import schemas
from oracle_api.exceptions import InvalidRequest
from oracle_api.oracle.names import ProcedureName, identifier
from oracle_api.oracle.request import Argument, CallRequest

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**40), 10**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=10,
)
NAMES = st.sampled_from(["P", "pkg.p", "a b", "", "dwh.pkg.p", "a.b.c.d", "p;"]) | st.text(
    max_size=8
)
# Documents that are near enough to a call to come past the first check.
NEAR_CALLS = st.fixed_dictionaries(
    {"name": NAMES | JSON},
    optional={
        "schema": NAMES | JSON,
        "isFunction": st.booleans() | JSON,
        "params": st.lists(
            st.fixed_dictionaries(
                {"name": NAMES | JSON},
                optional={
                    "value": JSON,
                    "direction": st.sampled_from(["IN", "out", "in  out", "INOUT", "up"]) | JSON,
                    "type": st.text(max_size=5) | JSON,
                },
            )
            | JSON,
            max_size=4,
        )
        | st.dictionaries(NAMES, JSON, max_size=4)
        | JSON,
        "more": JSON,
    },
)
JSON_NUMBERS = st.from_regex(
    r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,25})?", fullmatch=True
).filter(str.isascii)


def _parse(document: Any, *, by_position: bool = False) -> CallRequest:
    return schemas.parse_call(json.dumps(document).encode(), by_position=by_position)


def _refusal(document: Any) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        _parse(document)
    return caught.value


def _resolve(document: Any, pointer: str) -> Any:
    """Follow a JSON Pointer (RFC 6901); LookupError where it leads nowhere."""
    if pointer and not pointer.startswith("/"):
        raise LookupError(pointer)
    for token in pointer.split("/")[1:]:
        if re.search("~(?![01])", token):
            raise LookupError(pointer)
        member = token.replace("~1", "/").replace("~0", "~")
        document = document[int(member)] if isinstance(document, list) else document[member]
    return document


# ---- calls


def test_a_call_is_read_as_its_client_wrote_it() -> None:
    assert _parse(
        {
            "name": " PKG_ETL.PROCESO_LARGO ",
            "schema": "DWH",
            "isFunction": False,
            "params": [
                {"name": "vFECHA", "value": "2025-12-10"},
                {"name": "vRESULTADO", "direction": "OUT", "type": "number"},
            ],
        }
    ) == CallRequest(
        "PKG_ETL.PROCESO_LARGO",
        "DWH",
        False,
        (Argument("vFECHA", "2025-12-10"), Argument("vRESULTADO", None, "OUT", "number")),
    )


def test_params_may_be_an_object() -> None:
    assert _parse({"name": "p", "params": {"vFECHA": "2025-12-10", "n": 1}}) == CallRequest(
        "P", arguments=(Argument("vFECHA", "2025-12-10"), Argument("n", 1)), by_object=True
    )


@pytest.mark.parametrize("params", [{}, {"params": None}, {"params": []}])
def test_params_may_be_left_out(params: dict[str, Any]) -> None:
    assert _parse({"name": "p", **params}) == CallRequest("P")


def test_members_that_nobody_knows_are_ignored() -> None:
    assert _parse({"name": "p", "comment": [1]}) == CallRequest("P")


@pytest.mark.parametrize(
    "members",
    [
        {"params": [{}] * 1001},
        {"params": {f"p{n}": 1 for n in range(1001)}},
        {"batch": [{f"p{n}": 1 for n in range(1001)}]},
    ],
)
def test_more_parameters_than_any_procedure_has_are_refused(members: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest, match="at most 1000") as caught:
        _parse({"name": "p", **members})
    assert len(caught.value.errors) == 1


def test_a_name_is_kept_in_its_shortest_form() -> None:
    name = '  dwh . "Pkg"' + " " * 5000 + ". p "
    assert _parse({"name": name}).name == 'DWH."Pkg".P'


@pytest.mark.parametrize(
    ("text", "direction"),
    [
        ("IN", "IN"),
        ("in", "IN"),
        ("Out", "OUT"),
        ("IN OUT", "IN OUT"),
        ("in  out", "IN OUT"),
        ("INOUT", "IN OUT"),
        ("in/out", "IN OUT"),
        (" out ", "OUT"),
        ("", None),
        (None, None),
    ],
)
def test_a_direction_is_read_in_any_case(text: str | None, direction: str | None) -> None:
    request = _parse({"name": "p", "params": [{"name": "a", "direction": text}]})
    assert request.arguments[0].direction == direction


@given(JSON_NUMBERS)
def test_a_number_keeps_all_its_digits(text: str) -> None:
    body = f'{{"name": "p", "params": {{"a": {text}}}}}'.encode()
    try:
        value = schemas.parse_call(body, by_position=False).arguments[0].value
    except InvalidRequest:
        # Beyond what a decimal can hold at all.
        assert len(text.upper().partition("E")[2].lstrip("+-0")) >= 18
        return
    assert Decimal(value) == Decimal(text)
    assert not isinstance(value, float)


@given(JSON_NUMBERS)
def test_a_number_that_is_accepted_survives_the_job_store(text: str) -> None:
    body = f'{{"name": "p", "params": [{{"name": "a", "value": {text}}}]}}'.encode()
    try:
        request = schemas.parse_call(body, by_position=False)
    except InvalidRequest:
        return
    assert CallRequest.from_json(request.to_json()) == request


# ---- what is no call


@pytest.mark.parametrize(
    ("data", "detail"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b'{"name": "p"} x', "not JSON"),
        (b"{'name': 'p'}", "not JSON"),
        (b'{"name": "p", "params": {"a": NaN}}', "not JSON"),
        (b"\xff", "not JSON"),
        (b'{"name": "\xff"}', "not UTF-8"),
        (b'{"name": "p", "params": {"a": ' + b"[" * 100_000, "nested too deeply"),
        (b'{"name": "p", "params": {"a": 1e99999999999999999999}}', "out of range"),
        (b"[" * 100_000, "Expected `object`"),
    ],
)
def test_what_is_no_json_is_refused_in_one_sentence(data: bytes, detail: str) -> None:
    with pytest.raises(InvalidRequest, match=detail) as caught:
        schemas.parse_call(data, by_position=False)
    assert caught.value.detail.endswith(".")
    assert len(caught.value.detail) < 200


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ([], ""),
        (None, ""),
        ({}, ""),
        ({"name": 1}, "/name"),
        ({"name": None}, "/name"),
        ({"name": ""}, "/name"),
        ({"name": "a b"}, "/name"),
        ({"name": "a.b.c.d"}, "/name"),
        ({"name": "p; DROP TABLE t"}, "/name"),
        ({"name": "p", "schema": 1}, "/schema"),
        ({"name": "p", "schema": "a b"}, "/schema"),
        ({"name": "a.b.c", "schema": "d"}, "/schema"),
        ({"name": "p", "isFunction": "yes"}, "/isFunction"),
        ({"name": "p", "params": 1}, "/params"),
        ({"name": "p", "params": [1]}, "/params/0"),
        ({"name": "p", "params": [{"name": "a"}, {}]}, "/params/1"),
        ({"name": "p", "params": [{"name": 1}]}, "/params/0/name"),
        ({"name": "p", "params": [{"name": "a", "type": 1}]}, "/params/0/type"),
        ({"name": "p", "params": [{"name": "a", "direction": 1}]}, "/params/0/direction"),
        ({"name": "p", "params": [{"name": "a", "direction": "up"}]}, "/params/0/direction"),
        ({"name": "p", "params": [{"name": "a"}, {"name": "b c"}]}, "/params/1"),
        ({"name": "p", "params": {"a": 1, "b/c~": 2}}, "/params/b~1c~0"),
        ({"name": "p", "params": {"": 1}}, "/params/"),
    ],
)
def test_a_fault_is_pointed_at(document: Any, pointer: str) -> None:
    error = _refusal(document)
    assert [fault.pointer for fault in error.errors] == [pointer]
    assert error.errors[0].detail


def test_a_number_of_too_many_digits_is_pointed_at_as_far_as_known() -> None:
    body = b'{"name": "p", "params": {"a": ' + b"1" * 10_000 + b"}}"
    with pytest.raises(InvalidRequest) as caught:
        schemas.parse_call(body, by_position=False)
    assert [fault.pointer for fault in caught.value.errors] == ["/params"]


def test_every_name_that_is_wrong_is_pointed_at() -> None:
    error = _refusal({"name": "p", "params": [{"name": "a b"}, {"name": "ok"}, {"name": "a b"}]})
    assert [fault.pointer for fault in error.errors] == ["/params/0", "/params/2"]


def test_a_thousand_wrong_names_do_not_make_a_long_sentence() -> None:
    error = _refusal({"name": "p", "params": [{"name": f"{n} x" * 100} for n in range(1000)]})
    assert len(error.detail) < 1500
    assert len(error.errors) == 1000


def test_by_position_a_name_may_be_any_text() -> None:
    request = _parse({"name": "p", "params": [{"name": "1 x"}, {"name": ""}]}, by_position=True)
    assert [argument.name for argument in request.arguments] == ["1 x", ""]


@given(st.binary(max_size=200), st.booleans())
@example(b'{"name":"p","params":{"a":1E999999999999999999999}}', False)
@example(b'{"name":"\\ud800"}', False)
@example(b'\xef\xbb\xbf{"name":"p"}', False)
def test_any_bytes_are_a_call_or_an_invalid_request(data: bytes, by_position: bool) -> None:
    try:
        request = schemas.parse_call(data, by_position=by_position)
    except InvalidRequest:
        return
    assert isinstance(request, CallRequest)


@given(JSON | NEAR_CALLS, st.integers(0, 200), st.binary(max_size=3))
def test_damaged_json_is_a_call_or_an_invalid_request(
    document: Any, position: int, damage: bytes
) -> None:
    data = json.dumps(document).encode()
    damaged = data[:position] + damage + data[position + 1 :]
    try:
        request = schemas.parse_call(damaged, by_position=False)
    except InvalidRequest:
        return
    assert isinstance(request, CallRequest)


@given(JSON | NEAR_CALLS)
def test_any_json_is_a_sound_call_or_an_invalid_request_that_points_into_it(document: Any) -> None:
    try:
        request = _parse(document)
    except InvalidRequest as exc:
        refusal = exc
    else:
        assert ProcedureName.parse(request.name, request.schema)
        assert all(identifier(argument.name) for argument in request.arguments)
        assert CallRequest.from_json(request.to_json()) == request
        return
    assert refusal.errors
    for fault in refusal.errors:
        _resolve(document, fault.pointer)


@given(st.dictionaries(st.text(max_size=8) | st.text("~/01 ", max_size=6), st.none(), min_size=1))
def test_a_pointer_leads_to_the_very_parameter(params: dict[str, None]) -> None:
    marked = {name: f"value of {name}" for name in params}
    document = {"name": "p", "params": marked}
    request = _parse(document, by_position=True)
    for argument in request.arguments:
        assert _resolve(document, request.pointer(argument)) == f"value of {argument.name}"


def test_only_a_submission_may_name_a_url_to_call_back() -> None:
    body = b'{"name": "P", "callback_url": "https://a.example/"}'
    assert schemas.parse_submission(body, by_position=False) == (
        CallRequest("P"),
        "https://a.example/",
    )
    assert schemas.parse_submission(b'{"name": "P"}', by_position=False)[1] is None
    with pytest.raises(InvalidRequest) as caught:
        schemas.parse_call(body, by_position=False)
    assert caught.value.errors[0].pointer == "/callback_url"
