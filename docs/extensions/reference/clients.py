"""The file of clients, and what its scopes open."""

from oracle_api.clients.client import Scope
from oracle_api.clients.tokenfile import Entry
from reference.docstrings import members_of
from reference.document import link, operations
from reference.markdown import table


def client_members() -> str:
    """Describe the members of a client's table."""
    said = members_of(Entry)
    return table(("member", ""), [(f"`{one}`", said[one]) for one in Entry.__struct_fields__])


def scopes() -> str:
    """Say which routes each scope opens."""
    return table(("scope", "opens"), [(f"`{scope}`", _opened_by(scope)) for scope in Scope])


def _opened_by(scope: Scope) -> str:
    # To see all jobs is to see one's own as well.
    held = (scope, Scope.JOBS_READ) if scope is Scope.JOBS_READ_ALL else (scope,)
    return ", ".join(
        link(*one)
        for one in operations()
        if any(name in held for way in one[2]["security"] for name in way["token"])
    )
