"""A whole cluster on one machine: each part on a host of its own, with links that can be cut."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.integration.service import Program, Service, eventually
from tests.servers.postgres import Postgres
from tests.servers.server import Server

from .network import Host, Network

ORACLE = "oracle"
BROKER = "broker"
POSTGRES = "postgres"
APIS = ("api1", "api2")
WORKERS = ("worker1", "worker2")

#: All hosts but the test's own.
HOSTS = (ORACLE, BROKER, POSTGRES, *APIS, *WORKERS)

#: The links over which a cluster works.
LINKS = tuple(
    (program, server) for program in (*APIS, *WORKERS) for server in (POSTGRES, BROKER, ORACLE)
)

#: Long enough for a living process on a busy machine, short enough to be outwaited.
LEASE_SECONDS = 5

_ORACLE_PORT = 1521
_TAKES_JOBS = "A worker for "
_LISTENS = "listening"


class OracleHost(Program):
    """The embedded database in a process of its own.

    Args:
        host: where it runs.
        folder: for its log.
    """

    def __init__(self, host: Host, folder: Path) -> None:
        super().__init__(
            ["-m", "tests.cluster.oracle_host", host.address, str(_ORACLE_PORT)],
            {"PATH": os.environ["PATH"]},
            folder / f"{host.name}.log",
            host.within,
        )
        self.environ_of_clients = {
            "ORACLE_DSN": f"{host.address}:{_ORACLE_PORT}/FREEPDB1",
            "ORACLE_USER": "dwh",
            "ORACLE_PASSWORD": "dwh",
        }

    def start(self) -> "OracleHost":
        """Start it and wait until it listens."""
        _spawn_until_it_says(self, _LISTENS)
        return self


class Worker(Program):
    """``python -m oracle_api worker``.

    Args:
        host: where it runs.
        folder: for its log.
        environ: its settings.
    """

    def __init__(self, host: Host, folder: Path, environ: Mapping[str, str]) -> None:
        super().__init__(
            ["-m", "oracle_api", "worker"],
            {"PATH": os.environ["PATH"], "ENV_FILE": "/dev/null", **environ},
            folder / f"{host.name}.log",
            host.within,
        )
        self.host = host

    def start(self) -> "Worker":
        """Start it and wait until it can take jobs."""
        _spawn_until_it_says(self, _TAKES_JOBS)
        return self

    def began(self, job_id: str) -> bool:
        """Tell whether it began to run a job, by its log."""
        return f"job={job_id} procedure=" in self.log()


def _spawn_until_it_says(program: Program, words: str) -> None:
    before = program.log().count(words)
    program.spawn()

    def said() -> bool:
        assert program.is_running, program.log()
        return program.log().count(words) > before

    eventually(said)


class Cluster:
    """Two API hosts and two workers between a broker, a job store and a database.

    Args:
        folder: for logs.
        network: with the hosts.
        broker: on its host.
        postgres: likewise.
        environ: settings of API hosts and workers beside the defaults of these tests.
    """

    def __init__(
        self,
        folder: Path,
        network: Network,
        broker: Server,
        postgres: Postgres,
        **environ: str,
    ) -> None:
        hosts = network.hosts
        self.network = network
        self.broker = broker
        self.postgres = postgres
        self.oracle = OracleHost(hosts[ORACLE], folder)
        self.audit_logs = {name: folder / f"{name}.audit" for name in (*APIS, *WORKERS)}
        self.environ = {
            "JOB_ENGINE": "celery",
            "CELERY_BROKER_URL": broker.url,
            "JOBS_DATABASE_URL": postgres.url,
            "JOB_LEASE_SECONDS": str(LEASE_SECONDS),
            "JOB_RESEND_SECONDS": "2",
            "SHUTDOWN_GRACE_SECONDS": "0.3",
            "ORACLE_CONNECT_SECONDS": "1",
            **self.oracle.environ_of_clients,
            **environ,
        }
        self.apis = [self._make_api(hosts[name], folder) for name in APIS]
        self.workers = [
            Worker(hosts[name], folder, {**self.environ, "AUDIT_LOG": str(self.audit_logs[name])})
            for name in WORKERS
        ]

    def _make_api(self, host: Host, folder: Path) -> Service:
        return Service(
            folder,
            {
                **self.environ,
                "AUDIT_LOG": str(self.audit_logs[host.name]),
                "WEB_CONCURRENCY": "2",
                "LOG_LEVEL": "WARNING",
            },
            address=host.address,
            within=host.within,
            name=host.name,
        )

    def start(self) -> "Cluster":
        """Start all of it."""
        for server in (self.postgres, self.broker):
            server.spawn()
        self.oracle.start()
        for server in (self.postgres, self.broker):
            server.wait_serving()
        self.heal()
        return self

    def heal(self) -> None:
        """Mend every link, and start what does not run: as an operator and a process manager do."""
        self.network.mend_all()
        for server in (self.postgres, self.broker):
            server.resume()
            if not server.is_running:
                server.start()
        for program in (self.oracle, *self.apis, *self.workers):
            if program.is_running:
                program.resume()
            else:
                program.start()

    @contextmanager
    def lease(self, seconds: float) -> Iterator[None]:
        """Have API hosts and workers run with another lease during a block."""
        self._restart_with_lease(seconds)
        try:
            yield
        finally:
            self._restart_with_lease(LEASE_SECONDS)

    def _restart_with_lease(self, seconds: float) -> None:
        for program in (*self.apis, *self.workers):
            program.stop()
            program.environ["JOB_LEASE_SECONDS"] = f"{seconds:g}"
        self.heal()

    def close(self) -> None:
        """Make sure that nothing of it is left."""
        for program in (*self.apis, *self.workers, self.oracle):
            program.close()
        self.broker.close()
        self.postgres.close()

    def count_jobs(self, status: str) -> int:
        """Count the jobs in a state, in the store itself."""
        [[count]] = self.postgres.execute(f"SELECT count(*) FROM jobs WHERE status = '{status}'")
        assert isinstance(count, int)
        return count

    def audited_ends(self, job_id: str) -> list[str]:
        """Give the hosts that have written down that they ended a job."""
        return [
            name
            for name, path in self.audit_logs.items()
            for line in (path.read_text().splitlines() if path.exists() else ())
            if job_id in line and '"job_end"' in line
        ]
