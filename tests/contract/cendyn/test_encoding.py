"""Cendyn: what is written, byte for byte, and what is refused before anything is stored."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmdesk.core.batch import BatchRow
from crmdesk.core.errors import RejectedError
from crmdesk.vendors.cendyn.codec import Defaults, seal
from crmdesk.vendors.cendyn.fields import CONTACT_FIELDS
from crmdesk.vendors.cendyn.kinds import CONTACTS, MOST
from tests.contract.cendyn.tools import ANN, PURCHASE, body_of, row, rows, sample

NOTHING = Defaults()


def test_the_printed_request_is_written_exactly() -> None:
    printed = json.loads(sample("create_request"))
    contact = printed["contacts"][0]
    purchase = {("UUID" if name == "product_uuid" else name): value for name, value in printed["purchase"].items()}
    request = {
        "origin": printed["origin"],
        **{f"options.email_validation.{name}": True for name in printed["options"]["email_validation"]},
        **{f"options.webhook.{name}": value for name, value in printed["options"]["webhook"].items()},
        "purchase": purchase,
    }
    sealed = seal([BatchRow(contact["user_id"], contact)], request, NOTHING)
    assert sealed == sample("create_golden")


def test_with_the_printed_spelling_nothing_but_the_gender_differs() -> None:
    """Its word is MALE in the table, and male in the printed request."""
    printed = json.loads(sample("create_request"))
    golden = json.loads(sample("create_golden"))
    del golden["purchase"]["UUID"]
    printed["contacts"][0]["gender"] = "MALE"
    assert golden == printed


def test_the_composed_example_of_the_reference(connect) -> None:
    access = connect(lambda request: pytest.fail("nothing is sent"))
    values = {
        "user_id": "crmdesk:1042", "email": "ann@example.com", "name_first": "Ann", "name_last": "Lee",
        "phone_countrycode": "49", "phone_number": "1512345678", "language": "de", "gender": "female",
        "gdpr_marketing_consent": True, "gdpr_date": "2024-05-01T12:00:00+02:00",
    }  # fmt: skip
    purchase = {
        "UUID": "room-standard", "transaction_code": "PMS-2024-0042", "price": Decimal(340), "currency": "eur",
        "status": "confirmed",
    }  # fmt: skip
    assert body_of(access, [BatchRow("crmdesk:1042", values)], {"purchase": purchase}) == {
        "origin": "crmdesk",
        "contacts": [{"user_id": "crmdesk:1042", "email": "ann@example.com", "name_first": "Ann", "name_last": "Lee",
                      "phone_countrycode": "+49", "phone_number": "1512345678", "language": "DE", "gender": "FEMALE",
                      "gdpr_marketing_consent": True, "gdpr_date": "2024-05-01T10:00:00Z"}],
        "purchase": {"UUID": "room-standard", "product_uuid": "room-standard", "transaction_code": "PMS-2024-0042",
                     "price": 340, "currency": "EUR", "status": "confirmed"},
    }  # fmt: skip


# ── one value ────────────────────────────────────────────────────────────────────────────────────────────────────────


def sealed_value(path: str, value: Any) -> Any:
    """The value as sent; KeyError where it was left out."""
    return json.loads(seal([row(**{path: value})], {}, NOTHING))["contacts"][0][path]


@pytest.mark.parametrize(
    ("path", "given_value", "sent"),
    [
        ("gender", "male", "MALE"),
        ("gender", " Female ", "FEMALE"),
        ("language", "es", "ES"),
        ("language", "es_ES", "ES"),
        ("language", "zh-TW", "ZH"),
        ("born_date", "1989-03-18", "1989-03-18T00:00:00Z"),
        ("born_date", "1989-03-18T23:30:00-05:00", "1989-03-18T00:00:00Z"),
        ("gdpr_date", "2024-05-01", "2024-05-01T00:00:00Z"),
        ("gdpr_date", "2024-05-01 12:30:00", "2024-05-01T12:30:00Z"),
        ("phone_countrycode", "34", "+34"),
        ("phone_countrycode", "0034", "+34"),
        ("phone_countrycode", "+34", "+34"),
        ("phone_countrycode", "+1 (684)", "+1684"),
        ("phone_number", "0612 34", "0612 34"),
        ("zip", "01067", "01067"),
        ("zip", 1067, "1067"),
        ("country", "DE", "Germany"),
        ("country", "Germany", "Germany"),
        ("country", "XX", "XX"),
        ("gdpr_marketing_consent", "false", False),
        ("gdpr_accept_terms", "yes", True),
        ("facebook_friends", "12", 12),
        ("tags", ["a", "", None, "b"], ["a", "b"]),
        ("tags", "one", ["one"]),
        ("list_subscriptions", {"list_id": "n", "subscribed": "false"}, [{"list_id": "n", "subscribed": False}]),
        ("channel_subscriptions", [{"channel": "sms", "blacklisted": True}], [{"channel": "sms", "blacklisted": True}]),
        ("name_first", "<b>Ana</b> \u202e", "<b>Ana</b> \u202e"),
        ("loyalty_level", "gold", "gold"),
        ("vip", True, True),
        ("nights", 3, 3),
        ("spent", Decimal("10.50"), 10.5),
        ("rooms", ["12", "14"], ["12", "14"]),
    ],
)
def test_a_value_is_spelt_as_cendyn_wants_it(path: str, given_value: Any, sent: Any) -> None:
    assert sealed_value(path, given_value) == sent


@pytest.mark.parametrize("value", [None, "", "  ", [], {}])
@pytest.mark.parametrize("path", ["email", "tags", "gdpr_date", "loyalty_level"])
def test_nothing_is_left_out_and_never_null(path: str, value: Any) -> None:
    with pytest.raises(KeyError):
        sealed_value(path, value)


@pytest.mark.parametrize("path", ["tags", "loyalty_level"])
@pytest.mark.parametrize("value", [[""], [None, " "]])
def test_a_list_of_nothing_is_nothing(path: str, value: Any) -> None:
    with pytest.raises(KeyError):
        sealed_value(path, value)


@pytest.mark.parametrize("word", ["diverse", "m", 5, "X"])
def test_a_gender_cendyn_does_not_know_is_left_out(word: Any) -> None:
    with pytest.raises(KeyError):
        sealed_value("gender", word)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("language", "Spanish"),
        ("language", "e1"),
        ("born_date", "18.03.1989"),
        ("born_date", "1989-02-30"),
        ("born_date", "1989-W01-1"),
        ("born_date", 601171200),
        ("gdpr_date", "soon"),
        ("gdpr_date", "9999-12-31T23:59:59-14:00"),
        ("phone_countrycode", "Spain"),
        ("phone_countrycode", "0"),
        ("facebook_friends", "many"),
        ("facebook_friends", 1.5),
        ("gdpr_marketing_consent", "maybe"),
        ("tags", 5),
        ("tags", [["a"]]),
        ("list_subscriptions", [{"list_id": "n"}]),
        ("list_subscriptions", [{"list_id": "n", "subscribed": True, "more": 1}]),
        ("list_subscriptions", ["n"]),
        ("channel_subscriptions", [{"channel": "fax", "blacklisted": True}]),
        ("email", ["a@example.com"]),
        ("email", True),
        ("name_first", "\ud800"),
        ("name_first", "a\0b"),
        ("name_first", "x" * 20_001),
        ("loyalty level", "gold"),
        ("loyalty_level", {"deep": 1}),
        ("loyalty_level", float("nan")),
        ("loyalty_level", 10**400),
    ],
)
def test_what_the_documents_forbid_is_refused_and_named(path: str, value: Any) -> None:
    with pytest.raises(RejectedError) as caught:
        sealed_value(path, value)
    assert [problem.path for problem in caught.value.problems] == [f"crmdesk:1/{path}"]
    assert caught.value.problems[0].text
    assert caught.value.hint


def test_every_problem_is_named_at_once() -> None:
    with pytest.raises(RejectedError) as caught:
        seal([row("a", language="?"), row("b", born_date="?", tags=1)], {}, NOTHING)
    assert [problem.path for problem in caught.value.problems] == ["a/language", "b/born_date", "b/tags"]


LEAF = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("\ud800")
DEEP = st.recursive(LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3))
NAMES = st.sampled_from([spec.path for spec in CONTACT_FIELDS]) | st.text(max_size=5)


@settings(max_examples=120, deadline=None)
@given(st.dictionaries(NAMES, DEEP, max_size=6))
def test_any_values_are_a_body_without_null_and_empty_texts_or_a_known_refusal(values: dict[str, Any]) -> None:
    try:
        body = seal([BatchRow("crmdesk:1", values)], {}, NOTHING)
    except RejectedError as error:
        assert error.problems
        return
    (contact,) = json.loads(body)["contacts"]
    assert contact["user_id"]
    assert all(value not in (None, "", [], {}) for value in contact.values())


# ── who is who ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_our_own_id_is_always_sent() -> None:
    values = {name: value for name, value in ANN.items() if name != "user_id"}
    assert json.loads(seal([BatchRow("crmdesk:7", values)], {}, NOTHING))["contacts"][0]["user_id"] == "crmdesk:7"


def test_the_same_id_twice_is_refused() -> None:
    with pytest.raises(RejectedError) as caught:
        seal([BatchRow("1", {"user_id": "x"}), BatchRow("2", {"user_id": "x"})], {}, NOTHING)
    assert [problem.path for problem in caught.value.problems] == ["2/user_id"]


@pytest.mark.parametrize("count", [0, MOST + 1])
def test_a_call_has_one_to_a_thousand_contacts(count: int) -> None:
    with pytest.raises(RejectedError):
        seal(rows(count), {}, NOTHING)


def test_a_thousand_fit_and_keep_their_order() -> None:
    contacts = json.loads(seal(rows(MOST), {}, NOTHING))["contacts"]
    assert [contact["user_id"] for contact in contacts] == [f"crmdesk:{number}" for number in range(1, MOST + 1)]


# ── options ──────────────────────────────────────────────────────────────────────────────────────────────────────────

VALIDATE = "options.email_validation.validate"


def options_of(request: dict[str, Any], **config: str) -> Any:
    return json.loads(seal([row()], request, Defaults.of(config))).get("options")


def test_checks_cost_credit_so_they_are_off_unless_asked_for() -> None:
    assert options_of({}) is None
    assert options_of({VALIDATE: False}) is None
    assert options_of({"options.email_validation.create_if_invalid": True}) is None
    assert options_of({}, validate_emails="false", create_if_invalid="true") is None


def test_flags_are_sent_only_when_on() -> None:
    assert options_of({VALIDATE: True}) == {"email_validation": {"validate": True}}
    assert options_of({}, validate_emails="true", create_if_no_credit="true") == {
        "email_validation": {"validate": True, "create_if_no_credit": True}
    }


def test_a_request_overrules_the_settings() -> None:
    assert options_of({VALIDATE: "false"}, validate_emails="true") is None
    assert options_of({"options.webhook.url": "https://b.example/x"}, webhook_url="https://a.example") == {
        "webhook": {"url": "https://b.example/x"}
    }
    assert options_of({}, webhook_url="https://a.example/hook") == {"webhook": {"url": "https://a.example/hook"}}


@pytest.mark.parametrize(
    "request_",
    [
        {"options.webhook.url": "javascript:alert(1)"},
        {"options.webhook.url": "https://a b"},
        {VALIDATE: "perhaps"},
        {"options.fast": True},
        {"options.webhook.contacts_extra_fields": ["name_first"]},  # without a webhook they would go nowhere
        {"origin": 1.5},
    ],
)
def test_odd_options_are_refused(request_: dict[str, Any]) -> None:
    with pytest.raises(RejectedError):
        options_of(request_)


# ── purchase ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def purchase_of(purchase: Any, **config: str) -> Any:
    return json.loads(seal([row()], {"purchase": purchase}, Defaults.of(config)))["purchase"]


@pytest.mark.parametrize(
    ("setting", "names"),
    [
        ("", ["UUID", "product_uuid"]),
        ("both", ["UUID", "product_uuid"]),
        ("UUID", ["UUID"]),
        ("product_uuid", ["product_uuid"]),
    ],
)
def test_the_products_id_is_spelt_as_the_setting_says(setting: str, names: list[str]) -> None:
    sent = purchase_of(PURCHASE, product_key=setting)
    assert {name: value for name, value in sent.items() if "uuid" in name.lower()} == dict.fromkeys(
        names, "room-standard"
    )


@pytest.mark.parametrize(
    ("price", "written"),
    [(Decimal("340.10"), "340.10"), ("340.10", "340.10"), (340, "340"), (Decimal("1E+3"), "1000"), ("-0.05", "-0.05")],
)
def test_a_price_is_a_json_number_in_the_digits_given(price: Any, written: str) -> None:
    body = seal([row()], {"purchase": {**PURCHASE, "price": price}}, NOTHING)
    assert f'"price":{written},'.encode() in body


def test_a_purchase_speaks_for_all_contacts_of_its_call_so_there_is_one() -> None:
    with pytest.raises(RejectedError) as caught:
        seal(rows(2), {"purchase": PURCHASE}, NOTHING)
    assert caught.value.problems[0].path == "purchase"


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"UUID": ""}, "purchase.UUID"),
        ({"transaction_code": None}, "purchase.transaction_code"),
        ({"price": "free"}, "purchase.price"),
        ({"price": Decimal("NaN")}, "purchase.price"),
        ({"price": Decimal("1e400")}, "purchase.price"),
        ({"currency": "Euro"}, "purchase.currency"),
        ({"status": "paid"}, "purchase.status"),
        ({"product_uuid": "room-suite"}, "purchase.product_uuid"),
    ],
)
def test_an_odd_purchase_is_refused_and_named(change: dict[str, Any], path: str) -> None:
    with pytest.raises(RejectedError) as caught:
        purchase_of({**PURCHASE, **change})
    assert caught.value.problems[0].path == path


@pytest.mark.parametrize("purchase", [[PURCHASE, PURCHASE], "room", [5]])
def test_there_is_one_purchase_or_none(purchase: Any) -> None:
    with pytest.raises(RejectedError):
        purchase_of(purchase)


def test_a_list_of_one_purchase_and_custom_fields_are_taken() -> None:
    assert purchase_of([{**PURCHASE, "hotel_id": "7"}])["hotel_id"] == "7"


def test_the_kind_describes_what_may_be_sent() -> None:
    assert (CONTACTS.key, CONTACTS.title, CONTACTS.most) == ("contacts", "Contacts", 1000)
    assert {"origin", VALIDATE, "options.webhook.url", "purchase"} <= {spec.path for spec in CONTACTS.request}
    assert all(spec.source for spec in (*CONTACTS.fields, *CONTACTS.request))
