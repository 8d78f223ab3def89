"""The emulated back office against the source page (customer_events/bulk, version 21), demand by demand: each field of
each kind with the page's line, values that the page takes, and values that it does not."""

from __future__ import annotations

from typing import Any

import pytest

from crmdesk.vendors.crmcom_events.sandbox import CrmComEventsSandbox
from crmdesk.vendors.crmcom_events.sandbox_rules import KINDS
from tests.contract.crmcom_events.test_emulator import Raw, good

ALL = tuple(KINDS)
WITH_ACCOUNT = tuple(kind for kind in ALL if kind != "referrals")
TEXT = [5, True, None, ["x"], {"x": "y"}]
IDENTIFIER = ["x", 5, None, {}, ["x"], {"nothing": "x"}]
GONE = object()
"""Stands for a field that is left out."""

Demand = tuple[tuple[str, ...], str, str, list[Any], list[Any]]


def two(one: dict[str, Any]) -> list[Any]:
    """Not one key but two, or a value that is no text."""
    ((key, value),) = one.items()
    other = "id" if key != "id" else "number"
    return [{key: value, other: value}, {key: 77}, {key: "no such"}, *IDENTIFIER]


DEMANDS: list[Demand] = [
    (ALL, "request_unique_identifier (mandatory) | String | A unique identifier of the request, provided by the caller",
     "request_unique_identifier", ["06", "ö" * 300], [GONE, "", *TEXT]),
    (WITH_ACCOUNT, "accounts_receivable_identifier (semi-optional) … id, number, name (semi-optional)",
     "accounts_receivable_identifier", [{"number": "ACR0000000020"}], [GONE, *two({"number": "ACR0000000020"})]),
    (("achievements", "financial_achievements"), "classification_identifier (mandatory)",
     "classification_identifier", [], [GONE, *two({"name": "Friend"})]),
    (("purchases", "referrals", "social_media", "web"), "classification_identifier (optional)",
     "classification_identifier", [GONE], two({"name": "Financial Achievement 1"})),
    (("financial_achievements",), "Only financial achievement classifications are allowed to be specified",
     "classification_identifier", [{"name": "Financial Achievement 2"}], [{"name": "Newsletter sign-up"}]),
    (ALL, "performed_by_unit_identifier (mandatory) … id, name, alternative_code (semi-optional)",
     "performed_by_unit_identifier", [{"name": "Front Desk"}, {"alternative_code": "FRONTDESK"}],
     [GONE, *two({"name": "Front Desk"})]),
    (ALL, "performed_on (mandatory) | Date; in the samples 2016-06-22T15:00:00",
     "performed_on", ["2016-06-22T15:00:00", "1999-12-31T23:59:59", "2024-02-29T00:00:00"],
     [GONE, "", "2016-06-22", "22/06/2016", "2023-02-29T00:00:00", "2016-06-22T24:00:00", "2016-06-22T15:00Z", *TEXT]),
    (ALL, "description (optional) | String", "description", [GONE, "", "x" * 5000], TEXT),
    (ALL, "external_system (optional) | String", "external_system", [GONE, "crmdesk"], TEXT),
    (ALL, "external_system_reference_number (optional)", "external_system_reference_number", [GONE, "7"], TEXT),
    (ALL, "udf_string_8 (optional) | String", "udf_string_8", [GONE, "x"], TEXT),
    (ALL, "udf_float_4 (optional) | Float", "udf_float_4", [GONE, 0, -1.5, 1e3], ["1.5", True, None, [1]]),
    (ALL, "udf_date_4 (optional) | Date", "udf_date_4", [GONE, "2016-06-22T15:00:00"], ["2016-06-22", "soon", *TEXT]),
    (("purchases",), "udf_string_16 (optional) | String", "udf_string_16", [GONE, "x"], TEXT),
    (ALL, "udf_string_17, udf_float_5, udf_date_5: not on the page", "udf_string_17", [GONE], ["x"]),
    (ALL, "udf_string_17, udf_float_5, udf_date_5: not on the page", "udf_float_5", [GONE], [1]),
    (ALL, "udf_string_17, udf_float_5, udf_date_5: not on the page", "udf_date_5", [GONE], ["2016-06-22T15:00:00"]),
    (tuple(kind for kind in ALL if kind != "purchases"), "udf_string_9: only purchases have it", "udf_string_9",
     [GONE], ["x"]),
    (("purchases",), "reference_number (mandatory) | String", "reference_number", ["RF01"], [GONE, "", *TEXT]),
    (("purchases",), "payment_medium_brand_identifier (optional) … id, name, alternative_code",
     "payment_medium_brand_identifier", [GONE, {"name": "Visa"}, {"alternative_code": "MC"}],
     [{"name": "Cash"}, *two({"name": "Visa"})]),
    (("purchases",), "payment_medium_type_identifier (optional) … id, name, alternative_code",
     "payment_medium_type_identifier", [GONE, {"name": "Cash"}], [{"name": "Visa"}, *two({"name": "Cash"})]),
    (("purchases", "financial_achievements"), "payment_medium_identifier (optional) | String",
     "payment_medium_identifier", [GONE, "411111"], TEXT),
    (("purchases",), "invoice_identifier (optional) … id, number, reference_number, back_office_code",
     "invoice_identifier", [GONE, {"number": "INV0000001"}, {"reference_number": "R-2"}, {"back_office_code": "BO3"}],
     [{"name": "INV0000001"}, *two({"number": "INV0000001"})]),
    (("financial_achievements",), "product_identifier (optional) … Any type of products can be specified",
     "product_identifier", [GONE, {"code": "ROOM"}, {"alternative_code": "BF"}], two({"code": "ROOM"})),
    (("financial_achievements",), "payment_medium_type_identifier (optional), the second row: The payment medium brand",
     "payment_medium_type_identifier", [GONE, {"name": "Cash"}, {"name": "Visa"}], two({"name": "Cash"})),
    (("referrals",), "referred_rewards_participant_identifier (mandatory) … id, number",
     "referred_rewards_participant_identifier", [{"number": "RP0000000012"}],
     [GONE, {"name": "Lee"}, *two({"number": "RP0000000012"})]),
    (("referrals",), "referred_by_rewards_participant_identifier (mandatory) … id, number",
     "referred_by_rewards_participant_identifier", [{"number": "RP0000000004"}],
     [GONE, {"name": "Lee"}, *two({"number": "RP0000000012"})]),
    (("referrals",), "Participant RP0000000004 Was Already Referred by Another Participant",
     "referred_rewards_participant_identifier", [], [{"number": "RP0000000004"}]),
    (("social_media",), "social_media (mandatory) … can be one of the following: FACEBOOK",
     "social_media", ["FACEBOOK"], [GONE, "", "facebook", "TWITTER", *TEXT]),
    (("social_media",), "profile (mandatory) | String", "profile", ["x"], [GONE, "", *TEXT]),
    (("social_media",), "action (mandatory) … LIKE", "action", ["LIKE"], [GONE, "", "like", "SHARE", *TEXT]),
    (("web",), "website (mandatory) | String | The website URL", "website", ["www.crm.com"], [GONE, "", *TEXT]),
    (("purchases",), "products_set (mandatory) | Set of Purchase Product Objects", "products_set", [],
     [GONE, [], {}, "x", None, [5]]),
]  # fmt: skip

