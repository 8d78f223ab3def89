"""Who uses the emulated CRM.COM Self-Service: organisations with their key and contacts, and how it behaves where the
documents leave that open."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

from crmdesk.sandbox.guests import guests
from crmdesk.sandbox.people import Person
from crmdesk.vendors.crmcom_selfservice import sandbox_shape as shape
from crmdesk.vendors.crmcom_selfservice.sandbox_shape import Json
from crmdesk.vendors.crmcom_selfservice.sandbox_tokens import Codes, Tokens


@dataclass(frozen=True, slots=True)
class SandboxAccount:
    """An emulated organisation: its publishable key and its contacts (`people`, or `count` guests made from `seed`)."""

    title: str
    api_key: str
    count: int = 40
    seed: int = 41
    offset: int = 10
    people: Iterable[Person] | None = field(default=None, repr=False)
    code: str = ""
    """Every one-time code; '' where each is another one."""


PRACTICE_CODE = "123456"
"""Every code of the demo organisation: in practice mode nobody has a phone to read it from."""
DEMO = (SandboxAccount("Guest portal", "demo-publishable-key-guest-portal"),)


def accounts_with(counts: Iterable[int]) -> tuple[SandboxAccount, ...]:
    """One organisation for each number of contacts: the demo one first, then `Portal 2` and so on."""
    made = []
    for place, count in enumerate(counts):
        if place < len(DEMO):
            made.append(replace(DEMO[place], count=count))
        else:
            key = f"demo-publishable-key-{place + 1}"
            made.append(SandboxAccount(f"Portal {place + 1}", key, count=count, seed=41 + place))
    return tuple(made)


@dataclass(frozen=True, slots=True)
class Quirks:
    """The other way round, where the documents leave it open or contradict themselves."""

    version: Literal["v1", "v2"] = "v1"
    strict: bool = True
    """Unknown keys of bodies and queries are a 400."""
    legacy_headers: bool = False
    """Also `auth_token: <token>` and `Authorization: <token>`, as the page's samples have them."""
    typed: bool = False
    """JSON numbers and booleans where the samples have texts."""
    exp: Literal["seconds", "milliseconds", "absent", "past"] = "seconds"
    claims: Literal["sub", "ciid"] = "sub"
    """Claims of the sample's token, and of a real client's (contact id in `ciid`, `exp` in milliseconds)."""
    names_contact: bool = True
    """Without it the session's contact has the id ""."""
    contact_form: Literal["plain", "lists"] = "plain"
    """`email_address`, or `emails[]` and `phones[]` as a client reads them."""
    refresh_tokens: bool = True
    refresh_reuse: bool = False
    """A refresh token is good until the one that came of it is used."""
    code_refusals: Literal["apart", "together", "counted"] = "apart"
    """Refusals of a code have errors of their own, or one for all; counted: with tries left, or seconds to wait."""
    unknown_contact: Literal["hidden", "error", "empty"] = "hidden"
    """A code for nobody: as if there were somebody, 400, or 200 with nothing."""
    wrong_password: Literal[400, 401] = 400
    password_needs_code: bool = False
    phone_gives_session: bool = False
    """As the page's PHONE sample, against its text."""
    unknown_id: Literal[404, 400] = 404
    paging: Literal["paging", "pages", "absent"] = "paging"
    false_filters: Literal["passed over", "the others"] = "passed over"
    """`archived=false` and `viewed=false`: the page tells only of TRUE."""
    state_filter: bool = True
    """`state` of approval requests; its name is that of version 2."""
    objects: Literal["merged", "replaced"] = "merged"
    """What a PUT of a contact does to the parts of demographics and company profile that it does not name."""
    addresses: Literal["replaced", "merged"] = "replaced"
    """What a PUT of an address does to the lines that it does not name."""
    consents_answer: Literal["own", "other"] = "own"
    """The page's sample answers with another id than that of the path."""
    verify_page: bool = False
    """A page instead of an empty answer, as seen in practice."""


