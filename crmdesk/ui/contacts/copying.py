"""Rows as tab-separated text for the clipboard."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from crmdesk.core.tabular import disarm
from crmdesk.core.text import one_line
from crmdesk.core.types import ContactRow
from crmdesk.ui.contacts.columns import COLUMNS, KEYS, Desk, stored_name
from crmdesk.ui.contacts.vector import Ids
from crmdesk.ui.words import tr

MOST_ROWS = 20_000  # of one copy; more is a job for an export
CHUNK = 500
PHONE_LIKE = frozenset("0123456789 +-()./")


class RowSource(Protocol):
    async def rows(self, ids: Sequence[int]) -> list[ContactRow]: ...


async def rows_as_text(reader: RowSource, ids: Ids, keys: Sequence[str], desk: Desk) -> str:
    """A heading and one line per contact, in the list's columns. Read in chunks, so nothing waits for it."""
    lines = ["\t".join(tr(COLUMNS[KEYS.index(key)].title) for key in keys)]
    for start in range(0, min(len(ids), MOST_ROWS), CHUNK):
        wanted = [int(item) for item in ids[start : start + min(CHUNK, MOST_ROWS - start)]]
        lines += [_line(row, keys, desk) for row in await reader.rows(wanted)]
    return "\n".join(lines) + "\n"


def _line(row: ContactRow, keys: Sequence[str], desk: Desk) -> str:
    return "\t".join(cell(value_of(row, key, desk)) for key in keys)


def value_of(row: ContactRow, key: str, desk: Desk) -> str:
    """What leaves the program: ISO times and whole values, not the list's short words."""
    exact = {
        "name": stored_name(row),
        "phone": row.phone,
        "account": desk.source(row.account_id),
        "updated": row.updated_at,
        "as_of": row.fetched_at,
        "created": row.created_at,
    }
    return exact[key] if key in exact else COLUMNS[KEYS.index(key)].text(row, desk)


def cell(text: str) -> str:
    """One line without tabs. A vendor's formula-like text gets an apostrophe, since a pasted cell would run it in a
    spreadsheet; phone numbers keep their plus, since nothing but digits can follow it there."""
    flat = one_line(text.replace("\t", " "))
    return flat if set(flat) <= PHONE_LIKE else disarm(flat)
