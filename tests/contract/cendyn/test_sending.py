"""Cendyn: sending and asking for jobs, against the emulator and against odd servers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from crmdesk.core.batch import JobState, RowState
from crmdesk.core.errors import (
    ForbiddenError,
    InDoubtError,
    KnownError,
    NotFoundError,
    OfflineError,
    ProtocolError,
    RateLimitedError,
    RejectedError,
    SettingsError,
    SignInNeededError,
)
from crmdesk.sandbox.faults import Answer, Kind
from crmdesk.vendors.cendyn.credentials import UNITED_STATES
from crmdesk.vendors.cendyn.kinds import CONTACTS
from crmdesk.vendors.cendyn.sandbox import Quirks
from tests.contract.cendyn.tools import ACCOUNT, PURCHASE, SECRET, push, row, rows, sample

# ── a good call ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_contacts_are_queued_and_arrive(emulator, connect, now) -> None:
    access = connect(emulator)
    outcomes = await push(access, rows(3))
    (job_id,) = {outcome.number for outcome in outcomes}
    assert [outcome.uid for outcome in outcomes] == ["crmdesk:1", "crmdesk:2", "crmdesk:3"]
    assert {outcome.state for outcome in outcomes} == {RowState.ACCEPTED}
    assert emulator.contacts(ACCOUNT) == []
    now.pass_by(seconds=6)
    assert (await access.jobs.job(job_id)).word == "processing"
    now.pass_by(seconds=10)
    job = await access.jobs.job(job_id)
    assert (job.id, job.state, job.word) == (job_id, JobState.DONE, "finished")
    assert (job.contacts, job.purchases) == (3, 0)
    assert [contact["user_id"] for contact in emulator.contacts(ACCOUNT)] == ["crmdesk:1", "crmdesk:2", "crmdesk:3"]


async def test_the_call_is_as_printed(connect) -> None:
    seen: list[httpx.Request] = []

    def vendor(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(201, content=sample("create_answer"))

    await push(connect(vendor), [row()])
    (request,) = seen
    assert (request.method, request.url.path) == ("POST", f"/account/{ACCOUNT}/sync_data")
    assert request.headers["authorization"] == f"Token token={SECRET}"
    assert request.headers["accept"] == request.headers["content-type"] == "application/json"


@pytest.mark.parametrize(("version", "served"), [("", False), ("v2", True)])
async def test_the_path_is_a_setting(version: str, served: bool, make_emulator, connect) -> None:
    emulator = make_emulator(quirks=Quirks(v2=served))
    outcomes = await push(connect(emulator, version=version), [row()])
    assert outcomes[0].state is RowState.ACCEPTED
    assert emulator.requests[-1].path == f"{'/v2' if version else ''}/account/{ACCOUNT}/sync_data"
    assert (await connect(emulator, version=version).jobs.job(outcomes[0].number)).id == outcomes[0].number


async def test_under_v2_where_it_is_not_served_the_setting_is_named(emulator, connect) -> None:
    with pytest.raises(ProtocolError) as caught:
        await push(connect(emulator, version="v2"), [row()])
    assert "Path of the API" in caught.value.hint


async def test_the_printed_answer_is_accepted_with_its_job(connect) -> None:
    access = connect(lambda request: httpx.Response(201, content=sample("create_answer")))
    (outcome,) = await push(access, [row()], {"purchase": PURCHASE})
    assert (outcome.state, outcome.number, outcome.code) == (RowState.ACCEPTED, "x" * 24, "queued")
    assert "1 contact and 1 purchase" in outcome.text


async def test_the_printed_answer_as_a_job(connect) -> None:
    access = connect(lambda request: httpx.Response(200, content=sample("create_answer")))
    job = await access.jobs.job("x" * 24)
    assert (job.state, job.word, job.contacts, job.purchases) == (JobState.RUNNING, "queued", 1, 1)
    assert job.raw["webhook_url"] == "https://xxxxxx.xxx"


async def test_a_purchase_arrives_with_its_contact(emulator, connect, now) -> None:
    (outcome,) = await push(connect(emulator), [row()], {"purchase": PURCHASE})
    now.pass_by(minutes=1)
    (purchase,) = emulator.purchases(ACCOUNT)
    assert (purchase["transaction_code"], purchase["price"], purchase["product_UUID"]) == (
        "PMS-1",
        340.1,
        "room-standard",
    )
    assert "1 purchase" in outcome.text


@pytest.mark.parametrize("key", ["UUID", "product_uuid"])
@pytest.mark.parametrize("sends_both", [True, False])
async def test_every_spelling_finds_its_product(key: Any, sends_both: bool, make_emulator, connect) -> None:
    emulator, setting = make_emulator(quirks=Quirks(product_key=key)), "" if sends_both else key
    (outcome,) = await push(connect(emulator, product_key=setting), [row()], {"purchase": PURCHASE})
    assert outcome.state is RowState.ACCEPTED


@pytest.mark.parametrize("quirks", [Quirks(word="queue"), Quirks(id_key="id")])
async def test_the_other_spellings_of_an_answer_are_read(quirks: Quirks, make_emulator, connect) -> None:
    access = connect(make_emulator(quirks=quirks))
    (outcome,) = await push(access, [row()])
    assert outcome.state is RowState.ACCEPTED
    assert (await access.jobs.job(outcome.number)).state is JobState.RUNNING


# ── refusals ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("errors", ["text", "list"])
async def test_a_400_is_refused_in_the_vendors_words(errors: Any, make_emulator, connect) -> None:
    emulator = make_emulator(quirks=Quirks(errors=errors))
    with pytest.raises(RejectedError) as caught:
        await push(connect(emulator), [row(unheard_of="x", also_not="y")])
    texts = [problem.text for problem in caught.value.problems]
    assert "also_not" in texts[0]
    assert len(texts) == (2 if errors == "list" else 1)
    assert len(emulator.requests) == 1
    assert caught.value.details["request id"]


async def test_broken_json_is_told_in_lines_and_shown_in_one(emulator, connect) -> None:
    with pytest.raises(RejectedError) as caught:
        await connect(emulator).batches.send(CONTACTS, b"{")
    assert caught.value.problems[0].text.startswith("Problem:")
    assert "\n" not in caught.value.problems[0].text


@pytest.mark.parametrize("case", ["secret", "account", "region"])
async def test_a_401_says_what_to_check_and_is_not_repeated(case: str, emulator, connect) -> None:
    given = {
        "secret": {"secret": "wrong"},
        "account": {"account_id": "0" * 24},
        "region": {"base_url": UNITED_STATES},
    }[case]
    with pytest.raises(SignInNeededError) as caught:
        await push(connect(emulator, **given), [row()])
    region = "United States" if case == "region" else "Europe"
    assert all(
        word in caught.value.hint for word in ("secret", "account id", f"region (this account is set to {region})")
    )
    assert len(emulator.requests) == 1


async def test_a_secret_that_ran_out_is_a_sign_in_matter(emulator, connect) -> None:
    emulator.faults.set(Kind.EXPIRE_TOKEN)
    with pytest.raises(SignInNeededError):
        await push(connect(emulator), [row()])


async def test_an_account_without_the_api_is_told_apart(connect) -> None:
    body = {"error": "Your account is not a b2b account to use this API"}
    with pytest.raises(ForbiddenError):
        await push(connect(lambda request: httpx.Response(401, json=body)), [row()])


@pytest.mark.parametrize("account_id", ["", "a b", "../x", "Lakeside Resort"])
async def test_an_account_id_that_cannot_be_one_is_not_asked(account_id: str, emulator, connect) -> None:
    with pytest.raises(SettingsError) as caught:
        await push(connect(emulator, account_id=account_id), [row()])
    assert caught.value.field == "account_id"
    assert not emulator.requests


async def test_a_slow_down_is_certainly_not_done(emulator, connect) -> None:
    emulator.faults.set(Kind.RATE_LIMITED)
    with pytest.raises(RateLimitedError):
        await push(connect(emulator), [row()])
    assert not emulator.account(ACCOUNT).jobs


def refuse_connection(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused", request=request)


async def test_without_a_line_nothing_was_sent(connect) -> None:
    with pytest.raises(OfflineError):
        await push(connect(refuse_connection), [row()])


# ── doubt ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("kind", "value", "done"),
    [
        (Kind.CUT_BEFORE, None, False),
        (Kind.CUT_AFTER, None, True),
        (Kind.HALF_BODY, "length", True),
        (Kind.HALF_BODY, "close", True),
        (Kind.SERVER_ERROR, 500, False),
        (Kind.SERVER_ERROR_AFTER, 502, True),
        (Kind.HTML, None, False),
    ],
)
async def test_a_lost_answer_is_doubt_and_nothing_is_sent_twice(
    kind: Kind, value: Any, done: bool, emulator, connect
) -> None:
    emulator.faults.set(kind, value)
    with pytest.raises(InDoubtError) as caught:
        await push(connect(emulator), [row()])
    assert caught.value.hint
    assert len(emulator.account(ACCOUNT).jobs) == int(done)
    assert len(emulator.requests) <= 1


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, sample("create_answer")),
        (202, sample("create_answer")),
        (204, b""),
        (201, b""),
        (201, b"[]"),
        (201, b"null"),
        (408, b"{}"),
        (201, b"<html>"),
        (201, sample("create_answer")[:-9]),
    ],
)
async def test_an_answer_that_is_no_documented_one_is_doubt(status: int, body: bytes, connect) -> None:
    seen: list[int] = []

    def vendor(request: httpx.Request) -> httpx.Response:
        seen.append(1)
        return httpx.Response(status, content=body)

    with pytest.raises(InDoubtError):
        await push(connect(vendor), [row()])
    assert seen == [1]


ODD_ANSWERS: dict[str, Any] = {
    "nothing": {},
    "no id": {"number_of_contacts": 1, "status": "queued"},
    "id null": {"_id": None, "number_of_contacts": 1},
    "id a list": {"_id": ["x"], "number_of_contacts": 1},
    "other count": {"_id": "x", "number_of_contacts": 2},
    "no count": {"_id": "x"},
    "count a text": {"_id": "x", "number_of_contacts": "many"},
    "count true": {"_id": "x", "number_of_contacts": True},
    "count negative": {"_id": "x", "number_of_contacts": -1},
    "an error inside": {"error": "authorization failure"},
    "failed at once": {"_id": "x", "number_of_contacts": 1, "status": "failed"},
    "null": None,
    "a list": [],
    "a text": "queued",
}


@pytest.mark.parametrize("answer", ODD_ANSWERS.values(), ids=ODD_ANSWERS.keys())
def test_an_odd_answer_leaves_the_row_in_doubt(answer: Any, connect) -> None:
    sender = connect(lambda request: pytest.fail("nothing is sent")).batches
    (outcome,) = sender.settle(CONTACTS, [row()], answer)
    assert (outcome.uid, outcome.state) == ("crmdesk:1", RowState.IN_DOUBT)
    assert outcome.text


def test_counts_as_text_are_read(connect) -> None:
    sender = connect(lambda request: pytest.fail("nothing is sent")).batches
    (outcome,) = sender.settle(CONTACTS, [row()], {"_id": 7, "number_of_contacts": "1"})
    assert (outcome.state, outcome.number) == (RowState.ACCEPTED, "7")


@pytest.mark.parametrize("status", [300, 302, 307, 400, 403, 404, 405, 409, 413, 422, 429, 418, 499, 500, 503, 521])
async def test_every_other_status_is_a_known_error(status: int, connect) -> None:
    headers = {"Location": "https://evil.example/x?secret=1"} if 300 <= status < 400 else {}
    with pytest.raises(KnownError) as caught:
        await push(connect(lambda request: httpx.Response(status, headers=headers, text="<html>")), [row()])
    assert "evil" not in caught.value.title
    assert not isinstance(caught.value, RejectedError)  # that takes the vendor's own words


# ── jobs ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

WORDS = {
    "queued": "RUNNING",
    "queue": "RUNNING",
    "Finished": "DONE",
    "failed": "FAILED",
    "paused": "RUNNING",
    "": "RUNNING",
}


@pytest.mark.parametrize(("word", "state"), WORDS.items())
async def test_words_nobody_documents_mean_that_it_runs(word: str, state: str, connect) -> None:
    access = connect(lambda request: httpx.Response(200, json={"_id": "j1", "status": word}))
    assert (await access.jobs.job("j1")).state is JobState[state]


async def test_a_failed_job(emulator, connect, now) -> None:
    access = connect(emulator)
    (outcome,) = await push(access, [row()])
    emulator.fail_job(ACCOUNT, outcome.number)
    now.pass_by(minutes=1)
    assert (await access.jobs.job(outcome.number)).state is JobState.FAILED
    assert emulator.contacts(ACCOUNT) == []


async def test_a_job_cendyn_no_longer_knows(emulator, connect) -> None:
    access = connect(emulator)
    (outcome,) = await push(access, [row()])
    emulator.forget_job(ACCOUNT, outcome.number)
    with pytest.raises(NotFoundError):
        await access.jobs.job(outcome.number)


JobAnswer = Callable[[httpx.Request], httpx.Response]
NO_JOB: dict[str, httpx.Response] = {
    "a proxy's 404": httpx.Response(404, text="<h1>Not found</h1>"),
    "no such path": httpx.Response(404, json={"error": "Route not found, please visit …"}),
    "another job": httpx.Response(200, json={"_id": "j2", "status": "finished"}),
    "no job": httpx.Response(200, json={"status": "finished"}),
    "a list": httpx.Response(200, json=[]),
    "a web page": httpx.Response(200, text="<html>Sign in</html>"),
    "created": httpx.Response(201, json={"_id": "j1"}),
}


@pytest.mark.parametrize("answer", NO_JOB.values(), ids=NO_JOB.keys())
async def test_an_answer_about_no_such_job_is_named_and_never_gone(answer: httpx.Response, connect) -> None:
    with pytest.raises(ProtocolError) as caught:
        await connect(lambda request: answer).jobs.job("j1")
    assert caught.value.hint
    assert caught.value.details["endpoint"].startswith("GET /account/:id/sync_data")


@pytest.mark.parametrize("job_id", ["", "..", "../balance", "a/b", "x?y", "a b", "\n"])
async def test_an_odd_job_id_never_leaves_its_place(job_id: str, emulator, connect) -> None:
    with pytest.raises(KnownError):
        await connect(emulator).jobs.job(job_id)
    assert all(seen.path.startswith(f"/account/{ACCOUNT}/sync_data") and not seen.query for seen in emulator.requests)


async def test_reads_are_repeated_after_a_fault(emulator, connect) -> None:
    access = connect(emulator)
    (outcome,) = await push(access, [row()])
    emulator.faults.set(Kind.CUT_BEFORE, times=1)
    assert (await access.jobs.job(outcome.number)).id == outcome.number


async def test_no_error_holds_the_secret(emulator, connect) -> None:
    echo = Answer(400, b'{"error": "' + SECRET.encode() + b' is wrong"}')
    emulator.faults.set(Kind.ANSWER, answer=echo)
    with pytest.raises(RejectedError) as caught:
        await push(connect(emulator), [row()])
    assert SECRET not in str(caught.value)
    assert SECRET not in caught.value.problems[0].text
    assert SECRET not in str(caught.value.details)
