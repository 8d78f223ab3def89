"""Who changed contacts here: for `by:` in a search, and for the column *Changed by*. Reads only."""

# ruff: noqa: S608 - statements are put together from constants; values are always bound

from __future__ import annotations

import json
from collections.abc import Collection, Iterable

from crmdesk.core.outbox import NEEDS_YOU, Did, OpState
from crmdesk.core.text import words
from crmdesk.store.driver import Driver

_IN_LIST = "IN (SELECT value FROM json_each(?))"
# What a person did to a contact; a link alters none, and what was sent or refused is the vendor's doing.
_CHANGES = (Did.CREATED, Did.EDITED, Did.DELETED, Did.RESTORED, Did.WITHDRAWN, Did.DECIDED)
_DID = f"did IN ({','.join(repr(did.value) for did in _CHANGES)})"
NEWEST = f"SELECT contact_id, operator, max(id) FROM history WHERE {_DID} GROUP BY contact_id"
"""Who made each contact's newest change here: SQLite takes the operator of the row that has the maximum."""

UNSENT = {
    "waiting": (OpState.HELD, OpState.PENDING, OpState.SENDING),
    "conflict": (OpState.CONFLICT,),
    "needsyou": tuple(NEEDS_YOU),
    "unknown": (OpState.IN_DOUBT,),
    "draft": (),
}
"""Values of `is:` that are about changes which somebody made, and the states of these."""


def known(driver: Driver) -> list[str]:
    """Everybody who changed something here, as they gave their names."""
    return [row[0] for row in driver.execute("SELECT DISTINCT operator FROM history WHERE operator<>''").fetchall()]


def newest(driver: Driver, ids: Iterable[int]) -> dict[int, str]:
    """Contact id → who made its newest change here, of those that were changed here."""
    asked = (
        f"SELECT contact_id, operator, max(id) FROM history WHERE contact_id {_IN_LIST} AND {_DID} GROUP BY contact_id"
    )
    rows = driver.execute(asked, (json.dumps(list(ids)),))
    return {contact_id: operator for contact_id, operator, _ in rows.fetchall()}


def changed_by(driver: Driver, text: str) -> list[int]:
    """Ids of contacts that somebody of this name changed here, in order."""
    rows = driver.execute(
        f"SELECT DISTINCT contact_id FROM history WHERE operator {_IN_LIST} AND {_DID} AND contact_id<>0",
        (_named(known(driver), text),),
    )
    return sorted(row[0] for row in rows.fetchall())


def unsent_by(driver: Driver, text: str, about: Collection[str]) -> list[int]:
    """Likewise, but only of changes that stand as these values of `is:` say (UNSENT). Several people may have had a
    hand in one."""
    states = json.dumps([state.value for word in about for state in UNSENT[word]])
    people = _named(known(driver), text)
    rows = driver.execute(
        "SELECT h.contact_id FROM op JOIN history AS h ON h.contact_id=op.contact_id AND h.op_uid=op.uid"
        f" WHERE op.state {_IN_LIST} AND h.operator {_IN_LIST} AND {_DID}",
        (states, people),
    ).fetchall()
    if "draft" in about:
        typed = driver.execute("SELECT contact_id, operator FROM draft WHERE contact_id<>0").fetchall()
        rows += [(contact_id,) for contact_id, operator in typed if is_called(operator, text)]
    return sorted({row[0] for row in rows})


def is_called(name: str, text: str) -> bool:
    """Every word of `text` begins a word of the name."""
    parts, wanted = words(name), words(text)
    return bool(wanted) and all(any(part.startswith(word) for part in parts) for word in wanted)


def _named(people: Iterable[str], text: str) -> str:
    return json.dumps([name for name in people if is_called(name, text)])
