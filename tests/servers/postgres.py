"""A real PostgreSQL, from Debian's package."""

import fcntl
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import psycopg

from tests.integration.service import free_port

from .programs import program
from .server import Server, as_user

# PostgreSQL refuses to run as root; Debian's package has this user for it.
_USER = "postgres"
_NAME = "oracle_api"

#: For tests of what is stored, where a power cut is of no interest.
_HASTE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def _template(folder: Path) -> Path:
    """Give a new server's data; made once in a folder, whoever asks first."""
    made = folder / "postgres-template"
    with (folder / "postgres-template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            with tempfile.TemporaryDirectory(prefix="oracle_api-initdb-") as home:
                _give_away(Path(home))
                data = Path(home) / "data"
                init = [program("initdb"), "--no-sync", "--auth=trust", f"--username={_NAME}"]
                init += ["--encoding=UTF8", "--locale=C", f"--pgdata={data}"]
                subprocess.run(
                    [*as_user(_USER), *init],
                    cwd="/",
                    check=True,
                    stdout=subprocess.DEVNULL,
                )
                shutil.copytree(data, made)
    return made


def _give_away(folder: Path) -> None:
    if os.geteuid() == 0:
        for path in (folder, *folder.rglob("*")):
            shutil.chown(path, _USER, _USER)


class Postgres(Server):
    """A PostgreSQL that any user of its host may use without a password.

    Args:
        folder: for its log; made if need be.
        template_folder: where what each new server starts from is kept; one for a whole run.
        host: the address that it listens on.
        port: likewise; None takes a free one.
        within: a command that runs the server's, e.g. ``ip netns exec name``.
        durable: whether what is committed outlives a power cut, at its cost.
        settings: of ``postgresql.conf``.
    """

    # "Fast shutdown": it ends sessions rather than wait for them.
    STOP = signal.SIGINT
    USER = _USER

    def __init__(
        self,
        folder: Path,
        *,
        template_folder: Path,
        host: str = "127.0.0.1",
        port: int | None = None,
        within: Sequence[str] = (),
        durable: bool = False,
        **settings: str,
    ) -> None:
        super().__init__(folder, host, port or free_port(), within)
        self._template_folder = template_folder
        # Its user may not look into the folders of a test of root's.
        self._home = Path(tempfile.mkdtemp(prefix="oracle_api-postgres-"))
        self._data = self._home / "data"
        self._settings = {
            "listen_addresses": self.host,
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "200",
            "shared_buffers": "16MB",
            **({} if durable else _HASTE),
            **settings,
        }
        self._numbers = itertools.count(1)
        self.forget()

    @property
    def url(self) -> str:
        """Give the URL of its first database, for SQLAlchemy."""
        return self.url_of("postgres")

    def url_of(self, database: str) -> str:
        """Give the URL of a database, for SQLAlchemy."""
        return f"postgresql+psycopg://{_NAME}@{self.host}:{self.port}/{database}"

    def new_database(self) -> str:
        """Make an empty database, and give its URL."""
        name = f"test_{os.getpid()}_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name}")
        return self.url_of(name)

    def drop_database(self, url: str) -> None:
        """Remove a database, whoever still uses it."""
        self.execute(f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)")

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Run a statement in a transaction of its own, and give its rows."""
        with self._connect(database) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def forget(self) -> None:
        """Remove all of its data; it must not run."""
        shutil.rmtree(self._data, ignore_errors=True)
        shutil.copytree(_template(self._template_folder), self._data)
        lines = [f"{name} = '{value}'\n" for name, value in self._settings.items()]
        with (self._data / "postgresql.auto.conf").open("a") as file:
            file.writelines(lines)
        with (self._data / "pg_hba.conf").open("a") as file:
            # It listens on loopback, or in a network of the test's own.
            file.write("host all all all trust\n")
        _give_away(self._home)

    def close(self) -> None:
        """Make sure that nothing of it is left."""
        super().close()
        shutil.rmtree(self._home, ignore_errors=True)

    def _command(self) -> Sequence[str]:
        return [program("postgres"), "-D", str(self._data)]

    def _answers(self) -> bool:
        try:
            self._connect("postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    def _connect(self, database: str) -> "psycopg.Connection[tuple[object, ...]]":
        return psycopg.connect(
            host=self.host,
            port=self.port,
            user=_NAME,
            dbname=database,
            autocommit=True,
            connect_timeout=5,
        )
