"""Writing contacts: pages of a listing, removals, listings from begin to end.

Every function runs inside one write of `Database` and is given its connection. A page costs a handful of statements,
each an executemany on the driver: SQLAlchemy's own bulk insert costs 1.5 times as much."""

# ruff: noqa: S608 - statements are put together from constants; values are always bound

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

import sqlalchemy as sa

from crmdesk.core.query import TEXT_FIELDS
from crmdesk.core.text import sort_key
from crmdesk.core.types import CARD_FLAGS, CLOSING_FLAGS, Cursor, Page, RemoteContact, Summary
from crmdesk.store import card_rows, traces
from crmdesk.store.database import Touched, driver_of
from crmdesk.store.document import Document, document, index_columns
from crmdesk.store.driver import Driver
from crmdesk.store.packed import pack, unpack
from crmdesk.store.schema import FTS_COLUMNS

_COLUMNS = (
    "id", "account_id", "remote_id", "name", "sort_key", "given_key", "email", "phone", "phones", "company", "city",
    "country", "languages", "kind", "notes", "created_at", "updated_at", "fetched_at", "flags", "base_hash", "seen_gen",
)  # fmt: skip


def _marks(count: int) -> str:
    return ",".join("?" * count)


_INSERT = f"INSERT INTO contact({','.join(_COLUMNS)}) VALUES ({_marks(len(_COLUMNS))})"
# What stands on guest cards is no vendor's business: a row that is written anew keeps it.
_FLAGS = f"?|(flags&{int(CARD_FLAGS)})"
_SET = {name: _FLAGS if name == "flags" else "?" for name in _COLUMNS}
_UPDATE = f"UPDATE contact SET {','.join(f'{name}={_SET[name]}' for name in _COLUMNS[3:])} WHERE id=?"
_SUMMED = (*_COLUMNS[3 : _COLUMNS.index("fetched_at")], "flags")
_REWRITE = f"UPDATE contact SET {','.join(f'{name}={_SET[name]}' for name in _SUMMED)} WHERE id=?"
_RAW = "INSERT OR REPLACE INTO contact_raw(contact_id, doc, digits, marks, body) VALUES (?,?,?,?,?)"
_FTS_MARKS = _marks(len(TEXT_FIELDS))
_FTS_ADD = f"INSERT INTO contact_fts(rowid,{FTS_COLUMNS}) VALUES (?,{_FTS_MARKS})"
_FTS_DROP = f"INSERT INTO contact_fts(contact_fts,rowid,{FTS_COLUMNS}) VALUES ('delete',?,{_FTS_MARKS})"
_CODE_ADD = "INSERT INTO contact_code(rowid, digits, marks) VALUES (?,?,?)"
_CODE_DROP = "INSERT INTO contact_code(contact_code, rowid, digits, marks) VALUES ('delete',?,?,?)"
_IN_LIST = "IN (SELECT value FROM json_each(?))"


