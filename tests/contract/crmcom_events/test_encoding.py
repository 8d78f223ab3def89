"""Rows to bodies: every printed request byte by byte in meaning, our own form byte by byte, and every refusal."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmdesk.core.batch import BatchRow
from crmdesk.core.errors import RejectedError, SettingsError
from crmdesk.vendors.crmcom_events.encoder import Encoder
from crmdesk.vendors.crmcom_events.kinds import kinds_of
from crmdesk.vendors.crmcom_events.settings import Settings, read_settings
from tests.contract.crmcom_events.tools import KINDS, LINE, encode, printed, row, rows_of
from tests.helpers.any_json import ANY_JSON

EVERY = pytest.mark.parametrize("kind", KINDS)
UTC = Settings(time_zone="UTC")


def read(body: bytes) -> Any:
    return json.loads(body, parse_float=Decimal, parse_int=Decimal)


def sent(kind: str, *rows: BatchRow, **more: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = read(encode(kind, *rows, **more))[KINDS[kind].set_name]
    return found


def problems(kind: str, *rows: BatchRow, settings: Settings = UTC, **request: Any) -> dict[str, str]:
    with pytest.raises(RejectedError) as caught:
        encode(kind, *rows, settings=settings, **request)
    assert all(problem.text for problem in caught.value.problems)
    return {problem.path: problem.code for problem in caught.value.problems}


# ── golden ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@EVERY
def test_the_printed_request_is_what_its_rows_become(kind: str) -> None:
    """All of it but the token, which `send` adds, and the two fields by which crmdesk finds an event again."""
    expected = printed(kind, "request")
    del expected["token"]
    for event in expected[KINDS[kind].set_name]:
        event["external_system"] = "crmdesk"
        event["external_system_reference_number"] = event["request_unique_identifier"]
    assert read(encode(kind, *rows_of(kind))) == expected


@EVERY
def test_before_r10_1_the_printed_request_has_no_number_of_ours(kind: str) -> None:
    expected = printed(kind, "request")
    del expected["token"]
    for event in expected[KINDS[kind].set_name]:
        event["external_system"] = "crmdesk"
    assert read(encode(kind, *rows_of(kind), settings=replace(UTC, release=(10, 0)))) == expected


BODIES = {
    "achievements": b'{"achievement_customer_events_set":[{"request_unique_identifier":"06",'
    b'"accounts_receivable_identifier":{"number":"ACR0000000077"},'
    b'"classification_identifier":{"name":"Customer Feedback 3"},'
    b'"performed_by_unit_identifier":{"name":"Admin Unit"},"performed_on":"2016-06-22T15:00:00",'
    b'"external_system":"crmdesk","external_system_reference_number":"06"}]}',
    "purchases": b'{"intended_currency_identifier":{"code":"EUR"},"purchase_customer_events_set":['
    b'{"request_unique_identifier":"06","accounts_receivable_identifier":{"number":"ACR0000000077"},'
    b'"performed_by_unit_identifier":{"name":"Admin Unit"},"performed_on":"2016-06-22T15:00:00",'
    b'"reference_number":"INV-2024-0042","external_system":"crmdesk","external_system_reference_number":"06",'
    b'"products_set":[{"product_identifier":{"code":"ROOM"},"net_amount":100.00,"vat_amount":9.00,'
    b'"total_amount":109.00}]}]}',
    "referrals": b'{"referral_customer_events_set":[{"request_unique_identifier":"06",'
    b'"referred_rewards_participant_identifier":{"number":"RP0000000017"},'
    b'"referred_by_rewards_participant_identifier":{"number":"RP0000000010"},'
    b'"performed_by_unit_identifier":{"name":"Admin Unit"},"performed_on":"2016-06-22T15:00:00",'
    b'"external_system":"crmdesk","external_system_reference_number":"06"}]}',
    "social_media": b'{"social_media_customer_events_set":[{"request_unique_identifier":"06",'
    b'"accounts_receivable_identifier":{"number":"ACR0000000077"},'
    b'"performed_by_unit_identifier":{"name":"Admin Unit"},"performed_on":"2016-06-22T15:00:00",'
    b'"social_media":"FACEBOOK","profile":"www.facebook.com/polina","action":"LIKE",'
    b'"external_system":"crmdesk","external_system_reference_number":"06"}]}',
    "web": b'{"web_customer_events_set":[{"request_unique_identifier":"06",'
    b'"accounts_receivable_identifier":{"number":"ACR0000000077"},'
    b'"performed_by_unit_identifier":{"name":"Admin Unit"},"performed_on":"2016-06-22T15:00:00",'
    b'"website":"www.crm.com","external_system":"crmdesk","external_system_reference_number":"06"}]}',
    "financial_achievements": b'{"financial_achievement_customer_events_set":[{"request_unique_identifier":"06",'
    b'"accounts_receivable_identifier":{"number":"ACR0000000077"},'
    b'"classification_identifier":{"name":"Financial Achievement 1"},'
    b'"performed_by_unit_identifier":{"name":"Admin Unit"},"performed_on":"2016-06-22T15:00:00",'
    b'"external_system":"crmdesk","external_system_reference_number":"06"}]}',
}


@EVERY
def test_golden_bodies(kind: str) -> None:
    request = {"intended_currency_identifier.code": "EUR"} if kind == "purchases" else {}
    assert encode(kind, row(kind, "06"), **request) == BODIES[kind]


def test_a_batch_is_split_by_whoever_fills_it_and_a_thousand_are_one_call() -> None:
    rows = [row("web", f"{number:04}") for number in range(1000)]
    assert [event["request_unique_identifier"] for event in sent("web", *rows)] == [one.uid for one in rows]


# ── what a row may bring ─────────────────────────────────────────────────────────────────────────────────────────────

FULL: dict[str, Any] = {
    "description": "Two nights\nwith breakfast",
    "payment_medium_brand_identifier.name": "Visa",
    "payment_medium_type_identifier.alternative_code": "CARD",
    "payment_medium_identifier": "0042",
    "invoice_identifier.back_office_code": "BO1",
    "classification_identifier.alternative_code": "PURCHASE_1",
    "external_system": "cash desk",
    "external_system_reference_number": "0007",
    "udf_string_16": "x",
    "udf_float_4": Decimal("0.125"),
    "udf_date_4": "2024-05-01",
}


def test_every_sort_of_field_at_its_place() -> None:
    (event,) = sent("purchases", BatchRow("1", {**row("purchases").values, **FULL}))
    assert event["invoice_identifier"] == {"back_office_code": "BO1"}
    assert event["payment_medium_brand_identifier"] == {"name": "Visa"}
    assert event["payment_medium_type_identifier"] == {"alternative_code": "CARD"}
    assert event["payment_medium_identifier"] == "0042"
    assert (event["external_system"], event["external_system_reference_number"]) == ("cash desk", "0007")
    assert (event["udf_string_16"], event["udf_float_4"]) == ("x", Decimal("0.125"))
    assert event["udf_date_4"] == "2024-05-01T00:00:00"
    assert event["description"] == "Two nights\nwith breakfast"


@EVERY
def test_every_field_of_a_kind_can_be_sent(kind: str) -> None:
    """Each writable path alone beside a good row is taken, or refused by an either-or rule and nothing else."""
    values = {"text": "x", "lines": "x", "number": Decimal(1), "time": "2024-05-01T10:00:00", "date": "2024-05-01"}
    for spec in KINDS[kind].batch.fields:
        if not spec.writable or spec.path in row(kind).values:
            continue
        given = {**row(kind).values, spec.path: values[spec.kind.value]}
        try:
            encode(kind, BatchRow("1", given))
        except RejectedError as error:
            assert {problem.code for problem in error.problems} == {"one_of"}, spec.path


@pytest.mark.parametrize(("kind", "texts"), [("purchases", 16), ("web", 8), ("referrals", 8), ("achievements", 8)])
def test_own_fields_are_as_many_as_documented(kind: str, texts: int) -> None:
    paths = {spec.path for spec in KINDS[kind].batch.fields}
    assert f"udf_string_{texts}" in paths
    assert f"udf_string_{texts + 1}" not in paths
    assert {"udf_float_4", "udf_date_4"} <= paths
    assert not {"udf_float_5", "udf_date_5", "udf_string_0"} & paths


def test_quantity_is_a_plain_number_and_left_out_where_not_given() -> None:
    lines = [LINE, *({**LINE, "quantity": quantity} for quantity in (Decimal("2.50"), 3, Decimal("1E+2")))]
    body = encode("purchases", row("purchases", products_set=lines))
    assert b'"quantity":2.5,' in body
    assert b'"quantity":3,' in body
    assert b'"quantity":100,' in body
    assert body.count(b"quantity") == 3


# ── refusals ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_no_rows_and_a_thousand_and_one() -> None:
    assert problems("web") == {"": "count"}
    with pytest.raises(RejectedError, match="This batch"):
        encode("web")
    assert problems("web", *[row("web", str(n)) for n in range(1001)]) == {"": "count"}


def test_a_label_twice_or_empty() -> None:
    assert problems("web", row("web", "7"), row("web", "7"), row("web", "07")) == {
        "7/request_unique_identifier": "duplicate"
    }
    assert problems("web", row("web", " ")) == {" /request_unique_identifier": "required"}


ACCOUNT, PARTICIPANT = "accounts_receivable_identifier", "rewards_participant_identifier"


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "referrals"])
def test_exactly_one_of_account_and_participant(kind: str) -> None:
    neither = row(kind, accounts_receivable_identifier__number=None)
    both = row(kind, rewards_participant_identifier__id="A4340AC3F973495E81F69A75D2D32BD3")
    two_keys = row(kind, accounts_receivable_identifier__name="Polina")
    assert problems(kind, neither) == {f"b7-1/{ACCOUNT}.number": "required"}
    assert problems(kind, both) == {f"b7-1/{PARTICIPANT}.id": "one_of"}
    assert problems(kind, two_keys) == {f"b7-1/{ACCOUNT}.name": "one_of"}


def test_a_referral_needs_both_sides_and_knows_no_account() -> None:
    one = row("referrals", referred_by_rewards_participant_identifier__number=None)
    assert problems("referrals", one) == {"b7-1/referred_by_rewards_participant_identifier.number": "required"}
    other = row("referrals", accounts_receivable_identifier__number="ACR1")
    assert problems("referrals", other) == {f"b7-1/{ACCOUNT}.number": "unknown"}


MISSING = [
    ("achievements", "classification_identifier.name", "classification_identifier.name"),
    ("financial_achievements", "classification_identifier.name", "classification_identifier.name"),
    *((kind, "performed_by_unit_identifier.name", "performed_by_unit_identifier.name") for kind in KINDS),
    *((kind, "performed_on", "performed_on") for kind in KINDS),
    ("purchases", "reference_number", "reference_number"),
    ("purchases", "products_set", "products_set"),
    ("social_media", "social_media", "social_media"),
    ("social_media", "profile", "profile"),
    ("social_media", "action", "action"),
    ("web", "website", "website"),
]


@pytest.mark.parametrize(("kind", "path", "told"), MISSING)
def test_what_is_mandatory(kind: str, path: str, told: str) -> None:
    assert problems(kind, row(kind, "06", **{path.replace(".", "__"): None})) == {f"06/{told}": "required"}


ODD_VALUES = [
    ("web", "website", "", "required"),
    ("web", "website", " \n", "required"),
    ("web", "website", 5, "type"),
    ("web", "website", ["x"], "type"),
    ("web", "website", "half \ud800", "text"),
    ("web", "request_unique_identifier", "9", "unknown"),
    ("web", "products_set", [LINE], "unknown"),
    ("web", "token", "x", "unknown"),
    ("web", "performed_on", "2016-06-22", "time"),
    ("web", "performed_on", "2016-02-30T15:00:00", "time"),
    ("web", "performed_on", "2016-02-28T24:00:00", "time"),
    ("web", "performed_on", "2016-06-22T25:00:00", "time"),
    ("web", "performed_on", "22/06/2016 15:00", "time"),
    ("web", "performed_on", "2016-06-22T15:00:00+2", "time"),
    ("web", "performed_on", "２０１６-06-22T15:00:00", "time"),
    ("web", "performed_on", "0001-01-01T00:00:00+14:00", "time"),
    ("web", "performed_on", 1466607600, "time"),
    ("web", "udf_date_1", "2023-02-29", "time"),
    ("web", "udf_date_1", "tomorrow", "time"),
    ("web", "udf_float_1", "1.5", "number"),
    ("web", "udf_float_1", 1.5, "number"),
    ("web", "udf_float_1", True, "number"),
    ("web", "udf_float_1", Decimal("NaN"), "number"),
    ("web", "udf_float_1", Decimal("Infinity"), "number"),
    ("web", "udf_float_1", Decimal("1E+999999"), "number"),
    ("web", "udf_float_1", Decimal("1E-999999"), "places"),
    ("web", "udf_float_1", Decimal("123456789012345.12345678901234"), "places"),
    ("social_media", "social_media", "TWITTER", "choice"),
    ("social_media", "action", "like", "choice"),
    ("social_media", "action", ["LIKE"], "choice"),
    ("purchases", "products_set", {}, "type"),
    ("purchases", "products_set", "ROOM", "type"),
    ("purchases", "products_set", [5], "type"),
    ("purchases", "products_set", [], "required"),
]


@pytest.mark.parametrize(("kind", "path", "value", "code"), ODD_VALUES)
def test_values_that_cannot_be_sent(kind: str, path: str, value: Any, code: str) -> None:
    bad = BatchRow("06", {**row(kind).values, path: value})
    assert problems(kind, row(kind, "05"), bad) == {f"06/{path}": code}


LINES = [
    ({"net_amount": None}, "net_amount", "required"),
    ({"vat_amount": None}, "vat_amount", "required"),
    ({"total_amount": None}, "total_amount", "required"),
    ({"product_identifier.code": None}, "product_identifier.code", "required"),
    ({"product_identifier.id": "A1"}, "product_identifier.id", "one_of"),
    ({"total_amount": Decimal("109.02")}, "total_amount", "sum"),
    ({"total_amount": Decimal("-109")}, "total_amount", "sum"),
    ({"net_amount": Decimal("100.001")}, "net_amount", "places"),
    ({"net_amount": 100.0}, "net_amount", "number"),
    ({"net_amount": "100"}, "net_amount", "number"),
    ({"quantity": "2"}, "quantity", "number"),
    ({"price": Decimal(1)}, "price", "unknown"),
]


@pytest.mark.parametrize(("change", "path", "code"), LINES)
def test_a_purchase_line_that_cannot_be_sent(change: dict[str, Any], path: str, code: str) -> None:
    line = {name: value for name, value in {**LINE, **change}.items() if value is not None}
    bad = row("purchases", "06", products_set=[LINE, line])
    assert problems("purchases", bad) == {f"06/products_set[1].{path}": code}


def test_one_cent_between_net_vat_and_total_is_rounding() -> None:
    lines = [{**LINE, "total_amount": Decimal("109.01")}, {**LINE, "total_amount": Decimal("108.99")}]
    assert len(sent("purchases", row("purchases", products_set=lines))[0]["products_set"]) == 2


def test_the_request_goes_by_its_own_fields() -> None:
    assert problems("purchases", row("purchases"), **{"intended_currency_identifier.name": "euro"}) == {
        "intended_currency_identifier.name": "unknown"
    }
    two = {"intended_currency_identifier.code": "EUR", "intended_currency_identifier.id": "1"}
    assert problems("purchases", row("purchases"), **two) == {"intended_currency_identifier.id": "one_of"}
    assert problems("web", row("web"), **{"intended_currency_identifier.code": "EUR"}) == {
        "intended_currency_identifier.code": "unknown"
    }


def test_all_problems_of_all_rows_come_at_once() -> None:
    bad = [row("web", str(n), website=None, performed_on="x") for n in range(3)]
    found = problems("web", *bad, row("web", "9"))
    assert found == {f"{n}/{path}": code for n in range(3) for path, code in WEB_BREACHES}
    with pytest.raises(RejectedError, match="3 events"):
        encode("web", *bad)


WEB_BREACHES = (("website", "required"), ("performed_on", "time"))

# ── releases and zones ───────────────────────────────────────────────────────────────────────────────────────────────


def test_before_r10_1_a_number_of_the_rows_own_is_told_instead_of_dropped() -> None:
    old = replace(UTC, release=(10, 0))
    bad = row("web", external_system_reference_number="7")
    assert problems("web", bad, settings=old) == {"b7-1/external_system_reference_number": "release"}


def test_from_r17_accounts_take_the_place_of_participants() -> None:
    kinds = {kind.word: kind for kind in kinds_of((17, 0))}
    paths = {word: {spec.path for spec in kind.batch.fields} for word, kind in kinds.items()}
    assert not any("participant" in path for found in paths.values() for path in found)
    values = {name: value for name, value in row("referrals").values.items() if "participant" not in name}
    sides = {f"{side}_accounts_receivable_identifier.id": "2" for side in ("referred", "referred_by")}
    encoded = read(Encoder(kinds["referrals"], UTC).encode([BatchRow("1", values | sides)], {}))
    assert encoded["referral_customer_events_set"][0]["referred_by_accounts_receivable_identifier"] == {"id": "2"}


@pytest.mark.parametrize(
    ("zone", "typed", "told"),
    [
        ("Europe/Nicosia", "2016-06-22T15:00:00", "2016-06-22T15:00:00"),
        ("Europe/Nicosia", "2016-06-22T12:00:00Z", "2016-06-22T15:00:00"),
        ("Europe/Nicosia", "2016-12-22T12:00:00Z", "2016-12-22T14:00:00"),
        ("America/New_York", "2016-06-22T01:30:00+02:00", "2016-06-21T19:30:00"),
        ("UTC", "2016-06-22T15:00:00.999999+00:00", "2016-06-22T15:00:00"),
        ("UTC", "2016-06-22 15:00", "2016-06-22T15:00:00"),
    ],
)
def test_times_are_sent_in_the_vendors_zone_without_saying_so(zone: str, typed: str, told: str) -> None:
    body = encode("web", row("web", performed_on=typed), settings=Settings(time_zone=zone))
    assert read(body)["web_customer_events_set"][0]["performed_on"] == told


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "Europe", "\0"])
def test_an_unknown_zone_is_a_setting_to_be_corrected(zone: str) -> None:
    with pytest.raises(SettingsError) as caught:
        encode("web", row("web", performed_on="2016-06-22T12:00:00Z"), settings=Settings(time_zone=zone))
    assert caught.value.field == "time_zone"


@pytest.mark.parametrize(("name", "code"), [("release", "R9"), ("sign_in", "otp")])
def test_a_choice_nobody_offers_is_a_setting_to_be_corrected(name: str, code: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings({name: code})
    assert caught.value.field == name


def test_settings_have_defaults() -> None:
    assert read_settings({"external_system": " ", "release": ""}) == Settings()
    assert read_settings({"release": "R10.1"}).release == (10, 1)
    assert read_settings({"external_system": "desk 2"}).external_system == "desk 2"


# ── money (P15) ──────────────────────────────────────────────────────────────────────────────────────────────────────

CENTS = st.integers(-(10**12), 10**12).map(lambda cents: Decimal(cents).scaleb(-2))


@settings(max_examples=150, deadline=None)
@given(net=CENTS, vat=CENTS)
def test_no_cent_ever_changes(net: Decimal, vat: Decimal) -> None:
    line = {"product_identifier.code": "ROOM", "net_amount": net, "vat_amount": vat, "total_amount": net + vat}
    body = encode("purchases", row("purchases", products_set=[line]))
    (told,) = read(body)["purchase_customer_events_set"][0]["products_set"]
    assert (told["net_amount"], told["vat_amount"], told["total_amount"]) == (net, vat, net + vat)
    assert f'"net_amount":{net or Decimal(0):.2f},'.encode() in body


PATHS = [*(spec.path for spec in KINDS["purchases"].batch.fields), "unheard of"]
ODD = ANY_JSON | st.decimals() | st.dates() | st.binary() | st.just([LINE])


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(PATHS), ODD, max_size=6))
def test_any_values_make_a_body_or_a_rejection(values: dict[str, Any]) -> None:
    try:
        assert json.loads(encode("purchases", BatchRow("1", {**row("purchases").values, **values})))
    except RejectedError as error:
        assert error.problems
