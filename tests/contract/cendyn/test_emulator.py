"""The emulated Cendyn by itself, asked as any client may: what the reference's traps table says of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx
import pytest

from crmdesk.core.batch import BatchRow, RowState
from crmdesk.sandbox.app import mount, transport
from crmdesk.sandbox.faults import Kind
from crmdesk.vendors.cendyn.sandbox import CendynSandbox, Quirks, sandbox, starters
from tests.contract.cendyn.tools import ACCOUNT, PURCHASE, SECRET, push, sample

PATH = f"/account/{ACCOUNT}/sync_data"
CONTACT = {"user_id": "u1", "email": "a@example.com"}


class Client:
    """A client of nobody's making."""

    def __init__(
        self, emulator: CendynSandbox, host: str = "https://api.eu.cendyncrm.com", secret: str = SECRET
    ) -> None:
        self.http = httpx.AsyncClient(
            transport=transport(emulator), base_url=host, headers={"Authorization": f"Token token={secret}"}
        )

    async def create(self, *contacts: Any, path: str = PATH, **more: Any) -> httpx.Response:
        return await self.http.post(path, json={"origin": "PMS", "contacts": list(contacts), **more})

    async def get(self, path: str, **query: str) -> httpx.Response:
        return await self.http.get(path, params=query)

    async def v2(self, path: str, **query: str) -> Any:
        answer = await self.get(f"/v2/account/{ACCOUNT}/{path}", **query)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def client(emulator: CendynSandbox) -> Client:
    return Client(emulator)


MakeEmulator = Callable[..., CendynSandbox]


async def test_the_printed_request_gets_the_printed_answer(make_emulator: MakeEmulator) -> None:
    client = Client(make_emulator(products=("uuid_product_xxxxx",)))
    answer = await client.http.post(PATH, content=sample("create_request"))
    printed = json.loads(sample("create_answer"))
    assert answer.status_code == 201
    assert len(answer.json()["_id"]) == len(printed["_id"])
    assert {**answer.json(), "_id": printed["_id"]} == printed
    assert list(answer.json()) == list(printed)
    shown = await client.get(f"{PATH}/{answer.json()['_id']}")
    assert shown.json() == answer.json()


async def test_every_answer_has_its_numbers_and_no_rate(client: Client) -> None:
    for answer in (await client.create(CONTACT), await client.get("/nowhere"), await client.get(f"{PATH}/x")):
        assert answer.headers["x-request-id"]
        assert answer.headers["x-runtime"]
        assert not [name for name in answer.headers if "rate" in name.lower() or name == "retry-after"]


async def test_all_three_causes_of_a_401_look_the_same(emulator: CendynSandbox) -> None:
    wrong = [
        await Client(emulator, secret="x").create(CONTACT),
        await Client(emulator, host="https://api.us.cendyncrm.com").create(CONTACT),
        await Client(emulator, host="http://127.0.0.1/us").create(CONTACT),
    ]
    assert {answer.status_code for answer in wrong} == {401}
    assert {answer.text for answer in wrong} == {f'{{"error":"authorization failure for account: {ACCOUNT}"}}'}
    other = await Client(emulator).create(CONTACT, path=f"/account/{'0' * 24}/sync_data")
    assert other.json() == {"error": f"authorization failure for account: {'0' * 24}"}
    assert not any("www-authenticate" in answer.headers for answer in [*wrong, other])


@pytest.mark.parametrize("login", [f"Bearer {SECRET}", SECRET, f'Token token="{SECRET}"', f"token token={SECRET}", ""])
async def test_the_login_is_spelt_in_one_way(login: str, client: Client) -> None:
    client.http.headers["Authorization"] = login
    assert (await client.create(CONTACT)).status_code == 401


@pytest.mark.parametrize(("v2", "status"), [(False, 404), (True, 201)])
async def test_sync_data_stands_without_v2(v2: bool, status: int, make_emulator: MakeEmulator) -> None:
    answer = await Client(make_emulator(quirks=Quirks(v2=v2))).create(CONTACT, path=f"/v2{PATH}")
    assert answer.status_code == status
    assert v2 or answer.json()["error"].startswith("Route not found, please visit")


