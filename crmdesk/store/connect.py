"""One way to open a connection to the data file, and to tell what stands in the way.

No SQLAlchemy here: the first rows of a start are read before it is imported.

Nothing else in the program may open the file, not even to look at its first bytes: on POSIX closing any descriptor of
it drops the locks of the whole process (reliability.md section 0, 2)."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from sqlcipher3 import dbapi2 as driver

from crmdesk.core.errors import KnownError, SecretsError, StorageError
from crmdesk.core.said import said, together

if TYPE_CHECKING:
    from crmdesk.store.driver import Driver

APPLICATION_ID = 0x43524D44  # "CRMD"
SCHEMA_VERSION = 9  # user_version; one more with every Alembic revision
PAGE = 4096
BUSY_SECONDS = 10.0

_NEVER_TOUCHED = "Nothing in the file was changed."


def connect(path: Path, key: bytes, *, mode: str = "rw", cache_kb: int = 6144) -> Driver:
    """An open, keyed driver connection in autocommit mode (`isolation_level=None`: who writes says BEGIN).

    `mode` is SQLite's: "ro", "rw" (never creates) or "rwc". `key` is the raw 256-bit key: SQLCipher then derives
    nothing (a passphrase costs 120 ms per connection). Raises the driver's error: `why_unreadable` has the words."""
    if len(key) != 32:
        raise SecretsError("The key of the data folder has the wrong length.", "Choose the data folder again.")
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    # Connections move from the thread that opens them to the one lane thread that uses them.
    connection: Driver = driver.connect(
        uri, uri=True, isolation_level=None, check_same_thread=False, timeout=BUSY_SECONDS
    )
    try:
        _unlock(connection, key)
        for pragma in (f"cache_size = -{cache_kb}", "temp_store = MEMORY", "foreign_keys = ON", "mmap_size = 0"):
            connection.execute(f"PRAGMA {pragma}")
    except BaseException:
        connection.close()
        raise
    return connection


def _unlock(connection: Driver, key: bytes) -> None:
    connection.execute("PRAGMA cipher_log_level = NONE")  # it would write to stderr
    connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
    connection.execute("PRAGMA cipher_hmac_algorithm = HMAC_SHA256")  # random reads 1.3 times as fast as with SHA512


def make_durable(connection: Driver) -> None:
    """Settings of a connection that writes. FULL: an acknowledged commit survives a power cut. secure_delete: erased
    text is overwritten, not only unlinked. 4,000 pages of WAL between checkpoints is the best of those measured."""
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "fullfsync = ON", "secure_delete = ON",
                   "wal_autocheckpoint = 4000", "journal_size_limit = 16777216"):  # fmt: skip
        connection.execute(f"PRAGMA {pragma}").fetchall()


def explain(error: BaseException, path: Path) -> KnownError | None:
    """The driver's error in words for people, or None where it is our own mistake (a wrong statement)."""
    text = str(getattr(error, "orig", None) or error).lower()
    name = path.name
    for mark, title, hint in _CAUSES:
        if mark in text:
            return StorageError(said(title, name=name), hint, details={"sqlite": text[:200]})
    return None


def reraise(error: Exception, path: Path) -> NoReturn:
    """From an `except` clause: the driver's error in words for people, or as it is."""
    known = explain(error, path)
    if known is None:
        raise error
    raise known from error


_DAMAGED = together("Restore the data folder from a backup, or choose another folder.", _NEVER_TOUCHED)
_CAUSES = (
    ("disk is full", "The disk is full.", "Free some space and try again. What was saved before is safe."),
    ("disk i/o", "The disk failed while reading or writing {name}.",
     "Check the disk or the network drive, then start crmdesk again."),
    ("readonly", "The data file {name} may not be written.",
     "Allow writing to the data folder and its files, or choose another folder."),
    ("unable to open", "The data file {name} cannot be opened.",
     "Check that the folder exists and may be read and written."),
    ("locked", "Another program is using {name}.", "Close the other crmdesk and try again."),
    ("malformed", "The data file {name} is damaged.", _DAMAGED),
    ("not a database", "The data file {name} is damaged or is not ours.", _DAMAGED),
    ("hmac check failed", "The data file {name} is damaged.", _DAMAGED),
)  # fmt: skip


def to_read(path: Path, key: bytes) -> tuple[Driver, tuple[int, int]]:
    """A connection that only reads, and its `first_answer`.

    A writer that was killed before it had begun the log (a first start, the one behind a restored backup) leaves a
    journal of what it had not done yet. Only who may write can take that back, which SQLite does at its first read."""
    try:
        return _read_only(path, key)
    except driver.OperationalError as error:
        if "readonly" not in str(error).lower() or not path.with_name(path.name + "-journal").exists():
            raise
    with closing(connect(path, key, mode="rw")) as connection:
        first_answer(connection)
    return _read_only(path, key)


def _read_only(path: Path, key: bytes) -> tuple[Driver, tuple[int, int]]:
    connection = connect(path, key, mode="ro")
    try:
        return connection, first_answer(connection)
    except BaseException:
        connection.close()
        raise


def first_answer(connection: Driver) -> tuple[int, int]:
    """(application id, schema version) of an open connection; the first read, where a wrong key shows."""
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    return int(application), int(connection.execute("PRAGMA user_version").fetchone()[0])


def why_unreadable(path: Path, key: bytes, error: BaseException) -> KnownError:
    """Called when the first read failed: tells a wrong key from a damaged file from a file that is not ours.

    Every page carries an authentication code made with the key: where none fits it is the key (or the salt in the
    first 16 bytes is lost, which nobody can tell apart); where some fit the file is ours and damaged."""
    known = explain(error, path)
    if known is None:
        raise error
    if "not a database" not in str(error).lower():
        return known
    size = path.stat().st_size
    if _opens_without_key(path):
        return StorageError(
            said("{file} is a database of another program.", file=path.name),
            together("Choose another folder.", _NEVER_TOUCHED),
        )
    pages, bad = size // PAGE, _bad_pages(path, key)
    if size % PAGE or not pages or bad < pages:
        return known
    return SecretsError(
        said("The key does not open {file}.", file=path.name),
        together(
            "This folder was made with another key: unlock the keyring or enter the passphrase it was made with.",
            _NEVER_TOUCHED,
        ),
    )


def _opens_without_key(path: Path) -> bool:
    connection = driver.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except driver.DatabaseError:
        return False
    finally:
        connection.close()
    return True


def _bad_pages(path: Path, key: bytes) -> int:
    """How many pages fail their authentication code under this key."""
    connection = driver.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    try:
        _unlock(connection, key)
        return len(connection.execute("PRAGMA cipher_integrity_check").fetchall())
    except driver.DatabaseError:
        return 0
    finally:
        connection.close()
