"""Limits of requests that no setting changes: views keep them, the API document shows them."""

#: Longest ``?wait=`` of a job, in seconds.
MAX_WAIT_SECONDS = 60

#: Jobs on one page of the list: by default, and at most.
DEFAULT_JOBS = 100
MAX_JOBS = 1000

#: Hours of the figures about jobs: by default.
DEFAULT_HOURS = 24

#: Rows of a REF CURSOR on one page: by default, and at most.
DEFAULT_ROWS = 1000
MAX_ROWS = 10_000

#: Greatest ``older_than``, in days.
MAX_DAYS = 36_500

#: Characters of an ``Idempotency-Key``.
MAX_KEY = 255

#: Procedures in one list.
MAX_LISTED = 1000
