"""Reads request bodies and writes JSON answers."""

from collections.abc import Mapping
from typing import Any

from flask import Response, request
from werkzeug.exceptions import UnsupportedMediaType

from oracle_api.schemas import encode


def json_body() -> bytes:
    """Give the request's body, which must be JSON in UTF-8; its size is limited by the app.

    Raises:
        UnsupportedMediaType: the request says that it is something else.
    """
    if request.content_encoding not in (None, "", "identity"):
        raise UnsupportedMediaType("A body with a Content-Encoding is not accepted.")
    kind = request.mimetype
    if kind and kind != "application/json" and not kind.endswith("+json"):
        raise UnsupportedMediaType("The body must be application/json.")
    if request.mimetype_params.get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
        raise UnsupportedMediaType("The body must be UTF-8.")
    return request.get_data()


def json_answer(
    document: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Make a JSON response."""
    return Response(encode(document), status, headers, mimetype="application/json")
