"""The floor of storing: the least code that puts a page of contacts into the same tables, with the same durability.

No tolerance of odd records, no checkpoint, no progress, no change feed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

from crmdesk.core.query import TEXT_FIELDS
from crmdesk.core.text import sort_key
from crmdesk.core.types import Summary
from crmdesk.store.connect import connect, make_durable
from crmdesk.store.document import document, index_columns
from crmdesk.store.opening import prepare
from crmdesk.store.packed import pack
from crmdesk.store.schema import FTS_COLUMNS

NOW = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
COLUMNS = (
    "id", "account_id", "remote_id", "name", "sort_key", "email", "phone", "phones", "city", "country", "languages",
    "kind", "notes", "created_at", "updated_at", "fetched_at", "flags", "base_hash", "seen_gen",
)  # fmt: skip
UPSERT = (
    f"INSERT INTO contact({','.join(COLUMNS)}) VALUES ({','.join('?' * len(COLUMNS))})"
    f" ON CONFLICT(account_id, remote_id) DO UPDATE SET {','.join(f'{name}=excluded.{name}' for name in COLUMNS[3:])}"
)
RAW = "INSERT OR REPLACE INTO contact_raw(contact_id, doc, digits, marks, body) VALUES (?,?,?,?,?)"
FTS = f"INSERT INTO contact_fts(rowid,{FTS_COLUMNS}) VALUES (?{',?' * len(TEXT_FIELDS)})"
CODE = "INSERT INTO contact_code(rowid, digits, marks) VALUES (?,?,?)"


class BareStore:
    """One account in a new file `bare.db`; `written` counts its contacts."""

    def __init__(self, folder: str, vendor: str, url: str) -> None:
        path, key = Path(folder) / "bare.db", bytes(32)
        prepare(path, key)
        self.connection = connect(path, key, cache_kb=8192)
        make_durable(self.connection)
        self.written = 0
        self.connection.execute("INSERT INTO account(id, vendor, title, base_url) VALUES (1,?,'Bare',?)", (vendor, url))

    def write(self, remote_ids: Sequence[str], bodies: Sequence[bytes], summaries: Sequence[Summary]) -> None:
        """One page in one commit."""
        documents = [document(summary) for summary in summaries]
        ids = range(self.written + 1, self.written + len(bodies) + 1)
        raw = [(at, *doc, pack(body)) for at, doc, body in zip(ids, documents, bodies, strict=True)]
        words = [(at, *index_columns(doc.words)) for at, doc in zip(ids, documents, strict=True)]
        coded = [(at, doc.digits, doc.marks) for at, doc in zip(ids, documents, strict=True) if doc.digits or doc.marks]
        run = self.connection
        run.execute("BEGIN IMMEDIATE")
        run.executemany(UPSERT, map(_row, ids, remote_ids, bodies, summaries))
        run.executemany(RAW, raw)
        run.executemany(FTS, words)
        run.executemany(CODE, coded)
        run.execute("COMMIT")
        self.written += len(bodies)


def _row(number: int, remote_id: str, body: bytes, it: Summary) -> tuple[Any, ...]:
    phone = it.phones[0].number if it.phones else ""
    return (
        number, 1, remote_id, it.name, sort_key(f"{it.last} {it.first}" if it.last else it.name), it.email, phone,
        len(it.phones), it.city, it.country, ", ".join(it.languages), it.kind, it.notes, it.created_at, it.updated_at,
        NOW, int(it.flags), blake2b(body, digest_size=16).digest(), 1,
    )  # fmt: skip