@dataclass(frozen=True, slots=True)
class Applied:
    """What a page did, in contacts. `altered` of the changed ones have other words than before (a time that moved on
    alters nobody). `erased` were due to be forgotten: deleted here, or never stored. `held` were left out, because they
    are being deleted here."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    erased: int = 0
    removed: int = 0
    held: int = 0
    altered: int = 0


@dataclass(slots=True)
class _Incoming:
    """One contact of a page on its way into the tables; `id` 0 = not stored yet."""

    id: int
    contact: RemoteContact
    summary: Summary
    hash: bytes


def apply_page(
    connection: sa.Connection,
    touched: Touched,
    account_id: int,
    generation: int,
    page: Page,
    summaries: Sequence[Summary],
    now: str,
) -> Applied:
    """Stores one page of a listing and, in the same commit, its checkpoint (`page.after`; None leaves the listing
    open until `finish_listing`).

    `summaries` belong to `page.contacts` one by one. Of a remote id that comes twice the last one counts. A body equal
    to the stored one only counts as seen; bodies are kept byte for byte. Contacts whose `forget_at` has come are
    erased. `now` is UTC ISO text and becomes `fetched_at`."""
    driver = driver_of(connection)
    known = _known(driver, account_id, [contact.remote_id for contact in page.contacts])
    erased, incoming = _sort_out(page, summaries, known, now)
    new = [item for item in incoming if not item.id]
    changed = [item for item in incoming if item.id and known[_clean(item.contact.remote_id)][1] != item.hash]
    same = [item.id for item in incoming if item.id and known[_clean(item.contact.remote_id)][1] == item.hash]
    _add(driver, touched, account_id, generation, new, now)
    altered = _change(driver, touched, generation, changed, now)
    _note_seen(driver, generation, same)
    if erased:
        _forget(driver, touched, account_id, [known[name][0] for name in erased if name in known], erased, now)
    removed = remove_contacts(connection, touched, account_id, page.removed, now) if page.removed else 0
    if page.after is not None:
        driver.execute("UPDATE cursor SET checkpoint=? WHERE account_id=?", (checkpoint_text(page.after), account_id))
    return Applied(len(new), len(changed), len(same), len(erased), removed, altered=altered)


def without_altered(
    connection: sa.Connection, account_id: int, generation: int, page: Page, summaries: Sequence[Summary], now: str
) -> Page:
    """The page without contacts that would get other words than are stored: these stay, and count as seen. Whom their
    vendor has closed since comes as the vendor has it: no answer about words holds that back."""
    driver = driver_of(connection)
    known = _known(driver, account_id, [contact.remote_id for contact in page.contacts])
    _, incoming = _sort_out(page, summaries, known, now)
    changed = [item for item in incoming if item.id and known[_clean(item.contact.remote_id)][1] != item.hash]
    stored = _stored_documents(driver, [item.id for item in changed])
    closed = _closed_since(driver, changed)
    altered = [item for item in changed if item.id not in closed and stored.get(item.id) != document(item.summary)]
    _note_seen(driver, generation, [item.id for item in altered])
    kept = {item.contact.remote_id for item in altered}
    return replace(page, contacts=tuple(one for one in page.contacts if one.remote_id not in kept))


def only_closed(connection: sa.Connection, account_id: int, page: Page, summaries: Sequence[Summary], now: str) -> Page:
    """Of the page no more than those whom their vendor has closed since, or who are to be forgotten by now."""
    driver = driver_of(connection)
    known = _known(driver, account_id, [contact.remote_id for contact in page.contacts])
    erased, incoming = _sort_out(page, summaries, known, now)
    there = [item for item in incoming if item.id]
    closed = _closed_since(driver, there)
    wanted = {*erased, *(_clean(item.contact.remote_id) for item in there if item.id in closed)}
    only = tuple(one for one in page.contacts if _clean(one.remote_id) in wanted)
    return replace(page, contacts=only, removed=(), after=None)


def _closed_since(driver: Driver, items: Sequence[_Incoming]) -> set[int]:
    """Ids of those that are restricted, to be forgotten or opted out by now and were not so before."""
    rows = driver.execute(f"SELECT id, flags FROM contact WHERE id {_IN_LIST}", (json.dumps([it.id for it in items]),))
    before = dict(rows.fetchall())
    return {item.id for item in items if int(item.summary.flags & CLOSING_FLAGS) & ~before.get(item.id, 0)}


def _clean(text: str) -> str:
    """`text` with what UTF-8 cannot hold (lone surrogates) replaced; NUL would end it early in SQLite's functions."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")


def _known(driver: Driver, account_id: int, remote_ids: Iterable[str]) -> dict[str, tuple[int, bytes]]:
    """Remote id → (contact id, hash of the stored body), for those already stored."""
    text = driver.execute(
        "SELECT json_group_array(json_array(remote_id, id, hex(base_hash))) FROM contact"
        f" WHERE account_id=? AND remote_id {_IN_LIST}",
        (account_id, json.dumps([_clean(remote_id) for remote_id in remote_ids])),
    ).fetchone()[0]
    return {remote_id: (contact_id, bytes.fromhex(digest)) for remote_id, contact_id, digest in json.loads(text)}


def _sort_out(
    page: Page, summaries: Sequence[Summary], known: dict[str, tuple[int, bytes]], now: str
) -> tuple[list[str], list[_Incoming]]:
    """Remote ids to erase, and the contacts to store; of twins the last."""
    last = {_clean(contact.remote_id): place for place, contact in enumerate(page.contacts)}
    erased: list[str] = []
    incoming: list[_Incoming] = []
    for remote_id, place in last.items():
        contact, summary = page.contacts[place], summaries[place]
        if summary.forget_at and summary.forget_at <= now:
            erased.append(remote_id)
            continue
        digest = blake2b(contact.body, digest_size=16).digest()
        incoming.append(_Incoming(known[remote_id][0] if remote_id in known else 0, contact, summary, digest))
    return erased, incoming


def _values(item: _Incoming, generation: int, now: str) -> tuple[Any, ...]:
    """The columns behind remote_id, in _COLUMNS order."""
    *words, bits = _columns_of(item.summary)
    return (*words, now, bits, item.hash, generation)


