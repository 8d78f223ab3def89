"""BookingSync's answers: those its contacts page prints, and those no page prints."""

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
from crmdesk.vendors.bookingsync.codec import read_list
from crmdesk.vendors.bookingsync.listing import Listing
from crmdesk.vendors.bookingsync.summary import summarise
from tests.contract.tools import listing, pull, sample
from tests.helpers.any_json import assert_clean
from tests.helpers.mutation import DEEP, mutate

# ── the samples of the contacts page ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["list", "show", "created", "updated"])
def test_every_printed_answer_is_read(name: str) -> None:
    body = sample(name)
    listed = read_list(body)
    (contact,) = listed.contacts
    assert contact.remote_id == "1"
    assert contact.raw == json.loads(body)["contacts"][0]
    assert contact.body in body
    assert (listed.odd, listed.cancelled) == (0, ())


def test_the_printed_list_is_one_complete_page() -> None:
    page = Listing(Cursor()).take({}, sample("list"))
    assert (page.total, page.pages, page.after, page.odd) == (1, 1, None, 0)


def test_summary_of_the_printed_contact() -> None:
    summary = summarise(read_list(sample("list")).contacts[0].raw)
    assert (summary.name, summary.first, summary.last) == ("FirstName1 LastName1", "FirstName1", "LastName1")
    assert summary.phones[1] == Phone("mobile", "+33 (0)6 123.123.123")
    assert (summary.city, summary.country, summary.languages) == ("New Margarettafurt", "US", ("en", "fr"))
    assert (summary.created_at, summary.forget_at) == ("2021-01-22T08:40:20Z", "")
    assert summary.flags == (Flag.HAS_EMAIL | Flag.HAS_PHONE | Flag.HAS_ADDRESS | Flag.HAS_NOTES | Flag.HAS_WEBSITE)
    assert summary.texts["address"] == "Nilsa Crossroad"
    assert summary.texts["lang"] == "en fr"
    assert {"gender", "website", "notes", "zip", "state", "id", "phone"} <= summary.texts.keys()
    assert_clean(summary)


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ({"fullname": "Ana  Reis", "firstname": "X"}, "Ana  Reis"),
        ({"fullname": " ", "firstname": "Ana", "lastname": "Reis"}, "Ana Reis"),
        ({"lastname": "Reis"}, "Reis"),
        ({"email": "ana@example.org", "id": 5}, "ana@example.org"),
        ({"id": 5}, "#5"),
        ({"id": 5, "fullname": "\u202e\u200b"}, "#5"),
        ({}, ""),
    ],
)
def test_a_contact_is_called_by_the_best_name_it_has(raw: dict[str, Any], name: str) -> None:
    assert summarise(raw).name == name


@pytest.mark.parametrize(
    ("key", "flag"),
    [("canceled_at", Flag.CANCELLED), ("forget_me_at", Flag.FORGET), ("processing_restricted_at", Flag.RESTRICTED)],
)
@pytest.mark.parametrize("value", ["2026-01-01T00:00:00Z", "soon", 1767225600])
def test_any_value_in_a_gdpr_field_counts(key: str, flag: Flag, value: Any) -> None:
    """A time we cannot read is still a wish we must respect."""
    assert summarise({key: value}).flags == flag
    assert summarise({key: None}).flags == Flag(0)


def test_serbian_is_found_by_its_iso_code() -> None:
    assert summarise({"spoken_languages": ["rs", "zh-TW", "rs"]}).languages == ("sr", "zh-TW")


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("2014-08-21T08:40:44Z", "2014-08-21T08:40:44Z"),
        ("2019-10-08 12:20:37 UTC", "2019-10-08T12:20:37Z"),
        ("2021-01-22T08:40:20.999+02:00", "2021-01-22T06:40:20Z"),
        ("2021-01-22T08:40:20", "2021-01-22T08:40:20Z"),
        ("2023-02-29T00:00:00Z", ""),
        ("0000-00-00", ""),
        ("99999-01-01T00:00:00Z", ""),
        (1611304820, ""),
        (None, ""),
    ],
)
def test_times_become_utc_or_nothing(told: Any, kept: str) -> None:
    assert summarise({"updated_at": told}).updated_at == kept


