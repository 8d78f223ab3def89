"""The emulated Cendyn against its page (*sync_data/create*), demand by demand: each field with the page's line, values
that the page takes, and values that it does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from crmdesk.vendors.cendyn.sandbox import CendynSandbox, Quirks
from tests.contract.cendyn.test_emulator import CONTACT, PATH, Client

GONE = object()
"""Stands for a field that is left out."""
TEXT = [5, True, None, "", ["x"], {"x": "y"}]
FLAG = ["true", 1, None, "", []]
NUMBER = ["5", True, None, "", []]
DATE = ["1990-02-30", "01/02/1990", "1990", 5, None, "", "soon"]
STATUS = (
    "add_cart, purchase, remove_cart, product_view, product_refund, purchase_failed, canceled, no_show, no_paid, "
    "check_in, check_out, reserved, confirmed"
)
Demand = tuple[str, str, list[Any], list[Any]]

CONTACTS: list[Demand] = [
    *((f"contacts[{name}]", name, [GONE, "x"], TEXT) for name in (
        "name_first", "name_last", "user_id", "phone_number", "phone", "city", "country", "region", "zip",
        "full_address", "facebook_id", "twitter_id",
    )),
    ("contacts[email] Email of the contact", "email", ["a@example.com"], TEXT),
    ("contacts[phone_countrycode] … Example: “+34”", "phone_countrycode", [GONE, "+34", "44"], ["Spain", *TEXT]),
    ("contacts[born_date] … ISO_8601 format, Example: 1990-01-01T00:00:00Z", "born_date",
     [GONE, "1990-01-01T00:00:00Z", "1990-01-01", "1990-01-01T00:00:00+02:00"], DATE),
    ("contacts[gender] (MALE or FEMALE); in the printed request male", "gender",
     [GONE, "MALE", "FEMALE", "male"], ["M", "diverse", *TEXT]),
    ("contacts[language] … in ISO-2 format, Example: ES", "language", [GONE, "ES"], ["Spanish", "es_ES", "E", *TEXT]),
    ("contacts[facebook_friends] Number", "facebook_friends", [GONE, 0, 5], NUMBER),
    ("contacts[twitter_followers] Number", "twitter_followers", [GONE, 0, 5], NUMBER),
    ("contacts[tags] Array", "tags", [GONE, ["a", "b"]], ["a", [], [5], [""], None, {}]),
    ("contacts[list_subscriptions[list_id]], [subscribed] If true", "list_subscriptions",
     [GONE, [{"list_id": "newsletter", "subscribed": True}]],
     [{"list_id": "newsletter", "subscribed": True}, [{"list_id": "newsletter"}], [{"subscribed": True}],
      [{"list_id": 5, "subscribed": True}], [{"list_id": "newsletter", "subscribed": "yes"}], "newsletter", None]),
    ("contacts[channel_subscriptions[channel]] Options: [email, sms, push], [blacklisted] If true",
     "channel_subscriptions", [GONE, *([{"channel": one, "blacklisted": False}] for one in ("email", "sms", "push"))],
     [[{"channel": "fax", "blacklisted": True}], [{"channel": "sms"}], [{"channel": "sms", "blacklisted": 1}], "sms"]),
    ("contacts[gdpr_accept_terms] Boolean type", "gdpr_accept_terms", [GONE, True, False], FLAG),
    ("contacts[gdpr_marketing_consent] Boolean type", "gdpr_marketing_consent", [GONE, True, False], FLAG),
    ("contacts[gdpr_date] … ISO_8601 format", "gdpr_date", [GONE, "1990-01-01T00:00:00Z"], DATE),
    ("contacts[gdpr_remote_ip] String type", "gdpr_remote_ip", [GONE, "203.0.113.7"], TEXT),
    ("contacts[[custom field]] only … with the name of custom (no label)", "loyalty_level", [GONE, "gold"], TEXT),
    ("contacts[[custom field]] … of type boolean", "vip", [True, False], FLAG),
    ("contacts[[custom field]] … (no label)", "Loyalty level", [], ["gold"]),
]  # fmt: skip

BOUGHT = {"UUID": "room-standard", "transaction_code": "T1", "price": 340, "currency": "USD"}
PURCHASE: list[Demand] = [
    ("purchase[campaign_id] Id of the campaign", "campaign_id", [GONE, "c1"], TEXT),
    ("purchase[UUID] required Universally unique identifier (UUID) of the product", "UUID",
     ["room-standard", "room-suite"], [GONE, "castle", *TEXT]),
    ("purchase[transaction_code] required … (unique)", "transaction_code", ["T2"], [GONE, *TEXT]),
    ("purchase[price] required", "price", [340, 0, 1.5, -5], [GONE, *NUMBER]),
    ("purchase[currency] required … in ISO 4217 format. For example USD, EUR", "currency", ["USD", "EUR", "JPY"],
     [GONE, "usd", "US$", "EURO", "ABC", *TEXT]),
    (f"purchase[status] please use only the following status: {STATUS}", "status", [GONE, *STATUS.split(", ")],
     ["paid", "CONFIRMED", "cancelled", *TEXT]),
    ("purchase[redeem_coupon_code]", "redeem_coupon_code", [GONE, "x"], TEXT),
    ("purchase[name]", "name", [GONE, "x"], TEXT),
    ("purchase[description]", "description", [GONE, "x"], TEXT),
    ("purchase[Purchase custom field] … with a specific type", "check_in", [GONE, "2026-05-03", "2026-05-03T12:00:00Z"],
     DATE),
    ("purchase[Purchase custom field] … with a specific type", "hotel_id", [GONE, "7"], TEXT),
    ("purchase[Purchase custom field]: one that was not created", "colour", [GONE], ["red"]),
]  # fmt: skip

VALIDATION = [("validate", [GONE, True, False], FLAG), ("create_if_invalid", [GONE, True, False], FLAG),
              ("create_if_no_credit", [GONE, True, False], FLAG)]  # fmt: skip
WEBHOOK: list[tuple[str, list[Any], list[Any]]] = [
    ("url", [GONE, "https://xxxxxx.xxx"], ["xxxxxx.xxx", 5, None, ""]),
    ("contacts_extra_fields", [GONE, ["name_first"], []], ["name_first", [5], 5, None]),
    ("purchase_extra_fields", [GONE, ["price"], []], ["price", [5], 5, None]),
]


def with_(given: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    return {key: one for key, one in {**given, name: value}.items() if one is not GONE}


def values(taken: list[Any], refused: list[Any]) -> list[tuple[Any, int]]:
    return [*((one, 201) for one in taken), *((one, 400) for one in refused)]


@pytest.fixture
def client(emulator: CendynSandbox) -> Client:
    return Client(emulator)


@pytest.mark.parametrize(("line", "name", "taken", "refused"), CONTACTS, ids=[one[1] for one in CONTACTS])
async def test_a_field_of_a_contact(line: str, name: str, taken: list[Any], refused: list[Any], client: Client) -> None:
    for value, status in values(taken, refused):
        answer = await client.create(with_(CONTACT, name, value))
        assert answer.status_code == status, (line, value, answer.text)


@pytest.mark.parametrize(("line", "name", "taken", "refused"), PURCHASE, ids=[one[1] for one in PURCHASE])
async def test_a_field_of_a_purchase(
    line: str, name: str, taken: list[Any], refused: list[Any], client: Client
) -> None:
    for value, status in values(taken, refused):
        answer = await client.create(CONTACT, purchase=with_(BOUGHT, name, value))
        assert answer.status_code == status, (line, value, answer.text)


@pytest.mark.parametrize(("group", "fields"), [("email_validation", VALIDATION), ("webhook", WEBHOOK)])
async def test_options(group: str, fields: list[tuple[str, list[Any], list[Any]]], client: Client) -> None:
    """options[email_validation[validate]] If true …; options[webhook[url]] …; … Array that contain extra fields."""
    for name, taken, refused in fields:
        for value, status in values(taken, refused):
            answer = await client.create(CONTACT, options={group: with_({}, name, value)})
            assert answer.status_code == status, (name, value, answer.text)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"origin": "PMS", "contacts": [CONTACT]}, 201),
        ({"contacts": [CONTACT]}, 400),  # origin required
        ({"origin": "", "contacts": [CONTACT]}, 400),
        ({"origin": 5, "contacts": [CONTACT]}, 400),
        ({"origin": "PMS"}, 201),  # nothing says that contacts are required
        ({"origin": "PMS", "contacts": CONTACT}, 400),  # Array of contact data
        ({"origin": "PMS", "contacts": [CONTACT] * 1000}, 201),
        ({"origin": "PMS", "contacts": [CONTACT] * 1001}, 400),  # Maximum 1000 contacts per request
        ({"origin": "PMS", "contacts": [CONTACT], "purchase": [BOUGHT]}, 400),  # one object
        ({"origin": "PMS", "purchase": BOUGHT}, 400),  # for the contacts that are in the same request
        ({"origin": "PMS", "contacts": [CONTACT], "colour": "red"}, 400),
    ],
)
async def test_the_call(body: dict[str, Any], status: int, client: Client) -> None:
    answer = await client.http.post(PATH, json=body)
    assert answer.status_code == status, answer.text


async def test_the_product_by_either_name(make_emulator: Callable[..., CendynSandbox]) -> None:
    """purchase[UUID] in the table, product_uuid in the printed request."""
    plain = with_(BOUGHT, "UUID", GONE)
    client = Client(make_emulator())
    assert (await client.create(CONTACT, purchase={**plain, "product_uuid": "room-suite"})).status_code == 201
    assert (await client.create(CONTACT, purchase={**BOUGHT, "product_uuid": "room-suite"})).status_code == 400
    assert (await client.create(CONTACT, purchase={**BOUGHT, "product_uuid": "room-standard"})).status_code == 201
    strict = Client(make_emulator(quirks=replace(Quirks(), product_key="UUID")))
    assert (await strict.create(CONTACT, purchase={**plain, "product_uuid": "room-suite"})).status_code == 400
