"""One attempt, against a real server: where it connects, what it sends, when it gives up."""

import datetime
import ipaddress
import socket
import ssl
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from standardwebhooks.webhooks import Webhook

from oracle_api.allowlist import AllowedHost
from oracle_api.webhooks.addresses import CallbackPolicy, Endpoint
from oracle_api.webhooks.sender import Answer, Sender

from .receiver import Receiver, Reply

SECRET = bytes(range(32))
NAME = "hooks.example.com"
BODY = b'{"type":"job.completed"}'


class Resolver:
    """Leads every name to loopback, or where a test wants; counts how often it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.addresses = ["127.0.0.1"]

    def __call__(self, host: str, port: int) -> list[Endpoint]:
        self.asked.append(host)
        return [(socket.AF_INET, (one, port)) for one in self.addresses]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def resolver() -> Resolver:
    return Resolver()


def make_sender(
    resolver: Resolver, port: int, *, seconds: float = 5, tls: ssl.SSLContext | None = None
) -> Sender:
    entries = (f"http://{NAME}:{port}", f"{NAME}:{port}")
    entries += (f"http://127.0.0.0/8:{port}", f"127.0.0.0/8:{port}")
    policy = CallbackPolicy(map(AllowedHost.parse, entries), resolver)
    return Sender(policy, (SECRET,), seconds, tls=tls)


def send(receiver: Receiver, resolver: Resolver, **options: Any) -> Answer:
    sender = make_sender(resolver, receiver.port, **options)
    return sender.send(f"http://{NAME}:{receiver.port}/done?run=7", "msg_1", BODY)


def test_a_2xx_is_success_and_the_message_is_signed(receiver: Receiver, resolver: Resolver) -> None:
    assert send(receiver, resolver) == Answer(204)
    (request,) = receiver.received
    assert (request.path, request.body) == ("/done?run=7", BODY)
    assert request.headers["host"] == f"{NAME}:{receiver.port}"
    assert request.headers["content-type"] == "application/json"
    Webhook(SECRET).verify(request.body, request.headers)
    assert resolver.asked == [NAME]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_redirect_is_followed(receiver: Receiver, resolver: Resolver, status: int) -> None:
    receiver.reply = lambda request, nth: Reply(status, {"Location": "/elsewhere"})
    assert send(receiver, resolver).status == status
    assert [request.path for request in receiver.received] == ["/done?run=7"]


@pytest.mark.parametrize("status", [400, 404, 410, 429, 500, 503])
def test_any_other_status_is_a_failure(receiver: Receiver, resolver: Resolver, status: int) -> None:
    receiver.reply = lambda request, nth: Reply(status)
    assert send(receiver, resolver) == Answer(status, f"The receiver answered {status}.")


@pytest.mark.parametrize(
    ("text", "seconds"), [("120", 120), ("soon", None), ("-1", None), ("1" * 400, 86400)]
)
def test_what_the_receiver_asks_for_is_read(
    receiver: Receiver, resolver: Resolver, text: str, seconds: float | None
) -> None:
    receiver.reply = lambda request, nth: Reply(503, {"Retry-After": text})
    assert send(receiver, resolver).retry_after == seconds


def test_a_retry_after_may_be_a_date(receiver: Receiver, resolver: Resolver) -> None:
    moment = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=100)
    text = moment.strftime("%a, %d %b %Y %H:%M:%S GMT")
    receiver.reply = lambda request, nth: Reply(429, {"Retry-After": text})
    assert 90 < (send(receiver, resolver).retry_after or 0) <= 100


def test_a_refused_connection_is_told(resolver: Resolver) -> None:
    with Receiver() as gone:
        port = gone.port
    answer = make_sender(resolver, port).send(f"http://{NAME}:{port}/", "msg_1", BODY)
    assert answer == Answer(error="The connection was refused.")


def test_the_next_address_is_tried(receiver: Receiver, resolver: Resolver) -> None:
    resolver.addresses = ["127.0.0.2", "127.0.0.1"]  # the receiver listens on the second only
    assert send(receiver, resolver) == Answer(204)


@pytest.mark.parametrize("address", ["169.254.169.254", "0.0.0.0"])
def test_a_name_that_leads_to_a_special_address_is_not_called(
    receiver: Receiver, resolver: Resolver, address: str
) -> None:
    resolver.addresses = ["127.0.0.1", address]
    answer = send(receiver, resolver)
    assert answer.status is None
    assert answer.error is not None
    assert "WEBHOOK_ALLOW" in answer.error
    assert receiver.received == []


def test_a_host_that_is_not_listed_is_not_even_looked_up(
    receiver: Receiver, resolver: Resolver
) -> None:
    sender = make_sender(resolver, receiver.port)
    answer = sender.send(f"http://other.example:{receiver.port}/", "msg_1", BODY)
    assert answer.error is not None
    assert (resolver.asked, receiver.received) == ([], [])


def test_a_name_without_an_address_is_told(receiver: Receiver) -> None:
    def unknown(host: str, port: int) -> list[Endpoint]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    policy = CallbackPolicy([AllowedHost.parse(f"http://{NAME}")], unknown)
    answer = Sender(policy, (SECRET,), 5).send(f"http://{NAME}/", "msg_1", BODY)
    assert answer == Answer(error="The host's name leads to no address.")


# ---- bounds


def _drip(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(1000):
        handler.wfile.write(b"X-%d: y\r\n" % number)
        time.sleep(0.02)  # a slow receiver is what is tested


def _endless_line(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1_000_000)


def _no_http(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"SSH-2.0-OpenSSH\r\n")


def _hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)


def _cut_body(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")


def test_a_receiver_that_lets_its_answer_drip_is_cut_off(
    receiver: Receiver, resolver: Resolver
) -> None:
    receiver.reply = lambda request, nth: Reply(raw=_drip)
    began = time.monotonic()
    answer = send(receiver, resolver, seconds=0.3)
    assert answer == Answer(error="The receiver did not answer in time.")
    assert time.monotonic() - began < 10


def test_a_receiver_that_is_silent_is_cut_off(resolver: Resolver) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        for scheme in ("http", "https"):
            began = time.monotonic()
            sender = make_sender(resolver, port, seconds=0.2)
            answer = sender.send(f"{scheme}://{NAME}:{port}/", "msg_1", BODY)
            assert answer == Answer(error="The receiver did not answer in time.")
            assert time.monotonic() - began < 20


def test_a_long_answer_is_not_read_to_its_end(receiver: Receiver, resolver: Resolver) -> None:
    taken: list[int] = []

    def flood(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        for number in range(1000):
            handler.wfile.write(b"x" * 1_000_000)
            taken.append(number)

    receiver.reply = lambda request, nth: Reply(raw=flood)
    assert send(receiver, resolver) == Answer(200)
    # What the sockets hold, at most.
    assert len(taken) < 100


@pytest.mark.parametrize("raw", [_endless_line, _no_http, _hang_up])
def test_what_is_no_answer_is_a_failure(receiver: Receiver, resolver: Resolver, raw: Any) -> None:
    receiver.reply = lambda request, nth: Reply(raw=raw)
    answer = send(receiver, resolver)
    assert answer.status is None
    assert answer.error


def test_a_2xx_counts_though_its_body_breaks_off(receiver: Receiver, resolver: Resolver) -> None:
    receiver.reply = lambda request, nth: Reply(raw=_cut_body)
    assert send(receiver, resolver) == Answer(200)


# ---- TLS


def _certificate(folder: Path, *names: x509.GeneralName) -> Path:
    """Write a self-signed certificate and its key into one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "receiver")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "receiver.pem"
    path.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + certificate.public_bytes(Encoding.PEM)
    )
    return path


