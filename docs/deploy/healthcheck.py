"""The container's health check: exits with 0 where the service answers, else with 1."""

import http.client
import os
import sys


def is_healthy(port: int) -> bool:
    """Ask the service on this host, past any proxy that the environment names.

    Args:
        port: where it listens.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=3)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(0 if is_healthy(int(os.environ.get("PORT", "8080"))) else 1)
