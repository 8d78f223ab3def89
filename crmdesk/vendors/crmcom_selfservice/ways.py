"""The ways a guest can sign in or register at a desk: forms as data, and what each of them asks the vendor.

`source` quotes the v1 source page (*page*), the vendor's OpenAPI of version 2 (*v2*) or a public client of version 1
(*client*), as in `fields`. Fields that mean the same have the same path in every way: what was typed is kept when
somebody chooses another one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import parse_qsl, unquote, urlsplit

from crmdesk.core.errors import Problem, RejectedError
from crmdesk.core.fields import FieldKind, FieldSpec
from crmdesk.core.foreign import decimal, flag
from crmdesk.core.guest import Tab, Way
from crmdesk.core.said import said, term
from crmdesk.vendors.crmcom_selfservice.bodies import Credential, GiftPass, Identity, Registration, refused
from crmdesk.vendors.crmcom_selfservice.fields import CONSENTS

K = FieldKind
CHANNELS = (("EMAIL", "E-mail"), ("SMS", "SMS"))
"""page: send_method SMS; v2: EMAIL."""

_MAC = re.compile(r"([0-9a-f]{2})" + r"[-:. ]?([0-9a-f]{2})" * 5, re.IGNORECASE)
_TOKEN = re.compile(r"[\x21-\x7e]{4,2000}")
_MOST_CUSTOM = 50

EMAIL = FieldSpec(
    "email",
    "E-mail",
    K.EMAIL,
    required=True,
    max_length=254,
    source="page: The contact’s username (applicable for EMAIL providers)",
)
PASSWORD = FieldSpec(
    "password", "Password", K.PASSWORD, required=True, source="page: The contact’s password (EMAIL providers)"
)
PHONE = FieldSpec(
    "phone_number",
    "Phone",
    required=True,
    max_length=40,
    source="page: The contact’s phone number (applicable for PHONE providers)",
    hint="Without the country prefix: the country stands beside it.",
)
COUNTRY = FieldSpec(
    "country_code",
    "Country of the phone",
    K.COUNTRY,
    required=True,
    three_letters=True,
    source="page: country_code, the country of the phone number; three letters in the sample",
)
_LONE_PHONE = FieldSpec(
    "phone_number", "Phone", required=True, max_length=40, source="client: credential PHONE, without country prefix"
)

_FOUND_BY: tuple[tuple[str, FieldSpec], ...] = (
    (
        "ID_NUMBER",
        FieldSpec("id_number", "Identity card number", required=True, source="page: credentials ID_NUMBER"),
    ),
    ("PASSPORT", FieldSpec("passport", "Passport number", required=True, source="v2: credentials PASSPORT")),
    (
        "CARD",
        FieldSpec(
            "card",
            "Card number",
            required=True,
            source="v2: credentials CARD",
            hint="As it is printed on the card.",
        ),
    ),
    (
        "LOYALTY_IDENTIFIER",
        FieldSpec("loyalty_identifier", "Loyalty number", required=True, source="v2: credentials LOYALTY_IDENTIFIER"),
    ),
    ("BIRTHDATE", FieldSpec("birth_date", "Date of birth", K.DATE, required=True, source="v2: credentials BIRTHDATE")),
    ("EMAIL", EMAIL),
    ("PHONE", _LONE_PHONE),
)

_GIFT = (
    FieldSpec("gift_pass", "Gift pass number", required=True, source="page: gift pass (credentials)"),
    FieldSpec(
        "email", "E-mail for the code", K.EMAIL, max_length=254, source="page: gift_pass.email_address",
        hint="This or the phone.",
    ),
    FieldSpec("phone_number", "Phone for the code", max_length=40, source="page: gift_pass.phone_number"),
    FieldSpec(
        "country_code", "Country of the phone", K.COUNTRY, three_letters=True, source="v2: gift_pass.phone.country_code"
    ),
    FieldSpec("pin", "PIN", K.SECRET, source="page: gift_pass.pin", hint="This or the amount."),
    FieldSpec("last_spend_amount", "Last amount spent", K.NUMBER, source="page: gift_pass.last_spend_amount"),
)  # fmt: skip

_TOKENS: tuple[tuple[str, str, str], ...] = (
    ("GOOGLE", "Google token", "page: provider Google, spelt GOOGLE in v2; token"),
    ("FACEBOOK", "Facebook token", "page: provider Facebook, spelt FACEBOOK in v2; token"),
    ("MW4", "MW4 token", "page: provider MW4; token"),
)


def _by_credential(name: str, spec: FieldSpec) -> Way:
    label = spec.label if name not in ("EMAIL", "PHONE") else said("{field} on file", field=term(spec.label))
    hint = "" if name not in ("EMAIL", "PHONE") else "For a guest who signs in otherwise: this is in the profile."
    return Way(f"otp.{name}", Tab.CODE, label, (spec,), CHANNELS, hint)


def _by_token(name: str, label: str, source: str) -> Way:
    spec = FieldSpec("token", label, K.SECRET, required=True, source=source)
    hint = "For technicians: what another program got for the guest. It is sent to CRM.COM only."
    return Way(name, Tab.OTHER, label, (spec,), hint=hint)


_STATUTORY = (
    "STATUTORY_ID",
    FieldSpec("statutory_number", "Statutory number", required=True, source="v2: credentials STATUTORY_ID"),
)
WAYS: tuple[Way, ...] = (
    Way("password", Tab.PASSWORD, "E-mail and password", (EMAIL, PASSWORD)),
    Way("email", Tab.CODE, "E-mail", (EMAIL,), hint="CRM.COM sends a code to this address."),
    Way("phone", Tab.CODE, "Phone", (PHONE, COUNTRY), hint="CRM.COM sends a code to this number."),
    *(_by_credential(name, spec) for name, spec in _FOUND_BY),
    Way(
        "otp.GIFT_PASS",
        Tab.CODE,
        "Gift pass",
        _GIFT,
        (),
        "The code goes to the address or the number typed here. The PIN, or the last amount spent, shows whose it is.",
    ),
    Way(
        "mac",
        Tab.OTHER,
        "Device (MAC address)",
        (
            FieldSpec(
                "mac_address",
                "MAC address",
                required=True,
                max_length=40,
                source="page: provider MAC_ADDRESS; 01-23-45-67-89-AB in the sample",
                hint="Of the device the guest is known by, as in 01-23-45-67-89-AB.",
            ),
        ),
        hint="For guests whose device is known, such as a room’s tablet.",
    ),
    *(_by_token(*one) for one in _TOKENS),
)

WAYS_2: tuple[Way, ...] = (*WAYS[:-4], _by_credential(*_STATUTORY), *WAYS[-4:])
"""Of version 2, which finds somebody by this number, too; before the ways without a code."""

REGISTER: tuple[FieldSpec, ...] = (
    FieldSpec("first_name", "First name", required=True, source="page: The contact’s first name (register)"),
    FieldSpec("last_name", "Last name", required=True, source="page: The contact’s last name (register)"),
    FieldSpec(
        "email", "E-mail", K.EMAIL, max_length=254, source="page: identity.username",
        hint="The guest signs in with this, or with the phone.",
    ),
    FieldSpec(
        "password", "Password", K.PASSWORD, source="page: identity.password",
        hint="Left empty, CRM.COM sends a code to the e-mail address.",
    ),
    FieldSpec(
        "phone_number", "Phone", max_length=40, source="page: identity.phone_number",
        hint="In place of the e-mail address. CRM.COM sends a code to it.",
    ),
    FieldSpec(
        "country_code", "Country of the phone", K.COUNTRY, three_letters=True, source="page: identity.country_code"
    ),
    FieldSpec(
        "service_acceptance", "Terms accepted", K.FLAG,
        source="page: Defines whether the contact has accepted the client service",
    ),
    FieldSpec(
        "consent_state", "Consent", K.CHOICE, words=CONSENTS,
        source="page: The contact setting for consent; name of PUT",
    ),
    FieldSpec("email_opt_out", "No e-mail wanted", K.FLAG, source="page: The contact setting for receiving email"),
    FieldSpec("sms_opt_out", "No text messages wanted", K.FLAG, source="page: The contact setting for receiving sms"),
    FieldSpec(
        "validation_required", "E-mail has to be verified", K.FLAG,
        source="page: Defines whether the email requires verification (applicable when username and password are "
        "provided)",
        hint="CRM.COM mails a link. With e-mail and password only.",
    ),
    FieldSpec("country_of_agreement", "Country of agreement", K.COUNTRY, three_letters=True,
              source="v2: country_of_agreement"),
    FieldSpec("referral_code", "Referral code", source="v2: referral_code"),
    FieldSpec(
        "pass_code", "Pass code", K.SECRET, source="page: pass_code; a wrong one stops the registration",
        hint="Of a landing page, where the hotel has one.",
    ),
    FieldSpec(
        "custom_fields", "Custom fields", K.LINES, source="v2: custom_fields[] key, value",
        hint="One on each line, as in favourite_drink = Tea.",
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """One request to sign in. With `identity` it is *authenticate*, else a code is asked for with `credential`, sent by
    `method`. `credential` is also what a code that comes of it was asked with."""

    credential: Credential
    identity: Identity | None = None
    method: str = ""

    @property
    def by_code(self) -> bool:
        """Asked for nothing but a code: where the vendor finds nobody, nobody is told."""
        return self.identity is None or (self.identity.provider in ("EMAIL", "PHONE") and not self.identity.password)


def way_of(key: str) -> Way:
    """RejectedError for a way that there is not."""
    found = next((way for way in WAYS_2 if way.key == key), None)
    if found is None:
        raise refused("There is no such way to sign in.")
    return found


def asked_of(way: Way, values: Mapping[str, str], channel: str) -> Asked:
    """What a filled form asks for. RejectedError with a problem for each field that cannot be sent."""
    typed = _typed(way.fields, values)
    match way.key:
        case "password":
            identity = Identity("EMAIL", username=typed["email"], password=values.get("password", ""))
            return Asked(Credential("EMAIL", typed["email"]), identity)
        case "email":
            return Asked(Credential("EMAIL", typed["email"]), Identity("EMAIL", username=typed["email"]))
        case "phone":
            identity = Identity("PHONE", phone_number=typed["phone_number"], country_code=typed["country_code"])
            return Asked(Credential("PHONE", typed["phone_number"]), identity)
        case "mac":
            address = _mac(typed["mac_address"])
            return Asked(Credential("ID_NUMBER", ""), Identity("MAC_ADDRESS", mac_address=address))
        case "GOOGLE" | "FACEBOOK" | "MW4":
            return Asked(Credential("ID_NUMBER", ""), Identity(way.key, token=typed["token"]))
    name, method = way.key.removeprefix("otp."), channel or CHANNELS[0][0]
    if name == "GIFT_PASS":  # its code goes to what was typed here, and to nothing else
        given = _gift_pass(typed)
        return Asked(Credential(name, typed["gift_pass"], given), method="SMS" if given.phone_number else "EMAIL")
    value = typed[way.fields[0].path]
    return Asked(Credential(name, _day(value) if name == "BIRTHDATE" else value), method=method)


def registration_of(values: Mapping[str, str]) -> Registration:
    """A filled registration. RejectedError with a problem for each field that cannot be sent."""
    typed = _typed(REGISTER, values)
    if bool(typed["email"]) == bool(typed["phone_number"]):
        text = "Fill in the e-mail address or the phone, and only one of them: the guest signs in with it."
        raise _wrong(Problem("email", "required" if not typed["email"] else "one", text))
    if typed["phone_number"] and not typed["country_code"]:
        raise _wrong(Problem("country_code", "required", "Choose the country of the phone."))
    if typed["email"]:
        password = values.get("password", "")
        verify = flag(typed["validation_required"]) if password else None
        identity = Identity("EMAIL", username=typed["email"], password=password, validation_required=verify)
    else:
        identity = Identity("PHONE", phone_number=typed["phone_number"], country_code=typed["country_code"])
    return Registration(
        identity,
        typed["first_name"],
        typed["last_name"],
        service_acceptance=flag(typed["service_acceptance"]),
        email_opt_out=flag(typed["email_opt_out"]),
        sms_opt_out=flag(typed["sms_opt_out"]),
        consent_state=typed["consent_state"],
        referral_code=typed["referral_code"],
        country_of_agreement=typed["country_of_agreement"],
        custom_fields=tuple(_custom(typed["custom_fields"])),
        pass_code=typed["pass_code"],
    )


def secrets_of(specs: Sequence[FieldSpec], values: Mapping[str, str]) -> Iterator[str]:
    """What must never be written down of a filled form."""
    return (values[spec.path] for spec in specs if spec.kind.secret and values.get(spec.path))


def token_of(text: str) -> str:
    """The token of a mailed link: the last part of its path, or the value of its query; a bare token as it is.

    RejectedError("token") where there is none."""
    found = pasted = text.strip().strip("<>")
    if "/" in pasted:
        try:
            link = urlsplit(pasted)
        except ValueError:
            link = urlsplit("")
        given = dict(parse_qsl(link.query.replace("+", "%2B")))
        last = unquote(link.path.rstrip("/").rpartition("/")[2])
        found = given.get("token") or next(iter(given.values()), "") or last
    if not _TOKEN.fullmatch(found):
        raise _wrong(Problem("token", "token", "This is neither the link of the message nor its token."))
    return found


# ── values ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _wrong(*problems: Problem) -> RejectedError:
    return refused("Something is not filled in as it has to be.", *problems)


def _typed(specs: Sequence[FieldSpec], values: Mapping[str, str]) -> dict[str, str]:
    """Every field's text, trimmed. RejectedError for what is missing."""
    typed = {spec.path: values.get(spec.path, "").strip() for spec in specs}
    missing = [spec for spec in specs if spec.required and not typed[spec.path]]
    if missing:
        raise _wrong(
            *(
                Problem(spec.path, "required", said("Fill this in: {field} is needed.", field=term(spec.label)))
                for spec in missing
            )
        )
    return typed


