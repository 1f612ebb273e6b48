"""The nginx site is one that nginx takes, and its numbers fit the settings."""

import re
from dataclasses import fields
from pathlib import Path

from oracle_api.settings import Settings

from .edited import DEPLOY
from .nginx import Nginx, needs_nginx

SITE = (DEPLOY / "nginx.conf").read_text()
DEFAULTS = {item.metadata["variable"]: item.default for item in fields(Settings)}


def value(directive: str) -> str:
    """Give what a directive is first set to."""
    found = re.search(rf"^\s*{directive} (.*?);", SITE, re.MULTILINE)
    assert found, directive
    return found[1]


@needs_nginx
def test_nginx_takes_the_site_without_a_warning(tmp_path: Path) -> None:
    said = Nginx(tmp_path, 1).check()
    assert "test is successful" in said
    assert "warn" not in said


def test_it_waits_longer_than_the_service_does() -> None:
    silence = float(value("proxy_read_timeout").removesuffix("s"))
    longest_wait = 60
    assert silence > longest_wait
    assert silence > DEFAULTS["SYNC_TIMEOUT_SECONDS"] + DEFAULTS["ORACLE_CONNECT_SECONDS"]


def test_it_refuses_the_bodies_that_the_service_would_refuse() -> None:
    assert (
        int(value("client_max_body_size").removesuffix("m")) * 2**20 == DEFAULTS["MAX_BODY_BYTES"]
    )


def test_no_call_is_ever_repeated() -> None:
    assert "non_idempotent" not in value("proxy_next_upstream")
