"""The states of a job and the moves between them."""

import pytest

from oracle_api.jobs.job import ACTIVE, FINAL, JobStatus, Outcome, interrupted


def test_every_state_is_either_active_or_final() -> None:
    assert set(ACTIVE) | set(FINAL) == set(JobStatus)
    assert set(ACTIVE) == {JobStatus.PENDING, JobStatus.RUNNING}


@pytest.mark.parametrize("status", [JobStatus.PENDING, JobStatus.RUNNING])
def test_no_outcome_leaves_a_job_active(status: JobStatus) -> None:
    with pytest.raises(ValueError, match="cannot become"):
        Outcome(status)


def test_an_interrupted_job_has_failed_and_says_so() -> None:
    outcome = interrupted("why")
    assert (outcome.status, outcome.error, outcome.error_code) == ("failed", "why", "interrupted")
