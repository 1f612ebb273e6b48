"""Signatures of Standard Webhooks 1.0 (https://www.standardwebhooks.com)."""

import base64
import hashlib
import hmac
from collections.abc import Iterable


def headers(
    secrets: Iterable[bytes], message_id: str, timestamp: int, body: bytes
) -> dict[str, str]:
    """Make the three headers of a message; every secret signs it, so that one may be replaced.

    Args:
        secrets: keys as bytes.
        message_id: the same in every attempt; without a full stop.
        timestamp: of the attempt, seconds since 1970.
        body: exactly what is sent.
    """
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(
            _signature(secret, message_id, timestamp, body) for secret in secrets
        ),
    }


def _signature(secret: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    signed = f"{message_id}.{timestamp}.".encode() + body
    digest = hmac.new(secret, signed, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()
