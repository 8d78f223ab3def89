"""Contacts as a file that leaves the program: a table (CSV, XLSX) or cards (vCard 4.0).

Blocking, in bounded memory, for one worker thread; `Tally` is how its caller follows and stops it. Contacts whose guest
asked for restriction or to be forgotten are left out and counted."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

from crmdesk.core.fields import FieldKind, FieldSpec, find
from crmdesk.core.personal import Personal, personal_of
from crmdesk.core.types import Account, ContactDetail, ContactRow, Flag, Json, Summary
from crmdesk.core.vcard import Card, write
from crmdesk.core.vendor import Vendor
from crmdesk.store.effective import effective
from crmdesk.sync.report import write_report
from crmdesk.sync.whole_file import whole_file

CHUNK = 250  # contacts that are read together; the window's own reads wait behind one chunk at most
BARRED = int(Flag.RESTRICTED | Flag.FORGET)
HEAD = ("Vendor", "Account", "Vendor id", "State")
LAST = "As of"
T = TypeVar("T")
G = TypeVar("G", covariant=True)


class Form(Enum):
    """The file's kind, by the ending of its name."""

    CSV = ".csv"
    XLSX = ".xlsx"
    VCARD = ".vcf"


@dataclass
class Tally:
    """Written by the worker, read by whoever shows it. `stop` is set from outside."""

    total: int
    done: int = 0
    written: int = 0
    left_out: int = 0
    stop: bool = False


class _StoppedError(Exception):
    """Somebody pressed Cancel."""


class _Read(Protocol[G]):
    def blocking(self) -> G: ...


class Source(Protocol):
    """The part of `store.reader.Reader` that is used."""

    def begin_rows(self, ids: Sequence[int]) -> _Read[list[ContactRow]]: ...

    def begin_details(self, ids: Sequence[int]) -> _Read[list[ContactDetail]]: ...


def write_rows(
    path: Path,
    reader: Source,
    ids: Any,
    tally: Tally,
    titles: Sequence[str],
    cells: Callable[[ContactRow], Sequence[str]],
) -> bool:
    """What the list shows of each contact. False where it was stopped: then nothing is there. StorageError."""
    rows = (row for row in _pieces(ids, tally, reader.begin_rows) if row.account_id and allowed(row, tally))
    return _whole(partial(write_report, path, titles, map(cells, rows)))


def write_details(
    path: Path,
    reader: Source,
    ids: Any,
    tally: Tally,
    titles: Sequence[str],
    cells: Callable[[ContactDetail], Sequence[str]],
) -> bool:
    """As `write_rows`, of whole contacts."""
    found = (one for one in _pieces(ids, tally, reader.begin_details) if allowed(one.row, tally))
    return _whole(partial(write_report, path, titles, map(cells, found)))


def write_cards(path: Path, reader: Source, ids: Any, tally: Tally, card: Callable[[ContactDetail], Card]) -> bool:
    """One card after the other."""
    found = (one for one in _pieces(ids, tally, reader.begin_details) if allowed(one.row, tally))

    def put() -> None:
        with whole_file(path) as made, made.open("w", encoding="utf-8", newline="") as file:
            file.writelines(write(card(one)) for one in found)

    return _whole(put)


def _whole(work: Callable[[], object]) -> bool:
    try:
        work()
    except _StoppedError:
        return False
    return True


def _pieces(ids: Any, tally: Tally, begin: Callable[[Sequence[int]], _Read[list[T]]]) -> Iterator[T]:
    """What stands behind the ids, in their order; the next piece is read while one is written."""
    ahead: _Read[list[T]] | None = None
    for start in range(0, len(ids) + CHUNK, CHUNK):
        wanted = [int(item) for item in ids[start : start + CHUNK]]
        reading = begin(wanted) if wanted else None
        if ahead is not None:
            yield from ahead.blocking()
            tally.done = min(start, len(ids))
        if tally.stop:
            raise _StoppedError
        ahead = reading


def allowed(row: ContactRow, tally: Tally) -> bool:
    """Whether the contact may leave; counted either way."""
    if row.flags & BARRED:
        tally.left_out += 1
        return False
    tally.written += 1
    return True


# ── what a contact gives ─────────────────────────────────────────────────────────────────────────────────────────────


