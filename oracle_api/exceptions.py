"""What can go wrong, as a caller can act on it. Knows neither HTTP nor the driver.

OracleApiError
├── SettingsError              the environment holds something unusable
├── InvalidRequest             the caller must change the request
├── NotFound
│   ├── JobNotFound
│   └── ProcedureNotFound
├── NotAllowed                 the database or the service forbids it
│   ├── ScopeMissing
│   └── ProcedureNotAllowed
├── Conflict                   the state of things forbids it now
├── IdempotencyMismatch        a key came again with another body
├── ProcedureFailed            the procedure itself raised
├── CallTimedOut               broken off at its deadline
├── CallCancelled              broken off on request
└── Unavailable                try again later
    ├── OutcomeUnknown         the connection was lost while the call ran
    ├── DatabaseUnavailable
    ├── QueueFull
    ├── TooManyJobs            as many of this client's jobs are active as may be
    ├── RateLimited            as many requests came as may come
    └── StoreUnavailable
        └── StoreRefused       not the store's state, what was to be written is at fault
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class FieldError:
    """One fault in a request body.

    Args:
        pointer: where, as a JSON Pointer (RFC 6901).
        detail: what is wrong there, in one sentence.
    """

    pointer: str
    detail: str


class OracleApiError(Exception):
    """Base of every error that the service raises on purpose.

    Args:
        detail: one sentence for the caller; never a secret, never a connect string.
        code: the error's code where there is one, such as ``ORA-20001``.
    """

    def __init__(self, detail: str, code: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code

    def at(self, place: str) -> None:
        """Say in the detail where it happened, such as ``Element 3``."""
        self.detail = f"{place}: {self.detail}"


class SettingsError(OracleApiError):
    """A setting is missing or unusable; the text names the variable."""


class InvalidRequest(OracleApiError):
    """The request cannot be carried out as it stands."""

    def __init__(
        self, detail: str, code: str | None = None, errors: tuple[FieldError, ...] = ()
    ) -> None:
        super().__init__(detail, code)
        self.errors = errors


class NotFound(OracleApiError):
    """There is no such thing."""


class JobNotFound(NotFound):
    """No job has this id."""

    def __init__(self, job_id: str) -> None:
        super().__init__(f"There is no job {job_id}.")


class ProcedureNotFound(NotFound):
    """The database has no such procedure, or does not show it to our user."""


class NotAllowed(OracleApiError):
    """The caller, or the service's database user, may not do this."""


class ScopeMissing(NotAllowed):
    """The client's token does not reach so far.

    Args:
        scopes: any of which would be enough.
    """

    def __init__(self, *scopes: str) -> None:
        names = " or ".join(scopes)
        super().__init__(f"The token lacks the scope {names}.", "insufficient_scope")
        self.scopes = scopes


class ProcedureNotAllowed(NotAllowed):
    """The service's rules or the client's do not let it call this procedure.

    Args:
        name: as the client wrote it.
    """

    def __init__(self, name: str) -> None:
        super().__init__(f"The procedure {name} may not be called.", "procedure-not-allowed")


class Conflict(OracleApiError):
    """The present state of a job or of the data forbids it."""


class IdempotencyMismatch(OracleApiError):
    """An ``Idempotency-Key`` came again with another request."""


class ProcedureFailed(OracleApiError):
    """The procedure raised an error of its own."""


class CallTimedOut(OracleApiError):
    """The call was broken off in the database at its deadline."""


class CallCancelled(OracleApiError):
    """The call was broken off in the database because somebody asked for it."""


class Unavailable(OracleApiError):
    """Something that the request needs cannot take it now.

    Args:
        retry_after: seconds after which another try makes sense.
    """

    def __init__(self, detail: str, code: str | None = None, retry_after: int = 5) -> None:
        super().__init__(detail, code)
        self.retry_after = retry_after


class OutcomeUnknown(Unavailable):
    """The connection was lost while the call ran: it may have taken effect or not."""


class DatabaseUnavailable(Unavailable):
    """No usable connection to the database could be had."""


class StaleTypes(DatabaseUnavailable):
    """A type was compiled anew, and the session knows it as it was; nothing was sent."""


class QueueFull(Unavailable):
    """As many jobs are waiting as may wait."""


class TooManyJobs(Unavailable):
    """The client has as many pending and running jobs as it may have."""


class RateLimited(Unavailable):
    """A client has made as many requests as it may make for now."""


class StoreUnavailable(Unavailable):
    """The job store could not write or read."""


class StoreRefused(StoreUnavailable):
    """The job store refused one write; another try would fare no better."""
