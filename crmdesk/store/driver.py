"""What the driver (sqlcipher3, which has no types of its own) offers to whoever writes statements: the part of DB-API 2
and of Python's `sqlite3` that is used here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:  # the first rows of a start are read without SQLAlchemy
    import sqlalchemy as sa


class Rows(Protocol):
    """A cursor: what a statement found, or what it did."""

    @property
    def description(self) -> Any:
        """A tuple for each column, its name first; None where nothing was asked for."""

    @property
    def rowcount(self) -> int: ...

    @property
    def lastrowid(self) -> Any:
        """An int after an INSERT, else None."""

    def fetchone(self) -> Any:
        """A tuple, or None behind the last row."""

    def fetchall(self) -> list[Any]: ...

    def __iter__(self) -> Iterator[Any]: ...

    def close(self) -> None: ...


class Driver(Protocol):
    """A connection. Raises the driver's own errors: `connect.why_unreadable` has the words."""

    @property
    def in_transaction(self) -> bool: ...

    def execute(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = (), /) -> Rows: ...

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any] | Mapping[str, Any]], /) -> Rows: ...

    def create_function(self, name: str, narg: int, func: Callable[..., Any] | None, /) -> None: ...

    @property
    def total_changes(self) -> int: ...

    def backup(self, target: Driver, /, **how: Any) -> None:
        """Into the other connection's file; `how`: `pages` at a time, and `progress`, as in `sqlite3`."""

    def rollback(self) -> None: ...

    def interrupt(self) -> None: ...

    def close(self) -> None: ...


def driver_of(connection: sa.Connection) -> Driver:
    """The driver's own connection, for statements where SQLAlchemy's share of the time matters."""
    return cast(Driver, connection.connection.driver_connection)
