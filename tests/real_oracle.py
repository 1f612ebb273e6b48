"""A real Oracle to test against, where the environment names one."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import oracledb

_SCRIPTS = Path(__file__).parents[1] / "docs" / "sql"
TEST_SCRIPT = _SCRIPTS / "test_procedures.sql"
_VARIABLES = ("ORACLE_TEST_DSN", "ORACLE_TEST_USER", "ORACLE_TEST_PASSWORD")


@dataclass(frozen=True)
class Target:
    """A database, and how to log on to it."""

    dsn: str
    user: str
    password: str

    def connect(self, **options: Any) -> oracledb.Connection:
        """Open a connection."""
        return oracledb.connect(user=self.user, password=self.password, dsn=self.dsn, **options)

    def load_demo_procedures(self) -> None:
        """Run the SQL script of the demo procedures."""
        self._run(_SCRIPTS / "demo_procedures.sql")

    def load_test_procedures(self) -> None:
        """Run the SQL script of what the integration tests call beside them."""
        self._run(TEST_SCRIPT)

    def _run(self, script: Path) -> None:
        """Run a script whose statements end with a line of '/'."""
        with self.connect() as connection, connection.cursor() as cursor:
            for statement in re.split(r"^/\s*$", script.read_text(), flags=re.MULTILINE):
                body = re.sub(r"^--.*\n", "", statement.strip() + "\n", flags=re.MULTILINE)
                if body.strip():
                    cursor.execute(body.strip())
                    assert cursor.warning is None, f"{cursor.warning}: {body[:200]}"


def real_target() -> Target | None:
    """Give the Oracle that ORACLE_TEST_DSN, _USER and _PASSWORD name, None without them."""
    values = [os.environ.get(name) for name in _VARIABLES]
    return Target(*map(str, values)) if all(values) else None
