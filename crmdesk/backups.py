"""Backups of a data folder: one file, encrypted, that a folder can be made from again on any computer.

The file is the encrypted data file (contacts, accounts, sign-ins, edits, drafts, history, what was submitted, and the
settings in a row of their own), then a short record in JSON, the record's length (8 bytes) and a mark (16 bytes). The
record holds no secret: versions, time, size, checksum, and how a passphrase makes the key. Nothing in the file is
compressed, so it cannot be larger inside than outside.

The key is always one that a passphrase makes: the folder's own, or one for this file where the folder's key lies in
this computer's keyring or in a key file, which another computer does not have.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import IO, TYPE_CHECKING, Any, TypeAlias

from crmdesk import __version__, swap
from crmdesk.core.changes import ChangeFeed
from crmdesk.core.errors import StorageError
from crmdesk.core.said import said
from crmdesk.core.seams import Clock, gate, iso
from crmdesk.folder import CACHE, SESSION
from crmdesk.net.key_record import (
    KeyInfo,
    KeyMode,
    KeyUnavailableError,
    as_json,
    key_info,
    parsed,
    write_durably,
    write_info,
)
from crmdesk.net.secrets import Key, key_of, passphrase_key
from crmdesk.settings import FILE_NAME, MAX_BYTES
from crmdesk.sync.whole_file import whole_file

if TYPE_CHECKING:
    from crmdesk.store.database import Database
    from crmdesk.store.kept_away import KeptAway

ENDING = ".crmdesk"
_MARK = b"crmdesk backup 1"
_TAIL = 8 + len(_MARK)
_LONGEST = 20_000  # bytes of the record
_BLOCK = 1 << 20
_SPARE = 20 << 20  # bytes that stay free on a disk
Tell = Callable[[int, int], object]
Away: TypeAlias = "Callable[[], KeptAway | None]"


class BackupError(StorageError):
    """This file is not a backup that can be used; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Record:
    """What a backup says of itself. `size`: bytes of the data in it; `made_at`: UTC ISO."""

    schema: int
    program: str
    made_at: str
    size: int
    sha256: str
    key: KeyInfo


