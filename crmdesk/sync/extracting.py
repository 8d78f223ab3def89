"""A guest's extract (GDPR art. 15 and 20): what is kept here of one person, as one object for programs. Pure, but for
`write`. Field names are English in every language, so that programs can rely on them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from crmdesk.core.fields import FieldKind, FieldSpec, find, undocumented
from crmdesk.core.merge import is_empty
from crmdesk.core.privacy import Kept
from crmdesk.core.types import Account, Flag, Json, Revision
from crmdesk.core.vendor import Vendor
from crmdesk.store.effective import raw_of
from crmdesk.sync.whole_file import whole_file

FORMAT: Final = "crmdesk guest extract"
VERSION: Final = 1
_MOST_OTHER = 500  # undocumented fields that are named; all are under `answer`
_CONSENTS = ("consent", "gdpr", "opt_out", "opt_in", "accept_terms")
_MARKS = {Flag.RESTRICTED: "processing restricted", Flag.FORGET: "to be forgotten", Flag.CANCELLED: "cancelled"}


@dataclass(frozen=True, slots=True)
class Reading:
    """How fresh a record is. `fresh`: read from the vendor for this very extract; else `why` it was not."""

    fresh: bool = False
    at: str = ""
    why: str = ""
    gone: bool = False  # the vendor's word: it has no such contact any more
    earlier: tuple[Revision, ...] = ()
    why_no_earlier: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """One vendor's record of the person."""

    kept: Kept
    account: Account | None
    vendor: Vendor | None
    reading: Reading


def document(records: Sequence[Record], *, made_at: str, made_by: str, program: str) -> Json:
    """The whole extract. Dates are UTC ISO, values as the vendor has them."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "made_at": made_at,
        "made_by": made_by,
        "program": program,
        "records": [_record(one) for one in records],
        "not_kept_here": (
            "Messages, approvals and files of signed-in guests, bookings, and whatever a vendor keeps besides these "
            "records: ask the vendors named here."
        ),
    }


def _record(one: Record) -> Json:
    kept, reading, vendor = one.kept, one.reading, one.vendor
    raw = raw_of(kept.body.encode("utf-8", "surrogatepass"))
    fields = list(_fields(raw, vendor.fields)) if vendor is not None else []
    tables = {name: [dict(row) for row in rows] for name, rows in kept.tables.items()}
    contact = (tables.pop("contact", None) or [{}])[0]
    flags = int(contact.get("flags") or 0)
    return {
        "vendor": vendor.title if vendor else (one.account.vendor if one.account else ""),
        "account": one.account.title if one.account else "",
        "vendor_id": kept.remote_id,
        "name": kept.name,
        "marks": [words for flag, words in _MARKS.items() if flags & flag],
        "as_of": reading.at or kept.as_of,
        "read_for_this_extract": reading.fresh,
        "why_not_read": reading.why,
        "gone_at_vendor": reading.gone,
        "fields": [one for one in fields if not _is_consent(one["path"])],
        "consents": [one for one in fields if _is_consent(one["path"])],
        "answer": raw,
        "earlier_at_vendor": [{"number": r.number, "at": r.at, "answer": r.raw} for r in reading.earlier],
        "why_no_earlier": reading.why_no_earlier,
        "list_row": contact,
        "waiting_and_sent_edits": tables.get("op", []),
        "drafts": tables.get("draft", []),
        "history": tables.get("history", []),
        "trash": tables.get("trash", []),
        "linked_records": tables.get("card_member", []),
        "possible_duplicates": tables.get("pair", []),
        "bulk_rows": tables.get("submission_row", []),
        "sent": tables.get("ledger", []),
        "searches": tables.get("recent_search", []),
        "handled_here": tables.get("desk_log", []),
    }


def _is_consent(path: str) -> bool:
    return any(word in path.casefold() for word in _CONSENTS)


def _fields(raw: Json, specs: Sequence[FieldSpec]) -> Iterator[Json]:
    """Everything with a value: documented fields under their labels, then the others under their names. Also what is
    masked on screen: it is the person's own. Secrets are no data about anybody."""
    for spec in specs:
        value = find(raw, spec.path)
        if not spec.kind.secret and not is_empty(value):
            yield {"group": spec.group, "label": spec.label, "path": spec.path, "value": _without_secrets(spec, value)}
    for path, value in [*undocumented(raw, specs)][:_MOST_OTHER]:
        if not is_empty(value):
            yield {"group": "Other fields", "label": path, "path": path, "value": value}


def _without_secrets(spec: FieldSpec, value: Any) -> Any:
    hidden = {part.path for part in spec.parts if part.kind.secret}
    if not hidden or spec.kind is not FieldKind.RECORDS:
        return value
    entries = value if isinstance(value, list) else [value]
    return [{k: v for k, v in one.items() if k not in hidden} if isinstance(one, Mapping) else one for one in entries]


def as_json(found: Json) -> str:
    """For programs; half a letter of a vendor stays as its escape."""
    text = json.dumps(found, ensure_ascii=False, indent=2, default=str)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(found, indent=2, default=str)
    return text


def write(place: Path, text: str) -> None:
    """A file that only its user can read, whole or not at all. Blocking. StorageError."""
    with whole_file(place) as made:
        made.write_bytes(text.encode("utf-8", "replace"))
