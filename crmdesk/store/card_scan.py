"""The records that a search for pairs goes through, in short reads."""

# ruff: noqa: S608 - statements are put together from constants; values are always bound

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from crmdesk.core.types import OUTBOX_FLAGS, Flag, flags
from crmdesk.store import ops
from crmdesk.store.driver import Driver
from crmdesk.store.packed import unpack
from crmdesk.store.picks import Picked

_RECORD = "SELECT id, account_id, remote_id, flags, body FROM contact JOIN contact_raw ON contact_id=id"
_ALLOWED = "flags & ?1 = 0"
_CLOSED = int(Flag.RESTRICTED)  # its guest asked that nothing is done with it but keeping


def count(driver: Driver) -> int:
    return int(driver.execute("SELECT coalesce(sum(contacts), 0) FROM account").fetchone()[0])


def following(driver: Driver, after: int, most: int) -> list[Picked]:
    """The next `most` records behind this id, in the order of ids. Restricted ones are left out."""
    rows = driver.execute(f"{_RECORD} WHERE {_ALLOWED} AND id>?2 ORDER BY id LIMIT ?3", (_CLOSED, after, most))
    return _picked(driver, rows.fetchall())


def by_ids(driver: Driver, ids: Iterable[int]) -> list[Picked]:
    """Those of them that are still here, likewise."""
    rows = driver.execute(
        f"{_RECORD} WHERE {_ALLOWED} AND id IN (SELECT value FROM json_each(?2))", (_CLOSED, json.dumps(list(ids)))
    )
    return _picked(driver, rows.fetchall())


def _picked(driver: Driver, rows: Iterable[Any]) -> list[Picked]:
    return [
        Picked(
            number, account_id, remote_id, flags(bits), unpack(bytes(body)),
            ops.open_ops(driver, number) if bits & OUTBOX_FLAGS else (),
        )
        for number, account_id, remote_id, bits, body in rows
    ]  # fmt: skip
