"""Names of files that clients save answers to."""

from oracle_api.jobs.job import Job


def attachment(job: Job, label: str, ending: str) -> str:
    """Make a ``Content-Disposition`` that says what is in the file (RFC 6266).

    Args:
        job: whose result it is.
        label: the parameter's name.
        ending: of the file's name, without the dot.
    """
    name = "_".join((job.procedure_name, label, job.id[:8]))
    safe = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in name)
    return f'attachment; filename="{safe}.{ending}"'
