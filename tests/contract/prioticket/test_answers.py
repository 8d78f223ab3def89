"""PrioTicket's answers: those the reference prints, and those no page prints."""

from __future__ import annotations

import json
import random
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crmdesk.core.errors import KnownError, ProtocolError
from crmdesk.core.types import Cursor, Flag, Page, Phone
from crmdesk.vendors.prioticket.codec import read_list
from crmdesk.vendors.prioticket.fields import CONTACT_TYPES
from crmdesk.vendors.prioticket.listing import Listing
from crmdesk.vendors.prioticket.summary import summarise
from tests.contract.prioticket.tools import MONDAY, UID, always, answer, sample
from tests.contract.tools import pull
from tests.helpers.any_json import assert_clean
from tests.helpers.mutation import DEEP, mutate

# ── the printed samples ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["list", "detail"])
def test_every_printed_answer_is_read(name: str) -> None:
    body = sample(name)
    listed = read_list(body)
    (contact,) = listed.contacts
    assert contact.remote_id == UID
    assert contact.raw == json.loads(body)["data"]["items"][0]
    assert contact.body in body
    assert (listed.odd, listed.entries) == (0, 1)


def test_the_printed_list_is_one_complete_page() -> None:
    page = Listing(Cursor(), {}).take({"Last-Modified": MONDAY}, sample("list"))
    assert (page.total, page.pages, page.after, page.odd, page.next_since) == (1, 1, None, 0, MONDAY)


def test_summary_of_the_printed_contact() -> None:
    summary = summarise(read_list(sample("list")).contacts[0].raw)
    assert (summary.name, summary.first, summary.last) == ("Noor Vos", "Noor", "Vos")
    assert summary.phones == (Phone("Phone", "+31201234567"),)
    assert (summary.city, summary.country, summary.languages, summary.kind) == ("Delft", "NL", ("nl",), "Guest")
    assert (summary.created_at, summary.updated_at) == ("2024-02-01T10:00:00Z", "2024-05-06T10:30:00Z")
    assert summary.flags == Flag.HAS_EMAIL | Flag.HAS_PHONE | Flag.HAS_ADDRESS
    assert summary.texts["address"] == "Kade 1"
    assert summary.texts["zip"] == "2611 AA"
    assert summary.texts["id"] == f"{UID} crm-4471"
    back = summarise({"contact_type": "GUEST", "contact_classification": "RETURNING"})
    assert (back.kind, back.texts["type"]) == ("Guest", "Guest Returning")
    assert (summary.texts["type"], summary.texts["gender"], summary.texts["lang"]) == ("Guest", "female", "nl")
    assert_clean(summary)


# ── what a contact is called, and its type ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ({"contact_name_first": "Ana", "contact_name_last": "Reis"}, "Ana Reis"),
        ({"contact_name_last": "Ana Reis"}, "Ana Reis"),
        ({"contact_name_first": "Ana", "contact_name_last": None}, "Ana"),
        ({"contact_email": "ana@example.org", "contact_uid": UID}, "ana@example.org"),
        ({"contact_uid": UID}, f"#{UID}"),
        ({"contact_uid": UID, "contact_name_last": "\u202e\u200b"}, f"#{UID}"),
        ({}, ""),
    ],
)
def test_a_contact_is_called_by_the_best_name_it_has(raw: dict[str, Any], name: str) -> None:
    assert summarise(raw).name == name


@pytest.mark.parametrize(("code", "words"), CONTACT_TYPES)
def test_every_type_is_shown_in_words(code: str, words: str) -> None:
    summary = summarise({"contact_type": code})
    assert summary.kind == summary.texts["type"] == words
    assert words.upper() == code


@pytest.mark.parametrize("upcoming", ["MANAGER", "SUPPORT", "INSTRUCTOR"])
def test_the_upcoming_types_are_known(upcoming: str) -> None:
    assert upcoming in dict(CONTACT_TYPES)


@pytest.mark.parametrize(("code", "shown"), [("SHERPA", "SHERPA"), ("guest", "guest"), (5, "5"), (["GUEST"], "")])
def test_a_type_that_nobody_knows_is_shown_as_it_is(code: Any, shown: str) -> None:
    assert summarise({"contact_type": code}).kind == shown


