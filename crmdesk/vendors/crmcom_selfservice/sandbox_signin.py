"""Sign-in, codes and passwords of the emulated CRM.COM Self-Service."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from starlette.responses import HTMLResponse, Response

from crmdesk.sandbox.faults import Kind, due
from crmdesk.vendors.crmcom_selfservice import sandbox_rules as rules
from crmdesk.vendors.crmcom_selfservice.sandbox_accounts import Contact
from crmdesk.vendors.crmcom_selfservice.sandbox_ask import Ask
from crmdesk.vendors.crmcom_selfservice.sandbox_tokens import ACCESS_LIFE, REFUSALS, code_refusal, guid
from crmdesk.vendors.crmcom_selfservice.sandbox_wire import (
    ON_WIFI,
    Json,
    Refused,
    answer,
    empty,
    invalid,
    missing,
    only,
    words,
)

NAMES = (
    *("ID_NUMBER", "PASSPORT", "BIRTHDATE", "CARD", "EMAIL", "PHONE", "LOYALTY_IDENTIFIER", "GIFT_PASS"),
    *("REFRESH_TOKEN", "STATUTORY_ID"),
)
_MAC = re.compile(r"([0-9A-F]{2}-){5}[0-9A-F]{2}")
IDENTITY = ("provider", "username", "password", "token", "mac_address", "application_id", "validation_required")
SOCIAL = ("FACEBOOK", "GOOGLE", "MW4")


# ── sessions ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def session(
    ask: Ask, contact: Contact, extra: Mapping[str, Any] | None = None, status: int = 200, before: str = ""
) -> Response:
    """The answer of every sign-in, with new tokens. `before`: a refresh token that stays good for now."""
    quirks, organisation, record = ask.quirks, ask.organisation, contact.record
    until = ask.now + ACCESS_LIFE
    claims: Json = {"sub": contact.id, "exp": until}
    if quirks.claims == "ciid":
        claims = {"ciid": contact.id, "org": str(organisation.number), "lng": "ENG", "otp": False, "exp": until * 1000}
    body: Json = {"access_token": organisation.tokens.access(contact.id, claims, ask.now)}
    body["refresh_token"] = organisation.tokens.refresh(contact.id, before) if quirks.refresh_tokens else ""
    body |= _exp(quirks.exp, until, typed=quirks.typed)
    names = ("title", "first_name", "last_name", "company_name")
    shown = {name: record[name] for name in names if record.get(name)}
    verified = contact.verified if quirks.typed else str(contact.verified).lower()
    body["contact"] = {"id": contact.id if quirks.names_contact else "", **shown, "is_verified": verified}
    body["organisations"] = [
        {
            "external_id": f"ORG{organisation.number:08d}",
            "org_type": "ORGANISATION",
            "org_relationship": "MERCHANT",
            "name": organisation.given.title,
        }
    ]
    return answer(body | dict(extra or {}), status)


def _exp(form: str, until: int, *, typed: bool) -> Json:
    if form == "absent":
        return {}
    number = {"milliseconds": until * 1000, "past": 1572530655}.get(form, until)
    return {"exp": number if typed else str(number)}


def pair(ask: Ask, contact: Contact | None, asked: list[tuple[str, str]], sent_to: str, status: int = 200) -> Response:
    """`obfuscated_value` and `auth_otp` of a code that was sent; the code itself is on the inspection page."""
    code = ask.organisation.codes.send(contact.id if contact else "", asked, mask(sent_to), ask.now)
    return answer({"obfuscated_value": code.sent_to, "auth_otp": code.auth_otp}, status)


def done(ask: Ask) -> Response:
    """An answer with nothing in it, with the code of each version."""
    return empty(204 if ask.quirks.version == "v2" else 200)


def mask(target: str) -> str:
    """`an***@example.com`, `+35***834`."""
    local, at, host = target.partition("@")
    return f"{local[:2]}***@{host}" if at else f"{target[:3]}***{target[-3:]}"


def _nobody(ask: Ask, asked: list[tuple[str, str]], sent_to: str) -> Response:
    """Nobody is told whether there is such a contact, unless a quirk wants it."""
    match ask.quirks.unknown_contact:
        case "error":
            raise missing("contact", asked[0][1] if asked else "")
        case "empty":
            return empty()
        case _:
            return pair(ask, None, asked, sent_to)


def authenticate(ask: Ask) -> Response:
    body = ask.json()
    provider = body.get("provider", "EMAIL")  # a real client omits it for e-mail
    only(body, [*IDENTITY[:-1], *phone_keys(ask)], strict=ask.quirks.strict)
    if provider == "EMAIL":
        return _by_email(ask, body)
    if provider == "PHONE":
        return _byphone(ask, body)
    if provider == "MAC_ADDRESS":
        (mac,) = words(body, "mac_address")
        if not _MAC.fullmatch(mac):
            raise invalid("mac_address has the form 01-23-45-67-89-AB.", "mac_address")
        return session(ask, _known(ask, lambda one: one.mac == mac, "device", mac))
    if provider in SOCIAL:
        (token,) = words(body, "token")
        return session(ask, _known(ask, lambda one: f"{provider}-{one.id}" == token, "identity", provider))
    raise invalid("provider is unknown.", "provider")


def _known(ask: Ask, fits: Callable[[Contact], bool], kind: str, value: str) -> Contact:
    found = next((one for one in ask.organisation.contacts.values() if one.active and fits(one)), None)
    if found is None:
        raise missing(kind, value)
    return found


def _by_email(ask: Ask, body: Json) -> Response:
    (username,) = words(body, "username")
    contact = ask.organisation.by_email(username)
    asked = [("EMAIL", username)]
    if "password" not in body:
        return pair(ask, contact, asked, username) if contact else _nobody(ask, asked, username)
    if contact is None or not contact.active or not contact.password or body["password"] != contact.password:
        status = ask.quirks.wrong_password
        raise Refused(status, "EMULATOR.INVALIDCREDENTIALS", "User name or password is wrong.", "username")
    return pair(ask, contact, asked, username) if ask.quirks.password_needs_code else session(ask, contact)


def _byphone(ask: Ask, body: Json) -> Response:
    number = phone(ask, body)
    contact = ask.organisation.by_phone(number)
    if contact is None:
        return _nobody(ask, [("PHONE", number)], number)
    return session(ask, contact) if ask.quirks.phone_gives_session else pair(ask, contact, [("PHONE", number)], number)


def phone_keys(ask: Ask) -> tuple[str, ...]:
    return ("phone",) if ask.quirks.version == "v2" else ("phone_number", "country_code")


def phone(ask: Ask, body: Mapping[str, Any]) -> str:
    """The number of a phone with its country."""
    if ask.quirks.version == "v2":
        nested = body.get("phone")
        body = nested if isinstance(nested, dict) else {}
    (number,) = words(body, "number" if ask.quirks.version == "v2" else "phone_number")
    rules.country(body.get("country_code"), "country_code")
    return number


def refresh(ask: Ask) -> Response:
    """Header or body, equal where both are there; each token once."""
    body = ask.json() if ask.body else {}
    only(body, ["refresh_token"], strict=ask.quirks.strict)
    given = {token for token in (ask.request.headers.get("refresh_token"), body.get("refresh_token")) if token}
    if len(given) > 1:
        raise invalid("Header and body hold different refresh tokens.", "refresh_token")
    used, reuse = given.pop() if given else "", ask.quirks.refresh_reuse
    holder = ask.organisation.tokens.use(used, keep=reuse)
    if holder is None or holder not in ask.organisation.contacts:
        raise Refused(401, "EMULATOR.REFRESHTOKEN", "The refresh token is invalid.")
    ask.organisation.tokens.drop(holder, refresh=False)
    return session(ask, ask.organisation.contacts[holder], before=used if reuse else "")


def sign_out(ask: Ask) -> Response:
    ask.organisation.tokens.drop(ask.own().id)
    return done(ask)


# ── codes ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def otp(ask: Ask) -> Response:
    body = ask.json()
    method = "method" if ask.quirks.version == "v2" else "send_method"
    only(body, [method, "credentials"], strict=ask.quirks.strict)
    if body.get(method) not in ("SMS", "EMAIL"):
        raise invalid(f"{method} is SMS or EMAIL.", method)
    contact, asked, gift_to = _found(ask, body)
    by_sms = body[method] == "SMS"
    if gift_to and by_sms == ("@" in gift_to):
        raise invalid(f"{method} does not fit where the code of a gift pass goes.", method)
    known = contact or Contact({}, "")  # where nobody is found, the mask looks as if somebody were
    target = gift_to or (known.phone if by_sms else known.email)
    if contact is not None and target:
        return pair(ask, contact, asked, target)
    typed = next((value for name, value in asked if name == ("PHONE" if by_sms else "EMAIL")), "")
    return _nobody(ask, asked, gift_to or typed or ("+35799000000" if by_sms else "guest@example.com"))


def validate(ask: Ask) -> Response:
    """Only whether there is such a contact; the page keeps this block without its path."""
    body = ask.json()
    only(body, ["credentials"], strict=ask.quirks.strict)
    contact, asked, _ = _found(ask, body)
    if contact is None:
        raise missing("contact", asked[0][1])
    return empty()


def _found(ask: Ask, body: Json) -> tuple[Contact | None, list[tuple[str, str]], str]:
    """Whom the credentials name, the credentials, and where a gift pass sends its code."""
    given = body.get("credentials")
    if not isinstance(given, list) or not given or not all(isinstance(one, dict) for one in given):
        raise invalid("credentials is a list of name and value.", "credentials")
    asked: list[tuple[str, str]] = []
    found: set[str] = set()
    target = ""
    for one in given:
        only(one, ["name", "value", "gift_pass"], strict=ask.quirks.strict)
        name, value = words(one, "name", "value")
        if name not in NAMES:
            raise invalid("This credential is unknown.", "name", name)
        asked.append((name, value))
        contact = _holder(ask, name, value)
        if name == "GIFT_PASS":
            target, fits = _gift_pass(ask, one.get("gift_pass"), contact)
            contact = contact if fits else None
        found.add(contact.id if contact else "")
    if len(found) > 1:
        raise invalid("The credentials name different contacts.", "credentials")
    return ask.organisation.contacts.get(found.pop()), asked, target


def _holder(ask: Ask, name: str, value: str) -> Contact | None:
    if name == "EMAIL":
        return ask.organisation.by_email(value)
    if name == "PHONE":
        return ask.organisation.by_phone(value)
    return next((one for one in ask.organisation.contacts.values() if value and _held(one, name) == value), None)


def _held(contact: Contact, name: str) -> str:
    """What the contact's details or media say for this name."""
    people = contact.record.get("demographics", {})
    match name:
        case "CARD":
            return contact.card
        case "LOYALTY_IDENTIFIER":
            return contact.loyalty
        case "GIFT_PASS":
            return contact.gift_pass
        case "PASSPORT":
            return str(people.get("passport", {}).get("passport_number", ""))
        case "ID_NUMBER":
            return str(people.get("id_details", {}).get("id_number", ""))
        case "STATUTORY_ID":
            return str(contact.record.get("statutory_number", ""))
        case "BIRTHDATE":
            born = people.get("date_of_birth", {})
            return f"{born['year']}-{born['month']:02d}-{int(born['day']):02d}" if born else ""
    return ""


