"""The limit: a Flask route that answers with the same bytes as the service, and does nothing."""

import os
from pathlib import Path

from flask import Flask, Response, request

app = Flask(__name__, static_folder=None)
_answer = Path(os.environ["BENCH_ANSWER"]).read_bytes()


@app.route("/", methods=["GET", "POST"])
def answer() -> Response:
    """Read the request, and answer."""
    request.get_data()
    return Response(_answer, mimetype="application/json")
