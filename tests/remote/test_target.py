"""Where the service is."""

from pathlib import Path

import pytest

from oracle_api.remote.errors import RemoteError
from oracle_api.remote.exits import ExitCode
from oracle_api.remote.target import DEFAULT_URL, find_target


def test_options_come_before_the_environment(tmp_path: Path) -> None:
    environ = {"ORACLE_API_URL": "https://a/", "ORACLE_API_TOKEN": "from-environ"}
    target = find_target(None, None, None, environ)
    assert (target.url.url, target.token) == ("https://a", "from-environ")
    (tmp_path / "token").write_text("from-file\n")
    target = find_target("https://b:1/oracle/", tmp_path / "token", None, environ)
    assert (target.url.url, target.token) == ("https://b:1/oracle", "from-file")
    assert find_target(None, None, None, {}).url.url == DEFAULT_URL


def test_a_token_is_in_no_text_of_it() -> None:
    target = find_target(None, None, None, {"ORACLE_API_TOKEN": "secret-token"})
    assert "secret-token" not in repr(target)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a",
        "a",
        "http://",
        "http://u:geheim@a",
        "http://a?geheim=1",
        "http://a#x",
        "http://a:b",
    ],
)
def test_what_is_no_plain_url_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(RemoteError, match="--url") as caught:
        find_target(url, None, None, {})
    assert caught.value.exit_code is ExitCode.INVALID
    assert "geheim" not in caught.value.detail


@pytest.mark.parametrize("token", ["two words", "line\nbreak", "ñ"])
def test_what_is_no_token_is_refused_and_not_shown(token: str) -> None:
    with pytest.raises(RemoteError) as caught:
        find_target(None, None, None, {"ORACLE_API_TOKEN": token})
    assert token not in caught.value.detail


def test_files_must_be_there(tmp_path: Path) -> None:
    for options in ((tmp_path / "no", None), (None, tmp_path / "no")):
        with pytest.raises(RemoteError):
            find_target(None, *options, {})


@pytest.mark.parametrize(
    ("url", "is_exposed"),
    [
        ("http://10.0.0.1:8080", True),
        ("http://api.example.com", True),
        ("https://api.example.com", False),
        ("http://127.0.0.7:1", False),
        ("http://[::1]:8080", False),
        ("http://localhost:8080", False),
    ],
)
def test_a_token_is_exposed_without_tls_on_a_network(url: str, is_exposed: bool) -> None:
    assert find_target(url, None, None, {"ORACLE_API_TOKEN": "t"}).is_exposed is is_exposed
    assert not find_target(url, None, None, {}).is_exposed