def _gift_pass(ask: Ask, given: Any, contact: Contact | None) -> tuple[str, bool]:
    """Where the code goes, and whether the pin or the last amount fits."""
    mail = "email" if ask.quirks.version == "v2" else "email_address"
    if not isinstance(given, dict):
        raise invalid("A gift pass needs gift_pass.", "gift_pass")
    only(given, [mail, "pin", "last_spend_amount", *phone_keys(ask)], strict=ask.quirks.strict, where="gift_pass.")
    if mail in given:
        (target,) = words(given, mail)
    else:
        target = phone(ask, given)
    if "pin" not in given and "last_spend_amount" not in given:
        raise invalid("Either pin or last_spend_amount is needed.", "pin")
    fits = contact is not None and (
        given["pin"] == contact.gift_pin if "pin" in given else given["last_spend_amount"] == contact.last_spend
    )
    return target, fits


def validate_otp(ask: Ask) -> Response:
    """Three forms; a credential that did not request the code is refused."""
    body = ask.json()
    only(body, ["credentials", "auth_otp", "code", "remember_me"], strict=ask.quirks.strict)
    (entered,) = words(body, "code")
    told = ask.quirks.code_refusals
    if (fault := due(ask.request.scope).get(Kind.REFUSE_VALUES)) is not None:
        raise code_refusal(str(fault.value) if fault.value in REFUSALS else "wrong", told)
    codes, given = ask.organisation.codes, body.get("credentials")
    if "auth_otp" in body:
        code = codes.find(words(body, "auth_otp")[0])
    elif isinstance(given, list) and len(given) == 1 and isinstance(given[0], dict):
        name, value = words(given[0], "name", "value")
        code = codes.find(value) if name == "AUTH_OTP" else codes.asked_with(name, value)
    else:
        raise invalid("One credential is needed.", "credentials")
    contact = ask.organisation.contacts[codes.take(code, entered, ask.now, told)]
    contact.active = contact.verified = True
    return session(ask, contact)


