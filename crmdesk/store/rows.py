"""The one list of columns behind a `ContactRow`, as SQL and as a reader of its JSON.

No SQLAlchemy here: the first rows of a start are read with it."""

# ruff: noqa: S608 - statements are put together from constants; values are always bound

from __future__ import annotations

import json
from dataclasses import replace

from crmdesk.core.types import ContactRow, Flag
from crmdesk.store.driver import Driver

ROW_COLUMNS = (
    "id", "account_id", "remote_id", "name", "email", "phone", "phones", "company", "city", "country", "languages",
    "kind", "notes", "created_at", "updated_at", "fetched_at", "flags", "sort_key",
)  # fmt: skip
# Rows leave SQLite as one JSON text: a row at a time would hand the GIL over at every row.
ROW_JSON = f"json_array({','.join(ROW_COLUMNS)})"
PLAIN_ROW = ",".join(ROW_COLUMNS)


def rows_of(text: str | None) -> list[ContactRow]:
    """ContactRows of a JSON array of arrays in ROW_COLUMNS order (None = no rows)."""
    return [ContactRow(*values) for values in json.loads(text or "[]")]


def gone_row(contact_id: int) -> ContactRow:
    """What a row shows whose contact vanished between the search and the reading of its page."""
    return ContactRow(
        contact_id, 0, remote_id="", name="", email="", phone="", phones=0, company="", city="", country="",
        languages="", kind="", notes="", created_at="", updated_at="", fetched_at="", flags=0,
    )  # fmt: skip


def rows_by_id(driver: Driver, ids: list[int]) -> list[ContactRow]:
    """The rows of these contacts in this order; an id without a contact gives `gone_row`."""
    text = driver.execute(
        f"SELECT json_group_array({ROW_JSON}) FROM contact WHERE id IN (SELECT value FROM json_each(?))",
        (json.dumps(ids),),
    ).fetchone()[0]
    found = {row.id: row for row in _with_operators(driver, with_others(driver, rows_of(text)))}
    return [found.get(contact_id) or gone_row(contact_id) for contact_id in ids]


_OTHERS = """
SELECT json_group_array(json_array(x.contact_id, a.vendor) ORDER BY y.contact_id) FROM card_member AS x
  JOIN card_member AS y ON y.card_id=x.card_id AND y.contact_id<>x.contact_id
  JOIN contact AS c ON c.id=y.contact_id JOIN account AS a ON a.id=c.account_id
  WHERE x.contact_id IN (SELECT value FROM json_each(?))
"""


def with_others(driver: Driver, rows: list[ContactRow]) -> list[ContactRow]:
    """The rows with the other vendors on their guest cards. Costs nothing where none of them is linked."""
    linked = [row.id for row in rows if row.flags & Flag.LINKED]
    if not linked:
        return rows
    others: dict[int, dict[str, None]] = {}
    for contact_id, vendor in json.loads(driver.execute(_OTHERS, (json.dumps(linked),)).fetchone()[0]):
        others.setdefault(contact_id, {})[vendor] = None
    return [replace(row, others=tuple(others[row.id])) if row.id in others else row for row in rows]


def _with_operators(driver: Driver, rows: list[ContactRow]) -> list[ContactRow]:
    """The rows with who changed them here last."""
    from crmdesk.store.operators import newest  # the first painted rows do without

    found = newest(driver, [row.id for row in rows])
    return [replace(row, changed_by=found[row.id]) if found.get(row.id) else row for row in rows]


def documents_of(driver: Driver, ids: list[int]) -> list[tuple[int, str]]:
    """(contact id, document) of these contacts."""
    text = driver.execute(
        "SELECT json_group_array(json_array(contact_id, doc)) FROM contact_raw"
        " WHERE contact_id IN (SELECT value FROM json_each(?))",
        (json.dumps(ids),),
    ).fetchone()[0]
    return [(contact_id, doc) for contact_id, doc in json.loads(text)]