def _columns_of(it: Summary) -> tuple[Any, ...]:
    """What the row shows of a contact, in the order of _SUMMED."""
    of_company = it.company and it.company == it.name  # first and last name are those of somebody who works there
    ordered = f"{it.last} {it.first}" if it.last and not of_company else it.name
    phone = it.phones[0].number if it.phones else ""
    return (
        it.name, sort_key(ordered), sort_key(it.name), it.email, phone, len(it.phones), it.company, it.city,
        it.country, ", ".join(it.languages), it.kind, it.notes, it.created_at, it.updated_at, int(it.flags),
    )  # fmt: skip


def rewrite(driver: Driver, touched: Touched, contact_id: int, summary: Summary) -> None:
    """Words the contact's row and search entries anew, e.g. for an edit that waits; its base stays as it is."""
    values = _columns_of(summary)
    driver.execute(_REWRITE, (*values, contact_id))
    was = _stored_documents(driver, [contact_id])
    words = document(summary)
    if was.get(contact_id) != words:
        _unindex(driver, was)
        driver.execute("UPDATE contact_raw SET doc=?, digits=?, marks=? WHERE contact_id=?", (*words, contact_id))
        _index(driver, [(contact_id, words)])
    touched.contacts.add(contact_id)
    touched.listing = True


def set_base(driver: Driver, contact_id: int, body: bytes, now: str, remote_id: str = "") -> None:
    """The vendor's JSON of a contact, as confirmed just now. Its row is to be worded anew afterwards (`rewrite`)."""
    digest = blake2b(body, digest_size=16).digest()
    driver.execute("UPDATE contact SET base_hash=?, fetched_at=? WHERE id=?", (digest, now, contact_id))
    driver.execute("UPDATE contact_raw SET body=? WHERE contact_id=?", (pack(body), contact_id))
    if remote_id:
        driver.execute("UPDATE contact SET remote_id=? WHERE id=?", (_clean(remote_id), contact_id))


def insert(
    driver: Driver,
    touched: Touched,
    account_id: int,
    contact: RemoteContact,
    summary: Summary,
    now: str,
    number: int = 0,
) -> int:
    """One contact that no listing brought; its id. `number`: the id it had before it was deleted here."""
    last = driver.execute("SELECT seq FROM sqlite_sequence WHERE name='contact'").fetchone()
    digest = blake2b(contact.body, digest_size=16).digest()
    item = _Incoming(number or (last[0] if last else 0) + 1, contact, summary, digest)
    _insert(driver, touched, account_id, 0, [item], now)
    if number:
        card_rows.came_back(driver, touched, number)
    return item.id


def id_of(driver: Driver, account_id: int, remote_id: str) -> int:
    """0 where there is none."""
    found = driver.execute(
        "SELECT id FROM contact WHERE account_id=? AND remote_id=?", (account_id, _clean(remote_id))
    ).fetchone()
    return int(found[0]) if found else 0


def set_flag(driver: Driver, touched: Touched, contact_id: int, flag: int, on: bool) -> None:
    """One mark of the row that no word of the search index follows."""
    change = "flags | ?" if on else "flags & ~?"
    driver.execute(f"UPDATE contact SET flags = {change} WHERE id=?", (int(flag), contact_id))
    touched.contacts.add(contact_id)
    touched.listing = True


def _add(driver: Driver, touched: Touched, account_id: int, generation: int, items: list[_Incoming], now: str) -> None:
    if not items:
        return
    last = driver.execute("SELECT seq FROM sqlite_sequence WHERE name='contact'").fetchone()
    for number, item in enumerate(items, (last[0] if last else 0) + 1):
        item.id = number
    _insert(driver, touched, account_id, generation, items, now)


def _insert(
    driver: Driver, touched: Touched, account_id: int, generation: int, items: list[_Incoming], now: str
) -> None:
    driver.executemany(
        _INSERT,
        [(item.id, account_id, _clean(item.contact.remote_id), *_values(item, generation, now)) for item in items],
    )
    documents = [document(item.summary) for item in items]
    _store_raw(driver, items, documents)
    _index(driver, [(item.id, doc) for item, doc in zip(items, documents, strict=True)])
    _recount(driver, touched, account_id, len(items))
    touched.contacts.update(item.id for item in items)
    touched.listing = True