def test_a_note_of_ten_megabytes_is_summarised_and_kept() -> None:
    note = "word " * 2_000_000
    (contact,) = read_list(listing({"id": 1, "private_notes": note})).contacts
    assert contact.raw["private_notes"] == note
    assert len(summarise(contact.raw).notes) == 300
    assert len(summarise(contact.raw).texts["notes"]) <= 20_000


@pytest.mark.parametrize(
    ("phones", "expected"),
    [
        (None, ()),
        ({}, ()),
        ([None, 5, "x", {}], (Phone("", "5"), Phone("", "x"))),
        ([{"number": "1"}], (Phone("", "1"),)),
        ([{"label": "fax"}], ()),
        ([{"label": ["a"], "number": 612}], (Phone("", "612"),)),
        ("+33 6", (Phone("", "+33 6"),)),
    ],
)
def test_phones_of_any_shape(phones: Any, expected: tuple[Phone, ...]) -> None:
    assert summarise({"phones": phones}).phones == expected


def test_ten_thousand_phones_do_not_flood_the_list() -> None:
    assert len(summarise({"phones": [{"label": "a", "number": "1"}] * 10_000}).phones) == 100


# ── answers unlike the documents (reliability 6.1) ───────────────────────────────────────────────────────────────────

GOOD = b'{"id":1,"fullname":"Ana"}'


def among(entry: bytes) -> bytes:
    """`entry` between two good contacts."""
    return b'{"contacts":[' + GOOD + b"," + entry + b',{"id":3}],"meta":{"X-Total-Count":"3"}}'


NO_PAGE = {
    "empty": b"",
    "spaces": b" \n ",
    "null": b"null",
    "list": b"[]",
    "text": b'"contacts"',
    "empty object": b"{}",
    "contacts null": b'{"contacts":null}',
    "contacts object": b'{"contacts":{"id":1}}',
    "contacts elsewhere": b'{"meta":{"contacts":[{"id":1}]}}',
    "error inside": b'{"errors":[{"code":"unauthorized"}]}',
    "log-in page": b"<!DOCTYPE html><html><body>Sign in</body></html>",
    "two documents": among(GOOD) + among(GOOD),
    "cut": among(GOOD)[:-20],
    "UTF-16": among(GOOD).decode().encode("utf-16"),
    "all deep": DEEP,
    "binary": bytes(range(256)),
    "string without end": b'{"contacts":[' + b'"\\"' * 20_000,
}


@pytest.mark.parametrize("body", NO_PAGE.values(), ids=NO_PAGE.keys())
async def test_an_answer_that_is_no_list_is_named(body: bytes, connect) -> None:
    with pytest.raises(ProtocolError) as caught:
        await pull(connect(lambda request: httpx.Response(200, content=body)))
    assert caught.value.title
    assert caught.value.hint
    assert caught.value.details["endpoint"] == "GET /contacts"


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
    "id null": b'{"id":null}',
    "id text": b'{"id":"x"}',
    "id empty": b'{"id":""}',
    "id with zeros": b'{"id":"001"}',
    "id negative": b'{"id":-1}',
    "id zero": b'{"id":0}',
    "id half": b'{"id":1.5}',
    "id huge": b'{"id":1' + b"0" * 400 + b"}",
    "id list": b'{"id":[2]}',
    "id true": b'{"id":true}',
    "deep": DEEP,
    "same id": GOOD,
    "no JSON": b"{id:2}",
}


@pytest.mark.parametrize("entry", ODD.values(), ids=ODD.keys())
def test_an_odd_entry_is_counted_and_costs_nobody_else(entry: bytes) -> None:
    page = Listing(Cursor()).take({}, among(entry))
    assert sorted(contact.remote_id for contact in page.contacts) == ["1", "3"]
    assert (page.odd, page.total) == (1, 3)