def _tls_server(path: Path, asked: list[str | None]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    context.sni_callback = lambda connection, name, _: asked.append(name)
    return context


@pytest.mark.parametrize(
    ("host", "names", "sni", "accepted"),
    [
        (NAME, [x509.DNSName(NAME)], NAME, True),
        (NAME, [x509.DNSName("other.example.com")], NAME, False),
        (NAME, [x509.IPAddress(ipaddress.ip_address("127.0.0.1"))], NAME, False),
        ("127.0.0.1", [x509.IPAddress(ipaddress.ip_address("127.0.0.1"))], None, True),
        ("127.0.0.1", [x509.DNSName(NAME)], None, False),
    ],
)
def test_the_certificate_must_be_that_of_the_name_not_of_the_address(
    resolver: Resolver,
    tmp_path: Path,
    host: str,
    names: list[x509.GeneralName],
    sni: str | None,
    accepted: bool,
) -> None:
    path = _certificate(tmp_path, *names)
    asked: list[str | None] = []
    with Receiver(tls=_tls_server(path, asked)) as receiver:
        trusting = ssl.create_default_context(cafile=str(path))
        sender = make_sender(resolver, receiver.port, tls=trusting)
        answer = sender.send(f"https://{host}:{receiver.port}/", "msg_1", BODY)
    assert asked == [sni]
    if accepted:
        assert answer == Answer(204)
    else:
        assert answer.error is not None
        assert "certificate is not accepted" in answer.error
    assert len(receiver.received) == accepted


def test_an_authority_that_nobody_trusts_is_refused(resolver: Resolver, tmp_path: Path) -> None:
    path = _certificate(tmp_path, x509.DNSName(NAME))
    with Receiver(tls=_tls_server(path, [])) as receiver:
        sender = make_sender(resolver, receiver.port)
        answer = sender.send(f"https://{NAME}:{receiver.port}/", "msg_1", BODY)
    assert answer.error is not None
    assert "certificate is not accepted" in answer.error
    assert receiver.received == []


def test_a_receiver_that_speaks_no_tls_is_told(receiver: Receiver, resolver: Resolver) -> None:
    sender = make_sender(resolver, receiver.port)
    answer = sender.send(f"https://{NAME}:{receiver.port}/", "msg_1", BODY)
    assert answer == Answer(error="The receiver does not speak TLS as this service does.")
