"""What the emulated back office refuses, read from the source page a second time and never from our own kinds.

Documented [D]: the fields, which are mandatory, the keys of identifiers, NotFoundAPIValueException and
ReferredByAnotherParticipantException with their words. Ours [A]: every code that starts with Emulator, that a breach
puts the event among the unprocessed, and how strict times and amounts are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from crmdesk.vendors.crmcom_events.sandbox_data import Json, World

NOT_FOUND = "NotFoundAPIValueException"
_REFERRED = "ReferredByAnotherParticipantException"
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d:\d\d", re.ASCII)
_CENT = Decimal("0.01")

# what an identifier points to: table, its allowed keys, its name in words
_ACCOUNT = ("account", ("id", "number", "name"), "Account")
_PARTICIPANT = ("participant", ("id", "number"), "Participant")
_UNIT = ("unit", ("id", "name", "alternative_code"), "Unit")
_PRODUCT = ("product", ("id", "code", "alternative_code"), "Product")
_BRAND = ("brand", ("id", "name", "alternative_code"), "Payment Medium Brand")
_TYPE = ("medium_type", ("id", "name", "alternative_code"), "Payment Medium Type")
_INVOICE = ("invoice", ("id", "number", "reference_number", "back_office_code"), "Invoice")
_CURRENCY = ("currency", ("id", "code"), "Currency")
Target = tuple[str, tuple[str, ...], str]

WHO: Mapping[str, Target] = {
    "accounts_receivable_identifier": _ACCOUNT,
    "rewards_participant_identifier": _PARTICIPANT,
}
REFERRAL_SIDES: Mapping[str, Target] = {
    "referred_rewards_participant_identifier": _PARTICIPANT,
    "referred_by_rewards_participant_identifier": _PARTICIPANT,
}
_COMMON = frozenset({"description", "external_system", "external_system_reference_number"})


@dataclass(frozen=True, slots=True)
class Rules:
    """One kind as the source page has it. `texts` counts udf_string; `first` is the number its next event gets."""

    set_name: str
    type: str
    first: int
    classified: bool = False
    texts: int = 8
    mandatory: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    identifiers: tuple[tuple[str, Target], ...] = ()


_PAYMENT = (("payment_medium_brand_identifier", _BRAND), ("payment_medium_type_identifier", _TYPE))

KINDS: Mapping[str, Rules] = {
    "achievements": Rules("achievement_customer_events_set", "ACHIEVEMENT", 45, classified=True),
    "purchases": Rules(
        "purchase_customer_events_set",
        "PURCHASE",
        123,
        texts=16,
        mandatory=frozenset({"reference_number"}),
        optional=frozenset({"payment_medium_identifier"}),
        identifiers=(*_PAYMENT, ("invoice_identifier", _INVOICE)),
    ),
    "referrals": Rules("referral_customer_events_set", "REFERRAL", 8),
    "social_media": Rules(
        "social_media_customer_events_set",
        "SOCIAL_MEDIA",
        14,
        mandatory=frozenset({"social_media", "profile", "action"}),
    ),
    "web": Rules("web_customer_events_set", "WEB", 4, mandatory=frozenset({"website"})),
    "financial_achievements": Rules(
        "financial_achievement_customer_events_set",
        "FINANCIAL_ACHIEVEMENT",
        42,
        classified=True,
        optional=frozenset({"payment_medium_identifier"}),
        identifiers=(("product_identifier", _PRODUCT), *_PAYMENT),
    ),
}
"""`first` continues the numbers of the samples' answers."""


class Refusal(Exception):  # noqa: N818 - the vendor's word about one event
    """Code and description as they stand among the unprocessed."""

    def __init__(self, code: str, title: str, text: str) -> None:
        super().__init__(code)
        self.code = code
        self.description = f"Error:{title}. - Description:{text}"


def refused(code: str, title: str) -> Refusal:
    return Refusal(f"Emulator{code}Exception", title, "The emulator does not take this.")


def resolve(world: World, target: Target, given: Any) -> Json:
    """The record an identifier names. Refusal for none, for two keys, and for keys that do not exist."""
    table, keys, words = target
    if not isinstance(given, dict) or len(given) != 1:
        raise refused("Identifier", f"{words} Needs Exactly One Key")
    ((key, value),) = given.items()
    if key not in keys or not isinstance(value, str):
        raise refused("Identifier", f"{words} Has No Such Key")
    row = world.find(table, key, value)
    if row is None:
        raise Refusal(NOT_FOUND, f"{words} ({value}) Not Found", "The specified API value was not found.")
    return row


def check_event(world: World, rules: Rules, event: Json, currency: Any) -> Json:
    """What an event becomes: the records it names. Refusal with the first thing that is wrong."""
    _check_names(rules, event)
    found = _people(world, rules, event)
    if "classification_identifier" in event:
        kind: Target = (f"classification {rules.type}", ("id", "name", "alternative_code"), "Classification")
        found["classification"] = resolve(world, kind, event["classification_identifier"])
    elif rules.classified:
        raise refused("Mandatory", "Classification Is Mandatory")
    found["unit"] = resolve(world, _UNIT, event.get("performed_by_unit_identifier"))
    for name, target in rules.identifiers:
        if name in event:
            found[name] = _resolve_medium(world, rules, target, event[name])
    _check_values(rules, event)
    if rules.type == "PURCHASE":
        _check_products(world, event.get("products_set"))
        _check_currency(world, currency, found["unit"])
    if rules.type == "FINANCIAL_ACHIEVEMENT":
        _check_media(world, found)
    if rules.type == "REFERRAL":
        _check_referral(world, found["referred_rewards_participant_identifier"]["number"])
    return found


