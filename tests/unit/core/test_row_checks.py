"""Each code of the checks, on rows as the vendor's six kinds have them, and the groups they make."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from crmdesk.core.fingerprint import Fingerprints
from crmdesk.core.flaw_groups import group, rows_with, to_leave_out
from crmdesk.core.row_checks import (
    Background,
    Flaw,
    Known,
    Rules,
    Severity,
    check,
    form_of,
    hindered,
)
from crmdesk.core.submission import Line, RowStage
from crmdesk.vendors.cendyn.kinds import CONTACTS
from crmdesk.vendors.crmcom_events.kinds import kinds_of

KINDS = {kind.batch.key: kind.batch for kind in kinds_of((12, 0))}
RULES = Rules(datetime(2026, 5, 10, 12))
WHO, UNIT, CLASS = (
    "accounts_receivable_identifier.number",
    "performed_by_unit_identifier.name",
    "classification_identifier.name",
)
GOOD: dict[str, Any] = {WHO: "ACR1", UNIT: "Spa", CLASS: "Visit", "performed_on": "2026-05-03T14:30:00"}
PRODUCT = {
    "product_identifier.code": "P1", "net_amount": Decimal("10.00"), "vat_amount": Decimal("1.90"),
    "total_amount": Decimal("11.90"),
}  # fmt: skip
PURCHASE: dict[str, Any] = {**GOOD, "reference_number": "B1", "products_set": [PRODUCT]}


def found(kind: str, *rows: dict[str, Any], request: dict[str, Any] | None = None, **known: Any) -> list[Flaw]:
    return check(KINDS[kind], rows, request or {}, RULES, Background(**known))


def codes(flaws: list[Flaw]) -> list[tuple[str, str]]:
    return [(flaw.code, flaw.path) for flaw in flaws]


def without(values: dict[str, Any], path: str) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name != path}


def line(**more: Any) -> Line:
    given = {"stage": RowStage.SENT, "number": "45", "operator": "Maria", "at": "2026-05-03T10:00:00Z"} | more
    return Line(1, 1, 1, 1, 1, "achievements", "u", 1, given.pop("at"), given.pop("operator"), **given)


def test_good_rows_have_no_flaw() -> None:
    assert found("achievements", GOOD) == []
    assert found("purchases", PURCHASE) == []


def lined(**more: Any) -> dict[str, Any]:
    return {**PURCHASE, "products_set": [{**PRODUCT, **more}]}


@pytest.mark.parametrize(
    ("kind", "row", "code", "path", "severity"),
    [
        ("achievements", without(GOOD, "performed_on"), "V-REQ", "performed_on", "error"),
        ("achievements", without(GOOD, WHO), "V-ONEOF", WHO, "error"),
        ("achievements", {**GOOD, "rewards_participant_identifier.number": "7"}, "V-BOTH",
         "rewards_participant_identifier.number", "error"),
        ("achievements", {**GOOD, "performed_on": "03/04/2026"}, "V-DATE", "performed_on", "error"),
        ("achievements", {**GOOD, "performed_on": "2026-05-11T00:00:00"}, "V-FUT", "performed_on", "warning"),
        ("achievements", {**GOOD, "performed_on": "2025-05-01T00:00:00"}, "V-OLD", "performed_on", "warning"),
        ("achievements", {**GOOD, "description": "x" * 256}, "V-LEN", "description", "warning"),
        ("achievements", {**GOOD, "udf_float_1": "1,234"}, "V-NUM", "udf_float_1", "error"),
        ("achievements", {**GOOD, "udf_date_1": "soon"}, "V-DATE", "udf_date_1", "error"),
        ("social_media", {**GOOD, "social_media": "MYSPACE", "profile": "p"}, "V-ENUM",
         "social_media", "error"),
        ("purchases", without(PURCHASE, "products_set"), "V-REQ", "products_set.0.net_amount", "error"),
        ("purchases", lined(net_amount=None), "V-REQ", "products_set.0.net_amount", "error"),
        ("purchases", lined(vat_amount=Decimal("1.95")), "V-SUM", "products_set.0.total_amount", "error"),
        ("purchases", lined(quantity=Decimal(-1)), "V-NEG", "products_set.0.quantity", "warning"),
        ("purchases", lined(net_amount=Decimal("10.001"), vat_amount=Decimal("1.899")), "V-NUM",
         "products_set.0.net_amount", "error"),
        ("purchases", {**PURCHASE, "products_set": [{**without(PRODUCT, "product_identifier.code")}]}, "V-ONEOF",
         "products_set.0.product_identifier.code", "error"),
    ],
)  # fmt: skip
def test_each_code(kind: str, row: dict[str, Any], code: str, path: str, severity: str) -> None:
    flaws = found(kind, row)
    assert (code, path) in codes(flaws)
    assert {flaw.severity.value for flaw in flaws if flaw.code == code} == {severity}
    assert all(flaw.text for flaw in flaws)


@pytest.mark.parametrize("word", ["#N/A", "#ERROR", "#REF!", " #bezug! ", "#¡VALOR!"])
def test_an_error_of_a_spreadsheet_is_no_value(word: str) -> None:
    row = {**lined(), WHO: word.strip(), "description": word.strip(), "performed_on": word.strip()}
    flaws = [flaw for flaw in found("purchases", row) if flaw.severity is Severity.ERROR]
    assert sorted(codes(flaws)) == [("V-CELL", WHO), ("V-CELL", "description"), ("V-CELL", "performed_on")]
    inner = found("purchases", lined(**{"product_identifier.code": "#N/A", "vat_amount": "#DIV/0!"}))
    assert codes(inner) == [
        ("V-CELL", "products_set.0.product_identifier.code"), ("V-CELL", "products_set.0.vat_amount"),
    ]  # fmt: skip
    assert codes(hindered(KINDS["purchases"], [row], frozenset())) == codes(flaws)
    assert found("achievements", {**GOOD, "description": "#1 of our guests, #N/A or not"}) == []
    assert [one.title for one in group(KINDS["achievements"], found("achievements", {**GOOD, WHO: "#N/A"}))] == [
        "Account number: an error in the file (1)"
    ]


def test_nobody_refers_themselves() -> None:
    one, other = "referred_rewards_participant_identifier.number", "referred_by_rewards_participant_identifier.number"
    row = {**without(without(GOOD, WHO), CLASS), one: "P1", other: "p1"}
    assert codes(found("referrals", row)) == [("V-SELF", one)]
    assert found("referrals", {**row, other: "P2"}) == []
    assert ("V-SELF", one) in codes(found("referrals", {**row, other: f" {row[one].lower()}\u200b"}))


def test_twins_and_own_numbers_given_twice() -> None:
    again = {**GOOD, "description": "typed again", "external_system_reference_number": "7"}
    flaws = found("achievements", {**GOOD, "external_system_reference_number": "7"}, again)
    assert codes(flaws) == [("V-TWIN", ""), ("V-RID", "external_system_reference_number")]
    assert flaws[0].text == "The same event as in row 1."


def test_no_two_contacts_have_one_id_and_no_two_purchases_one_code() -> None:
    """page: contacts[user_id] Unique identifier of contact; purchase[transaction_code] … (unique)."""

    def bought(user: str, code: str) -> dict[str, Any]:
        return {"user_id": user, "purchase": [{"UUID": "r", "transaction_code": code, "price": 1, "currency": "EUR"}]}

    ids = [{"user_id": "7"}, {"user_id": "8"}, {"user_id": "7", "city": "Bonn"}]
    assert [(one.row, one.code, one.path) for one in check(CONTACTS, ids, {}, RULES)] == [(2, "V-RID", "user_id")]
    assert [one.code for one in hindered(CONTACTS, ids, frozenset())] == ["V-RID"]
    several = [bought("7", "T1"), bought("7", "T2"), bought("8", "T1")]
    assert [(one.row, one.code, one.path) for one in check(CONTACTS, several, {}, RULES)] == [
        (2, "V-RID", "purchase.0.transaction_code")
    ], "a guest may buy several things"


def test_a_number_of_a_row_that_is_not_sent_takes_none_away() -> None:
    """A file that grows: the guest of row 1 was sent yesterday, the last row is the same guest, who has moved."""
    rows = [{"user_id": "7"}, {"user_id": "8"}, {"user_id": "7", "city": "Bonn"}, {"user_id": "7", "city": "Rome"}]
    sent = {Fingerprints(CONTACTS).of(rows[0]): line()}
    flaws = check(CONTACTS, rows, {}, RULES, Background(sent))
    assert [(one.row, one.code) for one in flaws] == [(0, "V-REPEAT"), (3, "V-RID")]
    assert flaws[1].text == "This number is that of row 3, too."
    restricted = check(CONTACTS, rows[1:], {}, RULES, Background(restricted=frozenset({1})))
    assert [(one.row, one.code) for one in restricted] == [(1, "V-RESTR")]
    odd = [
        {"user_id": "7", "gender": "?"},
        {"user_id": "7", "city": "Bonn"},
        {"user_id": "7", "language": "DE", "gender": "?"},
    ]
    assert [(one.row, one.code) for one in check(CONTACTS, odd, {}, RULES)] == [
        (0, "V-ENUM"), (2, "V-ENUM"), (2, "V-RID")
    ]  # fmt: skip
    assert [(one.row, one.code) for one in hindered(CONTACTS, rows[2:], frozenset({0}))] == [(0, "V-RESTR")]
    assert [(one.row, one.code) for one in hindered(CONTACTS, rows, frozenset())] == [(2, "V-RID"), (3, "V-RID")]


@pytest.mark.parametrize(
    ("path", "text", "told"),
    [
        (WHO, "ACR1\u200b", True), (WHO, "\ufeffACR1", True), (WHO, "ACR1\nACR2", True), (WHO, "A\u202eCR1", True),
        (WHO, "ACR1\x1b[31m", True), (WHO, "ACR1\x85", True), (WHO, "ÄCR 1 e\u0301", False),
        ("description", "two\nlines\tand more", False), ("description", "a\x00b", True),
        ("udf_string_1", "👨\u200d👩\u200d👧", False), ("udf_string_1", "می\u200cخواهم", False),
    ],
)  # fmt: skip
def test_characters_that_nobody_sees_are_told(path: str, text: str, told: bool) -> None:
    flaws = found("achievements", {**GOOD, path: text})
    assert [(one.code, one.path) for one in flaws if one.code == "V-CHARS"] == [("V-CHARS", path)] * told
    if path == WHO and "CR1" in text and "\n" not in text and "[" not in text:
        twins = found("achievements", {**GOOD, WHO: "ACR1"}, {**GOOD, WHO: text})
        assert "V-TWIN" in {one.code for one in twins}, "it is the same account to whoever reads it"


@pytest.mark.parametrize(
    ("medium", "told"),
    [
        ("4111111111111111", True), ("4111 1111 1111 1111", True), ("3782-822463-10005", True), ("411111", False),
        ("4111111111111112", False), ("XXXX XXXX XXXX 1111", False), ("Visa 4111111111111111", False),
    ],
)  # fmt: skip
def test_a_whole_card_number_is_told(medium: str, told: bool) -> None:
    row = {**PURCHASE, "payment_medium_identifier": medium}
    assert codes(found("purchases", row)) == [("V-CARD", "payment_medium_identifier")] * told
    assert found("purchases", {**PURCHASE, "reference_number": medium}) == [], "a bill may have any number"


@pytest.mark.parametrize(("email", "told"), [
    ("a@b.example", False), (" a@b.example ", False), ("josé@bücher.example", False), ("nobody", True), ("a@b", True),
    ("a b@c.de", True), ("a@b.de, c@d.de", True), ("a@b..de", True),
])  # fmt: skip
def test_what_is_no_address_is_told(email: str, told: bool) -> None:
    assert codes(check(CONTACTS, [{"user_id": "1", "email": email}], {}, RULES)) == [("V-MAIL", "email")] * told


def test_what_was_sent_before_is_named_and_proposed_to_be_left_out() -> None:
    mark = Fingerprints(KINDS["achievements"]).of(GOOD)
    flaws = found("achievements", GOOD, repeats={mark: line()})
    assert codes(flaws) == [("V-REPEAT", "")]
    assert to_leave_out(flaws) == {0: "Sent on 2026-05-03. Event: 45. Operator: Maria."}
    doubtful = found("achievements", GOOD, repeats={mark: line(stage=RowStage.UNKNOWN, number="")})
    assert doubtful[0].text == "Sent on 2026-05-03. Operator: Maria. Outcome: unknown."


def test_what_earlier_answers_said() -> None:
    who = Fingerprints(KINDS["achievements"]).who(GOOD)
    refused = Known(3, line(stage=RowStage.FAILED, text="No such account"))
    assert codes(found("achievements", GOOD, known={who: refused})) == [("V-KNOWNBAD", WHO)]
    noted = found("achievements", GOOD, known={who: Known(3)})
    assert [(flaw.code, flaw.severity) for flaw in noted] == [("N-KNOWN", Severity.NOTE)]
    forms = {WHO: {form_of("ACR0000000077"): 9}}
    assert codes(found("achievements", GOOD, forms=forms)) == [("V-IDFORM", WHO)]
    assert found("achievements", {**GOOD, WHO: "acr0000000078"}, forms=forms) == []
    assert found("achievements", GOOD, forms={WHO: {form_of("X1"): 2}}) == [], "two say little"


def test_currency_and_guests() -> None:
    meant = {"intended_currency_identifier.code": "USD"}
    known = {"spa": frozenset({"eur"})}
    assert codes(found("purchases", PURCHASE, request=meant, currencies=known)) == [("V-CUR", UNIT)]
    assert found("purchases", PURCHASE, request={"intended_currency_identifier.code": "eur"}, currencies=known) == []
    flaws = found("achievements", GOOD, {**GOOD, WHO: "ACR2"}, restricted=frozenset({1}), opted_out=frozenset({0}))
    assert [(flaw.row, flaw.code) for flaw in flaws] == [(0, "V-OPTOUT"), (1, "V-RESTR")]
    assert rows_with(flaws, Severity.ERROR) == {1}


def test_groups_are_titled_with_their_counts_errors_first() -> None:
    rows = [without(GOOD, WHO)] * 2 + [{**GOOD, "performed_on": "x"}] + [{**GOOD, "description": "x" * 300}] * 3
    flaws = found("achievements", *rows)
    groups = group(KINDS["achievements"], flaws, rows)
    assert [one.title for one in groups if one.severity is Severity.ERROR] == [
        "Account number missing (2)",
        "Performed on not readable (1)",
    ]
    assert groups[0].rows == (0, 1)
    assert [one.code for one in groups[2:]] == ["V-LEN", "V-TWIN"]


@pytest.mark.parametrize("amount", ["9" * 40, "1e30", "-9e99", "0." + "0" * 40 + "1"])
def test_amounts_of_any_length_are_looked_at(amount: str) -> None:
    flaws = found("purchases", lined(net_amount=Decimal(amount)))
    assert ("V-SUM", "products_set.0.total_amount") in codes(flaws) or ("V-NUM", "products_set.0.net_amount") in codes(
        flaws
    )


def test_a_moment_with_a_zone_is_compared_in_the_accounts_zone() -> None:
    kind = replace(KINDS["achievements"], zone=timezone(timedelta(hours=3)))
    for text, code in (("2026-05-10T13:00:00+03:00", "V-FUT"), ("2026-05-10T11:00:00+03:00", "")):
        row = {**GOOD, "performed_on": text}
        assert [flaw.code for flaw in check(kind, [row], {}, RULES)] == [code] * bool(code)


NICOSIA, LONDON = ZoneInfo("Europe/Nicosia"), ZoneInfo("Europe/London")


@pytest.mark.parametrize(
    ("typed", "zone", "word"),
    [
        ("2026-03-29T03:00:00", NICOSIA, "forward"),
        ("2026-03-29T03:59:59", NICOSIA, "forward"),
        ("2026-03-29T02:59:59", NICOSIA, ""),
        ("2026-03-29T04:00:00", NICOSIA, ""),
        ("2026-03-29T01:30:00", LONDON, "forward"),
        ("2025-10-26T03:30:00", NICOSIA, "back"),
        ("2025-10-26T04:00:00", NICOSIA, ""),
        ("2025-10-26T00:30:00Z", NICOSIA, "back"),  # is sent as 03:30
        ("2026-03-29T01:30:00Z", NICOSIA, ""),  # is sent as 04:30
        ("2026-03-29T03:30:00", UTC, ""),
        ("0001-01-01T00:00:00", NICOSIA, ""),
        ("9999-12-31T23:59:59", NICOSIA, ""),
    ],
)
def test_hours_that_the_change_of_clocks_takes_away_or_gives_twice(typed: str, zone: tzinfo, word: str) -> None:
    kind = replace(KINDS["achievements"], zone=zone)
    flaws = [one for one in check(kind, [{**GOOD, "performed_on": typed}], {}, RULES) if one.code == "V-CLOCK"]
    assert [(one.path, one.severity) for one in flaws] == [("performed_on", Severity.WARNING)] * bool(word)
    assert not word or f"put {word}" in flaws[0].text
    assert not flaws or group(kind, flaws)[0].title == "Where the clocks change (1)"


def test_the_clocks_of_this_computer_count_where_the_account_names_no_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    kind = replace(KINDS["achievements"], zone=None)
    monkeypatch.setenv("TZ", "Europe/London")
    time.tzset()
    try:
        rows = [{**GOOD, "performed_on": f"{day}T01:30:00"} for day in ("2026-03-29", "2025-10-26", "2026-03-28")]
        assert [one.row for one in check(kind, rows, {}, RULES) if one.code == "V-CLOCK"] == [0, 1]
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("path", ["gdpr_marketing_consent", "gdpr_accept_terms", "gdpr_remote_ip"])
def test_an_agreement_wants_its_date(path: str) -> None:
    """UX-CEN-05: consent fields need date and source filled together."""
    agreed: Any = "203.0.113.7" if path == "gdpr_remote_ip" else True
    row = {"user_id": "1", path: agreed}
    assert codes(check(CONTACTS, [row], {}, RULES)) == [("V-CONSENT", path)]
    assert check(CONTACTS, [{**row, "gdpr_date": "2026-05-01T10:00:00Z"}], {}, RULES) == []
    if agreed is True:
        assert check(CONTACTS, [{**row, path: False}], {}, RULES) == [], "a refusal needs no proof"
        assert codes(check(CONTACTS, [{**row, path: "maybe"}], {}, RULES)) == [("V-ENUM", path)]


def test_damaged_values_do_not_stop_the_check() -> None:
    damaged = {
        **GOOD,
        "external_system_reference_number": ["7"],
        "description": {"x": 1},
        "udf_float_1": Decimal("NaN"),
    }
    assert ("V-NUM", "udf_float_1") in codes(found("achievements", damaged, damaged))
