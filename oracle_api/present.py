"""What is behind Flask's proxies, for code that every request runs.

A look at an attribute through a proxy costs several times what one at the object itself does.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from flask import Flask, Request, current_app, g, request

if TYPE_CHECKING:
    from flask.ctx import _AppCtxGlobals


def _behind(proxy: Any) -> Callable[[], Any]:
    return cast(Callable[[], Any], proxy._get_current_object)


#: Gives the app that handles the present request.
present_app: Callable[[], Flask] = _behind(current_app)

#: Gives the present request.
present_request: Callable[[], Request] = _behind(request)

#: Gives what is noted about the present request: what ``flask.g`` stands for.
present_notes: "Callable[[], _AppCtxGlobals]" = _behind(g)
