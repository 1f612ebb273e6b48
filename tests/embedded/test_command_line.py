"""The server as a process of its own."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import oracledb
import pytest


@contextmanager
def _running(*options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "oracle_api.embedded", "--port", "0", *options]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            match = re.fullmatch(r"listening on (127\.0\.0\.1:\d+/\w+)\n", line)
            assert match is not None, line
            yield process, match[1]
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_it(number: signal.Signals) -> None:
    with _running() as (process, dsn):
        with oracledb.connect(user="dwh", password="dwh", dsn=dsn) as connection:
            output = connection.cursor().var(str)
            connection.cursor().callproc("PROC_TEST", ["x", output])
            assert output.getvalue() == "Procesado: x"
            process.send_signal(number)
            assert process.wait(60) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_options() -> None:
    options = ("--user", "me", "--password", "secret", "--service", "svc",
               "--procedures", "tests.embedded.sample_procedures")  # fmt: skip
    with _running(*options) as (_, dsn):
        assert dsn.endswith("/svc")
        with oracledb.connect(user="me", password="secret", dsn=dsn) as connection:
            connection.cursor().callproc("DWH.NOTHING")
            connection.cursor().callproc(
                "PKG_ETL.PROCESO_LARGO", [None, connection.cursor().var(int), 0]
            )


def test_exit_with_parent() -> None:
    with _running("--exit-with-parent") as (process, _):
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(60) == 0


def test_port_that_is_taken() -> None:
    with _running() as (_, dsn):
        port = dsn.split(":")[1].split("/")[0]
        command = [sys.executable, "-m", "oracle_api.embedded", "--port", port]
        finished = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert finished.returncode == 1
        assert "cannot listen" in finished.stderr
