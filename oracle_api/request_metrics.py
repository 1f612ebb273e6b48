"""Counts and times the requests of an app."""

import re
import time
from functools import lru_cache

from flask import Flask, Request, Response

from oracle_api.metrics.requests import RequestTally
from oracle_api.present import present_notes, present_request

UNMATCHED = "unmatched"

# RFC 9110, section 9, and RFC 5789. A client can send any word.
_METHODS = {"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"}
_OTHER_METHOD = "other"

_VARIABLE = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")


def register_request_metrics(app: Flask, tally: RequestTally) -> None:
    """Have every request of an app noted when its answer is ready; the access log begins it."""

    def end(response: Response) -> Response:
        request = present_request()
        tally.note(
            _route(request),
            request.method if request.method in _METHODS else _OTHER_METHOD,
            response.status_code,
            time.perf_counter() - present_notes().arrived,
        )
        return response

    app.after_request(end)


def _route(request: Request) -> str:
    return UNMATCHED if request.url_rule is None else _template(request.url_rule.rule)


@lru_cache
def _template(rule: str) -> str:
    return _VARIABLE.sub(r"{\1}", rule)