def test_a_companys_name_is_its_last_name() -> None:
    company = summarise({"contact_type": "COMPANY", "contact_name_last": "Reis Travel"})
    assert (company.company, company.name, company.texts["company"]) == ("Reis Travel", "Reis Travel", "Reis Travel")
    person = {"contact_type": "COMPANY", "contact_name_first": "Ana", "contact_name_last": "Reis"}
    assert summarise(person).company == ""
    assert summarise({"contact_type": "GUEST", "contact_name_last": "Reis"}).company == ""


def test_ids_keep_their_leading_zeros_and_identity_papers_are_not_searched() -> None:
    raw = {
        "contact_uid": "00000001",
        "contact_number": "0042",
        "contact_loyalty_number": "007",
        "contact_passport": "NX0000001",
        "contact_birth_date": "1980-01-02",
    }
    assert read_list(answer(raw)).contacts[0].remote_id == "00000001"
    texts = summarise(raw).texts
    assert texts["id"] == "00000001 0042 007"
    assert not any("NX0000001" in text or "1980" in text for text in texts.values())


@pytest.mark.parametrize(
    ("phones", "expected"),
    [
        ({"contact_phone": "+31 20 1", "contact_mobile": "06-1"}, [("Phone", "+31 20 1"), ("Mobile", "06-1")]),
        ({"contact_phone": None, "contact_mobile": ""}, []),
        ({"contact_phone": 31201, "contact_mobile": ["06"]}, [("Phone", "31201")]),
    ],
)
def test_phones_of_any_shape(phones: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert summarise(phones).phones == tuple(Phone(*line) for line in expected)


@pytest.mark.parametrize(
    ("address", "country"),
    [
        ({"country_code": "nl"}, "NL"),
        ({"country": "Netherlands"}, "Netherlands"),
        ({"country_code": None, "country": "Netherlands"}, "Netherlands"),
        ({"country_code": ["NL"]}, ""),
        ("Kade 1, Delft", ""),
        (None, ""),
    ],
)
def test_countries_of_any_shape(address: Any, country: str) -> None:
    assert summarise({"contact_address": address}).country == country


@pytest.mark.parametrize(
    ("notes", "found"),
    [
        ([{"note_value": "early"}, {"note_value": "late"}], "early late"),
        ([{"note_type": "GUEST"}, None, 5, "plain"], "5 plain"),
        ({"note_value": "alone"}, "alone"),
        ("plain", "plain"),
        ([{"note_value": {"a": 1}}], ""),
        ([], ""),
    ],
)
def test_notes_of_any_shape(notes: Any, found: str) -> None:
    assert summarise({"contact_notes": notes}).texts.get("notes", "") == found


def test_notes_without_end_are_summarised_and_kept() -> None:
    notes = [{"note_value": "word " * 2_000_000}, *([{"note_value": "more"}] * 10_000)]
    (contact,) = read_list(answer({"contact_uid": UID, "contact_notes": notes})).contacts
    assert contact.raw["contact_notes"] == notes
    summary = summarise(contact.raw)
    assert len(summary.notes) == 300
    assert len(summary.texts["notes"]) <= 20_000


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("2024-05-06T12:30:00+02:00", "2024-05-06T10:30:00Z"),
        ("2024-05-06T12:30:00.999-11:00", "2024-05-06T23:30:00Z"),
        ("2024-05-06T12:30:00Z", "2024-05-06T12:30:00Z"),
        ("2023-02-29T00:00:00+00:00", ""),
        ("0001-01-01T00:00:00+14:00", ""),
        ("0000-00-00", ""),
        (1611304820, ""),
        (None, ""),
    ],
)
def test_times_become_utc_or_nothing(told: Any, kept: str) -> None:
    assert summarise({"contact_modified": told}).updated_at == kept


# ── answers unlike the documents (reliability 6.1) ───────────────────────────────────────────────────────────────────

GOOD = b'{"contact_uid":"aaaaaaaa","contact_name_last":"Ana"}'


