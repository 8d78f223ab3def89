"""PrioTicket's answers to contacts, and a changed contact to the body of an update.

Shape (contacts page, models of 3.5): `{"api_version": …, "data": {"kind": "contact", "items": [{…}], "total_items": …,
"total_pages": …, "items_per_page": …}}`; a single contact is a list of one, without the numbers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from math import ceil
from typing import Any

import msgspec

from crmdesk.core.errors import ProtocolError, RejectedError
from crmdesk.core.fields import FieldKind, FieldSpec
from crmdesk.core.foreign import whole
from crmdesk.core.merge import is_empty
from crmdesk.core.said import said, term
from crmdesk.core.types import Json, RemoteContact
from crmdesk.net import tolerant, wire
from crmdesk.vendors.prioticket.fields import FIELDS
from crmdesk.vendors.prioticket.summary import as_id, summarise

__all__ = ["CONTACTS", "SERVER_ONLY", "Listed", "order_query", "read_list", "summarise", "unreadable", "update_body"]

CONTACTS = "/contacts"

# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────

_MOST = 10**9  # contacts or pages; a greater number is nonsense
_WHAT = "PrioTicket’s list of contacts"


class _Data(msgspec.Struct):
    items: list[msgspec.Raw] | None = None
    total_items: Any = None
    total_pages: Any = None
    items_per_page: Any = None


class _Envelope(msgspec.Struct):
    data: _Data


_decode_envelope = msgspec.json.Decoder(_Envelope).decode


@dataclass(frozen=True, slots=True)
class Listed:
    """What one answer holds. `states` are all entries that are contacts, in the answer's order (of one contact perhaps
    several revisions); `contacts` each contact once, its later entry; `odd` counts the entries that are left out.

    `total`, `pages` and `per_page` are the answer's own numbers, None where they are missing or nonsense."""

    states: tuple[RemoteContact, ...]
    contacts: tuple[RemoteContact, ...]
    entries: int
    total: int | None = None
    pages: int | None = None
    per_page: int | None = None

    @property
    def odd(self) -> int:
        return self.entries - len(self.contacts)


def read_list(body: bytes) -> Listed:
    """Contacts of an answer. ProtocolError if it is no such answer; one bad entry never costs the others."""
    entries, data = _open(body.removeprefix(b"\xef\xbb\xbf"))
    states = tuple(contact for contact in map(_read_contact, entries) if contact is not None)
    contacts = {contact.remote_id: contact for contact in states}
    total, per_page = _count(data.total_items), _count(data.items_per_page)
    pages = _count(data.total_pages)
    if pages is None and total is not None and per_page:
        pages = ceil(total / per_page)
    return Listed(states, tuple(contacts.values()), len(entries), total, pages, per_page)


def _open(body: bytes) -> tuple[list[bytes], _Data]:
    """The entries' own bytes and the numbers beside them; the slow way only where one wrong byte spoils the document.

    An empty list may be left out: "unset or empty optional fields are left out of answers" (3.5)."""
    try:
        data = _decode_envelope(body).data
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _open_damaged(body)
    if data.items is None and _count(data.total_items) != 0:
        raise unreadable("it has no list of items", "$.data.items")
    return [bytes(entry) for entry in data.items or ()], data


def _open_damaged(body: bytes) -> tuple[list[bytes], _Data]:
    try:
        entries, rest = tolerant.split(tolerant.inner(body, "data"), "items")
    except ValueError:
        data = wire.decode(body, _Envelope, _WHAT).data  # says what is wrong, in words
        return [bytes(entry) for entry in data.items or ()], data
    around = tolerant.read_entry(rest)
    if around is None:
        raise unreadable("what surrounds the contacts is not JSON")
    get = around[1].get
    return entries, _Data([], get("total_items"), get("total_pages"), get("items_per_page"))


def _count(value: Any) -> int | None:
    number = whole(value)
    return number if number is not None and 0 <= number < _MOST else None


def _read_contact(entry: bytes) -> RemoteContact | None:
    read = tolerant.read_entry(entry)
    if read is None:
        return None
    body, raw = read
    remote_id = as_id(raw.get("contact_uid"))
    return RemoteContact(remote_id, body, raw) if remote_id else None


def unreadable(why: str, path: str = "", details: Mapping[str, str] | None = None) -> ProtocolError:
    """E-SHAPE: the answer is unlike the documents; `why` ends the first sentence."""
    return ProtocolError(
        said("The answer from PrioTicket could not be understood: {why}.", why=term(why)),
        "Nothing was changed here.",
        path=path,
        details=details,
    )


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────────