def _change(driver: Driver, touched: Touched, generation: int, items: list[_Incoming], now: str) -> int:
    """How many of them have other words now. A change that touches no searched word leaves the indices alone: rewriting
    them is most of an update's cost."""
    if not items:
        return 0
    ids = [item.id for item in items]
    driver.executemany(_UPDATE, [(*_values(item, generation, now), item.id) for item in items])
    stored = _stored_documents(driver, ids)
    documents = [document(item.summary) for item in items]
    reworded = [(item.id, doc) for item, doc in zip(items, documents, strict=True) if stored.get(item.id) != doc]
    _unindex(driver, {contact_id: stored[contact_id] for contact_id, _ in reworded if contact_id in stored})
    _store_raw(driver, items, documents)
    _index(driver, reworded)
    touched.contacts.update(ids)
    touched.listing = True
    return len(reworded)


def _store_raw(driver: Driver, items: list[_Incoming], documents: list[Document]) -> None:
    rows = [(item.id, *doc, pack(item.contact.body)) for item, doc in zip(items, documents, strict=True)]
    driver.executemany(_RAW, rows)


def _index(driver: Driver, documents: list[tuple[int, Document]]) -> None:
    """Into both search indices, where these ids must not be."""
    driver.executemany(_FTS_ADD, [(contact_id, *index_columns(doc.words)) for contact_id, doc in documents])
    coded = [(contact_id, doc.digits, doc.marks) for contact_id, doc in documents if doc.digits or doc.marks]
    driver.executemany(_CODE_ADD, coded)


def _stored_documents(driver: Driver, ids: Iterable[int]) -> dict[int, Document]:
    text = driver.execute(
        "SELECT json_group_array(json_array(contact_id, doc, digits, marks)) FROM contact_raw"
        f" WHERE contact_id {_IN_LIST}",
        (json.dumps(list(ids)),),
    ).fetchone()[0]
    return {contact_id: Document(*texts) for contact_id, *texts in json.loads(text)}


def _unindex(driver: Driver, stored: dict[int, Document]) -> None:
    """Out of both search indices, by the exact words that went in."""
    driver.executemany(_FTS_DROP, [(number, *index_columns(doc.words)) for number, doc in stored.items()])
    coded = [(number, doc.digits, doc.marks) for number, doc in stored.items() if doc.digits or doc.marks]
    driver.executemany(_CODE_DROP, coded)


def _note_seen(driver: Driver, generation: int, ids: list[int]) -> None:
    """Apart from the contact's row: a listing in which nothing changed should not rewrite every row."""
    if ids:
        driver.executemany("INSERT OR REPLACE INTO seen VALUES (?,?)", [(number, generation) for number in ids])


def delete_ids(driver: Driver, touched: Touched, account_id: int, ids: list[int]) -> None:
    """Deletes these contacts of one account whole: row, raw JSON, index entries; their bytes leave the file in the
    merge that follows the commit."""
    if not ids:
        return
    _unindex(driver, _stored_documents(driver, ids))
    listed = (json.dumps(ids),)
    for table, column in (("contact_raw", "contact_id"), ("seen", "contact_id"), ("contact", "id")):
        driver.execute(f"DELETE FROM {table} WHERE {column} {_IN_LIST}", listed)
    _recount(driver, touched, account_id, -len(ids))
    card_rows.leave(driver, touched, ids)
    touched.gone.update(ids)
    touched.contacts.difference_update(ids)
    touched.listing = touched.erased = True


def _recount(driver: Driver, touched: Touched, account_id: int, added: int) -> None:
    driver.execute("UPDATE account SET contacts = contacts + ? WHERE id=?", (added, account_id))
    touched.accounts = True


def _forget(driver: Driver, touched: Touched, account_id: int, ids: list[int], remote_ids: list[str], now: str) -> None:
    """Their time to be forgotten has come: nothing stays of them, edits that wait and the trash included."""
    trashed = traces.in_trash(driver, account_id, remote_ids)
    traces.erase(driver, touched, account_id, [*ids, *trashed], now)
    delete_ids(driver, touched, account_id, ids)


def remove_contacts(
    connection: sa.Connection, touched: Touched, account_id: int, remote_ids: Iterable[str], now: str
) -> int:
    """Deletes contacts that the vendor says are gone; how many there were. Those that were edited here stay, until a
    person has decided."""
    driver = driver_of(connection)
    ids = [contact_id for contact_id, _ in _known(driver, account_id, remote_ids).values()]
    kept = traces.spare(driver, touched, account_id, ids, now)
    gone = [contact_id for contact_id in ids if contact_id not in kept]
    traces.erase(driver, touched, account_id, traces.to_be_forgotten(driver, gone), now)
    delete_ids(driver, touched, account_id, gone)
    return len(gone)


