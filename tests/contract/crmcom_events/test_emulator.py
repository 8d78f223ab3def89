"""The emulator holds to the source page: its samples, its rules, and the reference's list of traps. No client of ours
is in between."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from crmdesk.sandbox.app import transport
from crmdesk.sandbox.faults import Kind
from crmdesk.vendors.crmcom_events.sandbox import API, DEMO, CrmComEventsSandbox
from crmdesk.vendors.crmcom_events.sandbox_rules import KINDS
from tests.contract.crmcom_events.tools import sample

EVERY = pytest.mark.parametrize("kind", KINDS)
SIGN_IN = {"username": DEMO.username, "password": DEMO.password, "organisation": DEMO.organisation}


class Raw:
    """A signed-in client without any rule of its own."""

    def __init__(self, emulator: CrmComEventsSandbox) -> None:
        self._client = httpx.AsyncClient(transport=transport(emulator), base_url="https://crm.example.com")
        self.token = ""

    async def sign_in(self) -> Raw:
        self.token = (await self.post("authentication/token", SIGN_IN, token=False))["data"]["token"]
        return self

    async def post(self, path: str, body: Any, *, token: bool = True) -> Any:
        if token and isinstance(body, dict):
            body = {"token": self.token, **body}
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return (await self._client.post(f"{API}/{path}", content=content)).json()

    async def get(self, path: str, **query: Any) -> Any:
        return (await self._client.get(f"{API}/{path}", params={"token": self.token, **query})).json()

    async def bulk(self, kind: str, *events: Any, **more: Any) -> Any:
        return await self.post(f"customer_events/bulk/{kind}/create", {KINDS[kind].set_name: list(events), **more})


@pytest.fixture
async def raw(emulator: CrmComEventsSandbox) -> Raw:
    return await Raw(emulator).sign_in()


def good(kind: str, label: str = "1", **more: Any) -> dict[str, Any]:
    """The first event of the printed request."""
    event = json.loads(sample(kind, "request"))[KINDS[kind].set_name][0]
    made = {**event, "request_unique_identifier": label, **more}
    return {name: value for name, value in made.items() if value is not None}


def refused(answer: Any) -> str:
    """The code of the one event that was not created."""
    assert answer["status"]["code"] == "OK", answer
    assert answer["data"]["processed_customer_events_set"] == []
    (entry,) = answer["data"]["unprocessed_customer_events_set"]
    assert entry["error_description"].startswith("Error:")
    assert ". - Description:" in entry["error_description"]
    return str(entry["error_code"])


@EVERY
async def test_the_printed_request_gives_the_printed_answer(kind: str, raw: Raw) -> None:
    """All of it but the ids."""
    body = sample(kind, "request").replace(b"{{token}}", raw.token.encode())
    told = await raw.post(f"customer_events/bulk/{kind}/create", body)
    expected = json.loads(sample(kind, "answer"))
    for entry in told["data"]["processed_customer_events_set"] + expected["data"]["processed_customer_events_set"]:
        assert len(entry["id"]) == 32
        assert entry.pop("id").isupper()
    assert told == expected


@EVERY
async def test_nothing_is_de_duplicated_but_referrals(kind: str, raw: Raw, emulator: CrmComEventsSandbox) -> None:
    again = [await raw.bulk(kind, good(kind)) for _ in range(2)]
    assert len(emulator.created(kind)) == (1 if kind == "referrals" else 2)
    ids = {entry["id"] for told in again for entry in told["data"]["processed_customer_events_set"]}
    assert ids == {event.id for event in emulator.created(kind)}
    assert "request_unique_identifier" not in emulator.created(kind)[0].sent


ROW_BREACHES: list[tuple[str, dict[str, Any], str]] = [
    ("web", {"accounts_receivable_identifier": {"number": "ACR9"}}, "NotFoundAPIValueException"),
    ("web", {"performed_by_unit_identifier": {"name": "Nowhere"}}, "NotFoundAPIValueException"),
    ("web", {"classification_identifier": {"name": "Restaurant"}}, "NotFoundAPIValueException"),
    ("achievements", {"classification_identifier": {"name": "Financial Achievement 1"}}, "NotFoundAPIValueException"),
    ("financial_achievements", {"classification_identifier": {"name": "Restaurant"}}, "NotFoundAPIValueException"),
    ("financial_achievements", {"product_identifier": {"code": "NONE"}}, "NotFoundAPIValueException"),
    ("achievements", {"classification_identifier": None}, "EmulatorMandatoryException"),
    ("web", {"accounts_receivable_identifier": None}, "EmulatorSemiOptionalException"),
    ("web", {"rewards_participant_identifier": {"number": "RP0000000004"}}, "EmulatorSemiOptionalException"),
    ("web", {"accounts_receivable_identifier": {"number": "x", "id": "y"}}, "EmulatorIdentifierException"),
    ("web", {"accounts_receivable_identifier": {"code": "x"}}, "EmulatorIdentifierException"),
    ("web", {"accounts_receivable_identifier": "ACR0000000077"}, "EmulatorIdentifierException"),
    ("web", {"performed_on": "2016-06-22T15:00:00Z"}, "EmulatorDateException"),
    ("web", {"performed_on": "2016-06-22T15:00:00.5"}, "EmulatorDateException"),
    ("web", {"performed_on": "2016-06-22T15:00:00+02:00"}, "EmulatorDateException"),
    ("web", {"performed_on": "2016-02-30T15:00:00"}, "EmulatorDateException"),
    ("web", {"website": None}, "EmulatorMandatoryException"),
    ("web", {"udf_string_9": "x"}, "EmulatorUnknownFieldException"),
    ("web", {"udf_float_1": "1.5"}, "EmulatorTypeException"),
    ("web", {"udf_date_1": "2016-06-22"}, "EmulatorDateException"),
    ("web", {"products_set": []}, "EmulatorUnknownFieldException"),
    ("social_media", {"social_media": "TWITTER"}, "EmulatorChoiceException"),
    ("social_media", {"action": "like"}, "EmulatorChoiceException"),
    ("purchases", {"reference_number": None}, "EmulatorMandatoryException"),
    ("purchases", {"products_set": []}, "EmulatorMandatoryException"),
    ("purchases", {"invoice_identifier": {"number": "INV9"}}, "NotFoundAPIValueException"),
    ("referrals", {"referred_by_rewards_participant_identifier": None}, "EmulatorIdentifierException"),
    ("referrals", {"accounts_receivable_identifier": {"number": "x"}}, "EmulatorUnknownFieldException"),
]


@pytest.mark.parametrize(("kind", "change", "code"), ROW_BREACHES)
async def test_a_breach_of_a_rows_rules(kind: str, change: dict[str, Any], code: str, raw: Raw) -> None:
    assert refused(await raw.bulk(kind, good(kind, **change))) == code


AMOUNTS = [
    ({"net_amount": "50"}, "EmulatorTypeException"),
    ({"net_amount": True}, "EmulatorTypeException"),
    ({"total_amount": 60.02}, "EmulatorAmountException"),
    ({"quantity": "2"}, "EmulatorTypeException"),
    ({"product_identifier": {"code": "NONE"}}, "NotFoundAPIValueException"),
    ({"price": 1}, "EmulatorUnknownFieldException"),
]


@pytest.mark.parametrize(("change", "code"), AMOUNTS)
async def test_amounts_are_numbers_and_add_up(change: dict[str, Any], code: str, raw: Raw) -> None:
    line = good("purchases")["products_set"][0] | change
    assert refused(await raw.bulk("purchases", good("purchases", products_set=[line]))) == code


async def test_amounts_are_never_multiplied_by_the_quantity(raw: Raw) -> None:
    line = good("purchases")["products_set"][0] | {"quantity": 7}
    told = await raw.bulk("purchases", good("purchases", products_set=[line]))
    assert len(told["data"]["processed_customer_events_set"]) == 1


async def test_the_intended_currency_is_that_of_the_unit(raw: Raw) -> None:
    eur, usd, other = ({"intended_currency_identifier": {"code": code}} for code in ("EUR", "USD", "XXX"))
    told = await raw.bulk("purchases", good("purchases"), **eur)
    assert told["data"]["unprocessed_customer_events_set"] == []
    assert refused(await raw.bulk("purchases", good("purchases"), **usd)) == "EmulatorCurrencyException"
    assert refused(await raw.bulk("purchases", good("purchases"), **other)) == "NotFoundAPIValueException"


@pytest.mark.parametrize("name", ["payment_medium_brand_identifier", "payment_medium_type_identifier"])
async def test_both_names_of_the_financial_trap_are_taken(name: str, raw: Raw) -> None:
    value = {"name": "Visa" if "brand" in name else "Cash"}
    told = await raw.bulk("financial_achievements", good("financial_achievements", **{name: value}))
    assert len(told["data"]["processed_customer_events_set"]) == 1


WHOLE: dict[str, tuple[Any, str]] = {
    "too many": ([good("web", str(n)) for n in range(1001)], "EmulatorTooManyException"),
    "label twice": ([good("web", "1"), good("web", "1")], "EmulatorDuplicateException"),
    "label a number": ([good("web") | {"request_unique_identifier": 6}], "EmulatorMandatoryException"),
    "no events": ([], "EmulatorMandatoryException"),
    "event no object": ([5], "EmulatorMandatoryException"),
}


@pytest.mark.parametrize(("events", "code"), WHOLE.values(), ids=WHOLE.keys())
async def test_a_call_refused_as_a_whole_makes_nothing(events: Any, code: str, raw: Raw, emulator: Any) -> None:
    assert (await raw.bulk("web", *events))["status"]["code"] == code
    assert emulator.created("web") == []


async def test_a_repeated_key_and_no_json_are_refused(raw: Raw, emulator: CrmComEventsSandbox) -> None:
    path = "customer_events/bulk/web/create"
    body = b'{"token":"' + raw.token.encode() + b'","web_customer_events_set":[{"website":"a","website":"b"}]}'
    assert (await raw.post(path, body))["status"]["code"] == "EmulatorRepeatedKeyException"
    assert (await raw.post(path, b"{"))["status"]["code"] == "EmulatorMalformedRequestException"
    assert emulator.created("web") == []


async def test_fields_set_hides_what_a_client_needs(raw: Raw) -> None:
    told = await raw.bulk("web", good("web"), fields_set="number")
    assert told["data"] == {"processed_customer_events_set": [{"number": "4"}]}


async def test_sets_in_an_order_of_their_own(make_emulator: Callable[..., Any]) -> None:
    raw = await Raw(make_emulator(shuffled=True)).sign_in()
    told = await raw.bulk("web", *[good("web", str(n)) for n in range(9)])
    labels = [entry["request_unique_identifier"] for entry in told["data"]["processed_customer_events_set"]]
    assert labels != sorted(labels)
    assert len(set(labels)) == 9


async def test_shuffled_and_refused_by_faults(raw: Raw, emulator: CrmComEventsSandbox) -> None:
    emulator.faults.set(Kind.SHUFFLED, times=1)
    told = await raw.bulk("web", *[good("web", str(n)) for n in range(9)])
    labels = [entry["request_unique_identifier"] for entry in told["data"]["processed_customer_events_set"]]
    assert labels != sorted(labels) and len(set(labels)) == 9
    emulator.faults.set(Kind.REFUSE_VALUES, times=1)
    told = await raw.bulk("web", good("web", "ten"))
    (refused,) = told["data"]["unprocessed_customer_events_set"]
    assert refused["error_code"] == "EmulatorRefusesException"
    assert len(emulator.created("web")) == 9


@pytest.mark.parametrize(("jwt", "life"), [(True, 7200), (False, 3600)])
async def test_token_lives(jwt: bool, life: int, make_emulator: Callable[..., Any], now: Any) -> None:
    raw = await Raw(make_emulator(jwt=jwt)).sign_in()
    assert (raw.token.count(".") == 2) is jwt
    assert jwt or (len(raw.token) == 32 and raw.token.isupper())
    for _ in range(2):
        now.pass_by(seconds=life / 2 - 1)
        assert (await raw.bulk("web", good("web")))["status"]["code"] == "OK"
    now.pass_by(seconds=life / 2)  # a fixed token is over now; an idle one was used within its hour
    assert ((await raw.bulk("web", good("web")))["status"]["code"] == "OK") is not jwt
    now.pass_by(seconds=life)
    assert (await raw.bulk("web", good("web")))["status"]["code"] == "EmulatorInvalidTokenException"


async def test_a_released_and_a_refused_token(raw: Raw, emulator: CrmComEventsSandbox) -> None:
    await raw.post("authentication/token/release", {})
    assert (await raw.bulk("web", good("web")))["status"]["code"] == "EmulatorInvalidTokenException"
    await raw.sign_in()
    emulator.faults.set(Kind.EXPIRE_TOKEN, times=1)
    for _ in range(2):
        assert (await raw.bulk("web", good("web")))["status"]["code"] == "EmulatorInvalidTokenException"


async def test_no_secret_is_logged(raw: Raw, emulator: CrmComEventsSandbox) -> None:
    await raw.get("accounts_receivable/show", accounts_receivable_identifier="number=ACR0000000077")
    assert raw.token not in str(emulator.requests)
    assert "ACR0000000077" in emulator.requests[-1].query


LISTS: list[tuple[str, dict[str, Any], str | int]] = [
    ("customer_events/configuration/classifications/list", {"type": "FINANCIAL_ACHIEVEMENT"}, 3),
    ("customer_events/configuration/classifications/list", {"type": "PURCHASED"}, "EmulatorMandatoryException"),
    ("customer_events/configuration/classifications/list", {}, "EmulatorMandatoryException"),
    ("rewards_participants/list", {"accounts_receivable_identifier": "number=ACR0000000501"}, 1),
    ("rewards_participants/list", {}, "EmulatorSemiOptionalException"),
    ("products/list", {"type_identifier": "name=Services"}, 4),
    ("products/list", {"brand_identifier": "name=Services"}, 0),
    ("products/list", {}, "EmulatorSemiOptionalException"),
    ("products/list", {"type_identifier": "name=Services", "number_of_results": "2", "offset": "3"}, 1),
    ("products/list", {"type_identifier": "name=Services", "offset": "-1"}, "EmulatorPagingException"),
    ("organisation_units/groups/list", {}, 2),
    ("accounts_receivable/list", {"email_address": ""}, 0),
    ("accounts_receivable/show", {"accounts_receivable_identifier": "ACR1"}, "EmulatorIdentifierException"),
    ("accounts_receivable/show", {"accounts_receivable_identifier": "number=ACR1"}, "NotFoundAPIValueException"),
]


@pytest.mark.parametrize(("path", "query", "found"), LISTS)
async def test_lists(path: str, query: dict[str, Any], found: str | int, raw: Raw) -> None:
    told = await raw.get(path, **query)
    assert (len(told["data"]) if told["data"] is not None else told["status"]["code"]) == found


async def test_spellings_are_those_of_the_pages(raw: Raw, emulator: CrmComEventsSandbox) -> None:
    rows = (await raw.get("customer_events/configuration/classifications/list", type="PURCHASE"))["data"]
    assert {row["type"] for row in rows} == {"PURCHASED"}
    await raw.bulk("referrals", good("referrals", external_system_reference_number="u-1"))
    who = {"referred_rewards_participant_identifier": {"number": "RP0000000017"}}
    (row,) = (await raw.post("customer_events/referrals/list", who))["data"]
    assert row["type"] == "REFERRALS"
    assert row["external_system_preference_number"] == "u-1"
    query = {"customer_event_identifier": f"id={row['id']}"}
    shown = (await raw.get("customer_events/referrals/show", **query))["data"]
    assert shown["external_system_reference_number"] == "u-1"


async def test_guests_are_partly_known_elsewhere_and_the_same_every_time(make_emulator: Callable[..., Any]) -> None:
    first, second = make_emulator(), make_emulator()
    assert first.world.tables == second.world.tables
    assert len(first.world.tables["account"]) == 87
    assert {row["life_cycle_state"] for row in first.world.tables["participant"]} <= {"EFFECTIVE", "TERMINATED"}


async def test_the_index_page_tells_how_to_sign_in(emulator: CrmComEventsSandbox) -> None:
    told = emulator.describe("http://127.0.0.1:1/crmcom_events")
    (shown,) = told["accounts"]
    assert told["base_url"].endswith(f"/crmcom_events{API}")
    assert (shown["title"], shown["contacts"]) == ("Rewards office", 0)
    assert shown["credentials"]["secret"] == DEMO.password
