"""Two rows are the same business event (UX-CMP-20)."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmdesk.core.fingerprint import SIZE, Fingerprints, fingerprint, named
from crmdesk.vendors.crmcom_events.kinds import kinds_of

KINDS = {kind.batch.key: kind.batch for kind in kinds_of((12, 0))}
PURCHASE: dict[str, Any] = {
    "accounts_receivable_identifier.number": "ACR0000000077",
    "classification_identifier.name": "Room",
    "performed_by_unit_identifier.name": "Front desk",
    "performed_on": "2024-05-01T18:30:00",
    "reference_number": "INV-42",
    "products_set": [
        {"product_identifier.code": "ROOM", "net_amount": Decimal("100"), "total_amount": Decimal("109.00")},
        {"product_identifier.code": "BAR", "net_amount": Decimal("1"), "total_amount": Decimal("1.1")},
    ],
}
purchase = Fingerprints(KINDS["purchases"])


@pytest.mark.parametrize(
    "other",
    [
        {"description": "another one"},
        {"request_unique_identifier": "b7-1"},
        {"external_system_reference_number": "X"},
        {"udf_string_1": "x"},
        {"payment_medium_identifier": "4111"},
        {"accounts_receivable_identifier.number": " acr0000000077 "},
        {"performed_by_unit_identifier.name": "FRONT  desk"},
        {"performed_on": "2024-05-01 18:30"},
        {"performed_on": datetime(2024, 5, 1, 18, 30)},
        {"products_set": list(reversed(PURCHASE["products_set"]))},
        {
            "products_set": [
                {**line, "net_amount": str(line["net_amount"]) + ".00"} for line in PURCHASE["products_set"]
            ]
        },
        {"classification_identifier.id": "", "rewards_participant_identifier.number": None},
    ],
    ids=str,
)
def test_what_says_nothing_of_the_event_changes_nothing(other: dict[str, Any]) -> None:
    assert purchase.of({**PURCHASE, **other}) == purchase.of(PURCHASE)


@pytest.mark.parametrize(
    "other",
    [
        {"accounts_receivable_identifier.number": "ACR0000000078"},
        {"classification_identifier.name": "Bar"},
        {"performed_by_unit_identifier.name": "Spa"},
        {"performed_on": "2024-05-01T18:30:01"},
        {"performed_on": "2024-05-01T18:30:00+03:00"},
        {"reference_number": "INV-43"},
        {"products_set": PURCHASE["products_set"][:1]},
        {
            "products_set": [
                {**PURCHASE["products_set"][0], "total_amount": Decimal("109.01")},
                PURCHASE["products_set"][1],
            ]
        },
    ],
    ids=str,
)
def test_another_event_has_another_fingerprint(other: dict[str, Any]) -> None:
    assert purchase.of({**PURCHASE, **other}) != purchase.of(PURCHASE)


def test_the_kind_counts_and_nothing_is_like_nothing() -> None:
    row = {"accounts_receivable_identifier.number": "ACR1", "performed_on": "2024-05-01"}
    assert len({fingerprint(kind, row) for kind in KINDS.values() if "referr" not in kind.key}) == 5
    assert fingerprint(KINDS["web"], {}) == fingerprint(KINDS["web"], {"description": "x"}) == b""
    assert len(fingerprint(KINDS["web"], row)) == SIZE


def test_a_moment_is_the_same_in_every_zone() -> None:
    at = {"performed_on": "2024-05-01T18:30:00+03:00"}
    assert purchase.of(at) == purchase.of({"performed_on": "2024-05-01T15:30:00Z"})
    assert purchase.of(at) == purchase.of({"performed_on": datetime(2024, 5, 1, 15, 30, tzinfo=UTC)})


NICOSIA = Fingerprints(replace(KINDS["purchases"], zone=ZoneInfo("Europe/Nicosia")))


@pytest.mark.parametrize(
    "moment", ["2024-05-01T18:30:00+03:00", "2024-05-01T15:30:00Z", "2024-05-01T11:30:00.400-0400"]
)
def test_a_time_that_says_its_zone_is_the_same_as_the_accounts_own_time(moment: str) -> None:
    """Both are sent as 18:30."""
    assert NICOSIA.of({**PURCHASE, "performed_on": moment}) == NICOSIA.of(PURCHASE)
    assert NICOSIA.of({**PURCHASE, "performed_on": "2024-05-01T18:30:00Z"}) != NICOSIA.of(PURCHASE)


def test_this_computers_zone_counts_where_the_account_names_none(monkeypatch: pytest.MonkeyPatch) -> None:
    here = Fingerprints(replace(KINDS["purchases"], zone=None))
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert here.of({**PURCHASE, "performed_on": "2024-05-01T09:30:00Z"}) == here.of(PURCHASE)
    finally:
        monkeypatch.undo()
        time.tzset()


def test_one_of_a_product_is_the_same_as_no_quantity() -> None:
    """bulk: quantity … If not specified then it automatically defaults to 1."""
    lines = PURCHASE["products_set"]
    one = {**PURCHASE, "products_set": [{**line, "quantity": Decimal("1.00")} for line in lines]}
    assert purchase.of(one) == purchase.of(PURCHASE)
    assert purchase.of({**PURCHASE, "products_set": [{**lines[0], "quantity": 2}, lines[1]]}) != purchase.of(PURCHASE)


def test_what_an_earlier_version_sent_is_known_still() -> None:
    """Its fingerprints stand in the ledger."""
    zoned = {**PURCHASE, "performed_on": "2024-05-01T18:30:00+03:00"}
    assert purchase.earlier(zoned).hex() == "ce2092079af6de1f7952eedc116c60b9"
    assert purchase.earlier(PURCHASE) == b"" == purchase.earlier({}), "it made the same of it"


def test_who_it_is_about() -> None:
    assert purchase.who(PURCHASE) == "accounts_receivable_identifier.number=acr0000000077"
    assert purchase.who({}) == ""


def test_who_it_is_about_as_it_was_typed() -> None:
    who = purchase.who(PURCHASE)
    assert named(who, PURCHASE) == PURCHASE["accounts_receivable_identifier.number"] != who.rpartition("=")[2]
    assert named(who, {**PURCHASE, "accounts_receivable_identifier.number": "ACR2"}) == "", "it was mended since"
    assert named("", PURCHASE) == "" and named(who, {}) == ""
    assert named("a=x b=y = b=z", {"b": "Y = b=Z", "a": "X", "c": "x"}) == "X · Y = b=Z"


values = st.one_of(st.text(max_size=8), st.integers(), st.decimals(), st.none(), st.lists(st.dictionaries(st.text(),
st.text()), max_size=2))  # fmt: skip


@settings(max_examples=150, deadline=None, database=None)
@given(row=st.dictionaries(st.sampled_from(sorted(KINDS["purchases"].identity)), values))
def test_any_values_have_a_fingerprint_that_does_not_depend_on_their_order(row: dict[str, Any]) -> None:
    found = purchase.of(row)
    assert found == purchase.of(dict(reversed(row.items()))) and len(found) in (0, SIZE)


BY_0_9 = {  # made by version 0.9.0 of PURCHASE with this account
    "\u202aACR0000000077\u202c": "9887501c08353183996f7acbb7f1c325",
    "ACR00000\u00ad00077": "4584d3f641a6251e16ed3c209c292b24",
    "ACR00000\u200b00077": "dd5b2683f63b6b616a4d598ea6111810",
    "\ufeffACR0000000077": "077b9942edc287dc8c85b80e42089c58",
}


@pytest.mark.parametrize(("number", "made"), BY_0_9.items(), ids=ascii)
def test_what_an_earlier_version_sent_with_characters_that_nobody_sees_is_known(number: str, made: str) -> None:
    row = PURCHASE | {"accounts_receivable_identifier.number": number}
    assert purchase.earlier(row).hex() == made
    assert purchase.of(row) == purchase.of(PURCHASE), "to a person it is the same"


def test_hidden_in_a_line_of_a_purchase_they_are_known_too() -> None:
    lines = [PURCHASE["products_set"][0] | {"product_identifier.code": "RO\u00adOM"}]
    row = PURCHASE | {"products_set": lines}
    assert purchase.earlier(row) not in (b"", purchase.of(row))
