"""Samples of py-spy are counted by function."""

from tests.bench.profiler import Profile

FOLDED = """\
main (app.py:10);view (views.py:3);query (store.py:7) 6
main (app.py:10);view (views.py:4);query (store.py:9) 2
main (app.py:11);view (views.py:5) 2
"""


def test_functions_are_counted_alone_and_with_what_they_call() -> None:
    profile = Profile("GET")
    profile.add(FOLDED)

    assert profile.samples == 10
    assert profile.own == {"query (store.py)": 8, "view (views.py)": 2}
    assert profile.total["view (views.py)"] == 10
    assert profile.total["main (app.py)"] == 10


def test_a_function_that_calls_itself_is_counted_once_in_a_stack() -> None:
    profile = Profile("")
    profile.add("walk (a.py:1);walk (a.py:2);walk (a.py:2) 5\n")

    assert profile.total == {"walk (a.py)": 5}


def test_the_table_shows_the_hottest_first() -> None:
    profile = Profile("GET")
    profile.add(FOLDED)

    lines = profile.table(shown=1).splitlines()

    assert lines[0] == "GET: 10 samples at 200 Hz"
    assert lines[3] == "        8  80.0%  query (store.py)"
    assert lines[6].split()[:2] == ["10", "100.0%"]