TOLERABLE = {
    "lone surrogate": (b'{"id":2,"city":"\\ud800x"}', "\ufffdx"),
    "surrogate as key": (b'{"id":2,"\\ud800":1,"city":"x"}', "x"),
    "NaN": (b'{"id":2,"zip":NaN,"city":"x"}', "x"),
    "beyond all numbers": (b'{"id":2,"zip":1e999,"city":"x"}', "x"),
    "5000 digits": (b'{"id":2,"zip":' + b"1" * 5000 + b',"city":"x"}', "x"),
    "Latin-1": (b'{"id":2,"city":"K\xf6ln"}', "K\ufffdln"),
    "raw line break": (b'{"id":2,"city":"a\nb"}', "a\nb"),
    "raw NUL": (b'{"id":2,"city":"a\x00b"}', "a\x00b"),
    "brackets in text": (b'{"id":2,"zip":"\\ud800","city":"],}[{\\""}', '],}[{"'),
    "id as text": (b'{"id":"2","city":"x"}', "x"),
    "id as float": (b'{"id":2.0,"city":"x"}', "x"),
    "key twice": (b'{"id":9,"id":2,"city":"x"}', "x"),
}


@pytest.mark.parametrize(("entry", "city"), TOLERABLE.values(), ids=TOLERABLE.keys())
def test_a_damaged_contact_is_mended_and_kept(entry: bytes, city: str) -> None:
    listed = read_list(among(entry))
    contact = next(contact for contact in listed.contacts if contact.remote_id == "2")
    assert contact.raw["city"] == city
    assert json.loads(contact.body.decode(), parse_constant=pytest.fail) == contact.raw  # strict, for later readers
    assert listed.odd == 0
    assert_clean(summarise(contact.raw))


def test_damage_in_one_contact_leaves_the_others_as_received() -> None:
    listed = read_list(among(b'{"id":2,"city":"\\ud800"}'))
    assert listed.contacts[0].body == GOOD


@pytest.mark.parametrize(
    "meta", [b"null", b"[]", b"5", b'{"X-Total-Count":"\\ud800"}', b'{"Link":[]}', b'{"Link":null}']
)
def test_odd_meta_costs_no_contact(meta: bytes) -> None:
    page = Listing(Cursor()).take({}, b'{"contacts":[' + GOOD + b'],"meta":' + meta + b"}")
    assert (len(page.contacts), page.total, page.after) == (1, None, None)


def test_a_byte_order_mark_and_a_trailing_comma_are_passed_over() -> None:
    assert len(read_list(b"\xef\xbb\xbf" + sample("list")).contacts) == 1
    assert len(read_list(b'{"contacts":[{"id":1},]}').contacts) == 1


def test_an_id_that_comes_twice_has_its_later_content() -> None:
    listed = read_list(listing({"id": 1, "city": "old"}, {"id": 1, "city": "new"}))
    assert [contact.raw["city"] for contact in listed.contacts] == ["new"]
    assert listed.odd == 1


def test_a_million_entries_of_nothing() -> None:
    assert read_list(b'{"contacts":[' + b",".join([b"null"] * 1_000_000) + b"]}").odd == 1_000_000


STATUSES = [201, 204, 206, 301, 302, 304, 307, 400, 404, 406, 409, 410, 418, 422, 500, 502, 503, 504, 521]


@pytest.mark.parametrize("status", STATUSES)
async def test_every_other_status_is_a_known_error_and_never_a_page(status: int, connect) -> None:
    headers = {"Location": "https://evil.example/x?token=1"} if 300 <= status < 400 else {}
    with pytest.raises(KnownError) as caught:
        await pull(connect(lambda request: httpx.Response(status, headers=headers, content=listing({"id": 1}))))
    assert "evil" not in caught.value.title


# ── a recorded page, damaged at random (T-FUZZ) ──────────────────────────────────────────────────────────────────────

RECORDED = sample("list")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rng=st.randoms(use_true_random=False), since=st.sampled_from(["", "2026-01-01T00:00:00Z"]))
def test_a_damaged_page_is_a_page_or_a_known_error(rng: random.Random, since: str) -> None:
    try:
        page = Listing(Cursor(since=since)).take({}, mutate(RECORDED, rng))
    except KnownError as error:
        assert error.title
        return
    assert isinstance(page, Page)
    for contact in page.contacts:
        assert json.loads(contact.body) == contact.raw
        assert_clean(summarise(contact.raw))