REFUSED: dict[str, Any] = {
    "unknown key": {**CONTACT, "nickname": "x"},
    "empty text": {**CONTACT, "city": ""},
    "null": {**CONTACT, "city": None},
    "empty list": {**CONTACT, "tags": []},
    "gender": {**CONTACT, "gender": "diverse"},
    "language": {**CONTACT, "language": "es_ES"},
    "date": {**CONTACT, "born_date": "1990-02-30"},
    "date as number": {**CONTACT, "gdpr_date": 5},
    "flag as text": {**CONTACT, "gdpr_marketing_consent": "true"},
    "number as text": {**CONTACT, "facebook_friends": "5"},
    "tags": {**CONTACT, "tags": "a"},
    "list": {**CONTACT, "list_subscriptions": {"list_id": "newsletter", "subscribed": True}},
    "channel": {**CONTACT, "channel_subscriptions": [{"channel": ["sms"], "blacklisted": True}]},
    "country code": {**CONTACT, "phone_countrycode": "Spain"},
    "no object": "a@example.com",
}


@pytest.mark.parametrize("contact", REFUSED.values(), ids=REFUSED.keys())
async def test_a_contact_that_breaks_the_form_is_refused(contact: Any, client: Client) -> None:
    answer = await client.create(CONTACT, contact)
    assert answer.status_code == 400
    assert "contacts[1]" in answer.json()["error"]


TAKEN: dict[str, Any] = {
    "gender small": {"gender": "male"},
    "code with sign": {"phone_countrycode": "+34", "phone_number": "6"},
    "code without": {"phone_countrycode": "44", "phone_number": "7"},
    "bare date": {"born_date": "1989-03-18"},
    "custom": {"vip": True, "loyalty_level": "gold"},
}


@pytest.mark.parametrize("more", TAKEN.values(), ids=TAKEN.keys())
async def test_either_spelling_is_taken(more: Any, client: Client) -> None:
    assert (await client.create({**CONTACT, **more})).status_code == 201


async def test_lenient_takes_unknown_keys(make_emulator: MakeEmulator) -> None:
    answer = await Client(make_emulator(quirks=Quirks(strict=False))).create({**CONTACT, "nickname": "x"}, more=1)
    assert answer.status_code == 201


