"""The data file as the program uses it: one thread that writes, two that read."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, TypeVar, get_args

import sqlalchemy as sa
from sqlcipher3 import dbapi2 as driver

from crmdesk.core.changes import ChangeFeed
from crmdesk.core.errors import StorageError
from crmdesk.core.seams import Clock, gate
from crmdesk.store import purge
from crmdesk.store.commits import CommitLog, Touched
from crmdesk.store.connect import connect, make_durable, reraise, why_unreadable
from crmdesk.store.driver import Driver, driver_of
from crmdesk.store.endings import WORDS_OF_CODES
from crmdesk.store.lanes import Job, Lane, Read
from crmdesk.store.opening import MIGRATIONS, Tell, copy_to, prepare, wrapped

__all__ = ["Connection", "Database", "Touched", "driver_of"]

Connection = sa.Connection  # for whoever may name one but knows no SQL

T = TypeVar("T")
LaneName = Literal["search", "rows"]
_WRITER_CACHE_KB = 8192
_READER_CACHE_KB = 3072
_CHECKS = ("cipher_integrity_check", "quick_check", "foreign_key_check")


class Database:
    """Reads and writes, from any asyncio loop or thread.

    A read sees one snapshot of the file; when its caller is cancelled it is interrupted. A write is one transaction;
    after its commit the feed says what it touched. Errors are StorageError, or whatever the function raises."""

    def __init__(self, path: Path, key: bytes, feed: ChangeFeed, clock: Clock) -> None:
        """Use `open`."""
        self.path = path
        self.feed = feed
        self.clock = clock
        self._key = key
        self._connections: list[sa.Connection] = []
        with contextlib.ExitStack() as failed:  # what is open by then is closed again
            failed.callback(self._disconnect)
            writer = self._connect(_WRITER_CACHE_KB)
            make_durable(driver_of(writer))
            _try_writing(driver_of(writer))
            due = purge.is_due(driver_of(writer))
            self.log = CommitLog(commit_number(driver_of(writer)))
            self._writer = Lane("writer", lambda fn, origin: self._write(writer, fn, origin))
            failed.callback(self._writer.close, drain=True)
            self._purge = purge.Purge(lambda step: self._writer.submit(step, idle=True))
            self._lanes: dict[LaneName, Lane] = {}
            for name in get_args(LaneName):
                self._lanes[name] = self._reader(name)
                failed.callback(self._lanes[name].close, drain=False)
            failed.pop_all()
        if due:
            self._purge.start()

    @classmethod
    def open(cls, path: Path, key: bytes, feed: ChangeFeed, clock: Clock, *, migrations: Path = MIGRATIONS) -> Database:
        """Creates, upgrades or opens the file; blocking, for a worker thread. `key` is 32 bytes.

        SecretsError: the key does not fit. StorageError: damaged, foreign, newer, read-only or locked; such a file is
        never changed."""
        prepare(path, key, migrations)
        try:
            return cls(path, key, feed, clock)
        except (driver.Error, sa.exc.DBAPIError) as error:
            raise why_unreadable(path, key, getattr(error, "orig", None) or error) from error

    async def read(self, fn: Callable[[sa.Connection], T], *, lane: LaneName = "rows", idle: bool = False) -> T:
        """Runs `fn` in a reader thread. `idle`: only while nothing else waits in that lane; `fn` is interrupted for
        what comes and run again from its beginning."""
        return await Read(self._lanes[lane], self._submit(self._lanes[lane], fn, idle=idle)).result()

    def begin_read(self, fn: Callable[[sa.Connection], T], *, lane: LaneName = "rows") -> Read[T]:
        """As `read`, begun at once, for a caller who can spare a part of a frame before it awaits."""
        return Read(self._lanes[lane], self._submit(self._lanes[lane], fn))

    def when_idle(self, fn: Callable[[sa.Connection], object], *, lane: LaneName = "rows") -> None:
        """`read(…, idle=True)` that nobody waits for."""
        self._submit(self._lanes[lane], fn, idle=True)

    def read_sync(self, fn: Callable[[sa.Connection], T], *, lane: LaneName = "rows") -> T:
        return self._submit(self._lanes[lane], fn).future.result()

    async def write(self, fn: Callable[[sa.Connection, Touched], T], *, origin: object = None) -> T:
        """Runs `fn` in the writer thread inside BEGIN IMMEDIATE … COMMIT, in the order of the calls. Cancelling the
        caller takes back a write that has not begun; one that has begun is completed."""
        return await Read(self._writer, self._submit(self._writer, fn, origin=origin)).result()

    def write_sync(self, fn: Callable[[sa.Connection, Touched], T], *, origin: object = None) -> T:
        return self._submit(self._writer, fn, origin=origin).future.result()

    def close(self) -> None:
        """Finishes the waiting writes, drops the waiting reads, closes the file. Safe to call twice."""
        for lane in self._lanes.values():
            lane.close(drain=False)
        self._writer.close(drain=True)
        self._disconnect()

    def _disconnect(self) -> None:
        for connection in self._connections:
            connection.close()  # the last one, in WAL mode, moves the log into the file
        self._connections.clear()

    async def aclose(self) -> None:
        await asyncio.to_thread(self.close)

    def backup(self, path: Path, *, key: bytes | None = None, tell: Tell | None = None) -> None:
        """A consistent copy, under the same key or another, while everything goes on; blocking. It is one snapshot:
        what is written meanwhile is not in it, and does not make it begin again. `tell` hears how far it is and may
        raise, which ends it; then there is no copy."""
        with self._own_connection() as source:
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM meta").fetchone()
            copy_to(source, path, key or self._key, tell)

    def check(self) -> list[str]:
        """Reads the whole file; what is wrong with it, in SQLite's words (empty: sound). Seconds for a large file.

        The cipher's check reads the file beside SQLite's locks: a page that the write-ahead log is being moved into at
        that moment looks damaged. Only what is found twice is told."""
        with self._own_connection() as connection:
            return [text for pragma in _CHECKS for text in _lasting(connection, pragma)]

    # ── connections ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _connect(self, cache_kb: int) -> sa.Connection:
        opened = wrapped(connect(self.path, self._key, cache_kb=cache_kb))
        self._connections.append(opened)
        return opened

    def _reader(self, name: LaneName) -> Lane:
        connection = self._connect(_READER_CACHE_KB)
        native = driver_of(connection)
        native.execute(WORDS_OF_CODES)
        native.execute("PRAGMA query_only = ON")
        return Lane(name, lambda fn, _origin: self._read(connection, fn), interrupt=native.interrupt)

    @contextlib.contextmanager
    def _own_connection(self) -> Iterator[Driver]:
        """A further connection for one long operation, so that no lane waits for it."""
        connection = connect(self.path, self._key)
        try:
            yield connection
        except driver.Error as error:
            reraise(error, self.path)
        finally:
            connection.close()

    # ── jobs ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _submit(self, lane: Lane, fn: Callable[..., T], *, origin: object = None, idle: bool = False) -> Job[T]:
        try:
            return lane.submit(fn, origin=origin, idle=idle)
        except RuntimeError as error:
            raise StorageError("The data file is closed.", "Start crmdesk again.") from error

    def _read(self, connection: sa.Connection, fn: Callable[[sa.Connection], T]) -> T:
        native = driver_of(connection)
        try:
            native.execute("BEGIN")
            return fn(connection)
        except (driver.Error, sa.exc.DBAPIError) as error:
            reraise(error, self.path)
        finally:
            connection.rollback()
            native.rollback()

    def _write(self, connection: sa.Connection, fn: Callable[[sa.Connection, Touched], T], origin: object) -> T:
        native = driver_of(connection)
        touched = Touched()
        try:
            native.execute("BEGIN IMMEDIATE")
            result = fn(connection, touched)
            native.execute("UPDATE meta SET value=? WHERE name='commit'", (str(self.log.note(touched)),))
            if touched.erased:
                purge.note_due(native)
            gate("write: before commit")
            native.execute("COMMIT")
        except (driver.Error, sa.exc.DBAPIError) as error:
            reraise(error, self.path)
        finally:
            _end(connection)
        gate("write: after commit")
        if touched.erased:
            self._purge.start()
        if touched.purged:
            purge.truncate_log(native)
        self.feed.emit(touched.changes(origin))
        return result


def _lasting(connection: Driver, pragma: str) -> list[str]:
    found = _complaints(connection, pragma)
    again = _complaints(connection, pragma) if found else []
    return [text for text in found if text in again]


def _complaints(connection: Driver, pragma: str) -> list[str]:
    """What a checking pragma finds; a page too damaged to go on from is a finding too."""
    try:
        return [str(row[0]) for row in connection.execute(f"PRAGMA {pragma}").fetchall() if row[0] != "ok"]
    except driver.DatabaseError as error:
        return [str(error)]


def _end(connection: sa.Connection) -> None:
    """Leaves no transaction open, neither SQLAlchemy's idea of one nor SQLite's."""
    connection.rollback()
    native = driver_of(connection)
    if native.in_transaction:
        native.rollback()


def _try_writing(native: Driver) -> None:
    """Finds out at the start, and not at the first save, that the file is read-only or locked."""
    native.execute("BEGIN IMMEDIATE")  # succeeds on a file without write permission too: only a write tells
    try:
        native.execute("UPDATE meta SET value=value WHERE name='commit'")
    finally:
        native.execute("ROLLBACK")


def commit_number(native: Driver) -> int:
    """Number of the newest commit in the connection's snapshot."""
    return int(native.execute("SELECT value FROM meta WHERE name='commit'").fetchone()[0])
