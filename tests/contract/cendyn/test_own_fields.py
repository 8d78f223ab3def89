"""Cendyn's custom fields: named in the account's settings, then columns of lists like any other field."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest

from crmdesk.core.batch import BatchKind
from crmdesk.core.errors import RejectedError, SettingsError
from crmdesk.core.grid_columns import columns_of
from crmdesk.core.mapping import apply, guess
from crmdesk.core.row_checks import Rules, check
from crmdesk.core.sheet import Layout, Table
from crmdesk.vendors.cendyn import VENDOR
from tests.contract.cendyn.tools import ACCOUNT, ANN, account, push, row

SETTINGS = {
    "custom_fields": "loyalty_level, vip: boolean; visits: number, member_since: date, diet:selectable_options",
    "purchase_custom_fields": "hotel_id, check_in: date",
}
TYPES = {
    "loyalty_level": "string",
    "vip": "boolean",
    "visits": "number",
    "member_since": "date",
    "diet": "selectable_options",
}
BOUGHT = {"UUID": "room-standard", "transaction_code": "T1", "price": Decimal("1.5"), "currency": "EUR"}


def kind_of(access: Any) -> BatchKind:
    (kind,) = access.batches.kinds
    return kind


def body(access: Any, *rows: Any) -> Any:
    return json.loads(access.batches.encode(kind_of(access), list(rows), {}))


async def test_they_are_columns_that_a_file_is_mapped_to(emulator, connect) -> None:
    kind = kind_of(connect(emulator, **SETTINGS))
    own = {one.path: one for one in columns_of(kind) if one.group == "Own fields"}
    bought = ["purchase.0.hotel_id", "purchase.0.check_in"]
    assert list(own) == list(TYPES) and not any(one.essential for one in own.values())
    assert {one.path for one in columns_of(kind)} >= set(bought)
    titles = ("user_id", "Loyalty-Level", "VIP", "visits", "member_since", "hotel_id")
    mapping = guess(kind, titles)
    assert {one.path for one in mapping.choices} == {"user_id", *list(TYPES)[:4], "purchase.0.hotel_id"}
    table = Table("", titles, [("7", "Gold", "yes", "1.5", "2020-05-03", "H1")], Layout())
    (made,) = apply(kind, table, mapping, datetime(2026, 5, 5))
    assert made.values == {
        "user_id": "7", "loyalty_level": "Gold", "vip": True, "visits": Decimal("1.5"), "member_since": "2020-05-03",
        "purchase": [{"hotel_id": "H1"}],
    }  # fmt: skip


async def test_a_row_has_one_purchase_and_no_columns_for_another(emulator, connect) -> None:
    kind = kind_of(connect(emulator))
    assert not [one.path for one in columns_of(kind, 3) if one.path.startswith("purchase.1.")]
    assert [one.path for one in columns_of(kind, 3) if one.path.startswith("channel_subscriptions.2.")]
    titles = ("user_id", "Event group", "Transaction")
    table = Table("", titles, [("7", "a", "T1"), ("7", "a", "T2")], Layout())
    with pytest.raises(RejectedError, match="cannot be joined"):
        apply(kind, table, guess(kind, titles), datetime(2026, 5, 5))


async def test_they_are_checked_by_their_types(emulator, connect) -> None:
    kind = kind_of(connect(emulator, **SETTINGS))
    rows = [{"user_id": "7", "vip": "maybe", "visits": "1,234", "member_since": "03/04/20"}]
    told = {(one.path, one.code) for one in check(kind, rows, {}, Rules(datetime(2026, 5, 5)))}
    assert told == {("vip", "V-ENUM"), ("visits", "V-NUM"), ("member_since", "V-DATE")}


async def test_they_are_sent_under_their_names_at_the_top(make_emulator, connect) -> None:
    emulator = make_emulator(custom_fields=TYPES)
    access = connect(emulator, **SETTINGS)
    given = row(
        loyalty_level="Gold", vip=False, visits=Decimal("12.50"), member_since="2020-05-03", diet="vegan",
        purchase=[{**BOUGHT, "hotel_id": "7", "check_in": "2026-05-03T15:00:00+03:00"}],
    )  # fmt: skip
    sent = body(access, given)
    assert sent["contacts"][0] == {
        **ANN, "loyalty_level": "Gold", "vip": False, "visits": 12.5, "member_since": "2020-05-03T00:00:00Z",
        "diet": "vegan",
    }  # fmt: skip
    assert (sent["purchase"]["hotel_id"], sent["purchase"]["check_in"]) == ("7", "2026-05-03T12:00:00Z")
    await push(access, [given])
    assert len(emulator.account(ACCOUNT).jobs) == 1, "it was taken"


@pytest.mark.parametrize(
    "typed",
    [
        "two words",
        "a.b",
        "email",
        "purchase",
        "x, x",
        "vip: yes",
        ": boolean",
        "x\u200by",
        "a" * 101,
        "vip: boolean: x",
    ],
)
async def test_what_cannot_be_a_custom_field_is_told_when_it_is_typed(typed: str) -> None:
    with pytest.raises(SettingsError) as caught:
        VENDOR.check_account(account(custom_fields=typed))
    assert caught.value.field == "custom_fields"
    with pytest.raises(SettingsError) as caught:
        VENDOR.check_account(account(purchase_custom_fields="product_uuid"))
    assert caught.value.field == "purchase_custom_fields"


async def test_nothing_typed_changes_nothing(emulator, connect) -> None:
    plain = kind_of(connect(emulator))
    for typed in ("", " , ;"):
        assert kind_of(connect(emulator, custom_fields=typed)) == plain
    VENDOR.check_account(account())


async def test_the_test_of_the_connection_names_those_that_cendyn_does_not_know(make_emulator, connect) -> None:
    emulator = make_emulator(custom_fields={"vip": "boolean"})
    said = (await connect(emulator, custom_fields="vip: boolean, loyalty", purchase_custom_fields="x").check())[2].text
    assert "no custom field with this name: loyalty, x." in said
    assert "no custom field" not in (await connect(emulator, custom_fields="vip").check())[2].text


async def test_the_test_of_the_connection_proposes_those_that_are_not_named_yet(make_emulator, connect) -> None:
    types = {"vip": "boolean", "tier": "string", "two words": "string"}
    emulator = make_emulator(custom_fields=types, purchase_fields={"check_in": "date"})
    said = (await connect(emulator).check())[2].text
    assert "custom fields of contacts: vip: boolean, tier. " in said, "as it can be typed"
    assert "custom fields of purchases: check_in: date. " in said
    settled = {"custom_fields": "vip: boolean, tier", "purchase_custom_fields": "check_in: date"}
    assert "custom field" not in (await connect(emulator, **settled).check())[2].text


async def test_an_account_whose_fields_cannot_be_asked_for_passes_the_test(connect) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/balance/current"):
            return httpx.Response(200, json={"balance": "1"})
        return httpx.Response(500, text="x")

    steps = await connect(answer, custom_fields="vip").check()
    assert [step.ok for step in steps] == [True, True, True]
