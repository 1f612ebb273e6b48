"""The schema brings itself up to date, and an older version goes on beside a newer one."""

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from oracle_api.exceptions import SettingsError
from oracle_api.jobs.database import JobDatabase
from oracle_api.jobs.job import Job
from oracle_api.jobs.schema import MIGRATIONS, REVISIONS
from oracle_api.jobs.store import JobStore
from oracle_api.jobs.tables import metadata

from .conftest import only_sqlite


def change(url: str, *statements: str) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def revision(url: str) -> str:
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one()
    engine.dispose()
    return str(found)


def test_the_revisions_are_those_of_alembic() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    scripts = ScriptDirectory.from_config(config).walk_revisions()
    assert tuple(script.revision for script in scripts) == REVISIONS[::-1]


# That index is Oracle's alone.
@pytest.mark.filterwarnings("ignore:autogenerate skipping .*jobs_by_key")
@pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)
def test_revisions_and_tables_agree(database: JobDatabase, url: str) -> None:
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        options = {"include_object": lambda _object, name, *_: name != "jobs_by_key"}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_a_store_without_revisions_is_taken_over_with_its_jobs(
    url: str, database: JobDatabase, add: Callable[..., Job]
) -> None:
    job = add()
    change(
        url,
        "DROP TABLE alembic_version",
        "DROP TABLE store_lock",
        "ALTER TABLE jobs DROP COLUMN sent_time",
    )
    again = JobDatabase(url)
    assert revision(url) == REVISIONS[-1]
    assert JobStore(again).get(job.id).id == job.id
    again.close()


def test_a_store_of_a_newer_version_is_used(
    url: str, database: JobDatabase, add: Callable[..., Job], caplog: pytest.LogCaptureFixture
) -> None:
    job = add()
    change(
        url,
        "ALTER TABLE jobs ADD of_tomorrow INTEGER",
        "UPDATE alembic_version SET version_num = 'later'",
    )
    # One that was open before goes on too.
    newer = add()
    again = JobDatabase(url)
    assert {JobStore(again).get(one.id).id for one in (job, newer)} == {job.id, newer.id}
    assert "newer version (revision later)" in caplog.text
    again.close()


def test_a_newer_store_without_what_is_needed_is_refused(url: str) -> None:
    JobDatabase(url).close()
    change(
        url,
        "ALTER TABLE jobs DROP COLUMN sent_time",
        "UPDATE alembic_version SET version_num = 'later'",
    )
    with pytest.raises(SettingsError, match=r"jobs has no sent_time"):
        JobDatabase(url)


def test_many_open_a_new_store_at_once(url: str) -> None:
    with ThreadPoolExecutor(4) as threads:
        opened = list(threads.map(lambda _: JobDatabase(url), range(4)))
    for database in opened:
        JobStore(database).ping()
        database.close()
    assert revision(url) == REVISIONS[-1]


@only_sqlite
def test_a_store_that_is_up_to_date_is_opened_without_alembic(url: str) -> None:
    JobDatabase(url).close()
    text = (
        "import sys; from oracle_api.jobs.database import JobDatabase; "
        "JobDatabase(sys.argv[1]).close(); sys.exit('alembic' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", text, url], check=True)