IDS = [f"{number}-{demand[2]}" for number, demand in enumerate(DEMANDS)]
LINE = {"product_identifier": {"code": "ROOM"}, "net_amount": 50, "vat_amount": 10, "total_amount": 60}
NUMBERS = ["50", True, None, [50]]
LINES: list[tuple[str, str, list[Any], list[Any]]] = [
    ("product_identifier (mandatory) … id, code, alternative_code", "product_identifier",
     [{"code": "BREAKFAST"}, {"alternative_code": "RM"}], [GONE, {"name": "Room"}, *two({"code": "ROOM"})]),
    ("quantity (optional) | Number … defaults to 1", "quantity", [GONE, 1, 2.5, 0], NUMBERS),
    ("net_amount (mandatory) | Number", "net_amount", [50, 50.0], [GONE, *NUMBERS]),
    ("vat_amount (mandatory) | Number", "vat_amount", [10], [GONE, *NUMBERS]),
    ("total_amount (mandatory) | Number", "total_amount", [60, 60.01], [GONE, 61, *NUMBERS]),
]  # fmt: skip

CALL: list[tuple[str, str, list[Any], list[Any]]] = [
    ("fields_set (optional) | List of Strings, comma separated", "fields_set", [GONE, "id", "id, number"],
     [5, ["id"], True, None]),
    ("The maximum number … is 1000; no other parameter is named", "colour", [GONE], ["red"]),
]  # fmt: skip


