"""The floor of a save: one row and its search entries rewritten in one durable commit, and nothing else.

No outbox, no history, no checks, no window."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from crmdesk.core.query import TEXT_FIELDS
from crmdesk.core.text import sort_key, words
from crmdesk.folder import CACHE
from crmdesk.net.secrets import open_key
from crmdesk.store.connect import connect, make_durable
from crmdesk.store.document import BETWEEN_FIELDS, index_columns
from crmdesk.store.schema import FTS_COLUMNS

MARKS = f"?{',?' * len(TEXT_FIELDS)}"
DROP = f"INSERT INTO contact_fts(contact_fts,rowid,{FTS_COLUMNS}) VALUES ('delete',{MARKS})"
ADD = f"INSERT INTO contact_fts(rowid,{FTS_COLUMNS}) VALUES ({MARKS})"
FIELDS = {"city": "city", "lastname": "last"}  # where the words of an edited field stand
UPDATES = {
    "city": ("UPDATE contact SET city=? WHERE id=?", lambda text: (text,)),
    "lastname": ("UPDATE contact SET name=?, sort_key=? WHERE id=?", lambda text: (text, sort_key(text))),
}


def save_all(folder: str, saves: Sequence[tuple[int, str, str]]) -> dict[str, list[float]]:
    """Milliseconds of each save of (contact id, path, text), and of its COMMIT alone."""
    path = Path(folder)
    connection = connect(path / CACHE, open_key(path).value, cache_kb=8192)
    make_durable(connection)
    found: dict[str, list[float]] = {"whole": [], "commit": []}
    for contact_id, field, text in saves:
        was, now = _documents(connection, contact_id, FIELDS[field], f"{text} again")
        update, values = UPDATES[field][0], (*UPDATES[field][1](f"{text} again"), contact_id)
        started = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(update, values)
        connection.execute(DROP, (contact_id, *was))
        connection.execute(ADD, (contact_id, *now))
        committing = time.perf_counter()
        connection.execute("COMMIT")
        ended = time.perf_counter()
        found["whole"].append((ended - started) * 1000)
        found["commit"].append((ended - committing) * 1000)
    connection.close()
    return found


def _documents(connection: Any, contact_id: int, field: str, text: str) -> tuple[list[str], list[str]]:
    """The words of the contact's search entry as they are, and with other ones in one field."""
    doc = connection.execute("SELECT doc FROM contact_raw WHERE contact_id=?", (contact_id,)).fetchone()[0]
    fields = doc.split(BETWEEN_FIELDS)
    fields[TEXT_FIELDS.index(field)] = " ".join(words(text))
    return list(index_columns(doc)), list(index_columns(BETWEEN_FIELDS.join(fields)))
