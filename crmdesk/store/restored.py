"""The data file inside a backup: the settings that travel in it, and what is made of it before it is used again.

Whatever looks unsent in a backup may have been sent since. So a copy that is put back sends nothing by itself: edits
wait on hold, creations are in doubt, and the counter of events is set back, so that the next start doubts every row
that is not settled (`sync.epochs`)."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlcipher3 import dbapi2 as driver

from crmdesk.core.errors import Recovery
from crmdesk.core.outbox import OpKind, OpState, Reason
from crmdesk.core.vendor import Vendor
from crmdesk.store import calls, incoming, ops, restarts
from crmdesk.store.commits import Touched
from crmdesk.store.connect import connect, reraise
from crmdesk.store.database import Connection, Database, driver_of
from crmdesk.store.driver import Driver
from crmdesk.store.effective import restate

_SETTINGS = "backup:settings"
HELD = Reason(
    "This change was waiting when the backup was made. It may have been sent since.",
    "Look at the contact at the vendor, then send this change or discard it.",
    Recovery.DECIDE,
)
DOUBTED = Reason(
    "This contact was waiting to be created when the backup was made. It may exist at the vendor by now.",
    "crmdesk looks for it. It is not created a second time unless you say so.",
    Recovery.DECIDE,
)


def pack(path: Path, key: bytes, settings: str) -> None:
    """Puts the settings into a copy, which is one file afterwards: no log lies beside it. StorageError."""
    try:
        with closing(connect(path, key)) as connection:
            for mode in ("DELETE", "OFF"):  # no log of writes any more; and a copy is whole or thrown away
                connection.execute(f"PRAGMA journal_mode = {mode}").fetchone()
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("INSERT OR REPLACE INTO meta(name, value) VALUES (?, ?)", (_SETTINGS, settings))
    except driver.Error as error:
        reraise(error, path)


def hold(database: Database, vendors: Mapping[str, Vendor], now: str) -> str:
    """Makes an opened copy safe to use, in one commit; gives the settings that it brought along. StorageError."""

    def run(connection: Connection, touched: Touched) -> str:
        native = driver_of(connection)
        for account_id, name in native.execute("SELECT id, vendor FROM account").fetchall():
            held = _hold_account(native, touched, account_id, now)
            if (vendor := vendors.get(name)) is not None:  # another version may know it: held it is in any case
                for contact_id in held:
                    restate(incoming.desk_of(connection, touched, vendor, account_id, now), contact_id)
        if restarts.install_of(native):
            calls.forget_epoch(native)
        row = native.execute("SELECT value FROM meta WHERE name=?", (_SETTINGS,)).fetchone()
        native.execute("DELETE FROM meta WHERE name=?", (_SETTINGS,))
        return str(row[0]) if row else ""

    return database.write_sync(run)


def _hold_account(driver: Driver, touched: Touched, account_id: int, now: str) -> set[int]:
    """The contacts concerned."""
    ops.set_damaged_aside(driver, touched, account_id)
    rows = driver.execute(
        "SELECT id FROM op WHERE account_id=? AND state IN ('pending', 'sending') ORDER BY id", (account_id,)
    ).fetchall()
    concerned = set()
    for (op_id,) in rows:
        if (op := ops.op_by_id(driver, op_id)) is None:
            continue
        if op.kind is OpKind.CREATE:
            doubted = replace(op, state=OpState.IN_DOUBT, reason=DOUBTED, next_at=now)
            _put(driver, touched, op, OpState.SENDING, doubted)
        else:
            _put(driver, touched, op, OpState.PENDING, replace(op, state=OpState.HELD, reason=HELD))
        concerned.add(op.contact_id)
    return concerned


def _put(driver: Driver, touched: Touched, op: Any, by_way_of: OpState, then: Any) -> None:
    """Two moves that the table of transitions knows, in place of one that it does not."""
    if op.state is not by_way_of:
        ops.put(driver, touched, replace(op, state=by_way_of))
    ops.put(driver, touched, then)
