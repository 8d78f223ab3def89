"""Who uses the emulated PrioTicket: its accounts, and how it behaves where the documents leave that open."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from crmdesk.sandbox.guests import guests
from crmdesk.sandbox.people import Person
from crmdesk.sandbox.records import Records
from crmdesk.vendors.prioticket import sandbox_shape as shape
from crmdesk.vendors.prioticket.sandbox_shape import Json

SCOPES = (
    "https://www.prioticketapis.com/auth/distributor/contacts",
    "https://www.prioticketapis.com/auth/distributor.booking",
)
"""The scope of the 3.8 definition and the one of the token samples."""
_OPENED = 1_451_606_400  # 2016-01-01: when a list that never changed was made


@dataclass(frozen=True, slots=True)
class SandboxAccount:
    """An emulated account: its client, what that may do, and its contacts (`people`, or `count` made from `seed`)."""

    client_id: str
    title: str
    client_secret: str = field(repr=False)
    count: int = 100
    seed: int = 21
    offset: int = 0
    people: Iterable[Person] | None = field(default=None, repr=False)
    read_only: bool = False
    module: bool = True  # the Contacts Module


DEMO = (SandboxAccount("city-tours", "City Tours", "demo-city-tours-secret", count=150, seed=21),)


def accounts_with(counts: Iterable[int]) -> tuple[SandboxAccount, ...]:
    """One account for each number of contacts: the demo account first, then `Account 2`, `Account 3`, ...."""
    made = []
    for place, count in enumerate(counts):
        known = DEMO[place] if place < len(DEMO) else None
        name = f"account-{place + 1}"
        other = SandboxAccount(name, f"Account {place + 1}", f"demo-{name}-secret", seed=DEMO[0].seed + place)
        made.append(replace(known or other, count=count))
    return tuple(made)


@dataclass(frozen=True, slots=True)
class Quirks:
    """The other way round, where the documents leave it open."""

    default_type_contact: bool = False
    """A list without contact_type holds contacts of the type CONTACT only (trap 16)."""
    page_size: int | None = None
    """Page size that is given whatever items_per_page says."""
    most_per_page: int = 200
    """200 by the 3.8 pages, 500 in 3.5."""
    empty_pages: int = 0
    """total_pages of an empty list."""
    last_modified: bool = True
    not_found: Literal["json", "html", "400"] = "json"
    """Answer to an unknown contact: 404 in the vendor's form or as a page, or a 400: the call's own list has no 404."""
    read_only_keys: Literal["ignored", "refused"] = "ignored"
    """contact_version and the like in a PUT."""
    upcoming: bool = True
    """Without it the filter refuses MANAGER, SUPPORT and INSTRUCTOR."""
    scopes: Sequence[str] = SCOPES
    """Scopes a token may be asked for; asking for none is always possible."""
    e164: bool = False
    """Phones are refused that are not "E.164 spec compliant" (trap 12: the samples are not)."""
    newest_first: bool = False
    """Order of revisions."""
    filters_work: bool = True
    """Without it contact_type changes nothing."""


class Account:
    """Live state of one account."""

    def __init__(self, given: SandboxAccount) -> None:
        self.given = given
        self.records = Records()
        self.orders: dict[str, tuple[str, int]] = {}  # order reference → contact_uid and version put into it
        self._kinds: dict[int, str] = {}
        self._past: dict[int, list[bytes]] = {}
        self._changed: dict[str, int] = {}
        self._changed_any = _OPENED
        self._lists: dict[tuple[str, str, str], Sequence[int]] = {}

    def load(self, first: int) -> int:
        """Make the contacts; returns the next free number. Numbers have gaps: between lie other companies' contacts."""
        given = self.given
        source = given.people if given.people is not None else guests(given.count, given.seed, offset=given.offset)
        self.records.load(self._row(person, first + 3 * position, position) for position, person in enumerate(source))
        return first + 3 * len(self.records)

    def _row(self, person: Person, number: int, position: int) -> tuple[int, bytes, int]:
        contact = shape.contact(person, number, position)
        seconds = int(person.updated.timestamp())
        self._note(number, contact["contact_type"], seconds)
        return number, shape.encode(contact), seconds

    def _note(self, number: int, kind: str, seconds: int) -> None:
        for touched in {kind, self._kinds.get(number, kind)}:
            self._changed[touched] = max(seconds, self._changed.get(touched, _OPENED))
        self._changed_any = max(seconds, self._changed_any)
        self._kinds[number] = kind

    def put(self, number: int, contact: Json, seconds: int, position: int | None = None) -> None:
        """Stores a state; the one before it becomes a revision."""
        if (before := self.records.get(number)) is not None:
            self._past.setdefault(number, self.earlier(number)).append(before)
        self._note(number, str(contact.get("contact_type", "")), seconds)
        self.records.put(number, shape.encode(contact), seconds, position)
        self._lists.clear()

    def drop(self, number: int, seconds: int) -> None:
        """KeyError if it isn't there."""
        self.records.drop(number, seconds)
        self._note(number, self._kinds[number], seconds)
        del self._kinds[number]
        self._lists.clear()

    def to_end(self, number: int) -> None:
        self.records.to_end(number)
        self._lists.clear()

    def earlier(self, number: int) -> list[bytes]:
        """The states before the present one, oldest first."""
        if number in self._past:
            return self._past[number]
        encoded = self.records.get(number)
        return [] if encoded is None else list(map(shape.encode, shape.earlier(shape.decode(encoded))))

    def listed(self, kind: str, reseller: str, distributor: str) -> Sequence[int]:
        """Numbers in list order; '' filters nothing. Kept until the next change: pages ask again and again."""
        wanted = (kind, reseller, distributor)
        if wanted == ("", "", ""):
            return self.records.ids
        if wanted not in self._lists:
            self._lists[wanted] = [number for number in self.records.ids if self._fits(number, *wanted)]
        return self._lists[wanted]

    def _fits(self, number: int, kind: str, reseller: str, distributor: str) -> bool:
        """Half of the contacts belong to reseller 501, half to 502; all to distributor 501."""
        own_reseller = "501" if number % 2 else "502"
        return kind in ("", self._kinds[number]) and reseller in ("", own_reseller) and distributor in ("", "501")

    def modified(self, kind: str) -> int:
        """When the list of this type ('' = all) last changed, in whole seconds."""
        return self._changed.get(kind, _OPENED) if kind else self._changed_any
