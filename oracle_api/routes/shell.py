"""What the answers of the web pages' static shells have in common: their headers."""

from flask import Response

_RULES = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    # Icons are data: images within the style sheets of Bootstrap and Swagger UI.
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
)


def guarded(response: Response, *rules: str) -> Response:
    """Let a page's files run, and nothing else (Content Security Policy Level 3).

    Args:
        response: the page, or a file of it.
        rules: of the policy, beside those of every page.
    """
    response.headers["Content-Security-Policy"] = "; ".join((*_RULES, *rules))
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
