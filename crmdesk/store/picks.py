"""Contacts that rows are made from, and what earlier rows about them said. Reads only."""

# ruff: noqa: S608 - statements are put together from constants; values are always bound

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from crmdesk.core.outbox import Op
from crmdesk.core.types import Flag, flags
from crmdesk.store import contact_rows, ops
from crmdesk.store.driver import Driver
from crmdesk.store.packed import unpack
from crmdesk.store.submissions import values_of

_IN_LIST = "IN (SELECT value FROM json_each(?))"


@dataclass(frozen=True, slots=True)
class Picked:
    """A cached contact: the vendor's JSON as last read, and what waits to be sent to it."""

    id: int
    account_id: int
    remote_id: str
    flags: Flag
    base: bytes
    waiting: tuple[Op, ...]


def contacts(driver: Driver, ids: Sequence[int]) -> list[Picked]:
    """In the order of `ids`, each once; who is gone is left out."""
    rows = driver.execute(
        "SELECT id, account_id, remote_id, flags, body FROM contact JOIN contact_raw ON contact_id=id"
        f" WHERE id {_IN_LIST}",
        (json.dumps(list(ids)),),
    ).fetchall()
    found = {
        number: Picked(
            number, account_id, remote_id, flags(bits), unpack(bytes(body)), tuple(ops.open_ops(driver, number))
        )
        for number, account_id, remote_id, bits, body in rows
    }
    return [found[number] for number in dict.fromkeys(ids) if number in found]


def identified(
    driver: Driver, account_id: int, contact_ids: Iterable[int], paths: Sequence[str]
) -> dict[int, dict[str, Any]]:
    """Contact → the values at `paths` of the newest row that was made from it and that this account's vendor took."""
    wanted = json.dumps([str(number) for number in contact_ids])
    found: dict[int, dict[str, Any]] = {}
    for number, _title, place in contact_rows.submissions(driver, account_id):
        rows = driver.execute(
            "SELECT json_extract(cells, ?2), content FROM submission_row WHERE submission_id=?1 AND stage='sent'"
            f" AND cells<>'' AND json_extract(cells, ?2) {_IN_LIST.replace('?', '?3')} ORDER BY position",
            (number, place, wanted),
        ).fetchall()
        for contact, content in rows:
            values = values_of(content)
            if known := {path: values[path] for path in paths if values.get(path) not in (None, "")}:
                found[int(contact)] = known
    return found
