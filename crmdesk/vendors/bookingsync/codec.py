"""BookingSync's answers: contacts out of a list answer, and (from `summary`) what lists and search need of one; and
what is sent to it.

Shape (contacts page): `{"links": {...}, "contacts": [{...}], "meta": {...}}`; a single contact is a list of one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from crmdesk.core.errors import Problem, ProtocolError, RejectedError
from crmdesk.core.fields import FieldKind
from crmdesk.core.foreign import mapping
from crmdesk.core.merge import is_empty
from crmdesk.core.outbox import FieldChange
from crmdesk.core.said import said, term
from crmdesk.core.types import Json, RemoteContact
from crmdesk.net import tolerant, wire
from crmdesk.vendors.bookingsync.fields import FIELDS
from crmdesk.vendors.bookingsync.summary import as_id, summarise

__all__ = ["CONTACTS", "HEADERS", "Listed", "create_body", "read_list", "summarise", "unreadable", "update_body"]

CONTACTS = "/contacts"
"""Plural for every call. The contacts page has `PUT /contact/:id` once: a slip (official client, all other pages)."""

HEADERS = {"Accept": "application/vnd.api+json"}  # as the official client asks

# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class _Envelope(msgspec.Struct):
    contacts: list[msgspec.Raw]
    meta: Any = None


_WHAT = "BookingSync’s list of contacts"
_decode_envelope = msgspec.json.Decoder(_Envelope).decode


@dataclass(frozen=True, slots=True)
class Listed:
    """What one answer holds. `cancelled` are ids of listed contacts that the vendor has soft-deleted; `entries` counts
    all entries, `odd` those that were no contacts or came twice."""

    contacts: tuple[RemoteContact, ...]
    cancelled: tuple[str, ...] = ()
    odd: int = 0
    entries: int = 0
    meta: Mapping[str, Any] = field(default_factory=dict)


def read_list(body: bytes, account: str = "") -> Listed:
    """Contacts of a list answer. ProtocolError if it is no such answer; one bad entry never costs the others.

    With `account` (an id) contacts of any other account count as odd and are left out."""
    entries, meta = _open_envelope(body.removeprefix(b"\xef\xbb\xbf"))
    kept: dict[str, RemoteContact] = {}
    for entry in entries:
        contact = _read_contact(entry, account)
        if contact is not None:
            kept[contact.remote_id] = contact  # twice in one answer: the later one counts
    live = tuple(contact for contact in kept.values() if not _is_cancelled(contact))
    cancelled = tuple(contact.remote_id for contact in kept.values() if _is_cancelled(contact))
    return Listed(live, cancelled, len(entries) - len(kept), len(entries), meta)


def _is_cancelled(contact: RemoteContact) -> bool:
    """canceled_at, "Contact’s cancel time" (contacts page): any value but null means soft-deleted."""
    return bool(contact.raw.get("canceled_at"))


def _open_envelope(body: bytes) -> tuple[list[bytes], Mapping[str, Any]]:
    """The entries' own bytes and `meta`; the slow way only where one wrong byte spoils the document."""
    try:
        envelope = _decode_envelope(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _open_damaged(body)
    return [bytes(entry) for entry in envelope.contacts], mapping(envelope.meta)


def _open_damaged(body: bytes) -> tuple[list[bytes], Mapping[str, Any]]:
    try:
        entries, rest = tolerant.split(body, "contacts")
    except ValueError:
        envelope = wire.decode(body, _Envelope, _WHAT)  # says what is wrong, in words
        return [bytes(entry) for entry in envelope.contacts], mapping(envelope.meta)
    around = tolerant.read_entry(rest)
    if around is None:
        raise unreadable("what surrounds the contacts is not JSON")
    return entries, mapping(around[1].get("meta"))


def unreadable(why: str, path: str = "", details: Mapping[str, str] | None = None) -> ProtocolError:
    """E-SHAPE: the answer is unlike the documents; `why` ends the first sentence."""
    return ProtocolError(
        said("The answer from BookingSync could not be understood: {why}.", why=term(why)),
        "Nothing was changed here.",
        path=path,
        details=details,
    )


def _read_contact(entry: bytes, account: str) -> RemoteContact | None:
    read = tolerant.read_entry(entry)
    if read is None:
        return None
    body, raw = read
    remote_id = as_id(raw.get("id"))
    if not remote_id or (account and as_id(mapping(raw.get("links")).get("account")) != account):
        return None
    return RemoteContact(remote_id, body, raw)


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────────

WRITABLE = {spec.path: spec for spec in FIELDS if spec.writable}
"""The fields that may be sent, by path."""

_LISTS = frozenset({FieldKind.PHONES, FieldKind.LANGUAGES})


def create_body(values: Json) -> bytes:
    """The body of `POST /contacts`. Empty fields are left out: a new contact has none. RejectedError as in
    `update_body`."""
    return _encoded((path, value) for path, value in values.items() if not is_empty(value))


def update_body(changes: Sequence[FieldChange]) -> bytes:
    """The body of `PUT /contacts/:id`: only what was changed, since a PUT merges by field (recorded). Lists go whole,
    "or lose the rest" (clients page); an emptied field is null, an emptied list [].

    RejectedError for a field that cannot be written, and for a value that no JSON can hold."""
    return _encoded((change.path, change.now) for change in changes)


def _encoded(fields: Iterable[tuple[str, Any]]) -> bytes:
    contact: Json = {}
    for path, value in fields:
        if path not in WRITABLE:
            raise _unsendable(path, "BookingSync does not let this field be changed.")
        contact[path] = value if not is_empty(value) else [] if WRITABLE[path].kind in _LISTS else None
        if not _is_json(contact[path]):
            raise _unsendable(path, "This holds signs that cannot be sent.")
    return json.dumps({"contacts": [contact]}, ensure_ascii=False, separators=(",", ":")).encode()


def _is_json(value: Any) -> bool:
    """False for half a surrogate pair, NaN, and whatever else JSON has no form for."""
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, TypeError, RecursionError):
        return False
    return True


def _unsendable(path: str, why: str) -> RejectedError:
    return RejectedError(
        "This contact cannot be sent to BookingSync as it is.",
        "Nothing was sent. The reason stands at the field.",
        problems=(Problem(path, "unsendable", why),),
    )
