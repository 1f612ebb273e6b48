"""Counts and times the requests of an app."""

import re
import time
from functools import lru_cache

from flask import Flask, Response, g, request

from oracle_api.metrics.instruments import Instruments

UNMATCHED = "unmatched"

# RFC 9110, section 9, and RFC 5789. A client can send any word.
_METHODS = {"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"}
_OTHER_METHOD = "other"

_VARIABLE = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")


def register_request_metrics(app: Flask, metrics: Instruments) -> None:
    """Have every request of an app noted when its answer is ready."""

    def begin() -> None:
        g.arrived = time.perf_counter()

    def end(response: Response) -> Response:
        metrics.request_answered(
            _route(),
            request.method if request.method in _METHODS else _OTHER_METHOD,
            response.status_code,
            time.perf_counter() - g.arrived,
        )
        return response

    app.before_request(begin)
    app.after_request(end)


def _route() -> str:
    return UNMATCHED if request.url_rule is None else _template(request.url_rule.rule)


@lru_cache
def _template(rule: str) -> str:
    return _VARIABLE.sub(r"{\1}", rule)
