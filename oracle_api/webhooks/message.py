"""What a callback says: the event of a job's end."""

from typing import Any

from oracle_api.documents import encode, job_document, timestamp
from oracle_api.jobs.job import Job


def message_id(job: Job) -> str:
    """Give the event's id, the same in every attempt: a job ends only once."""
    return f"msg_{job.id}"


def message_body(job: Job) -> bytes:
    """Write the event: its type, when the job ended, and the job as ``GET /jobs`` lists it.

    Args:
        job: a final one, as it is read for lists: without parameters and a large result.
    """
    event: dict[str, Any] = {
        "type": f"job.{job.status}",
        "timestamp": timestamp(job.end_time or job.start_time),
        "data": job_document(job, show_params=False),
    }
    return encode(event)
