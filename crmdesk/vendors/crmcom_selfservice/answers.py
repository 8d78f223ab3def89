"""What the API's answers mean, as small values. Times are UTC ISO text or ''; texts are as the vendor has them."""

from __future__ import annotations

from dataclasses import dataclass, field

from crmdesk.core.guest import Address, Approval, Communication, Listing, StoredFile

__all__ = [
    "Address", "Approval", "Challenge", "Communication", "Listing", "Organisation", "SessionContact", "SignedIn",
    "StoredFile",
]  # fmt: skip


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
