"""Erasing for good: what an erased contact leaves in the search indices is merged away.

FTS5 keeps the words of deleted and changed rows in older segments until these are merged. After an erasure all
segments are merged into one, in small steps that make room for other writes. `purge_due` stays in the file until that
is done, so a crash only delays it."""

# ruff: noqa: S608 - statements are put together from constants; values are always bound

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future

import sqlalchemy as sa

from crmdesk.store.commits import Touched
from crmdesk.store.driver import Driver, driver_of
from crmdesk.store.lanes import Job

_INDICES = ("contact_fts", "contact_code")
_MERGE_PAGES = 500  # of one step: 40-90 ms
Submit = Callable[[Callable[[sa.Connection, Touched], bool]], Job[bool]]


class Purge:
    """`submit` queues an idle write. Everything else happens in the writer's thread."""

    def __init__(self, submit: Submit) -> None:
        self._submit = submit
        self._merging: Iterator[None] | None = None
        self._queued = False

    def start(self) -> None:
        """Merges everything written so far, from the beginning if it was under way."""
        self._merging = None
        self._go_on()

    def _go_on(self) -> None:
        if self._queued:
            return
        self._queued = True
        try:
            self._submit(self._step).future.add_done_callback(self._stepped)
        except RuntimeError:  # closing: it stays due for the next start
            self._queued = False

    def _step(self, connection: sa.Connection, touched: Touched) -> bool:
        """One step; True when nothing is left to merge."""
        native = driver_of(connection)
        if self._merging is None:
            self._merging = _merging(native)
        for _ in self._merging:
            return False
        native.execute("DELETE FROM meta WHERE name='purge_due'")
        touched.purged = True
        return True

    def _stepped(self, done: Future[bool]) -> None:
        self._queued = False
        if done.cancelled() or done.exception() is not None:
            self._merging = None  # e.g. the disk is full: it stays due for the next erasure or start
        elif not done.result():
            self._go_on()


def is_due(native: Driver) -> bool:
    return native.execute("SELECT 1 FROM meta WHERE name='purge_due'").fetchone() is not None


def note_due(native: Driver) -> None:
    """In the very transaction that erased."""
    native.execute("INSERT OR REPLACE INTO meta(name, value) VALUES ('purge_due', '1')")


def truncate_log(native: Driver) -> None:
    """Moves the write-ahead log into the file and empties it: it holds pages as they were before."""
    native.execute("PRAGMA busy_timeout = 500")  # a reader in a long query only delays this to the next checkpoint
    native.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    native.execute("PRAGMA busy_timeout = 10000")


def _merging(native: Driver) -> Iterator[None]:
    """One statement per step. A negative number of pages starts a merge of all segments, positive ones go on with it;
    fewer than two changed rows mean that nothing was left to do (SQLite, FTS5 manual, section 6.8)."""
    for index in _INDICES:
        pages = -_MERGE_PAGES
        while True:
            before = native.total_changes
            native.execute(f"INSERT INTO {index}({index}, rank) VALUES ('merge', ?)", (pages,))
            if native.total_changes - before < 2:
                break
            pages = _MERGE_PAGES
            yield
