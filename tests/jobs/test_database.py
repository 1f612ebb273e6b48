"""The job store's database."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from oracle_api.exceptions import SettingsError
from oracle_api.jobs.database import JobDatabase


def test_a_store_of_an_older_version_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/jobs.db"
    JobDatabase(url).close()
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE jobs DROP COLUMN traceparent")
    with pytest.raises(SettingsError, match=r"cannot be used \(jobs has no traceparent\)"):
        JobDatabase(url)
    with engine.begin() as connection:
        names = {column["name"] for column in sa.inspect(connection).get_columns("jobs")}
    engine.dispose()
    assert "traceparent" not in names
