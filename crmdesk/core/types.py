"""The values that travel between the layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, IntFlag
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # errors and ops come with the first detail, not with the window
    from crmdesk.core.outbox import Draft, Op

Json = dict[str, Any]


class State(Enum):
    """State words of a contact: one list for model, icon, text, export and tests. Order is severity, worst first."""

    CONFLICT = "Conflict"  # changed here and at the vendor
    IN_DOUBT = "Unknown outcome"  # made here; whether the vendor has it is not known
    NEEDS_YOU = "Needs you"  # a change was refused, or its contact is gone at the vendor
    CANCELLED = "Cancelled"  # the vendor soft-deleted it but still lists it
    RESTRICTED = "Restricted"  # GDPR: processing restricted
    FORGET = "To be forgotten"  # GDPR: erasure asked for, date not reached
    WAITING = "Waiting"  # a change is on its way to the vendor
    DRAFT = "Unsaved"  # something was typed and not saved yet
    CLEAN = ""


class Consent(Enum):
    """Whether a contact agreed to marketing, as far as its vendor keeps that."""

    UNKNOWN = ""  # the vendor has no such field
    YES = "Yes"
    NO = "No"
    NEVER = "Never asked"


class Flag(IntFlag):
    """What `is:`, `has:` and `consent:` ask about a contact, kept as one integer column."""

    RESTRICTED = 1
    FORGET = 2
    CANCELLED = 4
    HAS_EMAIL = 8
    HAS_PHONE = 16
    HAS_ADDRESS = 32
    HAS_NOTES = 64
    HAS_WEBSITE = 128
    CONSENT_YES = 256
    CONSENT_NO = 512
    CONSENT_NEVER = 1024  # the vendor keeps consents, and has none of this contact
    WAITING = 2048  # from here on: what stands in the outbox for it (OUTBOX_FLAGS); the search keeps 32 bits
    CONFLICT = 4096
    NEEDS_YOU = 8192  # also set with CONFLICT and IN_DOUBT
    IN_DOUBT = 16384
    DRAFT = 32768
    LINKED = 65536  # from here on: what stands on guest cards (CARD_FLAGS)
    DUPLICATE = 131072  # may be the same person as another record; nobody has decided yet

    @property
    def consent(self) -> Consent:
        if self & Flag.CONSENT_YES:
            return Consent.YES
        if self & Flag.CONSENT_NO:
            return Consent.NO
        return Consent.NEVER if self & Flag.CONSENT_NEVER else Consent.UNKNOWN

    @property
    def state(self) -> State:
        """The worst one."""
        return next((state for bit, state in STATES if self & bit), State.CLEAN)


NO_FLAGS = Flag(0)
STATES = (  # worst first
    (Flag.CONFLICT, State.CONFLICT),
    (Flag.IN_DOUBT, State.IN_DOUBT),
    (Flag.NEEDS_YOU, State.NEEDS_YOU),
    (Flag.CANCELLED, State.CANCELLED),
    (Flag.RESTRICTED, State.RESTRICTED),
    (Flag.FORGET, State.FORGET),
    (Flag.WAITING, State.WAITING),
    (Flag.DRAFT, State.DRAFT),
)
OUTBOX_FLAGS = Flag.WAITING | Flag.CONFLICT | Flag.NEEDS_YOU | Flag.IN_DOUBT | Flag.DRAFT
CLOSING_FLAGS = Flag.RESTRICTED | Flag.FORGET | Flag.CONSENT_NO  # a guest asked for it, and nothing may hold it back
CARD_FLAGS = Flag.LINKED | Flag.DUPLICATE  # no summary has them: every write of a row keeps those it finds
STATE_FLAGS = OUTBOX_FLAGS | Flag.RESTRICTED | Flag.FORGET | Flag.CANCELLED
flags = cache(Flag)  # making a Flag costs ten times a look-up

_HAS = (
    ("email", Flag.HAS_EMAIL.value),
    ("phone", Flag.HAS_PHONE.value),
    ("address", Flag.HAS_ADDRESS.value),
    ("notes", Flag.HAS_NOTES.value),
    ("website", Flag.HAS_WEBSITE.value),
)


def has(texts: Mapping[str, str]) -> int:
    """The HAS_* bits of a Summary with these `texts`."""
    bits = 0
    for name, bit in _HAS:
        if texts.get(name):
            bits |= bit
    return bits


@dataclass(frozen=True, slots=True)
class Phone:
    """One phone line as the vendor has it, both parts free text."""

    label: str
    number: str


@dataclass(frozen=True, slots=True)
class Summary:
    """What lists, sorting and searching need of a contact; derived from the raw JSON, never the other way round.

    Every text is one line, without control characters, at most 300 characters (`notes` may be longer in `texts`).
    Times are UTC ISO text (`core.seams.iso`) or ''. `country` is an upper-case alpha-2 code or what short text came.
    `texts` holds the searchable text by search field name (core.query.TEXT_FIELDS), unfolded.
    `forget_at` is the time when personal data must be gone here ('' = none).
    """

    name: str = ""
    first: str = ""
    last: str = ""
    email: str = ""
    phones: tuple[Phone, ...] = ()
    company: str = ""
    city: str = ""
    country: str = ""
    languages: tuple[str, ...] = ()
    kind: str = ""
    notes: str = ""
    created_at: str = ""
    updated_at: str = ""
    forget_at: str = ""
    flags: Flag = NO_FLAGS
    texts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RemoteContact:
    """One contact as the vendor has it. `body` is the vendor's JSON text of this contact, as received (UTF-8);
    `raw` the same parsed. Unknown keys, key order and big integers survive."""

    remote_id: str
    body: bytes
    raw: Json


@dataclass(frozen=True, slots=True)
class Revision:
    """One state of a contact as the vendor keeps it. `number` counts up, `at` is UTC ISO or empty."""

    number: int
    at: str
    raw: Json


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a listing goes on. `page` is the next page to read (1 = from the start); `since` what the vendor gave for
    asking changes from ('' = full listing; for most a server time, only its connector reads it); `next_since` the same
    from this listing's first page, which becomes `since` of the next listing once this one is complete."""

    since: str = ""
    page: int = 1
    next_since: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a listing. `removed` are remote ids the vendor says are gone. `after` is the checkpoint stored in
    the same commit as the rows (None on the last page). `total` counts the listing's contacts if known, `pages` its
    pages. `odd` counts entries that were no contacts at all and were left out. `unchanged`: the vendor says nothing
    changed since the cursor; such a page is the only one of its listing and has no contacts. `partial`: the listing
    says nothing about contacts that it does not name; they stay as they are."""

    contacts: tuple[RemoteContact, ...]
    number: int
    removed: tuple[str, ...] = ()
    after: Cursor | None = None
    total: int | None = None
    pages: int | None = None
    next_since: str = ""
    full: bool = True
    odd: int = 0
    unchanged: bool = False
    partial: bool = False


class AccountState(Enum):
    """How the account's last check ended."""

    NEW = "never checked"
    GOOD = "good"
    OFFLINE = "offline"
    SIGN_IN = "sign in needed"
    FAILED = "failed"
    BRAKED = "waiting for you"  # too many contacts would vanish


