"""Cendyn's answers as no page prints them, and what holds for every vendor, here too (reliability 6.1)."""

from __future__ import annotations

import json
import random
import time
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crmdesk.core.batch import BatchRow, RowState
from crmdesk.core.errors import InDoubtError, KnownError, ProtocolError, SettingsError
from crmdesk.core.fields import FieldKind
from crmdesk.core.types import Consent, Flag, Phone
from crmdesk.vendors.cendyn import VENDOR
from crmdesk.vendors.cendyn.codec import error_texts, read_job, settle
from crmdesk.vendors.cendyn.kinds import CONTACTS
from tests.contract.cendyn.tools import row, rows, sample
from tests.helpers.any_json import ANY_JSON, assert_clean
from tests.helpers.mutation import mutate

# ── answers ──────────────────────────────────────────────────────────────────────────────────────────────────────────

DEEP = b"[" * 100_000 + b"]" * 100_000
JOB = b'{"_id":"j1","number_of_contacts":1,"status":"finished"}'
UNREADABLE = {
    "empty": b"",
    "spaces": b" \n ",
    "null": b"null",
    "list": b"[]",
    "text": b'"queued"',
    "number": b"7",
    "log-in page": b"<!DOCTYPE html><html><body>Sign in</body></html>",
    "two documents": JOB + JOB,
    "cut": JOB[:-4],
    "UTF-16": JOB.decode().encode("utf-16"),
    "Latin-1": b'{"_id":"j1","status":"K\xf6ln"}',
    "deep": DEEP,
    "deep inside": b'{"_id":"j1","more":' + DEEP + b"}",
    "NaN": b'{"_id":"j1","number_of_contacts":NaN}',
    "trailing comma": b'{"_id":"j1",}',
    "binary": bytes(range(256)),
    "raw line break": b'{"_id":"j1","status":"a\nb"}',
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE.keys())
async def test_an_unreadable_job_is_named(body: bytes, connect) -> None:
    with pytest.raises(ProtocolError) as caught:
        await connect(lambda request: httpx.Response(200, content=body)).jobs.job("j1")
    assert caught.value.title
    assert caught.value.details["status"] == "200"


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE.keys())
async def test_an_unreadable_answer_to_a_create_is_doubt(body: bytes, connect) -> None:
    access = connect(lambda request: httpx.Response(201, content=body))
    with pytest.raises(InDoubtError):
        await access.batches.send(CONTACTS, b"{}")


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE.keys())
@pytest.mark.parametrize("status", [400, 401, 404, 422])
async def test_an_unreadable_refusal_is_a_known_error(body: bytes, status: int, connect) -> None:
    access = connect(lambda request: httpx.Response(status, content=body))
    with pytest.raises(KnownError) as caught:
        await access.batches.send(CONTACTS, b"{}")
    assert not isinstance(caught.value, InDoubtError)


ODD_BUT_READ = {
    "byte order mark": b"\xef\xbb\xbf" + JOB,
    "lone surrogate": b'{"_id":"j1","status":"finished","x":"\\ud800"}',
    "key twice": b'{"_id":"j0","_id":"j1","status":"finished"}',
    "5000 keys": b'{"_id":"j1","status":"finished"' + b"".join(b',"k%d":1' % n for n in range(5000)) + b"}",
    "both ids": b'{"id":"other","_id":"j1","status":"finished"}',
    "null in places": b'{"_id":"j1","status":"finished","number_of_contacts":null,"webhook_url":null}',
    "a text of 10 MB": b'{"_id":"j1","status":"finished","x":"' + b"x" * 10_000_000 + b'"}',
}


@pytest.mark.parametrize("body", ODD_BUT_READ.values(), ids=ODD_BUT_READ.keys())
async def test_an_odd_job_that_says_enough_is_read(body: bytes, connect) -> None:
    job = await connect(lambda request: httpx.Response(200, content=body)).jobs.job("j1")
    assert (job.id, job.state.value) == ("j1", "done")