def among(entry: bytes) -> bytes:
    """`entry` between two good contacts."""
    items = GOOD + b"," + entry + b',{"contact_uid":"cccccccc"}'
    return b'{"api_version":"3.8.0","data":{"kind":"contact","items":[' + items + b'],"total_items":3},"x":[1]}'


NO_PAGE = {
    "empty": b"",
    "spaces": b" \n ",
    "null": b"null",
    "list": b"[]",
    "text": b'"data"',
    "empty object": b"{}",
    "data null": b'{"data":null}',
    "data a list": b'{"data":[]}',
    "data empty": b'{"data":{}}',
    "items null": b'{"data":{"items":null,"total_items":1}}',
    "items an object": b'{"data":{"items":{"contact_uid":"x"}}}',
    "items elsewhere": b'{"items":[{"contact_uid":"aaaaaaaa"}]}',
    "error inside": b'{"error":"X","error_reference":"1"}',
    "log-in page": b"<!DOCTYPE html><html><body>Sign in</body></html>",
    "two documents": among(GOOD) + among(GOOD),
    "cut": among(GOOD)[:-5],
    "cut inside": among(GOOD)[:-40],
    "UTF-16": among(GOOD).decode().encode("utf-16"),
    "all deep": DEEP,
    "deep data": b'{"data":' + DEEP + b"}",
    "binary": bytes(range(256)),
    "string without end": b'{"data":{"items":[' + b'"\\"' * 20_000,
}


@pytest.mark.parametrize("body", NO_PAGE.values(), ids=NO_PAGE.keys())
async def test_an_answer_that_is_no_list_is_named(body: bytes, connect) -> None:
    with pytest.raises(ProtocolError) as caught:
        await pull(connect(always(content=body)))
    assert caught.value.title
    assert caught.value.hint
    assert caught.value.details["endpoint"] == "GET /contacts"
    assert "Ana" not in str(caught.value)


def test_a_log_in_page_is_called_one() -> None:
    with pytest.raises(ProtocolError, match="web page"):
        read_list(NO_PAGE["log-in page"])


def test_cut_at_every_byte() -> None:
    body = sample("list").rstrip()
    for end in range(len(body)):
        with pytest.raises(ProtocolError):
            read_list(body[:end])


ODD = {
    "null": b"null",
    "number": b"5",
    "list": b"[]",
    "empty": b"{}",
    "id null": b'{"contact_uid":null}',
    "id empty": b'{"contact_uid":""}',
    "id blank": b'{"contact_uid":"   "}',
    "id with a space": b'{"contact_uid":"a b"}',
    "id with a line break": b'{"contact_uid":"a\\nb"}',
    "id of dots": b'{"contact_uid":".."}',
    "id number": b'{"contact_uid":12345678}',
    "id true": b'{"contact_uid":true}',
    "id list": b'{"contact_uid":["aaaaaaaa"]}',
    "id direction mark": b'{"contact_uid":"a\\u202eb"}',
    "id endless": b'{"contact_uid":"' + b"a" * 5000 + b'"}',
    "deep": DEEP,
    "same id": GOOD,
    "no JSON": b"{contact_uid:2}",
}


@pytest.mark.parametrize("entry", ODD.values(), ids=ODD.keys())
def test_an_odd_entry_is_counted_and_costs_nobody_else(entry: bytes) -> None:
    page = Listing(Cursor(), {}).take({}, among(entry))
    assert sorted(contact.remote_id for contact in page.contacts) == ["aaaaaaaa", "cccccccc"]
    assert (page.odd, page.total) == (1, 3)


TOLERABLE = {
    "lone surrogate": (b'{"contact_uid":"bbbbbbbb","x":"\\ud800x"}', "\ufffdx"),
    "surrogate as key": (b'{"contact_uid":"bbbbbbbb","\\ud800":1,"x":"x"}', "x"),
    "NaN": (b'{"contact_uid":"bbbbbbbb","y":NaN,"x":"x"}', "x"),
    "beyond all numbers": (b'{"contact_uid":"bbbbbbbb","y":1e999,"x":"x"}', "x"),
    "5000 digits": (b'{"contact_uid":"bbbbbbbb","y":' + b"1" * 5000 + b',"x":"x"}', "x"),
    "Latin-1": (b'{"contact_uid":"bbbbbbbb","x":"K\xf6ln"}', "K\ufffdln"),
    "raw line break": (b'{"contact_uid":"bbbbbbbb","x":"a\nb"}', "a\nb"),
    "brackets in text": (b'{"contact_uid":"bbbbbbbb","y":"\\ud800","x":"],}[{\\""}', '],}[{"'),
    "key twice": (b'{"contact_uid":"zzzzzzzz","contact_uid":"bbbbbbbb","x":"x"}', "x"),
}