PAUSED = "paused"  # in an account's config: "yes" while it is not checked by itself


@dataclass(frozen=True, slots=True)
class Account:
    """One set of credentials at a vendor. Secrets are not here. `id` 0 = not stored yet."""

    id: int
    vendor: str
    title: str
    base_url: str
    config: Mapping[str, str] = field(default_factory=dict)
    state: AccountState = AccountState.NEW
    reason: str = ""  # the words shown for a state that is not GOOD
    checked_at: str = ""  # UTC ISO of the last complete, good check
    contacts: int = 0  # how many are cached
    position: int = 0  # order in the navigation
    active: bool = True  # False: removed at the desk but its cached contacts were kept

    @property
    def paused(self) -> bool:
        """It is checked only when somebody asks for it."""
        return self.config.get(PAUSED) == "yes"


@dataclass(frozen=True, slots=True)
class ContactRow:
    """Exactly what one table row paints."""

    id: int
    account_id: int
    remote_id: str
    name: str
    email: str
    phone: str
    phones: int
    company: str
    city: str
    country: str
    languages: str
    kind: str
    notes: str
    created_at: str
    updated_at: str
    fetched_at: str
    flags: int
    sort_key: str = ""  # folded, the family name first: tells which part of `name` is which
    found_in: str = ""  # name of the hidden field a search matched, '' if a visible one did
    changed_by: str = ""  # the operator of the newest change made here
    others: tuple[str, ...] = ()  # vendor keys of the other records on its guest card, each once


@dataclass(frozen=True, slots=True)
class ContactDetail:
    """One contact whole: the row (edits that wait to be sent are in it), the vendor's JSON text as last read (without
    them; `{}` of a contact no vendor has yet), when the vendor last confirmed it, the open ops oldest first, and what
    was typed but not saved."""

    row: ContactRow
    body: str
    as_of: str
    ops: tuple[Op, ...] = ()
    draft: Draft | None = None


@dataclass(frozen=True, slots=True)
class Sort:
    """One sort key; `column` is a name from core.query.SORT_COLUMNS."""

    column: str = "name"
    descending: bool = False


@dataclass(frozen=True, slots=True)
class SavedView:
    """A named query with its sort and columns. `id` 0 = not stored yet; built-in views have negative ids."""

    id: int
    title: str
    query: str
    sort: tuple[Sort, ...] = ()
    columns: tuple[str, ...] = ()
    position: int = 0
