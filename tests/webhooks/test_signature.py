"""Signatures, held against the standard's own vector and its own library."""

import base64
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from oracle_api.webhooks import signature


def test_the_published_vector() -> None:
    """From the tests of the standard's reference libraries."""
    headers = signature.headers(
        [base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")],
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
    )
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@given(st.lists(st.binary(min_size=24, max_size=64), min_size=1, max_size=3), st.text())
def test_the_standards_library_accepts_the_signature_of_each_secret(
    secrets: list[bytes], text: str
) -> None:
    body = text.encode()
    headers = signature.headers(secrets, "msg_1", int(time.time()), body)
    for secret in secrets:
        Webhook(secret).verify(body, headers, json_parse=False)
    with pytest.raises(WebhookVerificationError):
        Webhook(secrets[0]).verify(body + b" ", headers, json_parse=False)
    with pytest.raises(WebhookVerificationError):
        Webhook(b"another secret of 24 bytes").verify(body, headers, json_parse=False)
