"""Making the data file ready: created, upgraded, or refused with the reason and left as it is."""

from __future__ import annotations

import contextlib
import functools
import os
import threading
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.pool import NullPool
from sqlcipher3 import dbapi2 as driver

from crmdesk import __version__
from crmdesk.core.errors import StorageError
from crmdesk.core.said import said
from crmdesk.core.seams import gate
from crmdesk.net.key_record import sync_folder
from crmdesk.store import schema
from crmdesk.store.connect import (
    APPLICATION_ID,
    SCHEMA_VERSION,
    connect,
    explain,
    make_durable,
    reraise,
    to_read,
    why_unreadable,
)
from crmdesk.store.driver import Driver

MIGRATIONS = Path(__file__).parent / "migrations"
COPIED = 1024  # pages (4 MB) between two looks at whether a copy is still wanted
Tell = Callable[[int, int], object]


_handing_over = threading.local()


@functools.cache
def _engine() -> sa.Engine:
    """One for all connections: a statement that SQLAlchemy has compiled for one of them serves the others too. Values
    never show in its errors."""
    return sa.create_engine(
        "sqlite://", module=driver, creator=lambda: _handing_over.connection, poolclass=NullPool, hide_parameters=True
    )


def wrapped(connection: Driver) -> sa.Connection:
    """SQLAlchemy's connection over one of the driver's that is already open; closing it closes both."""
    _handing_over.connection = connection
    try:
        return _engine().connect()
    finally:
        del _handing_over.connection


def prepare(path: Path, key: bytes, migrations: Path = MIGRATIONS) -> None:
    """Afterwards `path` is a data file of the current version. StorageError or SecretsError, the file untouched,
    where that cannot be. A file that exists is never replaced, whatever is in it."""
    if not path.parent.is_dir():
        raise StorageError(
            said("The data folder {folder} does not exist.", folder=path.parent), "Choose another data folder."
        )
    if not path.exists():
        _create(path, key)
    elif path.is_dir() or path.stat().st_size == 0:
        raise StorageError(
            said("The data file {file} is empty.", file=path.name),
            "Restore it from a backup. If there is none, move the file away and start crmdesk again.",
        )
    version = _version(path, key)
    _close_to_others(path)
    if version < SCHEMA_VERSION:
        _upgrade(path, key, version, migrations)


def _close_to_others(path: Path) -> None:
    """A file that an earlier version made, or that was copied, may be readable by everybody."""
    if os.name == "nt":
        return
    for beside in (path, *(path.with_name(path.name + end) for end in ("-wal", "-shm"))):
        with contextlib.suppress(OSError):  # another's file, or a disk without such rights: it is encrypted anyhow
            mode = beside.stat().st_mode
            if mode & 0o077:
                beside.chmod(mode & 0o700)  # what its owner may not write stays so


def _create(path: Path, key: bytes) -> None:
    """Under another name until it is whole: a crash on the way must not leave half a file that looks damaged."""
    unfinished = path.with_name(path.name + ".new")
    try:
        for leftover in (unfinished, unfinished.with_name(unfinished.name + "-journal")):
            leftover.unlink(missing_ok=True)
        unfinished.touch(mode=0o600)  # the log beside it gets the same rights
        _fill(unfinished, key)
        gate("create: before rename")
        os.replace(unfinished, path)
        sync_folder(path.parent)  # the new name itself must survive a power cut
    except OSError as error:
        raise StorageError(
            said("No data file can be made in {folder}.", folder=path.parent),
            "Allow writing there, or choose another data folder.",
        ) from error
    gate("create: after rename")


def _fill(path: Path, key: bytes) -> None:
    try:
        connection = connect(path, key, mode="rwc")
        try:
            connection.execute("PRAGMA secure_delete = ON")
            with wrapped(connection) as opened:
                connection.execute("BEGIN IMMEDIATE")
                schema.create(opened, __version__)
                gate("create: before commit")
                connection.execute("COMMIT")
        finally:
            connection.close()
    except (driver.Error, sa.exc.DBAPIError) as error:
        reraise(error, path)


def _version(path: Path, key: bytes) -> int:
    """Schema version of an existing file of ours; read-only, so that a file we refuse keeps every byte."""
    try:
        connection, answer = to_read(path, key)
        with contextlib.closing(connection):
            return _checked_version(connection, answer, path)
    except driver.DatabaseError as error:
        raise why_unreadable(path, key, error) from error


def _checked_version(connection: Driver, answer: tuple[int, int], path: Path) -> int:
    application, version = answer
    if application != APPLICATION_ID or version < 1:
        raise StorageError(
            said("{file} is a database of another program.", file=path.name),
            "Choose another data folder. Nothing in the file was changed.",
        )
    if version > SCHEMA_VERSION:
        raise _newer(connection, path)
    return version


def _newer(connection: Driver, path: Path) -> StorageError:
    row = connection.execute("SELECT value FROM meta WHERE name='written_by'").fetchone()
    text = (
        said(
            "{file} was written by crmdesk {newer}, which is newer than this crmdesk ({ours}).",
            file=path.name,
            newer=row[0],
            ours=__version__,
        )
        if row
        else said("{file} was written by a newer crmdesk than this one ({ours}).", file=path.name, ours=__version__)
    )
    return StorageError(
        text,
        "Update crmdesk, or choose another data folder. Nothing in the file was changed.",
    )


def copy_to(source: Driver, path: Path, key: bytes, tell: Tell | None = None) -> None:
    """A consistent copy of an open database through SQLite's backup call, encrypted with `key`; replaces `path` only
    when whole. `tell` (pages done, pages in all) is asked after every few megabytes and may raise; what it raises ends
    the copy, of which nothing is left."""
    unfinished = path.with_name(path.name + ".part")
    unfinished.unlink(missing_ok=True)
    unfinished.touch(mode=0o600)
    try:
        target = connect(unfinished, key, mode="rwc")
        try:
            target.execute("PRAGMA journal_mode = OFF").fetchone()  # it is whole or thrown away: nothing to roll back
            if tell is None:
                source.backup(target)
            else:
                source.backup(target, pages=COPIED, progress=lambda _state, left, total: tell(total - left, total))
        finally:
            target.close()
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def _upgrade(path: Path, key: bytes, version: int, migrations: Path) -> None:
    """Copies the file aside, then runs the missing revisions in one transaction."""
    from crmdesk.store.migrations.run import upgrade  # Alembic costs 100 ms and is needed once in a release

    connection = connect(path, key)
    try:
        make_durable(connection)
        copy_to(connection, path.with_name(f"{path.name}.v{version}.bak"), key)
        gate("upgrade: after backup")
        # SQLAlchemy must know of the transaction, or Alembic commits after each revision.
        with wrapped(connection) as opened, opened.begin():
            connection.execute("BEGIN IMMEDIATE")
            upgrade(opened, migrations)
            schema.stamp(opened)
            opened.exec_driver_sql("UPDATE meta SET value=? WHERE name='written_by'", (__version__,))
            gate("upgrade: before commit")
    except (driver.Error, sa.exc.DBAPIError, OSError) as error:
        raise explain(error, path) or StorageError(
            said("The data file {file} could not be brought to this version.", file=path.name),
            "It was left as it was. Free some space, then start crmdesk again.",
        ) from error
    finally:
        connection.close()
    gate("upgrade: after commit")
