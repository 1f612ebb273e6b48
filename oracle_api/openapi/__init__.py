"""The service's API as an OpenAPI 3.1 document (https://spec.openapis.org/oas/v3.1.1.html).

``operations`` says what a route does beyond what the code itself tells, ``answers`` what it
answers; ``document`` joins both with the routes, their scopes, the settings and the kinds of
problems. ``procedure`` makes a document of one procedure, with types of its own.
"""
