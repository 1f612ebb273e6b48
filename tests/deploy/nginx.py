"""Runs the real nginx with the site of docs/deploy."""

import os
import shutil
import socket
import subprocess
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.integration.service import eventually, free_port

from .edited import edited

# Debian has it where only root looks.
NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
needs_nginx = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")

# What a distribution's nginx.conf says around the site, for one process without its folders.
_AROUND = """
daemon off;
{user}
pid {folder}/nginx.pid;
worker_processes 1;
error_log {folder}/error.log info;
events {{ worker_connections 1024; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


class Nginx:
    """nginx with the site, on a free port of loopback, with a certificate made for it.

    Args:
        folder: for all that it reads and writes.
        service_ports: where the service listens, one for each API host.
        connect_timeout: how long a host that does not answer at all is waited for.
    """

    def __init__(self, folder: Path, *service_ports: int, connect_timeout: str = "5s") -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"https://localhost:{self.port}"
        self.certificate = folder / "fullchain.pem"
        self._process: subprocess.Popen[bytes] | None = None
        _make_certificate(self.certificate, folder / "privkey.pem")
        site = edited(
            "nginx.conf",
            {
                "server 127.0.0.1:8080;": " ".join(
                    f"server 127.0.0.1:{port};" for port in service_ports
                ),
                "listen 443": f"listen 127.0.0.1:{self.port}",
                "api.example.com": "localhost",
                "/etc/ssl/oracle_api/fullchain.pem": str(self.certificate),
                "/etc/ssl/oracle_api/privkey.pem": str(folder / "privkey.pem"),
                "/var/log/nginx/access.log": str(folder / "access.log"),
            },
        )
        waits = "proxy_connect_timeout 5s;"
        assert site.count(waits) == 1
        (folder / "site.conf").write_text(site.replace(waits, waits.replace("5s", connect_timeout)))
        # Its workers must reach the test's own folder.
        user = "user root;" if os.geteuid() == 0 else ""
        (folder / "nginx.conf").write_text(_AROUND.format(folder=folder, user=user))

    def _command(self, *arguments: str) -> list[str]:
        assert NGINX is not None
        return [NGINX, "-p", str(self.folder), "-c", str(self.folder / "nginx.conf"), *arguments]

    def check(self) -> str:
        """Have nginx check its configuration; gives what it said."""
        done = subprocess.run(
            self._command("-t"), capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stderr

    def start(self) -> "Nginx":
        """Start it and wait until it listens."""
        self._process = subprocess.Popen(self._command(), stderr=subprocess.DEVNULL)
        eventually(self._listens)
        return self

    def _listens(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.errors()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self) -> None:
        """Stop it."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(60)

    def errors(self) -> str:
        """Give its error log."""
        return (self.folder / "error.log").read_text()

    def accesses(self) -> str:
        """Give its access log."""
        return (self.folder / "access.log").read_text()


def _make_certificate(certificate_path: Path, key_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate_path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
