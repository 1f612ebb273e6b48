"""Lines of the log: plain or JSON, each with the ids of what it is about."""

import json
import logging
import logging.config
import os
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle_api.context import WorkContext, begin_work, current_work, end_work, working_for
from oracle_api.logs import LineFile, LogFormat, PlainFormatter, logging_config, plain_line

log = logging.getLogger("oracle_api.test_logs")
REQUEST = WorkContext("r-1")
JOB = WorkContext("r-1", "j-1", "t-1")


@pytest.fixture
def lines(tmp_path: Path) -> Iterator[Callable[[LogFormat], Callable[[], list[str]]]]:
    """Give the lines that are logged in a format, as they are written."""
    handlers: list[logging.Handler] = []
    end_work()

    def begin(log_format: LogFormat) -> Callable[[], list[str]]:
        config = logging_config("INFO", log_format)
        path = tmp_path / "log"
        file = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY)
        files.callback(os.close, file)
        config["handlers"]["stderr"]["file"] = LineFile(file)
        # The handler alone: the root logger is pytest's.
        parts = ("version", "disable_existing_loggers", "filters", "formatters", "handlers")
        only = {name: config[name] for name in parts}
        logging.config.dictConfig(
            {**only, "loggers": {log.name: {"level": "INFO", "handlers": ["stderr"]}}}
        )
        handlers.extend(log.handlers)
        return lambda: path.read_text().splitlines()

    with ExitStack() as files:
        yield begin
    for handler in handlers:
        log.removeHandler(handler)
    end_work()


Begin = Callable[[LogFormat], Callable[[], list[str]]]


def test_a_plain_line_outside_of_work_is_as_it_always_was(lines: Begin) -> None:
    written = lines("plain")
    log.info("A message with %s.", "an argument")
    [line] = written()
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} INFO \[\d+\] oracle_api\.test_logs: "
        r"A message with an argument\.",
        line,
    )


def test_a_plain_line_says_what_it_is_about_and_not_twice(lines: Begin) -> None:
    written = lines("plain")
    with working_for(JOB):
        log.info("Something.")
        log.info("job=%s is something", JOB.job_id)
    assert [line.partition("test_logs: ")[2] for line in written()] == [
        "Something. request=r-1 job=j-1 trace=t-1",
        "job=j-1 is something request=r-1 trace=t-1",
    ]


def test_the_ids_stand_before_a_traceback(lines: Begin) -> None:
    written = lines("plain")
    begin_work(REQUEST)
    try:
        raise ZeroDivisionError
    except ZeroDivisionError:
        log.exception("Failed.")
    assert written()[0].endswith("Failed. request=r-1")
    assert written()[-1] == "ZeroDivisionError"


def test_each_json_line_is_one_object(lines: Begin) -> None:
    written = lines("json")
    with working_for(JOB):
        log.warning("Two\nlines with %r", '"quotes"', extra={"status": 200})
        try:
            raise ZeroDivisionError
        except ZeroDivisionError:
            log.exception("Failed.")
    log.info("Alone.")
    first, second, third = (json.loads(line) for line in written())
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+\+00:00", first.pop("time"))
    assert isinstance(first.pop("pid"), int)
    assert first == {
        "level": "WARNING",
        "logger": "oracle_api.test_logs",
        "message": "Two\nlines with '\"quotes\"'",
        "status": 200,
        "request_id": "r-1",
        "job_id": "j-1",
        "trace_id": "t-1",
    }
    assert "ZeroDivisionError" in second["exc_info"]
    assert not {"request_id", "job_id", "trace_id"} & set(third)


def test_gunicorns_lines_are_json_too() -> None:
    assert logging_config("INFO", "json")["loggers"]["gunicorn.error"]["handlers"] == ["stderr"]
    assert "gunicorn.error" not in logging_config("INFO", "plain")["loggers"]


def test_threads_do_not_mix_what_they_work_for() -> None:
    end_work()

    def work(number: int) -> Any:
        with working_for(WorkContext(f"r-{number}")):
            return current_work().request_id

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(work, range(100))) == [f"r-{number}" for number in range(100)]
    assert current_work() == WorkContext()


def test_work_within_work_ends_where_it_began() -> None:
    with working_for(REQUEST):
        with working_for(JOB):
            assert current_work() is JOB
        assert current_work() is REQUEST


# ---- lines that are written by many


def test_no_line_is_lost_or_cut_however_many_write(tmp_path: Path) -> None:
    path = tmp_path / "log"
    file = os.open(path, os.O_CREAT | os.O_WRONLY)
    lines = LineFile(file)
    texts = [[f"{thread}-{number} " + "x" * number for number in range(300)] for thread in range(8)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda mine: list(map(lines.write, mine)), texts))
    os.close(file)
    written = path.read_text().splitlines()
    assert sorted(written) == sorted(text for mine in texts for text in mine)
    for number, mine in enumerate(texts):
        assert [line for line in written if line.startswith(f"{number}-")] == mine


def test_a_line_that_cannot_be_written_is_no_trouble(tmp_path: Path) -> None:
    file = os.open(tmp_path / "log", os.O_CREAT | os.O_WRONLY)
    os.close(file)
    LineFile(file).write("lost")


@given(
    st.floats(0, 4e9).map(lambda moment: round(moment, 6)),
    st.text(st.characters(exclude_categories=["C"])),
)
def test_a_line_without_a_record_is_what_the_formatter_makes_of_one(
    moment: float, message: str
) -> None:
    record = logging.LogRecord("a.logger", logging.INFO, "", 0, "%s", (message,), None)
    record.created, record.msecs = moment, (moment - int(moment)) * 1000
    formatter = PlainFormatter("%(asctime)s %(levelname)s [%(process)d] %(name)s: %(message)s")
    assert plain_line(moment, "INFO", "a.logger", message) == formatter.format(record)
