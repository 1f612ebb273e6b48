"""What the views of the data dictionary are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from oracle_api.embedded.definitions import Definitions
from oracle_api.embedded.longops import LongOperations
from oracle_api.embedded.procedures import Namespace


class SessionInfo(Protocol):
    """What V$SESSION shows of a session."""

    sid: int
    serial: int
    user: str
    module: str | None
    action: str | None
    client_identifier: str | None
    client_info: str | None

    @property
    def is_active(self) -> bool:
        """Whether a call is running."""


@dataclass
class DictionarySource:
    """Where the rows of the views come from."""

    namespace: Namespace
    sessions: Callable[[], Iterable[SessionInfo]]
    longops: LongOperations = field(default_factory=LongOperations)
    definitions: Callable[[], Definitions] = Definitions


Row = tuple[Any, ...]


@dataclass(frozen=True)
class View:
    """A view: its columns as in CREATE TABLE, and a function that returns its rows."""

    columns: str
    rows: Callable[[DictionarySource], Iterator[Row]]
    dynamic: bool = False
