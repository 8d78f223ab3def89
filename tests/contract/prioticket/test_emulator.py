"""The emulated PrioTicket by itself: what its documents say, asked by a plain client."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from crmdesk.sandbox.app import transport
from crmdesk.sandbox.people import people
from crmdesk.vendors.prioticket import BASE_URL, VENDOR
from crmdesk.vendors.prioticket.fields import CONTACT_TYPES, SCOPE
from crmdesk.vendors.prioticket.sandbox import Quirks, SandboxAccount, sandbox
from tests.contract.prioticket.tools import CLIENT, SECRET

GRANT = {"grant_type": "client_credentials"}


def items(response: httpx.Response) -> list[dict[str, Any]]:
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["data"]["items"]
    return found


# ── signing in ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_several_tokens_live_until_their_own_end(emulator, signed, now) -> None:
    first = await signed(emulator)
    now.pass_by(minutes=50)
    second = await signed(emulator)
    assert first.headers["authorization"] != second.headers["authorization"]
    assert [(await client.get("/contacts")).status_code for client in (first, second)] == [200, 200]
    now.pass_by(minutes=10)
    assert [(await client.get("/contacts")).status_code for client in (first, second)] == [401, 200]
    emulator.expire_tokens()
    assert (await second.get("/contacts")).headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    ("auth", "content", "status", "error"),
    [
        ((CLIENT, "wrong"), json.dumps(GRANT), 401, "invalid_client"),
        (("nobody", SECRET), json.dumps(GRANT), 401, "invalid_client"),
        (None, json.dumps(GRANT), 401, "invalid_client"),
        ((CLIENT, SECRET), "grant_type=client_credentials", 400, "invalid_request"),
        ((CLIENT, SECRET), "{}", 400, "invalid_request"),
        ((CLIENT, SECRET), '{"grant_type":"password"}', 400, "unsupported_grant_type"),
        ((CLIENT, SECRET), json.dumps({**GRANT, "scope": "all"}), 400, "invalid_scope"),
    ],
)
async def test_refused_sign_ins_have_the_oauth_form(auth: Any, content: str, status: int, error: str, emulator) -> None:
    async with httpx.AsyncClient(transport=transport(emulator), base_url=BASE_URL) as client:
        answered = await client.post("/oauth2/token", content=content, auth=auth)
    assert (answered.status_code, answered.json()["error"]) == (status, error)
    assert ("www-authenticate" in answered.headers) == (status == 401)


async def test_the_token_answer_has_the_printed_keys(emulator) -> None:
    async with httpx.AsyncClient(transport=transport(emulator), base_url=BASE_URL) as client:
        given = (await client.post("/oauth2/token", json={**GRANT, "scope": SCOPE}, auth=(CLIENT, SECRET))).json()
    assert given["access_token"].count(".") == 2
    assert (given["token_type"], given["expires_in"], given["scope"]) == ("Bearer", 3600, SCOPE)


async def test_without_an_authorization_header_it_is_a_400(emulator) -> None:
    async with httpx.AsyncClient(transport=transport(emulator), base_url=BASE_URL) as client:
        answered = await client.get("/contacts")
    assert (answered.status_code, answered.json()["error"]) == (400, "INVALID_REQUEST")
    assert answered.json()["error_reference"]


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_list_has_seven_numbers_and_ten_contacts(emulator, signed) -> None:
    data = (await (await signed(emulator)).get("/contacts", params={"page": 3})).json()["data"]
    assert len(data.pop("items")) == 10
    assert data == {
        "kind": "contact",
        "current_item_count": 10,
        "items_per_page": 10,
        "start_index": 21,
        "total_items": 250,
        "page_index": 3,
        "total_pages": 25,
    }


async def test_an_index_starts_at_any_contact(emulator, signed) -> None:
    found = items(await (await signed(emulator)).get("/contacts", params={"start_index": 249, "items_per_page": 5}))
    assert [contact["contact_uid"] for contact in found] == emulator.uids(CLIENT)[248:]


@pytest.mark.parametrize(
    ("quirks", "size"), [(Quirks(), 200), (Quirks(most_per_page=500), 250), (Quirks(page_size=7), 7)]
)
async def test_the_page_size_is_the_servers_to_choose(quirks: Quirks, size: int, make_emulator, signed) -> None:
    client = await signed(make_emulator(quirks=quirks))
    assert len(items(await client.get("/contacts", params={"items_per_page": 500}))) == size


@pytest.mark.parametrize(
    "query",
    [
        *({"page": "0"}, {"page": "-1"}, {"page": "x"}, {"items_per_page": "0"}, {"items_per_page": "501"}),
        *({"start_index": "0"}, {"start_index": "10001"}, {"contact_type": "NOBODY"}, {"contact_external_uid": "1"}),
    ],
)
async def test_wrong_and_unknown_parameters_are_refused(query: dict[str, str], emulator, signed) -> None:
    answered = await (await signed(emulator)).get("/contacts", params=query)
    assert (answered.status_code, answered.json()["error"]) == (400, "INVALID_REQUEST")


@pytest.mark.parametrize("code", [code for code, _ in CONTACT_TYPES])
async def test_every_type_is_there_and_can_be_filtered(code: str, make_emulator, signed) -> None:
    client = await signed(make_emulator(400))
    found = items(await client.get("/contacts", params={"contact_type": code, "items_per_page": 200}))
    assert {contact["contact_type"] for contact in found} == {code}


async def test_resellers_share_the_contacts_among_them(emulator, signed) -> None:
    client = await signed(emulator)
    totals = [
        (await client.get("/contacts", params=query)).json()["data"]["total_items"]
        for query in ({"reseller_id": "501"}, {"reseller_id": "502"}, {"reseller_id": "9"}, {"distributor_id": "501"})
    ]
    assert totals[0] + totals[1] == totals[3] == 250
    assert totals[2] == 0


async def test_304_comes_until_something_changes_and_then_everything(emulator, signed, now) -> None:
    client = await signed(emulator)
    stamp = (await client.get("/contacts")).headers["last-modified"]
    asked = {"If-Modified-Since": stamp}
    unchanged = await client.get("/contacts", headers=asked)
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    now.pass_by(minutes=1)
    emulator.edit(CLIENT, emulator.uids(CLIENT)[0], contact_name_first="Ana")
    assert (await client.get("/contacts", headers=asked)).json()["data"]["total_items"] == 250
    assert (await client.get("/contacts", headers={"If-Modified-Since": "soon"})).status_code == 200


@pytest.mark.parametrize("kind", ["GUEST", "CONTACT"])
async def test_a_changed_type_changes_both_lists(kind: str, emulator, signed, now) -> None:
    client = await signed(emulator)
    asked = {
        "If-Modified-Since": (await client.get("/contacts", params={"contact_type": kind})).headers["last-modified"]
    }
    now.pass_by(minutes=1)
    guest = next(u for u in emulator.uids(CLIENT) if emulator.contact(CLIENT, u)["contact_type"] == "GUEST")
    emulator.edit(CLIENT, guest, contact_type="CONTACT")
    assert (await client.get("/contacts", params={"contact_type": kind}, headers=asked)).status_code == 200
    other = await client.get("/contacts", params={"contact_type": "STAFF"}, headers=asked)
    assert other.status_code == 304


async def test_revisions_are_the_states_in_between(emulator, signed, now) -> None:
    client, uid = await signed(emulator), emulator.uids(CLIENT)[0]
    was = emulator.contact(CLIENT, uid)
    now.pass_by(minutes=5)
    emulator.edit(CLIENT, uid, contact_name_first="Ana")
    states = items(await client.get(f"/contacts/{uid}", params={"include_versions": "true"}))
    assert states == [was, emulator.contact(CLIENT, uid)]
    assert items(await client.get(f"/contacts/{uid}")) == states[1:]
    assert (await client.get(f"/contacts/{uid}", params={"include_versions": "1"})).status_code == 400


async def test_empty_fields_are_left_out_and_no_time_ends_with_z(make_emulator, signed) -> None:
    client = await signed(make_emulator(200))
    answered = await client.get("/contacts", params={"items_per_page": 200})
    assert "Z" not in {contact["contact_created"][-1] for contact in items(answered)}
    assert not any(value in ("", None, [], {}) for contact in items(answered) for value in contact.values())


async def test_unknown_calls_have_the_vendors_error_form(emulator, signed) -> None:
    client = await signed(emulator)
    for method, path, status in (("POST", "/contacts", 405), ("DELETE", "/contacts/x", 405), ("GET", "/orders", 404)):
        answered = await client.request(method, path)
        assert answered.status_code == status
        assert answered.json().keys() >= {"error", "error_reference"}


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def body(**contact: Any) -> dict[str, Any]:
    return {"data": {"kind": "contact", "contact": contact}}


async def test_an_update_overwrites_and_makes_a_version(emulator, signed) -> None:
    client, uid = await signed(emulator), emulator.uids(CLIENT)[1]
    before = emulator.contact(CLIENT, uid)
    (after,) = items(await client.put(f"/contacts/{uid}", json=body(contact_uid=uid, contact_name_last="Vos", new=1)))
    assert after == {
        "contact_uid": uid,
        "contact_name_last": "Vos",
        "new": 1,
        "contact_version": before["contact_version"] + 1,
        "contact_created": before["contact_created"],
        "contact_modified": "2026-11-22T11:15:00+01:00",
    }
    states = items(await client.get(f"/contacts/{uid}", params={"include_versions": "true"}))
    assert states[-2:] == [before, after]


async def test_the_server_fills_in_what_is_its_own(emulator, signed) -> None:
    client, uid = await signed(emulator), emulator.uids(CLIENT)[0]
    sent = body(contact_uid=uid, contact_address={"city": "Delft"}, contact_notes=[{"note_value": "late"}])
    (after,) = items(await client.put(f"/contacts/{uid}", json=sent))
    assert after["contact_address"]["id"]
    assert after["contact_notes"] == [
        {"note_date": "2026-11-22T11:15:00+01:00", "note_creator": "API", "note_value": "late"}
    ]


WRONG: dict[str, tuple[Any, int]] = {
    "no uid": (body(contact_name_last="Vos"), 400),
    "other uid": (body(contact_uid="other"), 400),
    "time with Z": (body(contact_uid=True, contact_birth_date="2024-05-06T12:30:00Z"), 400),
    "Z deep inside": (body(contact_uid=True, x=[{"y": "2024-05-06T12:30Z"}]), 400),
    "no contact": ({"data": {"kind": "contact"}}, 400),
    "no data": ({"contact": {}}, 400),
    "other kind": ({"data": {"kind": "order", "contact": {}}}, 400),
    "list": ([], 400),
    "type": (body(contact_uid=True, contact_type="NOBODY"), 422),
    "gender": (body(contact_uid=True, contact_gender="male"), 422),
    "e-mail": (body(contact_uid=True, contact_email="nowhere"), 422),
    "age": (body(contact_uid=True, contact_age=151), 422),
    "long name": (body(contact_uid=True, contact_name_last="x" * 256), 422),
}


@pytest.mark.parametrize(("sent", "status"), WRONG.values(), ids=WRONG.keys())
async def test_wrong_bodies_change_nothing(sent: Any, status: int, emulator, signed) -> None:
    client, uid = await signed(emulator), emulator.uids(CLIENT)[0]
    before = emulator.contact(CLIENT, uid)
    text = json.dumps(sent).replace('"contact_uid": true', f'"contact_uid": "{uid}"')
    answered = await client.put(f"/contacts/{uid}", content=text)
    assert (answered.status_code, emulator.contact(CLIENT, uid)) == (status, before)
    assert answered.json()["error_message"]


async def test_read_only_keys_are_passed_over_or_refused(make_emulator, signed) -> None:
    for quirks, status in ((Quirks(), 200), (Quirks(read_only_keys="refused"), 400)):
        emulator = make_emulator(quirks=quirks)
        client, uid = await signed(emulator), emulator.uids(CLIENT)[0]
        answered = await client.put(f"/contacts/{uid}", json=body(contact_uid=uid, contact_version=77))
        assert answered.status_code == status
        assert emulator.contact(CLIENT, uid)["contact_version"] != 77


@pytest.mark.parametrize(
    "query", ["order_reference=A1&order_reference=B2", "order_reference=A1,B2", 'order_reference=["A1","B2"]']
)
async def test_named_orders_get_the_contact(query: str, emulator, signed) -> None:
    client, uid = await signed(emulator), emulator.uids(CLIENT)[0]
    await client.put(f"/contacts/{uid}?{query}", json=body(contact_uid=uid, contact_name_last="Vos"))
    assert emulator.orders(CLIENT) == {"A1": (uid, 2), "B2": (uid, 2)}


async def test_who_may_only_read_and_who_has_no_module(make_emulator, signed) -> None:
    emulator = make_emulator(read_only=True)
    client, uid = await signed(emulator), emulator.uids(CLIENT)[0]
    assert (await client.put(f"/contacts/{uid}", json=body(contact_uid=uid))).status_code == 403
    assert (await client.get(f"/contacts/{uid}")).status_code == 200
    client = await signed(make_emulator(module=False))
    assert (await client.get("/contacts")).status_code == 403


# ── limits ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_minute_is_a_rolling_one(make_emulator, signed, now) -> None:
    client = await signed(make_emulator(per_minute=3))
    assert (await client.get("/contacts")).status_code == 200
    now.pass_by(seconds=30)
    assert [(await client.get("/contacts")).status_code for _ in range(2)] == [200, 429]
    now.pass_by(seconds=30)  # the first two are a minute old
    answers = [await client.get("/contacts") for _ in range(3)]
    assert [answered.status_code for answered in answers] == [200, 200, 429]
    assert "retry-after" not in answers[-1].headers


async def test_sixty_refusals_lock_out_for_a_minute(emulator, signed, now) -> None:
    client = await signed(emulator)
    assert {(await client.get("/contacts/x")).status_code for _ in range(60)} == {404}
    assert (await client.get("/contacts")).status_code == 429
    now.pass_by(seconds=59)
    assert (await client.get("/contacts")).status_code == 429
    now.pass_by(seconds=1)
    assert (await client.get("/contacts")).status_code == 200


# ── accounts and helpers ─────────────────────────────────────────────────────────────────────────────────────────────


def test_the_demo_account_is_described_with_what_an_account_needs() -> None:
    told = sandbox().describe("http://127.0.0.1:1/prioticket")
    assert (told["title"], told["base_url"]) == ("PrioTicket", "http://127.0.0.1:1/prioticket/v3.8/distributor")
    (account,) = told["accounts"]
    assert (account["title"], account["contacts"]) == ("City Tours", 150)
    needed = {spec.path for spec in VENDOR.credentials if spec.required} - {"base_url"}
    assert account["credentials"].keys() == needed
    assert VENDOR.check_base_url(told["base_url"]) == told["base_url"]


def test_counts_make_accounts_and_room_for_them() -> None:
    told = VENDOR.sandbox(counts=[3, 5]).describe("")["accounts"]
    assert [account["contacts"] for account in told] == [3, 5]
    assert len({account["credentials"]["client_id"] for account in told}) == 2


def test_two_accounts_never_share_a_contact() -> None:
    emulator = sandbox(counts=[20, 20])
    first, second = (a["credentials"]["client_id"] for a in emulator.describe("")["accounts"])
    assert not set(emulator.uids(first)) & set(emulator.uids(second))
    with pytest.raises(ValueError, match="client id of its own"):
        sandbox([SandboxAccount("a", "A", "s"), SandboxAccount("a", "B", "t")])


def test_contacts_come_change_and_go_behind_the_api(make_emulator, now) -> None:
    emulator = make_emulator(5)
    uid = emulator.add(CLIENT, next(people(1, 9)), contact_type="HOST")
    assert emulator.contact(CLIENT, uid)["contact_created"] == "2026-11-22T11:15:00+01:00"
    now.pass_by(minutes=5)
    assert emulator.edit(CLIENT, uid, contact_type="GUIDE")["contact_version"] == 2
    emulator.remove(CLIENT, uid)
    assert emulator.contact(CLIENT, uid) is None
    for going in (lambda: emulator.remove(CLIENT, uid), lambda: emulator.edit(CLIENT, uid)):
        with pytest.raises(KeyError):
            going()
    assert len(emulator.uids(CLIENT)) == 5
