"""How deep JSON is nested, and where."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle_api.nesting import too_deep

JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("a/~", max_size=2), inner),
    max_leaves=20,
)
CONTAINER = st.lists(JSON) | st.dictionaries(st.text(max_size=3), JSON)


def depth(value: Any) -> int:
    if not isinstance(value, dict | list):
        return 0
    inner = value.values() if isinstance(value, dict) else value
    return 1 + max(map(depth, inner), default=0)


def resolve(value: Any, pointer: str) -> Any:
    """Follow a pointer (RFC 6901, section 4)."""
    for step in pointer.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        value = value[int(key)] if isinstance(value, list) else value[key]
    return value


@given(CONTAINER, st.integers(1, 6))
def test_what_is_too_deep_is_found_and_nothing_else(container: Any, most: int) -> None:
    place = too_deep(container, most)
    assert (place is not None) == (depth(container) > most)
    if place is not None:
        assert place.count("/") == most, "the first one on its way down"
        assert isinstance(resolve(container, place), dict | list)


@pytest.mark.parametrize(
    ("container", "place"),
    [
        ([[], {"a": []}], None),
        ([1, {"a/b": [1, {}]}], "/1/a~1b/1"),
        ({"~": {"": [[]]}}, "/~0//0"),
    ],
)
def test_the_place_is_a_json_pointer(container: Any, place: str | None) -> None:
    assert too_deep(container, 3) == place