async def test_cut_at_every_byte_is_doubt(connect) -> None:
    body = sample("create_answer").rstrip()
    cuts = iter(range(len(body)))
    access = connect(lambda request: httpx.Response(201, content=body[: next(cuts)]))
    for _ in body:
        with pytest.raises(InDoubtError):
            await access.batches.send(CONTACTS, b"{}")


@pytest.mark.parametrize(("counted", "told"), [(1, False), (0, True), (2, True), (None, False)])
def test_a_purchase_that_was_counted_otherwise_is_told(counted: int | None, told: bool) -> None:
    answer = {"_id": "j1", "status": "queued", "number_of_contacts": 1, "number_of_purchase": counted}
    (outcome,) = settle([BatchRow("a", {"user_id": "1", "purchase": [{"UUID": "room"}]})], answer)
    assert outcome.state is RowState.ACCEPTED
    assert ("look whether Cendyn has it" in outcome.text) is told


@settings(max_examples=150, deadline=None)
@given(answer=ANY_JSON)
def test_settling_is_total(answer: Any) -> None:
    given_rows = rows(3)
    outcomes = settle(given_rows, answer)
    assert [outcome.uid for outcome in outcomes] == [one.uid for one in given_rows]
    assert all(outcome.state in (RowState.ACCEPTED, RowState.IN_DOUBT) for outcome in outcomes)
    assert all(outcome.text for outcome in outcomes)
    read_job(answer)
    assert all(isinstance(words, str) and "\n" not in words for words in error_texts(answer))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rng=st.randoms(use_true_random=False))
def test_a_damaged_answer_is_accepted_or_doubted_but_never_a_crash(rng: random.Random) -> None:
    from crmdesk.net import wire

    try:
        answer = wire.decode(mutate(sample("create_answer"), rng), dict[str, Any], "Cendyn’s answer")
    except KnownError as error:
        assert error.title
        return
    (outcome,) = settle([row()], answer)
    assert (outcome.state is RowState.ACCEPTED) == bool(outcome.number and answer.get("number_of_contacts") in (1, "1"))


@pytest.mark.parametrize(
    ("body", "texts"),
    [
        ({"error": "name is empty"}, ["name is empty"]),
        ({"error": [{"error": "a"}, {"error": "b"}, {"error": "a"}]}, ["a", "b"]),
        ({"error": [{"error": ["a", {"error": "b"}]}]}, ["a", "b"]),
        ({"error": ["a", None, 5, {}]}, ["a", "5"]),
        ({"error": "\nProblem:\n  body"}, ["Problem:   body"]),
        ({"errors": "a"}, ["a"]),
        ({"error": {}}, []),
        ({"error": None}, []),
        ({}, []),
        ([], []),
        (None, []),
    ],
)
def test_errors_of_any_shape_become_texts(body: Any, texts: list[str]) -> None:
    assert error_texts(body) == texts


def test_an_error_nested_without_end_ends() -> None:
    deep: Any = "x"
    for _ in range(500):
        deep = {"error": [deep]}
    assert error_texts(deep) == []


def test_of_many_words_some_are_enough() -> None:
    """A hostile answer of one megabyte holds hundreds of thousands."""
    wide: object = "no"
    for _ in range(3):
        wide = [wide] * 200
    started = time.perf_counter()
    assert error_texts({"error": wide}) == ["no"]
    assert time.perf_counter() - started < 0.1


# ── what was sent, in the list ───────────────────────────────────────────────────────────────────────────────────────


def kept(**sent: Any) -> dict[str, Any]:
    return {"sent": {"user_id": "crmdesk:1", **sent}, "state": "queued", "sent_at": "2026-11-22T10:15:00Z", "job": "j1"}