BODIES = {
    "no object": b"[]",
    "no origin": b'{"contacts":[{"email":"a@b.c"}]}',
    "empty origin": b'{"origin":" ","contacts":[{"email":"a@b.c"}]}',
    "empty contacts": b'{"origin":"PMS","contacts":[]}',
    "one contact": b'{"origin":"PMS","contacts":{"email":"a@b.c"}}',
    "odd options": b'{"origin":"PMS","options":[],"contacts":[{"email":"a@b.c"}]}',
    "odd validation": b'{"origin":"PMS","options":{"email_validation":1},"contacts":[{"email":"a@b.c"}]}',
    "flag as text": b'{"origin":"P","options":{"email_validation":{"validate":"true"}},"contacts":[{"email":"a@b.c"}]}',
    "unknown flag": b'{"origin":"P","options":{"email_validation":{"fast":true}},"contacts":[{"email":"a@b.c"}]}',
    "odd webhook": b'{"origin":"P","options":{"webhook":{"url":"x"}},"contacts":[{"email":"a@b.c"}]}',
    "odd extras": b'{"origin":"P","options":{"webhook":{"contacts_extra_fields":5}},"contacts":[{"email":"a@b.c"}]}',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
async def test_a_body_that_breaks_the_form_is_refused(body: bytes, client: Client) -> None:
    answer = await client.http.post(PATH, content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]


async def test_more_than_a_thousand_are_refused(client: Client) -> None:
    many = [{"user_id": str(number), "email": f"{number}@example.com"} for number in range(1001)]
    assert (await client.create(*many)).status_code == 400
    assert (await client.create(*many[:1000])).json()["number_of_contacts"] == 1000


# ── purchases ────────────────────────────────────────────────────────────────────────────────────────────────────────

BOUGHT = {**PURCHASE, "price": 340, "product_uuid": "room-standard"}
ODD_PURCHASES: dict[str, Any] = {
    "two products": {**BOUGHT, "product_uuid": "room-suite"},
    "no product": {name: value for name, value in BOUGHT.items() if "uuid" not in name.lower()},
    "unknown product": {**PURCHASE, "price": 1, "UUID": "castle"},
    "product a list": {**PURCHASE, "price": 1, "UUID": ["room-standard"]},
    "no code": {**BOUGHT, "transaction_code": ""},
    "code a list": {**BOUGHT, "transaction_code": ["x"]},
    "price as text": {**BOUGHT, "price": "340"},
    "currency": {**BOUGHT, "currency": "euro"},
    "status": {**BOUGHT, "status": "paid"},
    "status a list": {**BOUGHT, "status": []},
    "unknown key": {**BOUGHT, "colour": "red"},
    "no object": [BOUGHT],
}


@pytest.mark.parametrize("purchase", ODD_PURCHASES.values(), ids=ODD_PURCHASES.keys())
async def test_an_odd_purchase_is_refused(purchase: Any, make_emulator: MakeEmulator) -> None:
    client = Client(make_emulator(quirks=Quirks(repeated="reject")))
    answer = await client.create(CONTACT, purchase=purchase)
    assert answer.status_code == 400
    assert "purchase" in answer.json()["error"]


async def test_a_purchase_wants_one_contact_unless_switched(make_emulator: MakeEmulator) -> None:
    two = ({"email": "a@example.com"}, {"email": "b@example.com"})
    assert (await Client(make_emulator()).create(*two, purchase=BOUGHT)).status_code == 400
    shared = Client(make_emulator(quirks=Quirks(shared_purchase=True)))
    assert (await shared.create(*two, purchase=BOUGHT)).json()["number_of_purchase"] == 1


@pytest.mark.parametrize(("repeated", "prices"), [("update", [99]), ("reject", [340]), ("duplicate", [340, 99])])
async def test_a_repeated_transaction_code(repeated: Any, prices: list[int], make_emulator: MakeEmulator, now) -> None:
    emulator = make_emulator(quirks=Quirks(repeated=repeated))
    client = Client(emulator)
    await client.create(CONTACT, purchase=BOUGHT)
    answer = await client.create(CONTACT, purchase={**BOUGHT, "price": 99})
    assert answer.status_code == (400 if repeated == "reject" else 201)
    now.pass_by(minutes=1)
    found = (await client.v2("purchases", transaction_code="PMS-1"))["purchases"]
    assert [purchase["price"] for purchase in found] == prices
    assert (await client.v2("purchases", transaction_code="PMS-2")) == {"purchases": []}


# ── jobs and contacts ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_job_goes_its_way_by_the_clock(client: Client, now) -> None:
    job = (await client.create(CONTACT)).json()["_id"]
    seen = []
    for _ in range(4):
        seen.append((await client.get(f"{PATH}/{job}")).json()["status"])
        now.pass_by(seconds=6)
    assert seen == ["queued", "processing", "processing", "finished"]


async def test_one_bad_contact_fails_nobody_else(client: Client, emulator: CendynSandbox, now) -> None:
    bad = ({"user_id": "u2"}, {"user_id": "u3", "email": "nobody"})
    lists = {"user_id": "u4", "email": "d@example.com", "list_subscriptions": [{"list_id": "gone", "subscribed": True}]}
    job = (await client.create(CONTACT, *bad, lists)).json()["_id"]
    now.pass_by(minutes=1)
    assert [contact["user_id"] for contact in emulator.contacts(ACCOUNT)] == ["u1"]
    assert (await client.get(f"{PATH}/{job}")).json()["status"] == "finished"
    assert len(emulator.account(ACCOUNT).jobs[job].failed) == 3


async def test_contacts_are_matched_by_our_id_then_by_address_and_keep_what_is_not_sent(
    client: Client, emulator: CendynSandbox, now
) -> None:
    for contact in (
        {**CONTACT, "city": "Berlin"},
        {**CONTACT, "email": "new@example.com"},
        {"email": "new@example.com", "zip": "01067"},
    ):
        await client.create(contact)
        now.pass_by(minutes=1)
    (found,) = (await client.v2("contact", user_id="u1"))["contacts"]
    assert {"city": "Berlin", "email": "new@example.com", "zip": "01067"}.items() <= found.items()
    assert emulator.account(ACCOUNT).matches == ["new", "user_id", "email"]


@pytest.mark.parametrize(("first_row", "again"), [("exclusive", False), ("inclusive", True)])
async def test_contacts_are_paged_by_the_last_id(first_row: Any, again: bool, make_emulator: MakeEmulator, now) -> None:
    client = Client(make_emulator(quirks=Quirks(first_row=first_row)))
    await client.create(*({"user_id": str(number), "email": f"{number}@example.com"} for number in range(5)))
    now.pass_by(minutes=1)
    page = (await client.v2("contact", limit="2"))["contacts"]
    assert [contact["user_id"] for contact in page] == ["0", "1"]
    after = (await client.v2("contact", contact_id_from=page[-1]["id"]))["contacts"]
    assert [contact["user_id"] for contact in after] == ["1", "2", "3", "4"][0 if again else 1 :]
    newest = (await client.v2("contact", limit="1", order="desc"))["contacts"]
    assert newest[0]["user_id"] == "4"


# ── credit ───────────────────────────────────────────────────────────────────────────────────────────────────────────

CHECKED = {"email_validation": {"validate": True}}
INVALID = {"user_id": "u2", "email": "b@nowhere.invalid"}


async def test_checks_cost_credit_and_find_invalid_addresses(client: Client, emulator: CendynSandbox, now) -> None:
    before = Decimal((await client.v2("balance/current"))["balance"])
    await client.create(CONTACT, INVALID, options=CHECKED)
    now.pass_by(minutes=1)
    assert Decimal((await client.v2("balance/current"))["balance"]) < before
    assert [contact["user_id"] for contact in emulator.contacts(ACCOUNT)] == ["u1"]


@pytest.mark.parametrize(("reading", "count"), [("unless", 1), ("even", 2)])
async def test_create_if_invalid_reads_both_ways(reading: Any, count: int, make_emulator: MakeEmulator, now) -> None:
    emulator = make_emulator(quirks=Quirks(create_if_invalid=reading))
    options = {"email_validation": {"validate": True, "create_if_invalid": True}}
    await Client(emulator).create(CONTACT, INVALID, options=options)
    now.pass_by(minutes=1)
    assert len(emulator.contacts(ACCOUNT)) == count


async def test_without_credit_nothing_is_checked(make_emulator: MakeEmulator, now) -> None:
    emulator = make_emulator(credit=Decimal("0.001"))
    await Client(emulator).create(CONTACT, INVALID, options=CHECKED)
    now.pass_by(minutes=1)
    assert len(emulator.contacts(ACCOUNT)) == 2
    assert emulator.account(ACCOUNT).credit == Decimal("0.001")


async def test_flags_without_a_check_spend_nothing(client: Client, emulator: CendynSandbox, now) -> None:
    options = {"email_validation": {"create_if_invalid": True, "create_if_no_credit": True}}
    await client.create(CONTACT, INVALID, options=options)
    now.pass_by(minutes=1)
    live = emulator.account(ACCOUNT)
    assert (live.credit, live.would_spend > 0, len(live.contacts)) == (Decimal("582.84660"), True, 2)


async def test_custom_fields_are_listed(client: Client) -> None:
    names = [one["name"] for one in (await client.v2("custom_fields"))["custom_fields"]]
    assert names == ["loyalty_level", "vip"]


# ── practice mode ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_demo_account_says_how_to_reach_it() -> None:
    described = sandbox().describe("http://127.0.0.1:1/cendyn")
    (lakeside,) = described["accounts"]
    assert (described["title"], described["base_url"]) == ("Cendyn CRM", "http://127.0.0.1:1/cendyn")
    assert (lakeside["title"], lakeside["contacts"]) == ("Lakeside Resort", 0)
    assert set(lakeside["credentials"]) == {"account_id", "secret"}
    assert len(sandbox(counts=[5, 5]).describe("")["accounts"]) == 2


async def test_the_starters_go_through_our_own_sender_and_all_arrive(emulator: CendynSandbox, connect, now) -> None:
    given = emulator.starters()
    assert given == starters()
    assert 55 <= len(given) <= 60
    assert all(value not in ("", None, []) for values in given for value in values.values())
    outcomes = await push(connect(emulator), [BatchRow(values["user_id"], values) for values in given])
    assert {outcome.state for outcome in outcomes} == {RowState.ACCEPTED}
    now.pass_by(minutes=1)
    assert (
        len(emulator.contacts(ACCOUNT)) >= len(given) - 2
    )  # old address books have people with neither mail nor phone
    consents = {values.get("gdpr_marketing_consent") for values in given}
    assert consents == {True, False, None}


async def test_under_the_roof_both_regions_have_their_paths(make_emulator: MakeEmulator) -> None:
    roof = mount({"cendyn": make_emulator(), "america": make_emulator(region="us")})
    for base, status in (("cendyn", 201), ("cendyn/us", 401), ("america/us", 201), ("america", 401)):
        assert (await Client(roof, host=f"http://127.0.0.1/{base}").create(CONTACT)).status_code == status


async def test_every_contact_may_be_refused(client: Client, emulator: CendynSandbox) -> None:
    emulator.faults.set(Kind.REFUSE_VALUES, times=1)
    answer = await client.create(CONTACT)
    assert (answer.status_code, answer.json()) == (400, {"error": "Emulator: refused"})
    assert emulator.contacts(ACCOUNT) == []
    assert (await client.create(CONTACT)).status_code == 201
