"""What the emulated Cendyn refuses at once, with 400: form and types, field by field.

Written from the documents. Tags as in `sandbox`: D documented, R seen in client code, A assumed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from crmdesk.vendors.cendyn.sandbox_account import Account, Json, Quirks

MOST = 1000  # D
STATUSES = (
    *("add_cart", "purchase", "remove_cart", "product_view", "product_refund", "purchase_failed", "canceled"),
    *("no_show", "no_paid", "check_in", "check_out", "reserved", "confirmed"),
)  # D
_CHANNELS = ("email", "sms", "push")  # D
_FLAGS = ("validate", "create_if_invalid", "create_if_no_credit")
_DATE = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?")
_EMPTY = "can't be empty"

Rule = Callable[[Any], str]


def problems(body: Any, account: Account, quirks: Quirks) -> list[str]:
    """What is wrong with the body of a create; empty: it is taken."""
    if not isinstance(body, dict):
        return ["the request has to be an object"]
    found = [f"{key} is not a valid parameter" for key in _unknown(body, _TOP, quirks)]
    if not isinstance(body.get("origin"), str) or not body["origin"].strip():
        found.append(f"origin {_EMPTY}")
    found += _options(body.get("options", {}), quirks)
    if "contacts" in body:
        found += _contacts(body["contacts"], account, quirks)
    if "purchase" in body:
        found += _purchase(body["purchase"], body, account, quirks)
    return found


_TOP = frozenset({"origin", "options", "contacts", "purchase"})


def _unknown(given: Mapping[str, Any], known: frozenset[str], quirks: Quirks) -> list[str]:
    return sorted(given.keys() - known) if quirks.strict else []


# ── options ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _options(options: Any, quirks: Quirks) -> Iterator[str]:
    if not isinstance(options, dict):
        yield "options has to be an object"
        return
    yield from (f"options[{key}] is not valid" for key in _unknown(options, _OPTIONS, quirks))
    validation, webhook = options.get("email_validation", {}), options.get("webhook", {})
    for name, part in (("email_validation", validation), ("webhook", webhook)):
        if not isinstance(part, dict):
            yield f"options[{name}] has to be an object"
            return
    for name, value in validation.items():
        if name not in _FLAGS and quirks.strict:
            yield f"options[email_validation[{name}]] is not valid"
        elif name in _FLAGS and not isinstance(value, bool):
            yield f"options[email_validation[{name}]] has to be true or false"
    yield from _webhook(webhook)


_OPTIONS = frozenset({"email_validation", "webhook"})


def _webhook(webhook: Json) -> Iterator[str]:
    if "url" in webhook and not re.match(r"https?://\S+$", str(webhook["url"])):
        yield "options[webhook[url]] is invalid"
    for name in ("contacts_extra_fields", "purchase_extra_fields"):
        if name in webhook and _texts(webhook[name]):
            yield f"options[webhook[{name}]] {_texts(webhook[name])}"


# ── contacts ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _contacts(contacts: Any, account: Account, quirks: Quirks) -> Iterator[str]:
    """They may be left out: the page calls only the origin required."""
    if not isinstance(contacts, list) or not contacts:
        yield f"contacts {_EMPTY}"
        return
    if len(contacts) > MOST:
        yield f"contacts: maximum {MOST} contacts per request"
        return
    for place, contact in enumerate(contacts):
        if isinstance(contact, dict):
            yield from (f"contacts[{place}]{words}" for words in _contact(contact, account, quirks))
        else:
            yield f"contacts[{place}] has to be an object"


def _contact(contact: Json, account: Account, quirks: Quirks) -> Iterator[str]:
    own = account.given.custom_fields
    known = frozenset(_CONTACT) | own.keys()
    yield from (f"[{key}] is not a contact field nor a custom field" for key in _unknown(contact, known, quirks))
    for name, value in contact.items():
        if value in ("", None, []):
            yield f"[{name}] {_EMPTY}"
        elif words := _rule(name, _CONTACT, own)(value):
            yield f"[{name}] {words}"


def _rule(name: str, documented: Mapping[str, Rule], own: Mapping[str, str]) -> Rule:
    """Of a documented field, or of a custom one by its type; what nobody knows has none."""
    return documented.get(name) or _OF_TYPE.get(own.get(name, ""), _anything)


def _anything(_value: Any) -> str:
    return ""


def _text(value: Any) -> str:
    return "" if isinstance(value, str) else "has to be a text"


def _flag(value: Any) -> str:
    return "" if isinstance(value, bool) else "has to be true or false"


def _number(value: Any) -> str:
    return "" if isinstance(value, int | float) and not isinstance(value, bool) else "has to be a number"


def _texts(value: Any) -> str:
    good = isinstance(value, list) and all(isinstance(item, str) and item for item in value)
    return "" if good else "has to be an array of texts"


def _date(value: Any) -> str:
    """Both forms: a client sends bare dates [R]."""
    try:
        good = isinstance(value, str) and bool(_DATE.fullmatch(value)) and bool(datetime.fromisoformat(value))
    except ValueError:
        good = False
    return "" if good else "is not a date in ISO_8601 format"


def _gender(value: Any) -> str:
    """In any case: samples and clients write it small [D, R]."""
    return "" if isinstance(value, str) and value.upper() in ("MALE", "FEMALE") else "is not MALE or FEMALE"


def _language(value: Any) -> str:
    return "" if isinstance(value, str) and re.fullmatch("[A-Za-z]{2}", value) else "is not in ISO-2 format"


def _code(value: Any) -> str:
    """With or without the sign [D, S]."""
    good = isinstance(value, str) and re.fullmatch(r"\+?[1-9]\d{0,3}", value)
    return "" if good else "is not a country code"


def _lists(value: Any) -> str:
    good = isinstance(value, list) and all(
        isinstance(entry, dict)
        and entry.keys() == {"list_id", "subscribed"}
        and isinstance(entry["list_id"], str)
        and isinstance(entry["subscribed"], bool)
        for entry in value
    )
    return "" if good else "has to be an array of list_id and subscribed"


def _channels(value: Any) -> str:
    good = isinstance(value, list) and all(
        isinstance(entry, dict)
        and entry.keys() == {"channel", "blacklisted"}
        and entry["channel"] in _CHANNELS
        and isinstance(entry["blacklisted"], bool)
        for entry in value
    )
    return "" if good else "has to be an array of channel and blacklisted"


_OF_TYPE: Mapping[str, Rule] = {
    "string": _text,
    "selectable_options": _text,
    "number": _number,
    "boolean": _flag,
    "date": _date,
}
_CONTACT: Mapping[str, Rule] = {
    **dict.fromkeys(("user_id", "email", "name_first", "name_last", "phone", "phone_number"), _text),
    **dict.fromkeys(("city", "region", "zip", "full_address", "country", "gdpr_remote_ip"), _text),
    **dict.fromkeys(("facebook_id", "twitter_id"), _text),
    **dict.fromkeys(("facebook_friends", "twitter_followers"), _number),
    **dict.fromkeys(("gdpr_accept_terms", "gdpr_marketing_consent"), _flag),
    **dict.fromkeys(("born_date", "gdpr_date"), _date),
    "phone_countrycode": _code,
    "gender": _gender,
    "language": _language,
    "tags": _texts,
    "list_subscriptions": _lists,
    "channel_subscriptions": _channels,
}


# ── purchase ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def product_of(purchase: Json, quirks: Quirks) -> Any:
    """The product's id under whichever of its names this Cendyn reads."""
    names = ("UUID", "product_uuid") if quirks.product_key == "any" else (quirks.product_key,)
    return next((purchase[name] for name in names if name in purchase), None)


