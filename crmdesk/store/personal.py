"""Every table and what it holds of a guest: the one list behind a guest's extract and *Erase here*.

A table without a rule here breaks the tests: whoever adds one decides what becomes of the guests in it."""

# ruff: noqa: S608 - statements are put together from constants; values are always bound

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crmdesk.core.outbox import OpState
from crmdesk.core.privacy import Clues, Held, Kept
from crmdesk.core.text import phone_tail, words
from crmdesk.core.types import Summary
from crmdesk.store import desk_log, guest_rows, ops, pseudonyms
from crmdesk.store.driver import Driver
from crmdesk.store.packed import unpack

_THESE = "IN (SELECT value FROM json_each(?1))"
_AS_JSON = frozenset({"changes", "orders", "reason", "clashes", "content", "cells", "theirs"})
_NEVER = frozenset({"fingerprint", "base_hash"})  # sums, no values
MOST_SEARCHES = 200  # that are looked at
_ADDRESS = re.compile(r"[^\s@<>,;]+@[^\s@<>,;]+")


NO_CLUES = Clues()


@dataclass(frozen=True, slots=True)
class Guest:
    """One contact, with what else it may be known by."""

    contact_id: int
    account_id: int
    remote_id: str
    clues: Clues = NO_CLUES


def clues_of(name: str, summaries: Sequence[Summary]) -> Clues:
    """By what else the guest can be told: as the vendor has it, and as it was changed here."""
    texts = " ".join(f"{one.email} {one.texts.get('email', '')}" for one in summaries)
    phones = {phone_tail(phone.number) for one in summaries for phone in one.phones}
    emails = {found.casefold() for found in _ADDRESS.findall(texts)}
    return Clues(frozenset(emails), frozenset(phones - {""}), frozenset(words(name)))


