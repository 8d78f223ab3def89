"""Who uses the emulated BookingSync: its accounts, and how it behaves where the documents leave that open."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

from crmdesk.sandbox.people import Person, people
from crmdesk.sandbox.records import Records
from crmdesk.vendors.bookingsync import sandbox_shape as shape


@dataclass(frozen=True, slots=True)
class SandboxAccount:
    """An emulated account: its token, what that may do, and its contacts (`people`, or `count` made from `seed`).

    Its hotel has an application of its own, which may ask for the same rights."""

    id: int
    title: str
    token: str = field(repr=False)
    scopes: tuple[str, ...] = ("public", "rentals_write")
    count: int = 100
    seed: int = 7
    people: Iterable[Person] | None = field(default=None, repr=False)

    @property
    def client_id(self) -> str:
        return f"application-{self.id}"

    @property
    def client_secret(self) -> str:
        return f"demo-secret-{self.id}"


DEMO = (
    SandboxAccount(71, "Seaside Villas", "demo-seaside", count=260, seed=11),
    SandboxAccount(72, "Harbour Apartments", "demo-harbour", count=140, seed=12),
)


def accounts_with(counts: Iterable[int]) -> tuple[SandboxAccount, ...]:
    """One account for each number of contacts: the demo accounts first, then `Account 3` with token `demo-3`, ...."""
    made = []
    for place, count in enumerate(counts):
        known = DEMO[place] if place < len(DEMO) else None
        number = DEMO[0].id + place
        made.append(
            replace(known, count=count)
            if known
            else SandboxAccount(number, f"Account {place + 1}", f"demo-{place + 1}", count=count, seed=number)
        )
    return tuple(made)


@dataclass(frozen=True, slots=True)
class Quirks:
    """The other way round, where the documents leave it open or old recordings differ."""

    validation: Literal["list", "map"] = "list"
    """Form of a 422."""
    not_found: Literal["html", "json"] = "html"
    """Answer to an unknown id (an unknown path is always HTML)."""
    unauthorized: Literal["errors", "error"] = "errors"
    """401 body since 2016, and that of 2014."""
    deleted: Literal["gone", "canceled"] = "gone"
    """Reading a deleted contact: 404, or 200 with `canceled_at`."""
    synced_at: bool = True
    """Servers before December 2016 send no X-Updated-Since-Request-Synced-At."""
    deleted_ids: bool = True
    """Without it `updated_since` tells nothing about deletions."""
    checks_whole_record: bool = False
    """PUT refuses a record whose *other* fields break the rules."""
    links_to: str | None = None
    """Host in links of bodies and headers, where it isn't the one called."""
    reuse: Literal["revokes", "until_used"] = "revokes"
    """A refresh token is good once and a second use ends the whole sign-in, or until its successor is used first."""
    token_errors: Literal[400, 401] = 401
    """Status of a refused token call: 401 by the docs, 400 by OAuth itself."""


class Account:
    """Live state of one account."""

    def __init__(self, given: SandboxAccount) -> None:
        self.given = given
        self.token = given.token
        self.expired = False
        self.records = Records()
        self.canceled: dict[int, bytes] = {}

    def load(self, first_id: int) -> int:
        """Make the contacts; returns the next free id. Ids have gaps, as other customers' contacts lie between."""
        source = self.given.people if self.given.people is not None else people(self.given.count, self.given.seed)
        ids = (first_id + 3 * position for position in range(2**31))
        self.records.load(
            (record_id, shape.encode(shape.contact(person, self.given.id, record_id)), int(person.updated.timestamp()))
            for person, record_id in zip(source, ids, strict=False)
        )
        return first_id + 3 * len(self.records)

    def find(self, contact_id: int) -> bytes | None:
        """The contact, also one that lists no longer show."""
        return self.records.get(contact_id) or self.canceled.get(contact_id)
