"""The emulator is as strict as the vendor reference wants it: asked with a bare client, not with ours."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from crmdesk.sandbox.app import mount, transport
from crmdesk.vendors.crmcom_selfservice.sandbox import DEMO, CrmComSandbox, sandbox
from tests.contract.crmcom_selfservice.tools import CALLS, NOT_FOUND

KEY = {"api_key": DEMO[0].api_key}


def client(emulator: CrmComSandbox, **headers: str) -> httpx.AsyncClient:
    base = f"https://crm.example{emulator.api}"
    return httpx.AsyncClient(transport=transport(emulator), base_url=base, headers=headers)


async def signed_in(emulator: CrmComSandbox) -> dict[str, Any]:
    guest = emulator.guest()
    async with client(emulator, **KEY) as line:
        body = {"provider": "EMAIL", "username": guest.email, "password": guest.password}
        found: dict[str, Any] = (await line.post("/contacts/authenticate", json=body)).json()
        return found


async def ask(emulator: CrmComSandbox, method: str, path: str, headers: dict[str, str], body: Any = None):
    async with client(emulator, **headers) as line:
        return await line.request(method, path, json=body) if body is not None else await line.request(method, path)


# ── headers ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_key_names_the_application(emulator) -> None:
    body = {"username": "x@example.org"}
    for headers in ({}, {"api_key": "another"}):
        answer = await ask(emulator, "POST", "/contacts/forgot_password", headers, body)
        assert (answer.status_code, answer.json()["status"]) == (401, 401)
    assert (await ask(emulator, "POST", "/contacts/forgot_password", KEY, body)).status_code == 200


@pytest.mark.parametrize("legacy", [True, False])
async def test_a_token_comes_as_bearer_and_in_the_samples_other_ways_by_a_switch(legacy: bool, make_emulator) -> None:
    emulator = make_emulator(legacy_headers=legacy)
    token = (await signed_in(emulator))["access_token"]
    path = f"/contacts/{emulator.guest().id}"
    for headers, good in (
        ({"Authorization": f"Bearer {token}"}, True),
        ({"authorization": f"bearer {token}", **KEY}, True),
        ({"auth_token": token}, legacy),
        ({"Authorization": token}, legacy),
        ({"Authorization": f"Basic {token}"}, False),
        ({"Authorization": f"Bearer {token}x"}, False),
        ({"Authorization": f"Bearer {token}", "api_key": "another"}, False),
        (KEY, False),
    ):
        assert (await ask(emulator, "GET", path, headers)).status_code == (200 if good else 401), headers


async def test_a_token_ends_by_the_clock(emulator, now) -> None:
    token = (await signed_in(emulator))["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    now.pass_by(seconds=899)
    assert (await ask(emulator, "GET", f"/contacts/{emulator.guest().id}", headers)).status_code == 200
    now.pass_by(seconds=1)
    assert (await ask(emulator, "GET", f"/contacts/{emulator.guest().id}", headers)).status_code == 401


async def test_another_contact_is_forbidden_and_an_unknown_one_not_found(make_emulator) -> None:
    for status in (404, 400):
        emulator = make_emulator(unknown_id=status)
        headers = {"Authorization": f"Bearer {(await signed_in(emulator))['access_token']}"}
        other = emulator.contacts()[0].id
        assert (await ask(emulator, "GET", f"/contacts/{other}", headers)).status_code == 403
        answer = await ask(emulator, "GET", "/contacts/nobody", headers)
        assert answer.status_code == status
        assert answer.json() == {
            "status": status,
            "error": NOT_FOUND,
            "message": "Record not found.",
            "parameters": ["contact", "nobody"],
        }


# ── sessions ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_values_are_texts_as_in_the_samples_or_typed_by_a_switch(make_emulator) -> None:
    for typed, kind in ((False, str), (True, int)):
        answer = await signed_in(make_emulator(typed=typed))
        assert isinstance(answer["exp"], kind)
        assert isinstance(answer["contact"]["is_verified"], bool if typed else str)
        assert set(answer) == set(json.loads(CALLS["auth_mw4"]["answer"]))
        assert set(answer["organisations"][0]) == {"external_id", "org_type", "org_relationship", "name"}


async def test_refresh_takes_header_or_body_but_not_two_different_ones(emulator) -> None:
    token = (await signed_in(emulator))["refresh_token"]
    differing = await ask(
        emulator, "POST", "/contacts/refresh", {**KEY, "refresh_token": token}, {"refresh_token": "x"}
    )
    assert differing.status_code == 400
    by_header = await ask(emulator, "POST", "/contacts/refresh", {**KEY, "refresh_token": token}, {})
    assert by_header.status_code == 200
    by_body = {"refresh_token": by_header.json()["refresh_token"]}
    assert (await ask(emulator, "POST", "/contacts/refresh", KEY, by_body)).status_code == 200
    assert (await ask(emulator, "POST", "/contacts/refresh", KEY, by_body)).status_code == 401
    assert (await ask(emulator, "POST", "/contacts/refresh", KEY, {})).status_code == 401


async def test_a_refresh_ends_the_access_token_before_it(emulator) -> None:
    answer = await signed_in(emulator)
    await ask(emulator, "POST", "/contacts/refresh", KEY, {"refresh_token": answer["refresh_token"]})
    headers = {"Authorization": f"Bearer {answer['access_token']}"}
    assert (await ask(emulator, "GET", f"/contacts/{emulator.guest().id}", headers)).status_code == 401


# ── bodies ───────────────────────────────────────────────────────────────────────────────────────────────────────────

BAD_BODIES = {
    "form": ({"content-type": "application/x-www-form-urlencoded"}, b"username=x"),
    "no JSON": ({"content-type": "application/json"}, b"{"),
    "a list": ({"content-type": "application/json"}, b"[]"),
    "unknown key": ({"content-type": "application/json"}, b'{"username":"x","colour":"red"}'),
    "missing": ({"content-type": "application/json"}, b"{}"),
    "wrong type": ({"content-type": "application/json"}, b'{"username":5}'),
}


@pytest.mark.parametrize(("headers", "body"), BAD_BODIES.values(), ids=BAD_BODIES.keys())
async def test_a_bad_body_is_a_400_in_the_vendors_form(headers, body: bytes, emulator) -> None:
    async with client(emulator, **KEY) as line:
        answer = await line.post("/contacts/forgot_password", content=body, headers=headers)
    assert answer.status_code == 400
    assert set(answer.json()) == {"status", "error", "message", "parameters"}
    assert answer.json()["error"].startswith("EMULATOR.")


async def test_a_lenient_emulator_passes_unknown_keys_over(make_emulator) -> None:
    emulator = make_emulator(strict=False)
    body = {"username": "x", "colour": "red"}
    assert (await ask(emulator, "POST", "/contacts/forgot_password", KEY, body)).status_code == 200


async def put(emulator: CrmComSandbox, body: dict[str, Any], *, named: bool = True) -> httpx.Response:
    """With the names that are mandatory, unless they are in the way."""
    body = {"first_name": "Ana", "last_name": "Reis", **body} if named else body
    headers = {"Authorization": f"Bearer {(await signed_in(emulator))['access_token']}"}
    answer: httpx.Response = await ask(emulator, "PUT", f"/contacts/{emulator.guest().id}", headers, body)
    return answer


async def test_the_printed_put_is_taken_word_for_word(emulator) -> None:
    assert (await put(emulator, CALLS["update"]["request"])).json() == {"id": emulator.guest().id}
    record = emulator.guest().record
    assert record["company_profile"]["profile_year"] == 129876567
    assert record["demographics"]["date_of_birth"]["day"] == "16"
    assert record["sms_opt_out"] is False


async def test_a_put_needs_the_names_of_its_type(emulator) -> None:
    """ "Applicable and mandatory only if the type is PERSON"; "required attribute if the type is a Company"."""
    for body in ({"title": "Dr"}, {"first_name": "Ana"}, {"first_name": "Ana", "last_name": " "}):
        assert (await put(emulator, body, named=False)).json()["parameters"][0].endswith("_name")
    assert (await put(emulator, {"title": "Dr"})).status_code == 200
    emulator.guest().record["type"] = "COMPANY"
    assert (await put(emulator, {"is_tax_exempt": True})).json()["parameters"] == ["company_name"]
    assert (await put(emulator, {"company_name": "Alpha"}, named=False)).status_code == 200


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("number_of_employees", 3, 2.5),
        ("annual_turnover", 2.5, "2.5"),
        ("registration_number", "007", 7),
        ("industry_sectors", [], "x"),
    ],
)
async def test_a_company_profile_has_the_types_of_the_sample(name: str, good: Any, bad: Any, emulator) -> None:
    assert (await put(emulator, {"company_profile": {name: good}})).status_code == 200
    assert (await put(emulator, {"company_profile": {name: bad}})).json()["parameters"] == [f"company_profile.{name}"]


async def test_a_birthday_is_a_day_that_exists(emulator) -> None:
    for month, day, status in ((2, 29, 200), (2, 30, 400), (4, "31", 400), (12, "31", 200)):
        born = {"demographics": {"date_of_birth": {"month": month, "day": day}}}
        assert (await put(emulator, born)).status_code == status
    assert (await put(emulator, {"demographics": {"date_of_birth": {"year": 2023, "month": 2, "day": 29}}})).is_error


async def test_the_profile_has_two_spellings_but_one_value(emulator) -> None:
    one, other = {"profile_year": 1}, {"profile_year": 2}
    assert (await put(emulator, {"company_profile": one, "company_profle": one})).status_code == 200
    assert (await put(emulator, {"company_profile": one, "company_profle": other})).status_code == 400


NAMES = [
    ({"email_address": "a@b.example"}, {"email": "a@b.example"}),
    ({"preferred_language_code": "ENG"}, {"language_code": "EN"}),
    ({"demographics": {"passport": {"passport_number": "1"}}}, {"demographics": {"passport": {"number": "1"}}}),
    ({"statutory_number": "1"}, {"demographics": {"statutory_number": "1"}}),
    ({"company_profile": {"industry_sectors": []}}, {"company_profile": {"sub_industries": []}}),
    ({"title": "Mr"}, {"first_name": "Ana"}),
]


@pytest.mark.parametrize(("first", "second"), NAMES)
async def test_each_version_knows_its_own_names_only(first, second, make_emulator) -> None:
    assert (await put(make_emulator(version="v1"), first)).status_code == 200
    assert (await put(make_emulator(version="v2"), second)).status_code == 200
    assert (await put(make_emulator(version="v2"), first)).status_code == 400
    if second != {"first_name": "Ana"}:
        assert (await put(make_emulator(version="v1"), second)).status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "first"),
    [
        ("POST", "/contacts/validate-otp", True),
        ("POST", "/contacts/validate_otp", False),
        ("POST", "/contacts/x/wifi/authorization", True),
        ("POST", "/contacts/x/wifi/authorize", False),
        ("PUT", "/contacts/x/consents", True),
        ("POST", "/contacts/x/change_password", False),
    ],
)
async def test_each_version_has_its_own_paths_only(method: str, path: str, first: bool, make_emulator) -> None:
    for version in ("v1", "v2"):
        answer = await ask(make_emulator(version=version), method, path, KEY, {})
        assert (answer.status_code == 404) is (first != (version == "v1"))


@pytest.mark.parametrize("path", ["/contacts/{id}/demographics", "/contacts/{id}/preferences", "/contacts/"])
async def test_what_the_page_hides_is_not_there(path: str, emulator) -> None:
    headers = {"Authorization": f"Bearer {(await signed_in(emulator))['access_token']}"}
    assert (await ask(emulator, "GET", path.format(id=emulator.guest().id), headers)).status_code == 404


async def test_the_form_of_the_mailed_link_is_off(emulator) -> None:
    headers = {"Authorization": f"Bearer {(await signed_in(emulator))['access_token']}"}
    identifier = next(iter(emulator.guest().approvals))
    for name in ("mail_accept", "mail_reject"):
        body = CALLS[name]["request"]
        assert (await ask(emulator, "POST", f"/approval_requests/{identifier}/actions", {}, body)).status_code == 401
        answer = await ask(emulator, "POST", f"/approval_requests/{identifier}/actions", headers, body)
        assert answer.status_code == 400


async def test_a_file_without_its_part_is_refused(emulator) -> None:
    token = (await signed_in(emulator))["access_token"]
    async with client(emulator, Authorization=f"Bearer {token}") as line:
        assert (await line.post("/upload/files", json=CALLS["upload"]["request"])).status_code == 400
        assert (await line.post("/upload/files", files={"other": b"x"})).status_code == 400
        assert (await line.post("/upload/files", files={"file": b"x"})).status_code == 200


@pytest.mark.parametrize("query", ["page=0", "size=101", "size=x", "sort=COLOUR", "order=UP", "colour=red", "viewed=x"])
async def test_a_list_takes_only_its_own_parameters(query: str, emulator) -> None:
    headers = {"Authorization": f"Bearer {(await signed_in(emulator))['access_token']}"}
    path = f"/contacts/{emulator.guest().id}/communications?{query}"
    assert (await ask(emulator, "GET", path, headers)).status_code == 400


# ── what is around it ────────────────────────────────────────────────────────────────────────────────────────────────


async def codes(emulator: CrmComSandbox, address: str, **headers: str) -> httpx.Response:
    line = httpx.ASGITransport(app=emulator, client=(address, 1))
    async with httpx.AsyncClient(transport=line, base_url="http://x", headers=headers) as opened:
        return await opened.get("/_codes")


async def test_codes_are_shown_on_this_computer_only(emulator) -> None:
    body = {"send_method": "EMAIL", "credentials": [{"name": "EMAIL", "value": emulator.guest().email}]}
    sent = (await ask(emulator, "POST", "/contacts/otp", KEY, body)).json()
    assert "code" not in sent
    (shown,) = (await codes(emulator, "127.0.0.1")).json()["organisations"]
    assert shown["codes"][0]["auth_otp"] == sent["auth_otp"]
    assert len(shown["codes"][0]["code"]) == 6
    assert (await codes(emulator, "192.0.2.7")).status_code == 403
    assert (await codes(emulator, "127.0.0.1", origin="https://evil.example")).status_code == 403


async def test_the_request_log_holds_no_secret(emulator) -> None:
    guest = emulator.guest()
    await signed_in(emulator)
    await ask(emulator, "GET", "/contacts/verify_email/x?token=abc", {})
    assert guest.password not in repr(emulator.requests)
    assert "abc" not in repr(emulator.requests)


async def test_it_stands_under_one_roof_with_the_others(emulator) -> None:
    async with httpx.AsyncClient(
        transport=transport(mount({"crmcom_selfservice": emulator})), base_url="http://127.0.0.1"
    ) as line:
        described = (await line.get("/")).json()["vendors"]["crmcom_selfservice"]
        given = described["accounts"][0]["credentials"]
        body = {"username": given["email"], "password": given["password"]}
        answer = await line.post(
            f"{described['base_url']}/contacts/authenticate", json=body, headers={"api_key": given["api_key"]}
        )
    assert answer.status_code == 200


def test_guests_are_many_and_some_are_known_elsewhere() -> None:
    from crmdesk.sandbox.people import people

    elsewhere = {person.email for person in people(260, 11)} | {
        phone.number for person in people(260, 11) for phone in person.phones
    }
    emulator = sandbox()
    shared = [one for one in emulator.contacts() if {one.email, one.phone} & elsewhere - {""}]
    assert (len(emulator.contacts()), len(shared)) == (40, 8)
    assert emulator.guest() in shared
    assert {"-" in one.id for one in emulator.contacts()} == {True, False}  # GUIDs, and 32 hex digits


def test_the_same_emulator_is_made_each_time() -> None:
    one, other = sandbox(), sandbox()
    assert [contact.record for contact in one.contacts()] == [contact.record for contact in other.contacts()]
    assert one.describe("x") == other.describe("x")


def test_two_organisations_need_two_keys() -> None:
    with pytest.raises(ValueError, match="key"):
        sandbox([DEMO[0], DEMO[0]])


def test_an_organisation_without_anybody_has_no_account_to_offer() -> None:
    emulator = sandbox(counts=[0])
    assert emulator.describe("x")["accounts"] == []
    with pytest.raises(LookupError):
        emulator.guest()