def bodies_of(connection: sa.Connection, account_id: int, remote_ids: Iterable[str]) -> dict[str, bytes]:
    """Remote id → JSON as kept, of those contacts that are stored."""
    rows = driver_of(connection).execute(
        "SELECT remote_id, body FROM contact JOIN contact_raw ON contact_id=id"
        f" WHERE account_id=? AND remote_id {_IN_LIST}",
        (account_id, json.dumps([_clean(remote_id) for remote_id in remote_ids])),
    )
    return {remote_id: unpack(bytes(body)) for remote_id, body in rows.fetchall()}


def next_bodies(connection: sa.Connection, account_id: int, after: str, most: int) -> list[tuple[str, bytes]]:
    """(remote id, JSON as kept) of the account's next `most` contacts behind the remote id `after` ('' = from the
    first), in order of remote ids: for going through an account's contacts in short reads."""
    rows = driver_of(connection).execute(
        "SELECT remote_id, body FROM contact JOIN contact_raw ON contact_id=id WHERE account_id=? AND remote_id>?"
        " ORDER BY remote_id LIMIT ?",
        (account_id, _clean(after), most),
    )
    return [(remote_id, unpack(bytes(body))) for remote_id, body in rows.fetchall()]


def begin_listing(connection: sa.Connection, account_id: int, full: bool) -> int:
    """The generation of the listing that starts now. An unfinished listing of the same kind goes on under its old
    number from its checkpoint; one of the other kind is dropped (its rows stay)."""
    driver = driver_of(connection)
    row = driver.execute(
        "SELECT generation, is_full, checkpoint IS NOT NULL FROM cursor WHERE account_id=?", (account_id,)
    ).fetchone()
    if row and row[2] and bool(row[1]) == full:
        return int(row[0])
    driver.execute(
        "INSERT INTO cursor(account_id, generation, is_full) VALUES (?,1,?) ON CONFLICT(account_id) DO UPDATE"
        " SET generation=generation+1, is_full=excluded.is_full, checkpoint=NULL",
        (account_id, full),
    )
    return int(driver.execute("SELECT generation FROM cursor WHERE account_id=?", (account_id,)).fetchone()[0])


_OF_ACCOUNT = "contact_id IN (SELECT id FROM contact WHERE account_id=?)"


def vanished(connection: sa.Connection, account_id: int, generation: int) -> list[tuple[int, str]]:
    """(contact id, remote id) of the account's contacts that this complete, full listing did not bring. Those that were
    made here and are not at the vendor yet are none of them."""
    text = (
        driver_of(connection)
        .execute(
            "SELECT json_group_array(json_array(id, remote_id)) FROM contact WHERE account_id=?1 AND seen_gen<>?2"
            " AND remote_id NOT GLOB 'new:*'"
            " AND NOT EXISTS (SELECT 1 FROM seen WHERE contact_id=contact.id AND generation=?2)",
            (account_id, generation),
        )
        .fetchone()[0]
    )
    return [(contact_id, remote_id) for contact_id, remote_id in json.loads(text)]


def count_local(connection: sa.Connection, account_id: int) -> int:
    """How many contacts of the account its vendor does not have yet."""
    found = driver_of(connection).execute(
        "SELECT count(*) FROM contact WHERE account_id=? AND remote_id>='new:' AND remote_id<'new;'", (account_id,)
    )
    return int(found.fetchone()[0])


def finish_listing(
    connection: sa.Connection, touched: Touched, account_id: int, generation: int, next_since: str, now: str
) -> None:
    """The listing is complete: the next one starts from `next_since`, and every contact of the account is confirmed
    as of `now`."""
    driver = driver_of(connection)
    driver.execute(
        "UPDATE cursor SET since=?, checkpoint=NULL WHERE account_id=? AND generation=?",
        (next_since, account_id, generation),
    )
    if driver.execute("SELECT EXISTS (SELECT 1 FROM seen)").fetchone()[0]:  # else it walks all the account's contacts
        driver.execute(f"DELETE FROM seen WHERE {_OF_ACCOUNT}", (account_id,))
    driver.execute("UPDATE account SET checked_at=? WHERE id=?", (now, account_id))
    touched.accounts = True


def checkpoint_text(cursor: Cursor) -> str:
    """A cursor as kept in the table."""
    return json.dumps([cursor.since, cursor.page, cursor.next_since])


def checkpoint_of(text: str) -> Cursor:
    since, page, next_since = json.loads(text)
    return Cursor(since, page, next_since)