def with_(given: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    return {key: one for key, one in {**given, name: value}.items() if one is not GONE}


async def outcome(raw: Raw, kind: str, event: dict[str, Any], **more: Any) -> tuple[bool, Any]:
    """Whether it was created, and the answer."""
    told = await raw.bulk(kind, event, **more)
    made = told["status"]["code"] == "OK" and len(told["data"].get("processed_customer_events_set", ())) == 1
    return made, told


@pytest.fixture
async def raw(emulator: CrmComEventsSandbox) -> Raw:
    return await Raw(emulator).sign_in()


@pytest.mark.parametrize(("kinds", "line", "name", "taken", "refused"), DEMANDS, ids=IDS)
async def test_a_field_of_an_event(
    kinds: tuple[str, ...], line: str, name: str, taken: list[Any], refused: list[Any], make_emulator: Any
) -> None:
    for kind in kinds:
        emulator = make_emulator()
        raw, referred = await Raw(emulator).sign_in(), set(emulator.world.referred)
        for good_one, values in ((True, taken), (False, refused)):
            for value in values:
                emulator.world.referred = set(referred)
                made, told = await outcome(raw, kind, with_(good(kind), name, value))
                assert made is good_one, (line, kind, value, told)


@pytest.mark.parametrize(("line", "name", "taken", "refused"), LINES)
async def test_a_field_of_a_product(line: str, name: str, taken: list[Any], refused: list[Any], raw: Raw) -> None:
    for good_one, values in ((True, taken), (False, refused)):
        for value in values:
            event = good("purchases", products_set=[with_(LINE, name, value)])
            made, told = await outcome(raw, "purchases", event)
            assert made is good_one, (line, value, told)


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize(("line", "name", "taken", "refused"), CALL)
async def test_a_parameter_of_the_call(
    line: str, name: str, taken: list[Any], refused: list[Any], kind: str, make_emulator: Any
) -> None:
    for good_one, values in ((True, taken), (False, refused)):
        for value in values:
            raw = await Raw(make_emulator()).sign_in()
            made, told = await outcome(raw, kind, good(kind), **with_({}, name, value))
            assert made is good_one, (line, value, told)


@pytest.mark.parametrize("kind", WITH_ACCOUNT)
async def test_one_of_account_and_participant(kind: str, raw: Raw) -> None:
    """accounts_receivable_identifier (semi-optional), rewards_participant_identifier (semi-optional)."""
    participant = {"rewards_participant_identifier": {"number": "RP0000000010"}}
    assert (await outcome(raw, kind, good(kind, accounts_receivable_identifier=None, **participant)))[0]
    assert not (await outcome(raw, kind, good(kind, **participant)))[0]
    assert not (await outcome(raw, kind, good(kind, accounts_receivable_identifier=None)))[0]


@pytest.mark.parametrize(
    ("who", "medium", "taken"),
    [
        ({"accounts_receivable_identifier": {"number": "ACR0000000050"}}, {"name": "Cash"}, True),
        ({"accounts_receivable_identifier": {"number": "ACR0000000050"}}, {"name": "Credit card"}, False),
        ({"accounts_receivable_identifier": {"number": "ACR0000000050"}}, {"name": "Visa"}, False),
        ({"accounts_receivable_identifier": {"number": "ACR0000000077"}}, {"name": "Credit card"}, True),
        ({"rewards_participant_identifier": {"number": "RP0000000010"}}, {"name": "Cash"}, True),
        ({"rewards_participant_identifier": {"number": "RP0000000010"}}, {"name": "Visa"}, False),
    ],
)
async def test_payment_media_that_the_account_allows(who: Any, medium: Any, taken: bool, raw: Raw) -> None:
    """Only payment medium types which are allowed in the related accounts receivable can be specified."""
    kind = "financial_achievements"
    event = good(kind, accounts_receivable_identifier=None, payment_medium_type_identifier=medium) | who
    assert (await outcome(raw, kind, event))[0] is taken
    assert (await outcome(raw, "purchases", good("purchases", payment_medium_type_identifier={"name": "Cash"})))[0]


async def test_a_purchase_in_another_currency_than_its_units(raw: Raw) -> None:
    """intended_currency_identifier … validated against the currency of the related performed by unit … if they don't
    match then an error is throw."""
    event = good("purchases")
    for given, taken in (({"code": "EUR"}, True), ({"code": "USD"}, False), ({"name": "EUR"}, False), ("EUR", False)):
        assert (await outcome(raw, "purchases", event, intended_currency_identifier=given))[0] is taken
    assert not (await outcome(raw, "web", good("web"), intended_currency_identifier={"code": "EUR"}))[0]