def test_summary_of_the_printed_contact() -> None:
    (contact,) = json.loads(sample("create_golden"))["contacts"]
    summary = VENDOR.summarise(kept(**contact))
    assert (summary.name, summary.first, summary.last) == ("Jhon Doe", "Jhon", "Doe")
    assert (summary.email, summary.city, summary.country) == ("jhon.doe@cendyn.com", "Berlin", "DE")
    assert (summary.languages, summary.updated_at) == (("en",), "2026-11-22T10:15:00Z")
    assert summary.flags == Flag.HAS_EMAIL | Flag.CONSENT_NEVER
    assert summary.texts["id"] == "jhon.doe@cendyn.com"
    assert_clean(summary)


@pytest.mark.parametrize(
    ("sent", "consent"),
    [
        ({}, Consent.NEVER),
        ({"gdpr_marketing_consent": None}, Consent.NEVER),
        ({"gdpr_marketing_consent": True}, Consent.YES),
        ({"gdpr_marketing_consent": False}, Consent.NO),
        ({"gdpr_marketing_consent": "false"}, Consent.NO),
        ({"gdpr_accept_terms": True}, Consent.NEVER),
    ],
)
def test_consent_is_yes_no_or_never_asked(sent: dict[str, Any], consent: Consent) -> None:
    assert VENDOR.summarise(kept(**sent)).flags.consent is consent


@pytest.mark.parametrize(
    ("sent", "numbers"),
    [
        ({"phone_countrycode": "+49", "phone_number": "1512345"}, ["+49 1512345"]),
        ({"phone_countrycode": "+49"}, []),
        ({"phone_countrycode": "+49", "phone_number": "1512345", "phone": "0049 151 2345"}, ["+49 1512345"]),
        ({"phone_number": "1512345", "phone": "+33 6"}, ["1512345", "+33 6"]),
        ({"phone": ["x"]}, []),
    ],
)
def test_a_phone_is_listed_once(sent: dict[str, Any], numbers: list[str]) -> None:
    assert VENDOR.summarise(kept(**sent)).phones == tuple(Phone("", number) for number in numbers)


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ({"name_last": "Lee"}, "Lee"),
        ({"email": "a@b.example"}, "a@b.example"),
        ({}, "#crmdesk:1"),
        ({"name_first": 5}, "5"),
        ({"name_first": "A", "name_last": "x" * 400}, "A " + "x" * 297 + "…"),
    ],
)
def test_a_contact_is_called_by_the_best_name_it_has(sent: dict[str, Any], name: str) -> None:
    assert VENDOR.summarise(kept(**sent)).name == name


# ── what holds for every vendor ──────────────────────────────────────────────────────────────────────────────────────


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from([spec.path for spec in CONTACTS.fields]), ANY_JSON))
def test_any_json_gives_a_clean_summary(inside: dict[str, Any]) -> None:
    assert_clean(VENDOR.summarise({"sent": inside}))


def test_the_version_belongs_to_the_paths() -> None:
    assert VENDOR.check_base_url("https://api.us.cendyncrm.com/v2/") == "https://api.us.cendyncrm.com"
    with pytest.raises(SettingsError):
        VENDOR.check_base_url("/v2")


def test_both_regions_can_be_chosen_and_are_normal() -> None:
    (address,) = (spec for spec in VENDOR.credentials if spec.path == "base_url")
    assert [word for _, word in address.words] == ["Europe", "United States"]
    assert all(VENDOR.check_base_url(url) == url for url, _ in address.words)


def test_a_check_names_its_cost_where_it_is_switched_on() -> None:
    (spec,) = (spec for spec in VENDOR.credentials if spec.path == "validate_emails")
    assert spec.kind is FieldKind.FLAG
    assert "Each check uses credits of your Cendyn account." in spec.hint


def test_nothing_is_called_a_cendyn_record() -> None:
    assert VENDOR.record == "What we sent to Cendyn"
    assert {"refresh", "edit", "create", "delete", "history"} == set(VENDOR.lacks)
    assert VENDOR.lists  # looking up open jobs is what checking means here
    assert not any("record" in spec.label.lower() for spec in VENDOR.fields)
