"""What is behind Flask's proxies, for code that every request runs.

A look at an attribute through a proxy costs several times what one at the object itself does.
"""

from typing import TYPE_CHECKING, Any, cast

from flask import Request, g, request

if TYPE_CHECKING:
    from flask.ctx import _AppCtxGlobals


def present_request() -> Request:
    """Give the present request."""
    return cast(Request, cast(Any, request)._get_current_object())


def present_notes() -> "_AppCtxGlobals":
    """Give what is noted about the present request: what ``flask.g`` stands for."""
    return cast("_AppCtxGlobals", g._get_current_object())
