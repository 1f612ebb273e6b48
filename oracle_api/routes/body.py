"""Reads request bodies and writes JSON answers."""

from collections.abc import Mapping
from typing import Any

from flask import Request, Response
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from oracle_api.documents import encode
from oracle_api.present import present_request

JSON = "application/json"


def json_body() -> bytes:
    """Give the request's body, which must be JSON in UTF-8.

    Raises:
        UnsupportedMediaType: the request says that it is something else.
        RequestEntityTooLarge: it has more than MAX_BODY_BYTES.
    """
    request = present_request()
    if request.content_encoding not in (None, "", "identity"):
        raise UnsupportedMediaType("A body with a Content-Encoding is not accepted.")
    # What nearly every request says need not be taken apart.
    if request.environ.get("CONTENT_TYPE") != JSON:
        _check_type(request)
    data = request.get_data()
    # A body without a stated length (chunked) is silently cut at the limit.
    if request.content_length is None:
        limit = request.max_content_length
        if limit is not None and len(data) >= limit:
            raise RequestEntityTooLarge
    return data


def _check_type(request: Request) -> None:
    kind = request.mimetype
    if kind and kind != JSON and not kind.endswith("+json"):
        raise UnsupportedMediaType("The body must be application/json.")
    if request.mimetype_params.get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
        raise UnsupportedMediaType("The body must be UTF-8.")


def json_answer(
    document: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Make a JSON response."""
    return Response(encode(document), status, headers, content_type=JSON)