SERVER_ONLY = frozenset({"contact_version", "contact_created", "contact_modified"})
"""Keys of a contact that are never sent back: the vendor makes them (contact model: read-only).

Read-only, too, but sent back as they came: `contact_address.id`, since leaving it out could make a new address, and
`note_date` and `note_creator` of the notes, since leaving them out could date old notes anew. Whether any read-only key
is ignored or refused the documents do not say; should one be refused, it belongs here."""

_UTC_TIME = re.compile(r"(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)[Zz]")


def update_body(base: Json, changes: Mapping[str, Any]) -> bytes:
    """The body of `PUT /contacts/{contact_uid}`: `base` (the newest state as read) with `changes` (path → value).

    "The data is always overwritten, not merged" (contacts page): every key that `base` has is sent, also unknown ones,
    but for SERVER_ONLY. None, '', [] and {} clear a field: its key is left out. No time ends with Z ("a Z suffix is not
    supported"): it becomes `+00:00`. Dates and aware datetimes may be given as such.

    RejectedError where this cannot be sent: no usable contact_uid, a time without a zone, nesting without bounds, or
    something of an unknown form where a group of fields should be, which would be lost."""
    uid = as_id(base.get("contact_uid"))
    if not uid:
        raise _unsendable("it has no PrioTicket id")
    contact: Json = dict(base)
    for path, value in changes.items():
        _set(contact, path.split("."), value)
    contact = {"contact_uid": uid} | {
        key: value for key, value in contact.items() if key not in SERVER_ONLY and key != "contact_uid"
    }
    try:
        sent = {"data": {"kind": "contact", "contact": _sendable(contact, _FREE)}}
        return json.dumps(sent, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8", "replace")
    except RecursionError:
        raise _unsendable("it is nested too deeply") from None


def _set(target: Json, path: list[str], value: Any) -> None:
    """Puts the value at its place, in copies: `base` is somebody else's. A group of fields goes with its last one;
    clearing what is not there changes nothing, so that null stays null."""
    key, *deeper = path
    inner = target.get(key)
    if not deeper:
        if is_empty(value):
            target.pop(key, None)
        else:
            target[key] = value
    elif not is_empty(inner) and not isinstance(inner, dict):
        raise _unsendable("a group of its fields is unlike the documents, and would be lost")
    elif not (is_empty(inner) and is_empty(value)):
        target[key] = dict(inner or {})
        _set(target[key], deeper, value)
        if not target[key]:
            del target[key]


def _free_texts(specs: Iterable[FieldSpec]) -> Json:
    """What is no time although it may look like one: the documented texts, in the form of a contact."""
    found: Json = {}
    for spec in specs:
        head, _, inner = spec.path.partition(".")
        if inner:
            found.setdefault(head, {})[inner] = spec.kind not in _TIMES
        else:
            found[head] = _free_texts(spec.parts) if spec.parts else spec.kind not in _TIMES
    return found


_TIMES = (FieldKind.TIME, FieldKind.DATE)
_FREE = _free_texts(FIELDS)


def _sendable(value: Any, free: Any = False) -> Any:
    """JSON with times as PrioTicket takes them; unknown keys may hold times, too. `free`: documented as a text that
    means nothing to the vendor (a note, the value of a custom field), so that it goes back as it came."""
    if isinstance(value, str):
        found = None if free is True else _UTC_TIME.fullmatch(value)
        return f"{found[1]}+00:00" if found else value
    if isinstance(value, dict):
        inside = free if isinstance(free, dict) else {}
        return {key: _sendable(inner, inside.get(key, False)) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_sendable(inner, free) for inner in value]
    if isinstance(value, datetime) and value.tzinfo is None:
        raise _unsendable("a time has no time zone")
    return value.isoformat() if isinstance(value, date) else value


def _unsendable(why: str) -> RejectedError:
    return RejectedError(
        said("This contact cannot be sent to PrioTicket: {why}.", why=term(why)),
        "Nothing was sent. Check the account, then try again.",
    )


ORDER_STYLE = "repeated"
"""How several order references stand in the query: "repeated" keys (the default style of the vendor's definition
language), "joined" by commas (its generated client), or a JSON "list" (the page's example, which may only show the
values). The documents do not agree; where orders keep their old contact, another one is worth a try."""


def order_query(orders: Sequence[str], style: str = ORDER_STYLE) -> dict[str, str | list[str]]:
    """The query of an update that also changes the contact in these orders: each reference once, {} for none."""
    wanted = list(dict.fromkeys(filter(None, (reference.strip() for reference in orders))))
    if not wanted:
        return {}
    as_one = {"joined": ",".join(wanted), "list": json.dumps(wanted, ensure_ascii=False, separators=(",", ":"))}
    return {"order_reference": as_one.get(style, wanted)}
