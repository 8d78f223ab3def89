"""The floor of a pull: the least code that fetches, decodes and upserts the same pages into the same schema.

Same libraries (httpx, msgspec, sqlcipher3), same tables and indices, same durability, same commit per page. No
tolerance of odd records, no checkpoint, no progress, no change feed, no cancelling, one thing after the other."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

import httpx
import msgspec

from crmdesk.core.query import TEXT_FIELDS
from crmdesk.core.text import sort_key
from crmdesk.core.types import Flag, Phone, Summary
from crmdesk.store.connect import connect, make_durable
from crmdesk.store.contacts import pack
from crmdesk.store.document import document, index_columns
from crmdesk.store.opening import prepare
from crmdesk.store.schema import FTS_COLUMNS
from tests.perf.emulator import TOKEN

PER_PAGE = 100
NOW = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
COLUMNS = (
    "id", "account_id", "remote_id", "name", "sort_key", "email", "phone", "phones", "city", "country", "languages",
    "notes", "created_at", "updated_at", "fetched_at", "flags", "base_hash", "seen_gen",
)  # fmt: skip
UPSERT = (
    f"INSERT INTO contact({','.join(COLUMNS)}) VALUES ({','.join('?' * len(COLUMNS))})"
    f" ON CONFLICT(account_id, remote_id) DO UPDATE SET {','.join(f'{name}=excluded.{name}' for name in COLUMNS[3:])}"
)
RAW = "INSERT OR REPLACE INTO contact_raw(contact_id, doc, digits, marks, body) VALUES (?,?,?,?,?)"
FTS = f"INSERT INTO contact_fts(rowid,{FTS_COLUMNS}) VALUES (?{',?' * len(TEXT_FIELDS)})"
CODE = "INSERT INTO contact_code(rowid, digits, marks) VALUES (?,?,?)"


class Number(msgspec.Struct):
    label: str
    number: str


class Contact(msgspec.Struct):
    id: int
    fullname: str
    firstname: str | None
    lastname: str | None
    email: str | None
    phones: list[Number]
    address1: str | None
    address2: str | None
    city: str | None
    zip: str | None
    state: str | None
    country_code: str | None
    spoken_languages: list[str]
    gender: str | None
    website: str | None
    private_notes: str | None
    created_at: str
    updated_at: str
    forget_me_at: str | None
    canceled_at: str | None


class Answer(msgspec.Struct):
    contacts: list[msgspec.Raw]


def pull(url: str, folder: str) -> tuple[float, int]:
    """Seconds for all pages, the last one committed, and how many contacts that were."""
    path, key = Path(folder) / "bare.db", bytes(32)
    prepare(path, key)
    connection = connect(path, key, cache_kb=8192)
    make_durable(connection)
    connection.execute("INSERT INTO account(id, vendor, title, base_url) VALUES (1,'bookingsync','Bare',?)", (url,))
    started = time.perf_counter()
    with httpx.Client(headers={"Authorization": f"Bearer {TOKEN}"}) as client:
        number, written = 1, 0
        while True:
            answer = client.get(f"{url}/api/v3/contacts", params={"page": number, "per_page": PER_PAGE})
            bodies = [bytes(raw) for raw in msgspec.json.decode(answer.content, type=Answer).contacts]
            number, written = number + 1, written + _write(connection, bodies, written)
            if 'rel="next"' not in answer.headers["link"]:
                break
    seconds = time.perf_counter() - started
    connection.close()
    return seconds, written


def _write(connection: Any, bodies: list[bytes], written: int) -> int:
    """How many of them were not deleted or to be forgotten."""
    decoded = [(body, msgspec.json.decode(body, type=Contact)) for body in bodies]
    live = [
        (body, it) for body, it in decoded if not it.canceled_at and not (it.forget_me_at and it.forget_me_at < NOW)
    ]
    bodies, summaries = [body for body, _ in live], [_summary(it) for _, it in live]
    documents = [document(summary) for summary in summaries]
    ids = range(written + 1, written + len(bodies) + 1)
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(UPSERT, map(_row, ids, bodies, summaries))
    connection.executemany(RAW, [(at, *doc, pack(body)) for at, doc, body in zip(ids, documents, bodies, strict=True)])
    connection.executemany(FTS, [(at, *index_columns(doc.words)) for at, doc in zip(ids, documents, strict=True)])
    coded = [(at, doc.digits, doc.marks) for at, doc in zip(ids, documents, strict=True) if doc.digits or doc.marks]
    connection.executemany(CODE, coded)
    connection.execute("COMMIT")
    return len(bodies)


def _row(number: int, body: bytes, it: Summary) -> tuple[Any, ...]:
    phone = it.phones[0].number if it.phones else ""
    return (
        number, 1, it.texts["id"], it.name, sort_key(f"{it.last} {it.first}" if it.last else it.name), it.email, phone,
        len(it.phones), it.city, it.country, ", ".join(it.languages), it.notes, it.created_at, it.updated_at, NOW,
        int(it.flags), blake2b(body, digest_size=16).digest(), 1,
    )  # fmt: skip


def _summary(it: Contact) -> Summary:
    phones = tuple([Phone(line.label, line.number) for line in it.phones])
    texts = {
        "name": it.fullname, "first": it.firstname, "last": it.lastname, "email": it.email,
        "phone": " ".join([line.number for line in it.phones]), "city": it.city, "zip": it.zip, "state": it.state,
        "address": f"{it.address1 or ''} {it.address2 or ''}".strip(), "country": it.country_code,
        "lang": " ".join(it.spoken_languages), "gender": it.gender, "website": it.website, "notes": it.private_notes,
        "id": str(it.id),
    }  # fmt: skip
    return Summary(
        name=it.fullname, first=it.firstname or "", last=it.lastname or "", email=it.email or "", phones=phones,
        city=it.city or "", country=it.country_code or "", languages=tuple(it.spoken_languages),
        notes=it.private_notes or "", created_at=it.created_at, updated_at=it.updated_at,
        forget_at=it.forget_me_at or "", flags=Flag(0), texts={name: text for name, text in texts.items() if text},
    )  # fmt: skip
