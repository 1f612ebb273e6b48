"""The jobs page: a shell in the browser's language, and the scripts that fill it."""

from pathlib import Path

import flask_bootstrap
from flask import Blueprint, Response, render_template, request, send_from_directory
from werkzeug.exceptions import NotFound

from oracle_api.page import LANGUAGES, LOCALES, STATIC, catalogue, language_for, modules_of
from oracle_api.routes.shell import guarded
from oracle_api.services import current_services
from oracle_api.version import VERSION

blueprint = Blueprint("page", __name__, template_folder=str(STATIC.parent / "templates"))

_FOREIGN = Path(flask_bootstrap.__file__).parent / "static" / "bootstrap5" / "css"

_SCRIPT = "app.js"

#: Nothing but these is served, by the folder that they are in.
_ASSETS = {
    **{path.name: STATIC for path in STATIC.iterdir() if path.is_file()},
    **{f"{language}.json": LOCALES for language in LANGUAGES},
    "bootstrap.min.css": _FOREIGN,
}

# No script can make HTML of a text (Trusted Types).
_RULES = ("require-trusted-types-for 'script'", "trusted-types 'none'")


@blueprint.get("/")
def shell() -> Response:
    """Give the page without any data."""
    language = language_for(request.accept_languages)
    settings = current_services().settings
    response = Response(
        render_template(
            "jobs.html",
            language=language,
            t=catalogue(language).__getitem__,
            needs_token=not settings.api_no_auth,
            by_position=settings.params_by_position,
            modules=modules_of(_SCRIPT),
            styles=sorted(path.name for path in STATIC.glob("*.css")),
            script=_SCRIPT,
            version=VERSION,
        ),
        mimetype="text/html",
    )
    response.content_language.add(language)
    response.vary.add("Accept-Language")
    return _served(response)


@blueprint.get("/page/<asset>")
def asset(asset: str) -> Response:
    """Give a script, a style sheet, an icon or a catalogue of the page."""
    folder = _ASSETS.get(asset)
    if folder is None:
        raise NotFound
    return _served(send_from_directory(folder, asset))


def _served(response: Response) -> Response:
    # Modules of two releases must not meet in one page: each is asked for again, by its ETag.
    response.cache_control.no_cache = True
    return guarded(response, *_RULES)
