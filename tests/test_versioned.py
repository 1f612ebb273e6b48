"""Values that are kept by version, within a bound."""

from hypothesis import given
from hypothesis import strategies as st

from oracle_api.versioned import VersionedCache

MOST = 20_000


def test_only_the_very_version_is_given() -> None:
    cache: VersionedCache[str] = VersionedCache(MOST)
    assert cache.get("a", 1) is None
    cache.keep("a", 1, "one", 3)
    assert cache.get("a", 1) == "one"
    assert cache.get("a", 2) is None
    cache.keep("a", 2, "two", 3)
    assert cache.get("a", 1) is None
    assert cache.get("a", 2) == "two"


def test_those_that_were_kept_first_make_room() -> None:
    cache: VersionedCache[int] = VersionedCache(MOST)
    for number in range(100):
        cache.keep(str(number), 1, number, 1000)
    assert cache.get("99", 1) == 99
    assert cache.get("0", 1) is None


def test_what_is_too_large_is_not_kept_and_leaves_the_others() -> None:
    cache: VersionedCache[int] = VersionedCache(MOST)
    cache.keep("a", 1, 1, 10)
    cache.keep("b", 1, 2, MOST)
    assert cache.get("a", 1) == 1
    assert cache.get("b", 1) is None


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(1, 3), st.integers(0, 9000))))
def test_the_bound_holds_whatever_is_kept(kept: list[tuple[str, int, int]]) -> None:
    cache: VersionedCache[int] = VersionedCache(MOST)
    for key, version, size in kept:
        cache.keep(key, version, size, size)
        assert 0 <= cache.size <= MOST
        assert cache.get(key, version) in (size, None)
