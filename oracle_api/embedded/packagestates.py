"""The state that packages have in a session, and its loss when they are compiled anew."""

from __future__ import annotations

from oracle_api.embedded.errors import OracleError
from oracle_api.embedded.procedures import Namespace
from oracle_api.embedded.signatures import Subprogram


class PackageStates:
    """The packages that hold state in one session.

    Args:
        namespace: where they are.
    """

    def __init__(self, namespace: Namespace) -> None:
        self._namespace = namespace
        self._versions: dict[str, int] = {}

    def enter(self, subprogram: Subprogram) -> None:
        """Set up the state of a package that is called.

        Raises:
            OracleError: ORA-04068, once after the package was compiled anew.
        """
        stored = self._namespace.stored(subprogram)
        if stored is None or not stored.has_state:
            return
        unit = subprogram.unit
        if self._versions.setdefault(unit, stored.version) != stored.version:
            del self._versions[unit]
            raise OracleError(
                4068,
                "existing state of packages has been discarded\n"
                f'ORA-04061: existing state of package "{unit}" has been invalidated\n'
                f'ORA-04065: not executed, altered or dropped package "{unit}"\n'
                f'ORA-06508: PL/SQL: could not find program unit being called: "{unit}"',
            )