# ── passwords, e-mail ────────────────────────────────────────────────────────────────────────────────────────────────


def mail(ask: Ask, contact: Contact) -> str:
    token = guid(f"{ask.organisation.number} mail {len(ask.organisation.mailed)}").replace("-", "").upper()
    ask.organisation.mailed[token] = contact.id
    return token


def forgot_password(ask: Ask) -> Response:
    body = ask.json()
    only(body, ["username"], strict=ask.quirks.strict)
    if (contact := ask.organisation.by_email(words(body, "username")[0])) is not None:
        mail(ask, contact)
    return done(ask)


def change_password(ask: Ask) -> Response:
    body = ask.json()
    only(body, ["token", "password"], strict=ask.quirks.strict)
    token, password = words(body, "token", "password")
    holder = ask.organisation.mailed.pop(token, None)
    if holder not in ask.organisation.contacts:
        raise Refused(400, "EMULATOR.MAILTOKEN", "This link is no longer good.")
    ask.organisation.contacts[str(holder)].password = password
    return done(ask)


def change_own_password(ask: Ask) -> Response:
    body = ask.json()
    only(body, ["password"], strict=ask.quirks.strict)
    ask.own().password = words(body, "password")[0]
    return done(ask)


def verify_email(ask: Ask) -> Response:
    given = ask.request.path_params.get("token") or ask.request.query_params.get("token", "")
    holder = ask.organisation.mailed.pop(given, None)
    if holder not in ask.organisation.contacts:
        raise ask.unknown("token", given)
    ask.organisation.contacts[str(holder)].verified = True
    return HTMLResponse("<html><body>Thank you.</body></html>") if ask.quirks.verify_page else empty()


# ── Wi-Fi ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def wifi(ask: Ask) -> Response:
    body, second = ask.json(), ask.quirks.version == "v2"
    place = "site_id" if second else "integration_id"
    only(body, ["mac_address", "estimation_id", place], strict=ask.quirks.strict)
    mac, _ = words(body, "mac_address", "estimation_id")
    if second:
        words(body, place)
    contact_id = ask.path("contact_id")
    if contact_id not in ask.organisation.contacts:
        raise ask.unknown("contact", contact_id)
    if not _MAC.fullmatch(mac):
        raise invalid("mac_address has the form 01-23-45-67-89-AB.", "mac_address")
    if ask.organisation.wifi.setdefault(contact_id, mac) != mac:
        raise Refused(400, ON_WIFI, "Client has already signed in from another device.")
    return done(ask)