@dataclass
class Contact:
    """Live state of one contact. `record` has the names of the v1 page."""

    record: Json
    password: str = field(repr=False)
    mac: str = ""
    card: str = ""
    loyalty: str = ""
    gift_pass: str = ""
    gift_pin: str = ""
    last_spend: float = 0.0
    active: bool = True  # False: registered, but the code was not entered yet
    verified: bool = False
    addresses: dict[str, Json] = field(default_factory=dict)
    communications: dict[str, Json] = field(default_factory=dict)
    approvals: dict[str, Json] = field(default_factory=dict)
    files: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    invoice: str = ""

    @property
    def id(self) -> str:
        return str(self.record["id"])

    @property
    def email(self) -> str:
        return str(self.record.get("email_address", ""))

    @property
    def phone(self) -> str:
        phones = self.record.get("phones") or [{}]
        return str(phones[0].get("number", ""))


class Organisation:
    """Live state of one account."""

    def __init__(self, given: SandboxAccount, number: int) -> None:
        self.given = given
        self.number = number
        self.contacts: dict[str, Contact] = {}
        self.tokens = Tokens(number)
        self.codes = Codes(number, given.code)
        self.wifi: dict[str, str] = {}
        self.mailed: dict[str, str] = {}  # token in a mailed link → contact id
        self._made = 0
        source = given.people if given.people is not None else guests(given.count, given.seed, offset=given.offset)
        for person in source:
            self.add(person)

    def new_id(self) -> str:
        """A GUID or 32 hex digits in turn: samples have both."""
        self._made += 1
        return shape.identifier(f"{self.number}:{self._made}", guid=self._made % 2 == 0)

    def add(self, person: Person) -> Contact:
        """A contact with password, messages, requests and, for some, addresses."""
        position = len(self.contacts)
        contact = Contact(
            record=shape.contact(person, self.new_id(), position),
            password=f"Guest-{position + 1:02d}-portal",
            mac=f"01-23-45-67-{position // 256 % 256:02X}-{position % 256:02X}",
            card=f"4000{position:08d}",
            loyalty=f"LOY-{position:06d}",
            gift_pass=f"GP-{position:06d}",
            gift_pin=f"{1000 + position}",
            last_spend=10.5 + position,
            verified=position % 3 != 0,
            invoice=self.new_id(),
        )
        for made in shape.communications(person, contact.id, position):
            self.keep(contact.communications, made)
        for made in shape.approvals(position):
            self.keep(contact.approvals, made | {"entity": {"id": self.new_id(), **made["entity"]}})
        for made in shape.addresses(person, position):
            self.keep(contact.addresses, made)
        self.contacts[contact.id] = contact
        return contact

    def keep(self, among: dict[str, Json], made: Json) -> str:
        """Stores it under a new id, which it gets as its first key."""
        identifier = self.new_id()
        among[identifier] = {"id": identifier, **made}
        return identifier

    def by_email(self, email: str) -> Contact | None:
        """Letter case does not matter; the first one where several share an address."""
        wanted = email.strip().casefold()
        return next((one for one in self.contacts.values() if wanted and one.email.casefold() == wanted), None)

    def by_phone(self, number: str) -> Contact | None:
        wanted = shape.digits(number)
        return next((one for one in self.contacts.values() if wanted and shape.digits(one.phone) == wanted), None)

    def able(self, most: int = 3) -> list[Json]:
        """Some who can sign in at a desk, for the index page."""
        found = [one for one in self.contacts.values() if one.active and one.email and self.by_email(one.email) is one]
        return [{"email": one.email, "phone": one.phone, "password": one.password} for one in found[:most]]

    def guest(self) -> Contact | None:
        """The one whose password the demo account has: somebody other vendors know too (every fifth is), with a phone
        and a language; else anybody who can sign in."""
        known = list(self.contacts.values())
        able = [one for one in (*known[2::5], *known) if one.active and one.email and self.by_email(one.email) is one]
        full = (one for one in able if one.phone and one.record["preferred_language_code"])
        return next(full, able[0] if able else None)