def _mac(text: str) -> str:
    """`01:23:45:67:89:ab` → `01-23-45-67-89-AB`, as the page's sample has it."""
    found = _MAC.fullmatch(text)
    if found is None:
        raise _wrong(Problem("mac_address", "mac", "A MAC address looks like 01-23-45-67-89-AB."))
    return "-".join(found.groups()).upper()


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        raise _wrong(Problem("birth_date", "date", "This is not a date. It looks like 1990-01-31.")) from None


def _gift_pass(typed: Mapping[str, str]) -> GiftPass:
    """RejectedError for half a gift pass, and for twice the same."""
    email, number, country = typed["email"], typed["phone_number"], typed["country_code"]
    amount = decimal(typed["last_spend_amount"].replace(",", "."))
    problems = []
    if bool(email) == bool(number):
        problems.append(Problem("email", "one", "Fill in the e-mail address or the phone: the code goes there."))
    if number and not country:
        problems.append(Problem("country_code", "required", "Choose the country of the phone."))
    if typed["last_spend_amount"] and amount is None:
        problems.append(Problem("last_spend_amount", "number", "Type a number in digits."))
    elif bool(typed["pin"]) == (amount is not None):
        problems.append(Problem("pin", "one", "Fill in the PIN or the last amount spent."))
    if problems:
        raise _wrong(*problems)
    return GiftPass(email, number, country if number else "", typed["pin"], amount)


def _custom(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines()[:_MOST_CUSTOM]:
        key, sign, value = line.partition("=")
        if line.strip() and not (sign and key.strip()):
            raise _wrong(Problem("custom_fields", "form", "Each line is a name, = and a value."))
        if line.strip():
            yield key.strip(), value.strip()
