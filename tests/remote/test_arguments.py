"""Parameters on a command line."""

import base64
import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle_api.remote.arguments import (
    Form,
    Out,
    Values,
    Written,
    call_body,
    parse_argument,
    parse_out,
    write_argument,
)
from oracle_api.remote.documents import Description, Example, Overload, Parameter
from oracle_api.remote.errors import RemoteError
from oracle_api.remote.exits import ExitCode

TEXT = st.text(st.characters(exclude_categories=("Cs",)))
NAMES = st.from_regex(r'[A-Za-zñ_$#][A-Za-z0-9_$#]{0,10}|"[^"]{1,10}"', fullmatch=True)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT | st.decimals(allow_nan=False),
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=5,
).filter(lambda value: not isinstance(value, Decimal) or value.is_finite())


def finite(value: Any) -> bool:
    if isinstance(value, Decimal):
        return value.is_finite()
    if isinstance(value, dict):
        return all(map(finite, value.values()))
    return not isinstance(value, list) or all(map(finite, value))


def described(**types: str) -> Description:
    parameters = [
        Parameter(name, "IN", kind, element={"type": "NUMBER"} if kind.startswith("T_") else None)
        for name, kind in types.items()
    ]
    return Description("P", [Overload("P", parameters, Example("P"))])


def sent(
    *words: str, description: Description | None = None, files: dict[str, bytes] | None = None
) -> dict[str, str]:
    """Give the JSON that is sent for each parameter."""
    values = Values([*map(parse_argument, words)], (files or {}).__getitem__, lambda: description)
    return {name: bytes(value).decode() for name, value in values.as_json()}


@given(NAMES, TEXT)
def test_text_arrives_as_it_is_written(name: str, text: str) -> None:
    one = parse_argument(f"{name}={text}")
    if text.startswith("@"):
        assert one == Written(name.strip(), Form.FILE, text[1:])
    else:
        assert one == Written(name.strip(), Form.TEXT, text)
        [value] = sent(f"{name}={text}").values()
        assert json.loads(value) == (text or None)


@given(NAMES, VALUES.filter(finite))
def test_what_is_written_for_a_value_is_read_as_that_value(name: str, value: Any) -> None:
    [raw] = sent(write_argument(name, value)).values()
    read = msgspec.json.Decoder(object, float_hook=Decimal).decode(raw)
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        # A number goes as its text, of which the database's description makes a number again.
        assert Decimal(str(read)) == value
    elif value == "":
        assert read == ""
    else:
        assert read == value


@given(st.text(max_size=20))
def test_any_text_is_a_parameter_or_refused(text: str) -> None:
    try:
        name = parse_argument(text).name
    except ValueError:
        return
    assert name.strip('"')
    assert text.strip().startswith(name)


@pytest.mark.parametrize(
    "word", ["", "=1", "name", ":=1", '""=1', "p:=", "p:={", "p:=NaN", "p:=1 2"]
)
def test_what_is_no_parameter_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match=r"not NAME=VALUE|not JSON"):
        parse_argument(word)


def test_a_quoted_name_may_hold_the_sign() -> None:
    assert parse_argument('"a=b"=c') == Written('"a=b"', Form.TEXT, "c")


def test_json_goes_as_it_is_written_with_all_digits() -> None:
    number = "-0.12345678901234567890123456789012345678"
    assert sent(f"p:={number}", 'q:= {"a" : 1.50}') == {"p": number, "q": ' {"a" : 1.50}'}


def test_nothing_is_null() -> None:
    assert sent("p=") == {"p": "null"}


def test_text_that_looks_like_json_is_json_only_for_a_parameter_that_takes_it() -> None:
    description = described(A="T_NUMS", B="VARCHAR2", C="JSON")
    words = ("a=[1, 2.50]", "b=[1]", 'c={"x":1}')
    assert sent(*words, description=description) == {
        "a": "[1, 2.50]",
        "b": '"[1]"',
        "c": '{"x":1}',
    }
    assert sent(*words) == {"a": '"[1, 2.50]"', "b": '"[1]"', "c": '"{\\"x\\":1}"'}


def test_what_a_collection_gets_must_be_json() -> None:
    with pytest.raises(RemoteError, match="not JSON") as caught:
        sent("a=[1", description=described(A="T_NUMS"))
    assert caught.value.exit_code is ExitCode.INVALID


def test_a_file_is_text_or_for_binary_parameters_base64() -> None:
    files = {"f": "ñ\n".encode(), "g": b"\xff\x00"}
    description = described(A="CLOB", B="BLOB", C="RAW")
    got = sent("a=@f", "b=@g", "c=@f", description=description, files=files)
    assert got["a"] == '"ñ\\n"'
    assert base64.b64decode(json.loads(got["b"])) == files["g"]
    assert base64.b64decode(json.loads(got["c"])) == files["f"]


def test_bytes_go_nowhere_else() -> None:
    with pytest.raises(RemoteError, match="not text in UTF-8"):
        sent("a=@g", files={"g": b"\xff"})


def test_overloads_count_only_with_all_the_names_and_only_where_they_agree() -> None:
    description = described(A="JSON", B="NUMBER")
    description.overloads += described(A="VARCHAR2", C="NUMBER").overloads
    assert sent("a=[1]", "b=1", description=description)["a"] == "[1]"
    assert sent("a=[1]", "c=1", description=description)["a"] == '"[1]"'
    assert sent("a=[1]", description=description)["a"] == '"[1]"'


def test_the_description_is_asked_for_only_where_it_matters() -> None:
    def never() -> None:
        raise AssertionError

    values = Values([parse_argument("a=1"), parse_argument("b:=[1]")], {}.__getitem__, never)
    assert len(values.as_json()) == 2


@pytest.mark.parametrize("words", [("a=1", "A=2"), ("a=1", '"A":=2'), ("a=@-", "b=@-")])
def test_nothing_is_there_twice(words: tuple[str, ...]) -> None:
    with pytest.raises(RemoteError, match=r"twice|only once") as caught:
        sent(*words, files={"-": b"x"})
    assert caught.value.exit_code is ExitCode.INVALID


def test_out_parameters_make_a_list() -> None:
    values = [("a", msgspec.Raw(b"1.50"))]
    assert call_body("P", values, [], schema=None) == b'{"name":"P","params":{"a":1.50}}'
    body = json.loads(call_body("P", values, [parse_out("r:number"), Out("s", None)], schema="S"))
    assert body["schema"] == "S"
    assert body["params"][1:] == [
        {"name": "r", "direction": "OUT", "type": "number"},
        {"name": "s", "direction": "OUT"},
    ]
