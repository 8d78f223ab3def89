"""What the API's answers mean, as small values. Times are UTC ISO text or ''; texts are as the vendor has them."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Challenge:
    """A one-time code was sent. `sent_to` is masked by the vendor ("+35799***834"). Both are '' where the vendor
    answered with nothing: then no contact was found, which nobody must be told."""

    auth_otp: str = field(default="", repr=False)
    sent_to: str = ""

    @property
    def silent(self) -> bool:
        return not self.auth_otp


@dataclass(frozen=True, slots=True)
class SessionContact:
    """The contact as a sign-in shows it. `id` is '' where neither answer nor token name it."""

    id: str = ""
    title: str = ""
    first_name: str = ""
    last_name: str = ""
    company_name: str = ""
    avatar: str = ""
    is_verified: bool | None = None


@dataclass(frozen=True, slots=True)
class Organisation:
    """One the contact has joined."""

    external_id: str = ""
    org_type: str = ""
    org_relationship: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session. `refresh_token` is '' where there is none; `expires` UNIX seconds, None where unknown; `sent_to` as
    in Challenge, where a code was sent although the session stands (register with a pass code)."""

    access_token: str = field(repr=False)
    refresh_token: str = field(default="", repr=False)
    expires: int | None = None
    contact: SessionContact = SessionContact()
    organisations: tuple[Organisation, ...] = ()
    sent_to: str = ""


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
    """A file at the vendor. `content` is None where the API tells only what it is (version 1)."""

    id: str
    mime: str = ""
    content: bytes | None = field(default=None, repr=False)
