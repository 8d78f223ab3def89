"""Bodies of requests: what may be said of a contact, an address or a sign-in, in the words of one version.

Values are checked only where a wrong one could never be sent (RejectedError); everything else is the vendor's to judge.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec

from crmdesk.core.errors import Problem, RejectedError
from crmdesk.core.foreign import epoch, flag, items, whole
from crmdesk.core.types import Json
from crmdesk.vendors.crmcom_selfservice.answers import Address
from crmdesk.vendors.crmcom_selfservice.codes import country_of_three, language_of_three, language_of_two
from crmdesk.vendors.crmcom_selfservice.dialect import NO_SUCH, NO_SUCH_FIELD, Dialect, OtpForm, own_name

SEND_METHODS = ("SMS", "EMAIL")
CREDENTIALS = (
    *("ID_NUMBER", "PASSPORT", "BIRTHDATE", "CARD", "EMAIL", "PHONE", "LOYALTY_IDENTIFIER", "GIFT_PASS"),
    *("REFRESH_TOKEN", "STATUTORY_ID"),
)
"""Names of what a contact is found by; AUTH_OTP is for validation only (reference 3.2)."""

_NOTHING: Mapping[str, Any] = {}
_FLAGS = frozenset({"sms_opt_out", "email_opt_out", "is_tax_exempt"})
_COUNTRIES = frozenset(
    {
        "demographics.passport.issue_country_code",
        "demographics.id_details.issue_country_code",
        "company_profile.registration_country",
    }
)
_MOST = 10_000  # custom fields
_SECONDS = (".expiration_date", ".established_on")
_DATE_PARTS = ("year", "month", "day")
_DAY = re.compile(r"(\d{4})?-{1,2}(\d\d)-(\d\d)", re.ASCII)

to_json = msgspec.json.Encoder(decimal_format="number").encode
"""Money and coordinates as JSON numbers, digit by digit."""


@dataclass(frozen=True, slots=True)
class Identity:
    """How a contact signs in or registers. `provider` is EMAIL, PHONE, MAC_ADDRESS, MW4, FACEBOOK or GOOGLE (version 2
    also APPLE and OIDC_OAUTH); the fields that belong to it are set. Without a password EMAIL asks for a code."""

    provider: str
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    mac_address: str = field(default="", repr=False)
    phone_number: str = field(default="", repr=False)
    country_code: str = ""
    application_id: str = ""
    validation_required: bool | None = None  # register only


@dataclass(frozen=True, slots=True)
class GiftPass:
    """Where the code of a gift pass goes (e-mail, or phone with country), and its pin or the last amount spent."""

    email_address: str = field(default="", repr=False)
    phone_number: str = field(default="", repr=False)
    country_code: str = ""
    pin: str = field(default="", repr=False)
    last_spend_amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Credential:
    """What a contact is found by; `name` is one of CREDENTIALS."""

    name: str
    value: str = field(repr=False)
    gift_pass: GiftPass | None = None


@dataclass(frozen=True, slots=True)
class Registration:
    """A new contact of type person. `consent_state` is ACCEPTED, REJECTED or PENDING; None and '' are not sent."""

    identity: Identity
    first_name: str = ""
    last_name: str = ""
    service_acceptance: bool | None = None
    email_opt_out: bool | None = None
    sms_opt_out: bool | None = None
    consent_state: str = ""
    referral_code: str = ""
    country_of_agreement: str = ""
    custom_fields: tuple[tuple[str, str], ...] = ()
    pass_code: str = field(default="", repr=False)


def refused(title: str, *problems: Problem) -> RejectedError:
    return RejectedError(title, "Nothing was sent.", problems=problems)


# ── sign-in ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def identity_body(identity: Identity, dialect: Dialect) -> Json:
    """`provider` first, then what was given; the phone nested where this version has it so."""
    body: Json = {"provider": identity.provider}
    body |= _given(username=identity.username, password=identity.password)
    if identity.validation_required is not None:
        body["validation_required"] = identity.validation_required
    body |= _phone(identity.phone_number, identity.country_code, dialect)
    return body | _given(mac_address=identity.mac_address, application_id=identity.application_id, token=identity.token)


def otp_body(credentials: Sequence[Credential], send_method: str, dialect: Dialect) -> Json:
    if send_method not in SEND_METHODS:
        raise refused("A code can be sent by SMS or by e-mail.", Problem("send_method", "choice", "SMS or EMAIL"))
    return {dialect.send_method: send_method} | credentials_body(credentials, dialect)


def credentials_body(credentials: Sequence[Credential], dialect: Dialect) -> Json:
    if not credentials:
        raise refused("Nothing was given to find the contact by.", Problem("credentials", "empty", "at least one"))
    return {"credentials": [_credential(given, dialect) for given in credentials]}


def validate_body(auth_otp: str, code: str, asked: Credential | None, dialect: Dialect) -> Json:
    """The code in the form this server takes. RejectedError where that form needs what the code was asked with."""
    match dialect.otp_form:
        case OtpForm.FLAT:
            return {"auth_otp": auth_otp, "code": code}
        case OtpForm.CREDENTIAL:
            if asked is None:
                raise refused("This server wants to know again whom the code was sent to.")
            return {"credentials": [_credential(asked, dialect)], "code": code}
        case _:
            return {"credentials": [{"name": "AUTH_OTP", "value": auth_otp}], "code": code}


def registration_body(given: Registration, dialect: Dialect) -> Json:
    body: Json = _given(first_name=given.first_name, last_name=given.last_name)
    body[dialect.identity] = identity_body(given.identity, dialect)
    marks = {
        dialect.acceptance: given.service_acceptance,
        "email_opt_out": given.email_opt_out,
        "sms_opt_out": given.sms_opt_out,
    }
    body |= {name: dialect.flag(value) for name, value in marks.items() if value is not None}
    body |= _given(
        consent_state=given.consent_state,
        referral_code=given.referral_code,
        country_of_agreement=country_of_three(given.country_of_agreement),
        pass_code=given.pass_code,
    )
    if given.custom_fields:
        body["custom_fields"] = [{"key": key, "value": value} for key, value in given.custom_fields]
    return body


def _given(**values: str) -> Json:
    return {name: value for name, value in values.items() if value}


def _phone(number: str, country: str, dialect: Dialect) -> Json:
    flat = _given(phone_number=number, country_code=country_of_three(country))
    if not dialect.nested_phone or not flat:
        return flat
    return {"phone": _given(number=number, country_code=country_of_three(country))}


def _credential(given: Credential, dialect: Dialect) -> Json:
    if given.name not in CREDENTIALS:
        raise refused("A contact cannot be found by this.", Problem("credentials.name", "choice", given.name[:40]))
    body: Json = {"name": given.name, "value": given.value}
    if given.name == "GIFT_PASS":
        body["gift_pass"] = _gift_pass(given.gift_pass or GiftPass(), dialect)
    return body


def _gift_pass(given: GiftPass, dialect: Dialect) -> Json:
    if bool(given.email_address) == bool(given.phone_number):
        raise refused("A gift pass needs either an e-mail address or a phone number.")
    if bool(given.pin) == (given.last_spend_amount is not None):
        raise refused("A gift pass needs either its pin or the last amount spent.")
    if given.phone_number and not given.country_code:
        raise refused("The country of the phone number is missing.")
    body = {dialect.gift_email: given.email_address} if given.email_address else {}
    body |= _phone(given.phone_number, given.country_code, dialect)
    return body | ({"pin": given.pin} if given.pin else {"last_spend_amount": given.last_spend_amount})


# ── the contact ──────────────────────────────────────────────────────────────────────────────────────────────────────


def contact_body(values: Mapping[str, Any], dialect: Dialect, as_read: Mapping[str, Any] = _NOTHING) -> Json:
    """PUT of these fields (dotted paths as in `fields.FIELDS`, under the name of either version), in their order, and
    of those that go along `as_read`: their values go back as they came. What has no value is sent as null.

    Countries and languages may have two or three letters, days be {year, month, day}, ISO text or seconds.
    RejectedError names the fields this version does not have, and values that are no day."""
    missing = [path for path in values if dialect.name(path) == NO_SUCH]
    if missing or not values:
        title = NO_SUCH_FIELD if missing else "There is nothing to change."
        raise refused(title, *(Problem(path, "unknown", "not in this version") for path in missing))
    body: Json = {}
    for path, value in values.items():
        _put(body, dialect.name(path), _value(path, value, dialect))
    for path, value in as_read.items():
        _put(body, dialect.name(path), value)
    return body


def _put(body: Json, path: str, value: Any) -> None:
    *heads, last = path.split(".")
    for head in heads:
        body = body.setdefault(head, {})
    body[last] = value


def _value(path: str, value: Any, dialect: Dialect) -> Any:
    name = own_name(path)
    if name in _FLAGS:
        known = flag(value)
        return value if known is None else dialect.flag(known)
    if name == "preferred_language_code" and isinstance(value, str) and value:
        return language_of_two(value).upper() if dialect.two_letter_languages else language_of_three(value)
    if name in _COUNTRIES and isinstance(value, str) and value:
        return country_of_three(value)
    if name.endswith((".date_of_birth", ".name_day")) and value:
        return _parts(path, value, year=name.endswith(".date_of_birth"))
    if name == "custom_fields":
        return [{"value": "", **entry} if isinstance(entry, Mapping) else entry for entry in items(value, _MOST)]
    if name.endswith(_SECONDS) and isinstance(value, str):
        return _seconds(path, value)
    return value


def _parts(path: str, value: Any, *, year: bool) -> Json:
    """{year, month, day} as numbers, without what is not known."""
    found = value
    if not isinstance(value, Mapping):
        written = _DAY.fullmatch(value[:10] if isinstance(value, str) and "-" in value else epoch(value)[:10])
        if written is None:
            raise _no_day(path)
        found = dict(zip(_DATE_PARTS, written.groups(), strict=True))
    given = {part: number for part in _DATE_PARTS if (number := whole(found.get(part))) is not None}
    return given if year else {part: number for part, number in given.items() if part != "year"}


def _seconds(path: str, text: str) -> int | None:
    """Midnight UTC of a day that was typed, as seconds since 1970."""
    if not text or (number := whole(text)) is not None:
        return number if text else None
    try:
        return int(datetime.fromisoformat(text[:10]).replace(tzinfo=UTC).timestamp())
    except ValueError:
        raise _no_day(path) from None


def _no_day(path: str) -> RejectedError:
    return refused("This is not a date.", Problem(path, "date", "This is not a date. It looks like 1990-01-31."))


def address_body(address: Address, before: Address | None = None) -> Json:
    """What is given of an address, and what was emptied that it had `before`: whether a PUT takes away what it does not
    name is in no document. RejectedError where type or first line is missing (both are required)."""
    needed = {"type": address.type, "address_line_1": address.address_line_1}
    if problems := [Problem(name, "required", "missing") for name, value in needed.items() if not value.strip()]:
        raise refused("An address needs its type and its first line.", *problems)
    return dict(_address_values(address, before or Address()))


def _address_values(address: Address, before: Address) -> Iterator[tuple[str, Any]]:
    """An emptied text is '' as in a profile; everything else, also a code, is null."""
    for name in _ADDRESS:
        value = getattr(address, name)
        if value not in ("", None):
            yield name, country_of_three(value) if name == "country_code" else value
        elif getattr(before, name) not in ("", None):
            yield name, "" if value == "" and name != "country_code" else None


_ADDRESS = (
    *("type", "name", "is_primary", "address_line_1", "address_line_2", "state_province_county", "town_city"),
    *("postal_code", "country_code", "lat", "lon", "google_place_id", "is_billing_address", "care_of"),
)