class Desk:
    """Accounts and vendors by which stored contacts are read; `country` words a code of two letters. Of what tells
    about the person only the groups in `personal` leave."""

    def __init__(
        self,
        accounts: Mapping[int, Account],
        vendors: Mapping[str, Vendor],
        country: Callable[[str], str] = str,
        personal: Collection[Personal] = tuple(Personal),
    ) -> None:
        self._personal = frozenset(personal)
        self._accounts, self._vendors, self._country = accounts, vendors, country
        used = {account.vendor for account in accounts.values()}
        self._fields = _columns([vendor for key, vendor in vendors.items() if key in used], self._personal)

    @property
    def titles(self) -> tuple[str, ...]:
        """Of the columns for all documented fields. A field that several vendors call the same stands in one column;
        secrets and what is masked on screen are in none."""
        return (*HEAD, *self._fields, LAST)

    def cells(self, detail: ContactDetail) -> list[str]:
        """Under `titles`; edits that wait to be sent are in it."""
        account = self._accounts.get(detail.row.account_id)
        vendor = self._vendors.get(account.vendor) if account is not None else None
        raw = _raw(detail, vendor)
        head = (
            vendor.title if vendor else "", account.title if account else "", detail.row.remote_id,
            Flag(detail.row.flags).state.value,
        )  # fmt: skip
        specs = (by_vendor.get(vendor.key if vendor else "", ()) for by_vendor in self._fields.values())
        return [*head, *(_first(some, raw) for some in specs), detail.as_of]

    def card(self, detail: ContactDetail) -> Card:
        """The contact for an address book."""
        row, account = detail.row, self._accounts.get(detail.row.account_id)
        vendor = self._vendors.get(account.vendor) if account is not None else None
        uid = f"{account.vendor if account else ''}:{account.title if account else ''}:{row.remote_id}"
        found = (
            vendor.summarise(_raw(detail, vendor)) if vendor else Summary(row.name, email=row.email, notes=row.notes)
        )
        found = self._without(found)
        name = found.name or found.company or found.email or f"#{row.remote_id}"
        return Card(
            uid, name, found.first, found.last, found.company, _some(found.email),
            tuple(phone for phone in found.phones if phone.number), found.city, self._country(found.country),
            found.languages, found.texts.get("website", ""), found.texts.get("notes", found.notes), found.updated_at,
        )  # fmt: skip

    def _without(self, found: Summary) -> Summary:
        """What tells of the person in a way that is not wanted is empty."""
        gone: dict[str, Any] = {}
        for group, parts in _CARD_PARTS.items():
            if group not in self._personal:
                gone |= parts
        texts = {name: text for name, text in found.texts.items() if name not in gone}
        return replace(found, **{name: empty for name, empty in gone.items() if name != "website"}, texts=texts)


_CARD_PARTS: Mapping[Personal, Mapping[str, Any]] = {
    Personal.NAME: {"name": "", "first": "", "last": "", "company": ""},
    Personal.EMAIL: {"email": ""},
    Personal.PHONE: {"phones": ()},
    Personal.ADDRESS: {"city": "", "country": ""},
    Personal.NOTES: {"notes": ""},
    Personal.OTHER: {"languages": (), "website": ""},
}


def _some(text: str) -> tuple[str, ...]:
    return (text,) if text else ()


def _raw(detail: ContactDetail, vendor: Vendor | None) -> Json:
    """The vendor's JSON with what waits over it. Amounts keep their zeros."""
    try:
        found = json.loads(detail.body, parse_float=Decimal)
    except (ValueError, RecursionError):
        found = {}
    raw: Json = found if isinstance(found, dict) else {}
    return effective(vendor, raw, detail.ops) if vendor is not None and detail.ops else raw


def _columns(vendors: Iterable[Vendor], personal: Collection[Personal]) -> dict[str, dict[str, list[FieldSpec]]]:
    """Title → vendor → its fields in that column: the forms of one field, by the first one's label."""
    made: dict[str, dict[str, list[FieldSpec]]] = {}
    taken = {title.casefold(): title for title in (*HEAD, LAST)}
    for vendor in vendors:
        own: dict[str, str] = {}  # path of a field's first form → title
        for spec in vendor.fields:
            group = personal_of(spec)
            if spec.kind.secret or spec.masked or (group is not None and group not in personal):
                continue
            first = spec.form_of or spec.path
            if first not in own:
                own[first] = _title(spec, vendor, made, taken)
            made.setdefault(own[first], {}).setdefault(vendor.key, []).append(spec)
    return made


def _title(spec: FieldSpec, vendor: Vendor, made: Mapping[str, Mapping[str, object]], taken: dict[str, str]) -> str:
    """Its label, unless that is one of ours or another field of the same vendor has it."""
    for title in (spec.label, f"{spec.label} ({spec.group})", f"{spec.label} ({spec.path})"):
        known = taken.get(title.casefold())
        if known is None:
            taken[title.casefold()] = title
            return title
        if known in made and vendor.key not in made[known]:
            return known
    return f"{spec.label} ({vendor.title}: {spec.path})"


def _first(specs: Iterable[FieldSpec], raw: Json) -> str:
    return next((text for spec in specs if (text := _text(spec, find(raw, spec.path)))), "")


def _text(spec: FieldSpec, value: Any) -> str:
    """The vendor's value, not our words for it; several ones joined."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case list():
            return "; ".join(text for item in value if (text := _text(spec, item)))
        case dict() if spec.kind is FieldKind.PHONES and not spec.parts:
            number, label = str(value.get("number") or ""), str(value.get("label") or "")
            return f"{number} ({label})" if number and label else number or label
        case dict() if spec.parts:
            shown = ((part, find(value, part.path)) for part in spec.parts if not part.masked and not part.kind.secret)
            told = ((part.label, _text(part, item)) for part, item in shown)
            return ", ".join(f"{label}: {text}" for label, text in told if text)
        case dict():
            return json.dumps(value, ensure_ascii=False, default=str) if value else ""
    return str(value)