def _resolve_medium(world: World, rules: Rules, target: Target, given: Any) -> Json:
    """The source page has payment_medium_type_identifier twice for financial achievements: its second row means the
    brand [D]."""
    try:
        return resolve(world, target, given)
    except Refusal as no:
        if rules.type != "FINANCIAL_ACHIEVEMENT" or target is not _TYPE or no.code != NOT_FOUND:
            raise
        return resolve(world, _BRAND, given)


def _check_media(world: World, found: Mapping[str, Json]) -> None:
    """ "Only payment medium types [brands] which are allowed in the related accounts receivable can be specified" [D];
    an account that names none allows all [A]."""
    account = found.get("accounts_receivable_identifier")
    if account is None:
        number = found["rewards_participant_identifier"]["accounts_receivable"]["number"]
        account = world.find("account", "number", number)
    allowed = (account or {}).get("payment_media")
    for name, _ in _PAYMENT:
        if allowed is not None and name in found and found[name]["name"] not in allowed:
            raise refused("PaymentMedium", f"{found[name]['name']} Is Not Allowed In The Account")


def _check_names(rules: Rules, event: Json) -> None:
    who = REFERRAL_SIDES if rules.type == "REFERRAL" else WHO
    names = {"request_unique_identifier", "classification_identifier", "performed_by_unit_identifier", "performed_on"}
    names |= _COMMON | who.keys() | rules.mandatory | rules.optional | {name for name, _ in rules.identifiers}
    names |= {"products_set"} if rules.type == "PURCHASE" else set()
    names |= {f"udf_{word}_{n}" for word, most in _udf(rules) for n in range(1, most + 1)}
    if unknown := event.keys() - names:
        raise refused("UnknownField", f"Unknown Field {min(unknown)}")


def _udf(rules: Rules) -> tuple[tuple[str, int], ...]:
    return ("string", rules.texts), ("float", 4), ("date", 4)


def _people(world: World, rules: Rules, event: Json) -> dict[str, Json]:
    if rules.type == "REFERRAL":
        return {name: resolve(world, target, event.get(name)) for name, target in REFERRAL_SIDES.items()}
    given = [name for name in WHO if name in event]
    if len(given) != 1:
        raise refused("SemiOptional", "Exactly One Of Account And Participant")
    return {given[0]: resolve(world, WHO[given[0]], event[given[0]])}


def _check_values(rules: Rules, event: Json) -> None:
    _moment(event.get("performed_on"), "performed_on")
    for name in rules.mandatory:
        if not event.get(name):
            raise refused("Mandatory", f"{name} Is Mandatory")
    for name in event.keys() & (_COMMON | rules.mandatory | rules.optional):
        if not isinstance(event[name], str):
            raise refused("Type", f"{name} Is No String")
    if rules.type == "SOCIAL_MEDIA" and (event["social_media"], event["action"]) != ("FACEBOOK", "LIKE"):
        raise refused("Choice", "Only FACEBOOK And LIKE")
    for name, value in event.items():
        if name.startswith("udf_date_"):
            _moment(value, name)
        elif name.startswith("udf_float_") and not _is_number(value):
            raise refused("Type", f"{name} Is No Float")
        elif name.startswith("udf_string_") and not isinstance(value, str):
            raise refused("Type", f"{name} Is No String")


def _moment(value: Any, name: str) -> None:
    """No zone, no fraction."""
    try:
        if isinstance(value, str) and _MOMENT.fullmatch(value):
            datetime.fromisoformat(value)
            return
    except ValueError:
        raise refused("Date", f"{name} Is No Date") from None
    raise refused("Date", f"{name} Is Not Like 2016-06-22T15:00:00")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _check_products(world: World, lines: Any) -> None:
    if not isinstance(lines, list) or not lines:
        raise refused("Mandatory", "products_set Is Mandatory")
    names = {"product_identifier", "quantity", "net_amount", "vat_amount", "total_amount"}
    for line in lines:
        if not isinstance(line, dict) or line.keys() - names:
            raise refused("UnknownField", "Unknown Field In products_set")
        resolve(world, _PRODUCT, line.get("product_identifier"))
        amounts = [line.get(f"{word}_amount") for word in ("net", "vat", "total")]
        if not all(_is_number(amount) for amount in (*amounts, line.get("quantity", 1))):
            raise refused("Type", "Amounts And Quantity Are Numbers")
        net, vat, total = (Decimal(str(amount)) for amount in amounts)
        if abs(net + vat - total) > _CENT:
            raise refused("Amount", "Net And VAT Are Not The Total")


def _check_currency(world: World, currency: Any, unit: Json) -> None:
    if currency is not None and resolve(world, _CURRENCY, currency)["code"] != unit["currency"]:
        raise refused("Currency", "The Unit Has Another Currency")


def _check_referral(world: World, number: str) -> None:
    if number in world.referred:
        raise Refusal(
            _REFERRED,
            f"Participant {number} Was Already Referred by Another Participant",
            "The participant was already referred by another participant.",
        )
    world.referred.add(number)
