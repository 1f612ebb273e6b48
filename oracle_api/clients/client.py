"""Who calls: a client and what it may do."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from oracle_api.allowlist import Network
from oracle_api.oracle.permits import ALL_ALLOWED, ProcedureRules


class Scope(StrEnum):
    """What a token may be used for."""

    #: Calls that are answered at once.
    CALL = "call"
    #: Jobs.
    SUBMIT = "submit"
    #: Looking at the client's own jobs, their rows and LOBs.
    JOBS_READ = "jobs:read"
    #: Seeing everybody's jobs; where other scopes are held too, also cancelling or deleting them.
    JOBS_READ_ALL = "jobs:read:all"
    #: Cancelling jobs that the client sees.
    JOBS_CANCEL = "jobs:cancel"
    #: Deleting jobs that the client sees.
    JOBS_DELETE = "jobs:delete"
    #: Figures about the service.
    METRICS = "metrics"


@dataclass(frozen=True, slots=True)
class Client:
    """Somebody who calls, known by a token. What is not said is not limited.

    Args:
        name: in logs, and on the client's jobs.
        scopes: what it may do.
        rules: which procedures it may call.
        networks: where it may call from; empty is anywhere.
        expires: from when on its token is not valid any more; aware.
        max_active_jobs: how many of its jobs may be pending and running at once.
    """

    name: str
    scopes: frozenset[Scope] = frozenset(Scope)
    rules: ProcedureRules = ALL_ALLOWED
    networks: tuple[Network, ...] = ()
    expires: datetime | None = None
    max_active_jobs: int | None = None

    def may(self, scope: Scope) -> bool:
        """Say whether a scope is held; to see all jobs is to see one's own as well."""
        return scope in self.scopes or (
            scope is Scope.JOBS_READ and Scope.JOBS_READ_ALL in self.scopes
        )

    @property
    def sees_only(self) -> str | None:
        """Whose jobs there are for this client: those of this name, or None for everybody's."""
        return None if Scope.JOBS_READ_ALL in self.scopes else self.name

    def is_expired(self, now: datetime) -> bool:
        """Say whether its token is not valid any more at an aware moment."""
        return self.expires is not None and self.expires <= now


#: The holder of API_TOKEN.
DEFAULT = Client("default")

#: Everybody, where API_NO_AUTH opens the service.
ANONYMOUS = Client("anonymous")