@pytest.mark.parametrize(("entry", "kept"), TOLERABLE.values(), ids=TOLERABLE.keys())
def test_a_damaged_contact_is_mended_and_kept(entry: bytes, kept: str) -> None:
    listed = read_list(among(entry))
    contact = next(contact for contact in listed.contacts if contact.remote_id == "bbbbbbbb")
    assert contact.raw["x"] == kept
    assert json.loads(contact.body.decode(), parse_constant=pytest.fail) == contact.raw
    assert (listed.odd, listed.total) == (0, 3)
    assert listed.contacts[0].body == GOOD
    assert_clean(summarise(contact.raw))


@pytest.mark.parametrize(
    "beside", [b'"total_items":NaN', b'"total_items":"\\ud800"', b'"total_pages":[1]', b'"x":\xff']
)
def test_odd_numbers_cost_no_contact(beside: bytes) -> None:
    body = b'{"data":{"items":[' + GOOD + b"]," + beside + b"}}"
    try:
        page = Listing(Cursor(), {}).take({}, body)
    except ProtocolError:
        assert beside == b'"x":\xff'  # no JSON outside of the contacts: nobody knows what it says
        return
    assert (len(page.contacts), page.total, page.after) == (1, None, None)


def test_an_empty_list_may_be_left_out() -> None:
    assert read_list(b'{"data":{"total_items":0,"total_pages":0}}').contacts == ()


def test_a_byte_order_mark_and_a_trailing_comma_are_passed_over() -> None:
    assert len(read_list(b"\xef\xbb\xbf" + sample("list")).contacts) == 1
    assert len(read_list(b'{"data":{"items":[{"contact_uid":"aaaaaaaa"},]}}').contacts) == 1


def test_a_million_entries_of_nothing() -> None:
    assert read_list(b'{"data":{"items":[' + b",".join([b"null"] * 1_000_000) + b"]}}").odd == 1_000_000


STATUSES = [201, 204, 206, 301, 302, 304, 307, 400, 404, 405, 406, 409, 410, 418, 422, 500, 501, 502, 503, 504]


@pytest.mark.parametrize("status", STATUSES)
async def test_every_other_status_is_a_known_error_and_never_a_page(status: int, connect) -> None:
    headers = {"Location": "https://evil.example/x?token=1"} if 300 <= status < 400 else {}
    with pytest.raises(KnownError) as caught:
        await pull(connect(always(status, headers=headers, content=sample("list"))))
    assert "evil" not in caught.value.title


async def test_headers_that_ask_for_more_are_passed_over(connect) -> None:
    seen: list[httpx.Request] = []

    def vendor(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if request.url.path.endswith("token"):
            return httpx.Response(200, json={"access_token": "a.b.c"}, headers={"Set-Cookie": "a=1"})
        asks = {"Set-Cookie": "b=2", "WWW-Authenticate": "Negotiate", "Last-Modified": "soon"}
        return httpx.Response(200, content=sample("list"), headers=asks)

    await pull(connect(vendor))
    assert all("cookie" not in request.headers for request in seen)


# ── a recorded page, damaged at random (T-FUZZ) ──────────────────────────────────────────────────────────────────────

RECORDED = sample("list")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rng=st.randoms(use_true_random=False), since=st.sampled_from(["", MONDAY]))
def test_a_damaged_page_is_a_page_or_a_known_error(rng: random.Random, since: str) -> None:
    try:
        page = Listing(Cursor(since=since), {}).take({}, mutate(RECORDED, rng))
    except KnownError as error:
        assert error.title
        return
    assert isinstance(page, Page)
    for contact in page.contacts:
        assert json.loads(contact.body) == contact.raw
        assert_clean(summarise(contact.raw))
