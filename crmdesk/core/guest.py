"""A guest who signs in at the desk: the ways to do so, what a sign-in gives, and what may be done with the own profile.

A vendor whose contacts sign in themselves fills the slot `Access.guests`. Tokens never leave its connector: here a
session is known by the contact it belongs to. Passwords, codes and what identifies a request are in no `repr`.
Times are UTC ISO text or ''; texts are as the vendor has them and never markup.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from enum import Enum
from typing import Generic, Protocol, TypeVar

from crmdesk.core.errors import KnownError, Recovery, RejectedError
from crmdesk.core.fields import FieldSpec

T = TypeVar("T")


class Tab(Enum):
    """Where a way stands in the dialog."""

    PASSWORD = "password"  # noqa: S105 - a word
    CODE = "code"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Way:
    """One way to sign in, as data for the form. `fields` are what is typed (paths unique in the way); `channels` how a
    code may travel (vendor's word, words for people), () where no code is asked for or the vendor decides."""

    key: str
    tab: Tab
    label: str
    fields: tuple[FieldSpec, ...]
    channels: tuple[tuple[str, str], ...] = ()
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Challenge:
    """A code is asked for. `id` names the request at the vendor; `sent_to` is masked, exactly as the vendor gave it, ''
    where it is silent about it: then nobody is told whether there is such a contact. `length` of a code where it is
    known, else 0; `letters`: it may have letters. `explained`: why a code is wanted, where nobody asked for one."""

    id: str = field(default="", repr=False)
    sent_to: str = ""
    length: int = 0
    letters: bool = False
    explained: str = ""


@dataclass(frozen=True, slots=True)
class Guest:
    """Who has signed in. `verified`: the identity, None where unknown."""

    remote_id: str
    name: str = ""
    verified: bool | None = None
    organisations: tuple[str, ...] = ()


class CodeFault(Enum):
    """Why a code was refused, as far as the vendor tells."""

    WRONG = "wrong"  # also: refused without a reason
    EXPIRED = "expired"  # or used
    TOO_MANY = "too many"


class CodeRefusedError(RejectedError):
    """`tries_left` and `wait` (seconds) only where the vendor states them."""

    def __init__(
        self,
        title: str,
        hint: str = "",
        *,
        fault: CodeFault = CodeFault.WRONG,
        tries_left: int | None = None,
        wait: float | None = None,
        details: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(title, hint, details=details)
        self.fault, self.tries_left, self.wait = fault, tries_left, wait


class GuestAwayError(KnownError):
    """Only the guest may do this, and is not signed in here. Certainly nothing was sent."""

    recovery = Recovery.SIGN_IN


# ── what a signed-in guest has ───────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """One page. `total` is None where the vendor does not tell; `more`: another page follows."""

    entries: tuple[T, ...]
    page: int
    size: int
    total: int | None = None
    more: bool = False
    odd: int = 0  # entries that were none


@dataclass(frozen=True, slots=True)
class Communication:
    """A message to the contact. `content` may be HTML and is never to be rendered as it is. `state` is PENDING,
    COMPLETED or REJECTED; `channel` EMAIL, SMS, INAPP or DEVICE; others may come."""

    id: str
    state: str = ""
    contact_id: str = ""
    contact_name: str = ""
    channel: str = ""
    is_viewed: bool | None = None
    viewed_at: str = ""
    is_archived: bool | None = None
    clicked_at: str = ""
    language: str = ""
    sender: str = ""
    recipient: str = ""
    subject: str = ""
    content: str = field(default="", repr=False)
    name: str = ""
    created_at: str = ""
    title: str = ""
    subtitle: str = ""
    image_url: str = ""
    link_url: str = ""

    def completed(self, alone: Communication) -> Communication:
        """With what the vendor tells of it `alone` only: a list may leave parts out, or an answer for one."""
        told = {each.name: getattr(alone, each.name) for each in fields(alone)}
        return replace(self, **{name: value for name, value in told.items() if value not in ("", None)})


@dataclass(frozen=True, slots=True)
class Approval:
    """Something the contact is asked to approve. `state` is PENDING, APPROVED or REJECTED; others may come."""

    id: str
    state: str = ""
    entity_id: str = ""
    entity_type: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Address:
    """One address of a contact; `id` is '' for a new one. `country_code` has three letters at the vendor."""

    type: str = "HOME"
    address_line_1: str = ""
    id: str = ""
    name: str = ""
    is_primary: bool | None = None
    address_line_2: str = ""
    state_province_county: str = ""
    town_city: str = ""
    postal_code: str = ""
    country_code: str = ""
    lat: Decimal | None = None
    lon: Decimal | None = None
    google_place_id: str = ""
    is_billing_address: bool | None = None
    care_of: str = ""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file at the vendor. `content` is None where the API tells only what it is."""

    id: str
    mime: str = ""
    content: bytes | None = field(default=None, repr=False)


# ── the slot ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class GuestDesk(Protocol):
    """Used in the network thread. `values` go by the paths of the way's fields. All raise KnownError; a RejectedError's
    problems have these paths too."""

    @property
    def ways(self) -> tuple[Way, ...]:
        """In the order of the dialog."""
        ...

    @property
    def register_fields(self) -> tuple[FieldSpec, ...]:
        """What somebody new is asked; () where nobody can register here."""
        ...

    @property
    def lacks(self) -> Mapping[str, str]:
        """What this version of the API cannot do, by the name of the method of GuestDesk or GuestCalls → sentence."""
        ...

    async def sign_in(self, way: str, values: Mapping[str, str], channel: str = "") -> Guest | Challenge:
        """Sent once. A Challenge: a code is on its way (also in answer to a password). Asked again it is a new request:
        earlier codes no longer count."""
        ...

    async def verify(self, challenge: Challenge, code: str) -> Guest | Challenge:
        """The typed code. CodeRefusedError; sent once. A Challenge: one more code is wanted."""
        ...

    async def register(self, values: Mapping[str, str]) -> Guest | Challenge: ...

    async def forgot_password(self, username: str) -> None:
        """A message goes out if there is such a contact; nobody is told whether."""
        ...

    async def change_password(self, token: str, password: str) -> None:
        """With the token of that message's link (or the whole link)."""
        ...

    async def verify_email(self, token: str) -> None:
        """With the token of the message's link (or the whole link)."""
        ...

    def calls(self, remote_id: str) -> GuestCalls:
        """The calls of a guest who is signed in here. GuestAwayError where this one is not."""
        ...

    async def sign_out(self, remote_id: str) -> None:
        """Ends the session at the vendor, and here even where the vendor cannot be asked (KnownError then)."""
        ...

    def forget(self, remote_id: str) -> None:
        """The session is gone here at once, without asking anybody."""
        ...


class GuestCalls(Protocol):
    """What a signed-in guest may do besides reading and changing the own profile (`Access.contacts`, `.writer`).

    All raise KnownError; GuestAwayError once the session has ended, InDoubtError where a write may have been done."""

    async def communications(
        self, page: int, *, archived: bool | None = None, viewed: bool | None = None, channel: str = ""
    ) -> Listing[Communication]:
        """None asks for all. `Listing.page` is the page that was read in the end: the next one is behind that."""
        ...

    async def communication(self, communication_id: str) -> Communication: ...

    async def mark(self, communication_id: str, *, viewed: bool = False, archived: bool = False) -> None: ...

    async def approvals(self, page: int, *, state: str = "") -> Listing[Approval]:
        """`Listing.page` as in `communications`."""
        ...

    async def answer_approval(self, approval_id: str, *, accept: bool, comments: str = "") -> str:
        """'' where this answer counts, else the state that somebody else's answer had given it before (APPROVED …)."""
        ...

    async def set_consent(self, state: str) -> None:
        """ACCEPTED, REJECTED or PENDING."""
        ...

    async def addresses(self) -> Sequence[Address]:
        """All of them."""
        ...

    async def add_address(self, address: Address) -> str: ...

    async def change_address(self, address: Address) -> None: ...

    async def remove_address(self, address_id: str) -> None: ...

    async def upload(self, name: str, content: bytes, mime: str) -> str:
        """The new file's id."""
        ...

    async def file(self, file_id: str) -> StoredFile: ...

    async def delete_file(self, file_id: str) -> None: ...

    async def printout(self, entity_type: str, entity_id: str, form: str = "PDF") -> str:
        """`form` PDF or EMAIL; the id of the file that was made, '' where it goes out by e-mail."""
        ...

    async def authorise_wifi(self, mac_address: str, estimation_id: str, place: str) -> None: ...

    async def change_password(self, password: str) -> None: ...

    async def leave(self) -> None:
        """The contact leaves the organisation for good."""
        ...