Read = Callable[[Any, Guest], list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Rule:
    """`read` gives what goes into the extract; None: `why` says why nothing does. `erased`: what *Erase here* does."""

    read: Read | None
    erased: str
    why: str = ""


def _nothing(why: str, erased: str = "") -> Rule:
    return Rule(None, erased, why)


def _rows(driver: Driver, asked: str, bound: tuple[Any, ...]) -> list[dict[str, Any]]:
    """As objects with the columns' names; JSON columns opened, bodies as text."""
    cursor = driver.execute(asked, bound)
    names = [column[0] for column in cursor.description]
    return [{name: _value(name, value) for name, value in zip(names, row, strict=True)} for row in cursor.fetchall()]


def _value(name: str, value: Any) -> Any:
    if isinstance(value, bytes):
        return "" if name in _NEVER else _opened(unpack(value).decode("utf-8", "replace"))
    return _opened(value) if name in _AS_JSON and value else value


def _opened(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _by(table: str, column: str = "contact_id", order: str = "") -> Read:
    asked = f"SELECT * FROM {table} WHERE {column}=?{f' ORDER BY {order}' if order else ''}"
    return lambda driver, guest: _rows(driver, asked, (guest.contact_id,))


def _row_ids(driver: Driver, guest: Guest) -> str:
    clues = guest_rows.alone(driver, guest.clues, [guest.contact_id])
    return json.dumps(sorted({*guest_rows.made_from(driver, [guest.contact_id]), *guest_rows.naming(driver, clues)}))


def _submission_rows(driver: Driver, guest: Guest) -> list[dict[str, Any]]:
    asked = (
        "SELECT r.*, s.title AS submission, s.kind AS kind, s.file AS file FROM submission_row AS r"
        f" JOIN submission AS s ON s.id=r.submission_id WHERE r.id {_THESE} ORDER BY r.id"
    )
    return _rows(driver, asked, (_row_ids(driver, guest),))


def _ledger(driver: Driver, guest: Guest) -> list[dict[str, Any]]:
    asked = f"SELECT * FROM ledger WHERE row_id {_THESE} ORDER BY id"
    return _rows(driver, asked, (_row_ids(driver, guest),))


def _searches(driver: Driver, guest: Guest) -> list[dict[str, Any]]:
    return [{"text": text} for _, text in searches_of(driver, guest.clues)]


def _log(driver: Driver, guest: Guest) -> list[dict[str, Any]]:
    who = pseudonyms.token(pseudonyms.key_of(driver), guest.account_id, guest.remote_id)
    return [
        {"at": line.at, "operator": line.operator, "did": line.did.value, "fields": line.fields, "note": line.note}
        for line in desk_log.of_guest(driver, who)
    ]


def _linked(driver: Driver, guest: Guest) -> list[dict[str, Any]]:
    """The person's other records, by their vendors' ids."""
    asked = (
        "SELECT c.account_id, c.remote_id FROM card_member AS mine JOIN card_member AS other USING (card_id)"
        " JOIN contact AS c ON c.id=other.contact_id WHERE mine.contact_id=?1 AND other.contact_id<>?1 ORDER BY c.id"
    )
    return _rows(driver, asked, (guest.contact_id,))


def _likely(driver: Driver, guest: Guest) -> list[dict[str, Any]]:
    """That somebody else's record is alike; whose it is, is that person's business."""
    asked = (
        "SELECT score, matched, contradicting, verdict, decided_at, operator FROM pair WHERE ?1 IN (a, b)"
        " ORDER BY score DESC"
    )
    return _rows(driver, asked, (guest.contact_id,))


RULES: Mapping[str, Rule] = {
    "contact": Rule(_by("contact", "id"), "gone"),
    "contact_raw": Rule(lambda d, g: _rows(d, "SELECT body FROM contact_raw WHERE contact_id=?", (g.contact_id,)),
                        "gone"),
    "contact_fts": _nothing("the search index: the contact's words once more", "gone, its segments merged"),
    "contact_code": _nothing("the search index: the contact's digits once more", "gone, its segments merged"),
    "op": Rule(_by("op", order="id"), "gone"),
    "draft": Rule(_by("draft"), "gone"),
    "history": Rule(_by("history", order="id"), "gone"),
    "trash": Rule(_by("trash"), "gone"),
    "card": _nothing("numbers of guest cards, and who made them", "gone with the last but one of its records"),
    "card_member": Rule(_linked, "gone"),
    "pair": Rule(_likely, "gone"),
    "submission_row": Rule(_submission_rows, "emptied; stage, number and time stay"),
    "ledger": Rule(_ledger, "kept, with a token in the guest's place"),
    "call": _nothing("whole requests with many guests; this guest's rows are told one by one", "emptied once ended"),
    "recent_search": Rule(_searches, "gone"),
    "desk_log": Rule(_log, "kept: pseudonyms only"),
    "erased": _nothing("pseudonyms of erased guests", "a line is added"),
    "submission": _nothing("what all rows of a submission share; names nobody"),
    "mapping": _nothing("headings of files"),
    "saved_view": _nothing("searches that people named themselves; shown to whoever erases"),
    "account": _nothing("the hotel's own accounts"),
    "secret": _nothing("the hotel's own secrets"),
    "seen": _nothing("numbers of listings", "gone"),
    "cursor": _nothing("where listings go on"),
    "meta": _nothing("settings of the data file; names of the people at the desk; addresses of vendors"),
}  # fmt: skip


def kept(driver: Driver, guest: Guest) -> dict[str, list[dict[str, Any]]]:
    """By table, all that there is of the guest."""
    found = {table: rule.read(driver, guest) for table, rule in RULES.items() if rule.read is not None}
    return {table: rows for table, rows in found.items() if rows}


def whole(driver: Driver, guest: Guest) -> Kept | None:
    """The contact with everything around it; from the trash where it is there. None: neither here nor there."""
    tables = kept(driver, guest)
    row = driver.execute(
        "SELECT name, (SELECT body FROM contact_raw WHERE contact_id=id), fetched_at,"
        " (SELECT checked_at FROM account WHERE id=account_id) FROM contact WHERE id=?1"
        " UNION ALL SELECT title, body, '', '' FROM trash WHERE contact_id=?1",
        (guest.contact_id,),
    ).fetchone()
    if row is None:
        return None
    name, body, fetched, checked = row
    text = unpack(bytes(body or b"{}")).decode("utf-8", "replace")
    return Kept(guest.contact_id, guest.account_id, guest.remote_id, name, text, max(fetched, checked or ""), tables)


def held(driver: Driver, guests: Sequence[Guest]) -> Held:
    """How much of these guests there is: what somebody should know before it goes."""
    listed = json.dumps([guest.contact_id for guest in guests])

    def count(asked: str) -> int:
        return int(driver.execute(f"SELECT count(*) FROM {asked}", (listed,)).fetchone()[0])

    clues = joined(guests)
    ids = [guest.contact_id for guest in guests]
    own = guest_rows.alone(driver, clues, ids)
    mine = {*guest_rows.made_from(driver, ids), *guest_rows.naming(driver, own)}
    shared = guest_rows.naming(driver, Clues(clues.emails - own.emails, clues.phones - own.phones)) - mine
    lines = driver.execute(f"SELECT count(*) FROM ledger WHERE row_id {_THESE}", (json.dumps(list(mine)),)).fetchone()
    return Held(
        waiting=count(f"op WHERE contact_id {_THESE} AND {ops.IS_OPEN}"),
        drafts=count(f"draft WHERE contact_id {_THESE}"),
        history=count(f"history WHERE contact_id {_THESE}"),
        trashed=count(f"trash WHERE contact_id {_THESE}"),
        rows=len(mine),
        ledger=int(lines[0]),
        searches=len(searches_of(driver, clues)),
        shared=len(shared),
        sending=bool(count(f"op WHERE contact_id {_THESE} AND state='{OpState.SENDING.value}'")),
        views=tuple(_views(driver, clues)),
    )


def joined(guests: Iterable[Guest]) -> Clues:
    """Of several records of one person."""
    found = Clues()
    for guest in guests:
        one = guest.clues
        found = Clues(found.emails | one.emails, found.phones | one.phones, found.names | one.names)
    return found


def searches_of(driver: Driver, clues: Clues) -> list[tuple[int, str]]:
    """Recent searches that can only be meant for the guest: they hold the address, the number or the whole name."""
    rows = driver.execute("SELECT id, text FROM recent_search ORDER BY id DESC LIMIT ?", (MOST_SEARCHES,)).fetchall()
    return [(number, text) for number, text in rows if names_guest(text, clues)]


def _views(driver: Driver, clues: Clues) -> list[str]:
    rows = driver.execute("SELECT title, query FROM saved_view ORDER BY position").fetchall()
    return [title for title, query in rows if names_guest(f"{title} {query}", clues)]


def names_guest(text: str, clues: Clues) -> bool:
    """Whether it holds one of the guest's addresses or numbers, or every word of the name."""
    folded = text.casefold()
    digits = "".join(letter for letter in text if letter.isdigit())
    typed = set(words(text))
    return (
        any(email in folded for email in clues.emails)
        or any(phone in digits for phone in clues.phones)
        or (len(clues.names) > 1 and clues.names <= typed)
    )
