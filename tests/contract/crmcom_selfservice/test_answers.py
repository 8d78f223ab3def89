"""Answers no page prints: wrong types, depth, sizes, cuts, and damage at random. An error in words, never a crash."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crmdesk.core.errors import KnownError, ProtocolError
from crmdesk.core.types import RemoteContact
from crmdesk.vendors.crmcom_selfservice import codec
from crmdesk.vendors.crmcom_selfservice.answers import Challenge, Listing, SignedIn
from crmdesk.vendors.crmcom_selfservice.refusals import judged, read_refusal
from crmdesk.vendors.crmcom_selfservice.summary import summarise
from tests.contract.crmcom_selfservice.tools import CALLS, CONTACT, CONTACT_ID, printed
from tests.helpers.any_json import ANY_JSON, assert_clean
from tests.helpers.mutation import DEEP, mutate

READERS: dict[str, tuple[Callable[[bytes], Any], bytes]] = {
    "session": (codec.read_session, printed("auth_mw4")),
    "challenge": (codec.read_challenge, printed("otp")),
    "contact": (lambda body: codec.read_contact(body, CONTACT_ID), CONTACT),
    "addresses": (
        lambda body: codec.read_addresses(body, 1, 20),
        b'{"content": [{"id": "1", "type": "HOME", "lat": 34.9, "is_primary": "false"}]}',
    ),
    "communications": (lambda body: codec.read_communications(body, 1, 20), printed("communications")),
    "communication": (lambda body: codec.read_communication(body, CONTACT_ID), printed("communication")),
    "approvals": (lambda body: codec.read_approvals(body, 1, 20), printed("approvals")),
    "file": (
        lambda body: codec.read_file(body, CALLS["file"]["path"].rpartition("/")[2], "", is_content=False),
        printed("file"),
    ),
    "id": (codec.read_id, printed("printout")),
}
every_reader = pytest.mark.parametrize(("read", "body"), READERS.values(), ids=READERS.keys())

NO_ANSWER = {
    "null": b"null",
    "list": b"[]",
    "number": b"5",
    "text": b'"x"',
    "log-in page": b"<!DOCTYPE html><html></html>",
    "UTF-16": '{"id":"1"}'.encode("utf-16"),
    "Latin-1 page": b"K\xf6ln",
    "two documents": b'{"id":"1"}{"id":"2"}',
    "depth": DEEP,
    "cut": b'{"id": "1',
    "trailing comma": b'{"id":"1",}',
}


@every_reader
@pytest.mark.parametrize("answer", NO_ANSWER.values(), ids=NO_ANSWER.keys())
def test_what_is_no_answer_is_refused(read: Callable[[bytes], Any], body: bytes, answer: bytes) -> None:
    with pytest.raises(ProtocolError) as caught:
        read(answer)
    assert caught.value.title


def test_a_mended_contact_must_still_be_the_one_asked_for() -> None:
    with pytest.raises(ProtocolError):
        codec.read_contact(b'{"id":"1","first_name":NaN}', CONTACT_ID)


@every_reader
def test_cut_at_every_byte(read: Callable[[bytes], Any], body: bytes) -> None:
    body = body.strip()
    for end in range(1, len(body)):
        with pytest.raises(ProtocolError):
            read(body[:end])


@every_reader
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_value_under_any_key_is_read_or_refused(read: Callable[[bytes], Any], body: bytes, data: Any) -> None:
    raw = json.loads(body)
    for key in data.draw(st.lists(st.sampled_from(sorted(raw)), unique=True, min_size=1)):
        raw[key] = data.draw(ANY_JSON)
    try:
        answer = read(json.dumps(raw).encode("utf-8", "surrogatepass"))
    except KnownError as error:
        assert error.title
        return
    check(answer)


def check(answer: Any) -> None:
    """Whatever was read is of the type it says, and one line where it is one."""
    if isinstance(answer, SignedIn):
        assert re.fullmatch(r"[\x21-\x7e]+", answer.access_token)
        assert answer.expires is None or 10**8 <= answer.expires < 4_102_444_800
        assert answer.contact.is_verified in (True, False, None)
    elif isinstance(answer, Challenge):
        assert "\n" not in answer.sent_to
    elif isinstance(answer, RemoteContact):
        assert json.loads(answer.body) == answer.raw
        assert_clean(summarise(answer.raw))
    elif isinstance(answer, Listing):
        assert answer.page >= 1
        assert answer.size >= 1
        assert answer.total is None or answer.total >= 0
        assert all(entry.id for entry in answer.entries)


@every_reader
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rng=st.randoms(use_true_random=False))
def test_a_damaged_answer_is_an_answer_or_a_known_error(read, body: bytes, rng: random.Random) -> None:
    try:
        answer = read(mutate(body, rng))
    except KnownError as error:
        assert error.title
        return
    check(answer)


@settings(max_examples=200, deadline=None)
@given(rng=st.randoms(use_true_random=False), status=st.sampled_from([400, 401, 403, 404, 409, 422]))
def test_a_damaged_refusal_never_makes_more_of_itself(rng: random.Random, status: int) -> None:
    """It is the vendor's or it is nobody's; nothing crashes, and no line is longer than a line."""
    refusal = read_refusal(mutate(printed("error"), rng))
    found = judged(status, refusal, CONTACT_ID, {})
    assert found is None or (found.title and len(found.title) < 500)
    if refusal is None:
        assert type(found).__name__ in ("NoneType", "SignInNeededError", "ForbiddenError")


@settings(max_examples=200, deadline=None)
@given(value=ANY_JSON)
def test_any_json_is_a_refusal_or_none(value: Any) -> None:
    for body in (
        {"status": 400, "error": value},
        {"status": value, "error": "CRM.X"},
        {"error": "CRM.X", "status": 400, "message": value, "parameters": value},
        value,
    ):
        found = read_refusal(json.dumps(body).encode("utf-8", "surrogatepass"))
        assert found is None or found.code


# ── what is read with tolerance ──────────────────────────────────────────────────────────────────────────────────────

TOLERABLE = {
    "lone surrogate": (b'"first_name":"\\ud800x"', "\ufffdx"),
    "NaN": (b'"code":NaN,"first_name":"x"', "x"),
    "beyond all numbers": (b'"code":1e999,"first_name":"x"', "x"),
    "5000 digits": (b'"code":' + b"1" * 5000 + b',"first_name":"x"', "x"),
    "Latin-1": (b'"first_name":"K\xf6ln"', "K\ufffdln"),
    "raw line break": (b'"first_name":"a\nb"', "a\nb"),
    "key twice": (b'"first_name":"old","first_name":"new"', "new"),
}


@pytest.mark.parametrize(("inner", "name"), TOLERABLE.values(), ids=TOLERABLE.keys())
def test_a_damaged_contact_is_mended_and_kept(inner: bytes, name: str) -> None:
    contact = codec.read_contact(b"{" + inner + b"}", CONTACT_ID)
    assert contact.raw["first_name"] == name
    assert json.loads(contact.body.decode(), parse_constant=pytest.fail) == contact.raw
    assert_clean(summarise(contact.raw))


@pytest.mark.parametrize("value", ["false", "False", False, "no", "0"])
def test_false_is_not_true(value: Any) -> None:
    body = json.dumps({"access_token": "t", "contact": {"is_verified": value}}).encode()
    answer = codec.read_session(body)
    assert isinstance(answer, SignedIn)
    assert answer.contact.is_verified is False


@pytest.mark.parametrize(
    ("exp", "seconds"),
    [
        ("1767225600", 1767225600),
        (1767225600, 1767225600),
        ("1767225600000", 1767225600),
        (1767225600123, 1767225600),
        (1767225600.0, 1767225600),
    ],
)
def test_an_end_in_seconds_or_milliseconds_as_number_or_text(exp: Any, seconds: int) -> None:
    for name in ("exp", "expiration_date"):
        answer = codec.read_session(json.dumps({"access_token": "t", name: exp}).encode())
        assert isinstance(answer, SignedIn)
        assert answer.expires == seconds


def listing(count: int, **paging: Any) -> bytes:
    body: dict[str, Any] = {"content": [{"id": str(number)} for number in range(count)]}
    return json.dumps(body | ({"paging": paging} if paging else {})).encode()


MORE = {
    "short page": (listing(5, page=1, size=20, total=1000), False),
    "full page": (listing(20, page=1, size=20, total=1000), True),
    "full and last": (listing(20, page=1, size=20, total=20), False),
    "no paging": (listing(20), True),
    "no total": (listing(20, page=1, size=20, total=None), True),
    "has_more": (listing(20, page=1, size=20, has_more="false"), False),
    "empty but more": (listing(0, page=1, size=20, has_more=True), False),
    "odd total": (listing(20, page=1, size=20, total=-1), True),
    "total as text": (listing(20, page=1, size="20", total="20"), False),
    "server's own size": (listing(10, page=1, size=10, total=1000), True),
}


@pytest.mark.parametrize(("body", "more"), MORE.values(), ids=MORE.keys())
def test_a_list_ends_where_it_does(body: bytes, more: bool) -> None:
    assert codec.read_approvals(body, 1, 20).more is more


def test_odd_entries_are_counted_and_cost_nobody_else() -> None:
    body = json.dumps({"content": [None, {"id": ""}, {"id": "1"}, [], {"id": ["x"]}, "x", {"id": 2}]}).encode()
    listed = codec.read_communications(body, 1, 20)
    assert ([one.id for one in listed.entries], listed.odd) == (["1", "2"], 5)


def test_a_huge_message_is_cut_and_a_huge_list_bounded() -> None:
    body = json.dumps({"content": "x" * 10_000_000, "subject": "y" * 10_000}).encode()
    one = codec.read_communication(body, "1")
    assert (len(one.content), len(one.subject)) == (1_000_000, 300)
    assert len(codec.read_approvals(listing(50_000), 1, 20).entries) == 10_000


def test_a_click_in_1970_is_none() -> None:
    assert codec.read_communication(b'{"clicked_on": 1, "viewed_on": "1583846865"}', "1").clicked_at == ""