def _purchase(purchase: Any, body: Json, account: Account, quirks: Quirks) -> Iterator[str]:
    if not isinstance(purchase, dict):
        yield "purchase has to be one object"
        return
    contacts = body.get("contacts")
    count = len(contacts) if isinstance(contacts, list) else 0
    if count == 0 or (count > 1 and not quirks.shared_purchase):
        yield "purchase needs exactly one contact in the request"
    own = account.given.purchase_fields
    known = frozenset(_PURCHASE) | own.keys()
    yield from (f"purchase[{key}] is not valid" for key in _unknown(purchase, known, quirks))
    for name, value in purchase.items():
        if value in ("", None):
            yield f"purchase[{name}] {_EMPTY}"
        elif words := _rule(name, _PURCHASE, own)(value):
            yield f"purchase[{name}] {words}"
    yield from (f"purchase[{name}] {_EMPTY}" for name in _REQUIRED if name not in purchase)
    yield from _product(purchase, account, quirks)
    if quirks.repeated == "reject" and purchase.get("transaction_code") in list(account.codes()):
        yield "purchase[transaction_code] has already been taken"


def _product(purchase: Json, account: Account, quirks: Quirks) -> Iterator[str]:
    product = product_of(purchase, quirks)
    if {"UUID", "product_uuid"} <= purchase.keys() and purchase["UUID"] != purchase["product_uuid"]:
        yield "purchase[UUID] and purchase[product_uuid] differ"
    elif product is None:
        yield f"purchase[UUID] {_EMPTY}"
    elif product not in account.given.products:
        yield "purchase[UUID] is not a product of this account"


def _currency(value: Any) -> str:
    return "" if isinstance(value, str) and value in _currencies() else "is not in ISO 4217 format"


@cache
def _currencies() -> frozenset[str]:
    import pycountry  # slow to import; only a purchase needs it

    return frozenset(str(currency.alpha_3) for currency in pycountry.currencies)


def _status(value: Any) -> str:
    return "" if value in STATUSES else "is not a status"


_REQUIRED = ("transaction_code", "price", "currency")  # D; the product's id is looked at by itself
_PURCHASE: Mapping[str, Rule] = {
    **dict.fromkeys(("UUID", "product_uuid", "transaction_code", "campaign_id"), _text),
    **dict.fromkeys(("redeem_coupon_code", "name", "description"), _text),
    "price": _number,
    "currency": _currency,
    "status": _status,
}