@dataclass(frozen=True, slots=True)
class Staged:
    """A verified copy beside the data, ready to take its place."""

    folder: Path
    place: Path
    record: Record

    def put_in_place(self, clock: Clock) -> str:
        """The next start exchanges the files; the name of the folder that then holds the old ones ('': none)."""
        return swap.mark(self.folder, self.place, clock.now().astimezone().strftime("%Y-%m-%d-%H%M"))

    def forget(self) -> None:
        """Nothing is exchanged, and nothing is left of the copy. StorageError."""
        swap.unmark(self.folder, self.place)
        shutil.rmtree(self.place, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Backups:
    """What a window can do with backups of the data that it has open. `vendors` by key."""

    database: Database
    key: Key
    folder: Path
    vendors: Mapping[str, Any]
    clock: Clock

    @property
    def asks(self) -> bool:
        """See `needs_passphrase`."""
        return needs_passphrase(self.key)

    def write(self, target: str, passphrase: str, tell: Tell) -> Record:
        """See `write`."""
        return write(self.database, self.key, self.folder, Path(target), passphrase, tell, clock=self.clock)

    def look(self, source: str) -> Record:
        """See `look`."""
        return look(Path(source))

    def stage(self, source: str, passphrase: str, tell: Tell) -> Staged:
        """See `stage`."""
        from crmdesk.store import kept_away
        from crmdesk.store.database import driver_of

        def away() -> KeptAway:
            return self.database.read_sync(lambda c: kept_away.by(driver_of(c)))

        return stage(Path(source), self.folder, passphrase, tell, vendors=self.vendors, clock=self.clock, away=away)


# -- making one --------------------------------------------------------------------------------------------------


def needs_passphrase(key: Key) -> bool:
    """Whether the file needs a passphrase of its own; else the folder's opens it."""
    return key.mode is not KeyMode.PASSPHRASE


def write(
    database: Database, key: Key, folder: Path, target: Path, passphrase: str, tell: Tell, *, clock: Clock
) -> Record:
    """A backup of `folder`, whose `database` is in use, at `target`: whole or not at all. Blocks. `tell` (done, all)
    may raise to stop it. KnownError, among them FileThereError and SettingsError(field="passphrase")."""
    _check_target(folder, target)
    info, value = _key_for(key, folder, passphrase)
    try:
        with whole_file(target, replace=False) as unfinished:
            _room(target.parent, _size(database.path))
            database.backup(unfinished, key=value, tell=tell)
            gate("backup: copied")
            _pack(unfinished, value, folder)
            record = _close(unfinished, info, iso(clock.now()))
            gate("backup: before rename")
    except StorageError as error:
        raise _not_written(target, error) from error
    return record


def _check_target(folder: Path, target: Path) -> None:
    if target.parent.resolve().is_relative_to(folder.resolve()):
        raise BackupError(
            "A backup inside the data folder would be lost together with it.",
            "Choose another place, best another disk.",
        )


def _key_for(key: Key, folder: Path, passphrase: str) -> tuple[KeyInfo, bytes]:
    if key.mode is KeyMode.MEMORY:
        raise BackupError("Nothing is kept in this session, so there is nothing to back up.", "Set up a passphrase.")
    info = key_info(folder)
    if key.mode is KeyMode.PASSPHRASE and info is not None:
        return info, key.value
    return passphrase_key(passphrase)


def _size(path: Path) -> int:
    sides = (path, path.with_name(f"{path.name}-wal"))
    return sum(side.stat().st_size for side in sides if side.exists())


def _room(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed + _SPARE:
        raise StorageError(
            said("There is not enough room in {folder}.", folder=folder),
            said(
                "It needs {needed} MB, and {free} MB are free. Free some space first.",
                needed=needed // 1000000 + 21,
                free=free // 1000000,
            ),
        )


def _pack(path: Path, key: bytes, folder: Path) -> None:
    from crmdesk.store import restored

    settings = folder / FILE_NAME
    small = settings.exists() and settings.stat().st_size <= MAX_BYTES
    restored.pack(path, key, settings.read_text("utf-8", "replace") if small else "")


def _close(path: Path, info: KeyInfo, now: str) -> Record:
    """Writes the record behind the data; on the disk when this returns. OSError."""
    from crmdesk.store.connect import SCHEMA_VERSION

    with path.open("r+b") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        record = Record(SCHEMA_VERSION, __version__, now, file.seek(0, os.SEEK_END), digest, info)
        text = json.dumps(
            {"format": 1, "schema": record.schema, "program": record.program, "made_at": now, "size": record.size,
             "sha256": digest, "key": as_json(info)}
        ).encode()  # fmt: skip
        file.write(text + len(text).to_bytes(8, "big") + _MARK)
        file.flush()
        os.fsync(file.fileno())
    return record


def _not_written(target: Path, error: StorageError) -> StorageError:
    """The words of a failed copy name the data file, which is well: it is the backup that found no room."""
    cause = error.details.get("sqlite", "")
    if not cause or "disk" not in cause:
        return error
    hint = "The disk is full. Free some space, or choose another disk."
    if "i/o" in cause:
        hint = "The disk there failed, or a file of this size does not fit on it. Choose another disk."
    return StorageError(said("{file} cannot be written.", file=target.name), hint, details=error.details)


# -- reading one -------------------------------------------------------------------------------------------------


def look(source: Path) -> Record:
    """What a backup says of itself, without its passphrase. BackupError where it is none, is cut, or is too new."""
    try:
        if not (S_ISREG(mode := source.stat().st_mode) or S_ISDIR(mode)):  # opening a pipe would wait for ever
            raise _none(source.name)
        with source.open("rb") as file:
            return _record(file, source.name)
    except OSError as error:
        raise _unreadable(source, error) from error


def _record(file: IO[bytes], name: str) -> Record:
    from crmdesk.store.connect import SCHEMA_VERSION

    whole = file.seek(0, os.SEEK_END)
    file.seek(max(0, whole - _TAIL))
    tail = file.read(_TAIL)
    length = int.from_bytes(tail[:8], "big")
    if tail[8:] != _MARK or not 0 < length <= min(_LONGEST, whole - _TAIL):
        raise _none(name)
    file.seek(whole - _TAIL - length)
    try:
        told = json.loads(file.read(length))
        if told["format"] != 1 or int(told["schema"]) > SCHEMA_VERSION:
            raise BackupError(
                said(
                    "{file} was made by a newer crmdesk ({newer}) than this one ({ours}).",
                    file=name,
                    newer=str(told["program"])[:20],
                    ours=__version__,
                ),
                "Update crmdesk, then restore it. Nothing was changed.",
            )
        record = Record(
            int(told["schema"]), str(told["program"])[:20], str(told["made_at"])[:40], int(told["size"]),
            str(told["sha256"]), parsed(json.dumps(told["key"]).encode()),
        )  # fmt: skip
    except (ValueError, OverflowError, TypeError, KeyError, RecursionError, KeyUnavailableError) as error:
        raise _damaged(name) from error
    if record.size != whole - _TAIL - length or record.key.mode is not KeyMode.PASSPHRASE:
        raise _damaged(name)
    return record


def _none(name: str) -> BackupError:
    return BackupError(
        said("{name} is not a backup of crmdesk, or its end is missing.", name=name),
        "Choose another file, or copy it again from where it was kept. Nothing was changed.",
    )


def _damaged(name: str) -> BackupError:
    return BackupError(
        said("The backup {name} is damaged.", name=name),
        "Use another one, or copy it again from where it was kept. Nothing was changed.",
    )


def _unreadable(source: Path, error: OSError) -> StorageError:
    return StorageError(
        said("The file {file} cannot be read.", file=source.name),
        "Check that it is there, and that it may be read.",
        details={"cause": type(error).__name__},
    )


def stage(
    source: Path,
    folder: Path,
    passphrase: str,
    tell: Tell,
    *,
    vendors: Mapping[str, Any],
    clock: Clock,
    away: Away = lambda: None,
) -> Staged:
    """A verified copy beside the data of `folder`, which may be in use: checksum, passphrase, every page, version.
    Nothing in it will be sent by itself; who is kept `away` by the data in use is in it no more. Blocks. `tell` may
    raise to stop it. KnownError, and nothing was changed."""
    record = look(source)
    key = key_of(record.key, passphrase)
    try:
        _room(folder, 2 * record.size)
        place = Path(tempfile.mkdtemp(prefix=f"{SESSION}restore-", dir=folder))
    except OSError as error:
        raise _not_restored(folder, error) from error
    staged = Staged(folder, place, record)
    try:
        _copy(source, place / CACHE, record, tell)
        _prove(place, key, vendors, clock, source.name, away)
        write_info(place, record.key)
    except OSError as error:
        staged.forget()
        raise _not_restored(folder, error) from error
    except BaseException:
        staged.forget()
        raise
    return staged


def _copy(source: Path, target: Path, record: Record, tell: Tell) -> None:
    """The data out of the file, its checksum compared on the way. OSError, BackupError."""
    digest, left = hashlib.sha256(), record.size
    with source.open("rb") as file, target.open("xb") as made:
        while left:
            block = file.read(min(_BLOCK, left))
            if not block:
                break
            digest.update(block)
            made.write(block)
            left -= len(block)
            tell(record.size - left, record.size)
        made.flush()
        os.fsync(made.fileno())
    if left or digest.hexdigest() != record.sha256:
        raise _damaged(source.name)


def _prove(place: Path, key: Key, vendors: Mapping[str, Any], clock: Clock, name: str, away: Away) -> None:
    """It opens, is brought to this version, is sound, holds back what it would send, and brings back nobody."""
    from crmdesk.store import kept_away, restored
    from crmdesk.store.database import Database, driver_of

    database = Database.open(place / CACHE, key.value, ChangeFeed(), clock)
    try:
        if database.check():
            raise _damaged(name)
        now = iso(clock.now())
        settings = restored.hold(database, vendors, now)
        if (told := away()) is not None:
            database.write_sync(lambda c, t: kept_away.take_over(driver_of(c), t, told, vendors, now))
    finally:
        database.close()
    if settings:
        write_durably(place / FILE_NAME, settings)


def _not_restored(folder: Path, error: OSError) -> StorageError:
    return StorageError(
        said("The backup could not be unpacked in {folder}.", folder=folder),
        "Check the free space and the rights there. Nothing was changed.",
        details={"cause": type(error).__name__},
    )
