"""Swagger UI: a page that shows the OpenAPI document and tries it out. Holds no data itself."""

from importlib.resources import files
from pathlib import Path

import flask_swagger_ui
from flask import Blueprint, Response, send_from_directory
from werkzeug.exceptions import NotFound

import oracle_api.openapi
from oracle_api.routes.shell import guarded

blueprint = Blueprint("docs", __name__)

_OWN = Path(str(files(oracle_api.openapi))) / "ui"
_FOREIGN = Path(str(files(flask_swagger_ui))) / "dist"

#: Nothing but these is served, by the folder that they are in.
_ASSETS = {
    "init.js": _OWN,
    "page.css": _OWN,
    "swagger-ui.css": _FOREIGN,
    "swagger-ui-bundle.js": _FOREIGN,
    "favicon-32x32.png": _FOREIGN,
}

_CACHE_SECONDS = 3600


@blueprint.get("/docs")
def page() -> Response:
    """Give the page."""
    return guarded(send_from_directory(_OWN, "index.html", max_age=0))


@blueprint.get("/docs/<asset>")
def asset(asset: str) -> Response:
    """Give a script, a style sheet or an icon of the page."""
    folder = _ASSETS.get(asset)
    if folder is None:
        raise NotFound
    return guarded(send_from_directory(folder, asset, max_age=_CACHE_SECONDS))
