"""BookingSync: making, changing and deleting contacts over the real HTTP client."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmdesk.core.errors import (
    ForbiddenError,
    InDoubtError,
    KnownError,
    NotFoundError,
    OfflineError,
    ProtocolError,
    RateLimitedError,
    RejectedError,
    SignInNeededError,
)
from crmdesk.core.outbox import FieldChange, OpKind
from crmdesk.core.types import RemoteContact
from crmdesk.sandbox.faults import Answer, Call, Kind
from crmdesk.vendors.bookingsync import BASE_URL, VENDOR
from crmdesk.vendors.bookingsync.codec import WRITABLE, update_body
from crmdesk.vendors.bookingsync.refusals import path_of, read_problems
from crmdesk.vendors.bookingsync.sandbox import Quirks, SandboxAccount, sandbox
from crmdesk.vendors.bookingsync.writer import MOST_PAGES
from tests.contract.tools import TOKEN, listing, sample
from tests.sandbox.support import SAMPLE_NEW

ACCOUNT = 71
HTML_404 = "<html><h1>The page doesn't exist.</h1></html>"
PHONES = [{"label": "mobile", "number": "+33 (0)6 123.123.123"}, {"label": "fax", "number": "1"}]

Answering = Callable[[httpx.Request], httpx.Response]


def change(path: str, now: Any, was: Any = None) -> FieldChange:
    return FieldChange(path, was, now)


def remote(raw: dict[str, Any] | None) -> RemoteContact:
    assert raw is not None
    return RemoteContact(str(raw["id"]), json.dumps(raw).encode(), raw)


def first(emulator: Any) -> RemoteContact:
    return remote(emulator.contact(ACCOUNT, emulator.ids(ACCOUNT)[0]))


@pytest.fixture
def sent(emulator) -> list[Call]:
    """Every write that reaches the emulator."""
    seen: list[Call] = []

    def note(call: Call) -> Answer | None:
        if call.method != "GET":
            seen.append(call)
        return None

    emulator.faults.set(Kind.ANSWER, answer=note)
    return seen


# ── what is sent ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_update_sends_the_changed_fields_and_nothing_else(emulator, connect, sent: list[Call]) -> None:
    base = first(emulator)
    changes = [change("city", "Nantes"), change("website", ""), change("phones", PHONES), change("state", None)]
    written = await connect(emulator).writer.update(base, changes)
    (call,) = sent
    assert (call.method, call.target) == ("PUT", f"/api/v3/contacts/{base.remote_id}")
    assert json.loads(call.body) == {"contacts": [{"city": "Nantes", "website": None, "phones": PHONES, "state": None}]}
    assert written.between == ()
    assert written.missed == 0
    assert written.contact.raw == emulator.contact(ACCOUNT, int(base.remote_id))
    assert written.contact.raw == base.raw | {
        "city": "Nantes",
        "website": None,
        "phones": PHONES,
        "state": None,
        "updated_at": written.contact.raw["updated_at"],
    }


@pytest.mark.parametrize(
    ("path", "now", "expected"),
    [
        ("phones", None, []),
        ("phones", [], []),
        ("spoken_languages", "", []),
        ("gender", "", None),
        ("private_notes", {}, None),
        ("private_notes", "a\n\u2028b <i>", "a\n\u2028b <i>"),
    ],
)
def test_an_emptied_list_is_an_empty_list_and_everything_else_null(path: str, now: Any, expected: Any) -> None:
    assert json.loads(update_body([change(path, now)])) == {"contacts": [{path: expected}]}


VALUES = st.none() | st.text(max_size=20) | st.lists(st.text(max_size=5), max_size=3)


@settings(max_examples=500, deadline=None)
@given(changes=st.dictionaries(st.sampled_from(sorted(WRITABLE)), VALUES, max_size=8))
def test_no_body_ever_holds_a_field_nobody_changed(changes: dict[str, Any]) -> None:
    (contact,) = json.loads(update_body([change(path, now) for path, now in changes.items()]))["contacts"]
    assert contact.keys() == changes.keys()
    assert all(contact[path] == now or (not contact[path] and not now) for path, now in changes.items())


async def test_what_an_answer_leaves_out_is_not_empty(emulator, connect) -> None:
    base = first(emulator)

    def sparse(call: Call) -> Answer | None:
        return Answer(body=listing({"id": base.raw["id"], "city": "Nantes"})) if call.method == "PUT" else None

    emulator.faults.set(Kind.ANSWER, answer=sparse)
    written = await connect(emulator).writer.update(base, [change("city", "Nantes")])
    assert written.contact.raw == base.raw | {"city": "Nantes"}
    assert json.loads(written.contact.body) == written.contact.raw


async def test_nothing_changed_is_not_sent(emulator, connect, sent: list[Call]) -> None:
    base = first(emulator)
    assert (await connect(emulator).writer.update(base, [])).contact == base
    assert not sent


@pytest.mark.parametrize("path", ["id", "fullname", "created_at", "links.account", "nickname", "phones.0.number"])
async def test_what_cannot_be_written_is_refused_before_it_is_sent(path: str, emulator, connect, sent) -> None:
    writer = connect(emulator).writer
    for writing in (writer.update(first(emulator), [change(path, "x")]), writer.create({path: "x"})):
        with pytest.raises(RejectedError) as caught:
            await writing
        assert [problem.path for problem in caught.value.problems] == [path]
    assert not sent


@pytest.mark.parametrize("value", ["half \ud83d", float("nan"), {1, 2}])
def test_what_json_cannot_hold_is_refused_at_its_field(value: Any) -> None:
    with pytest.raises(RejectedError) as caught:
        update_body([change("city", value)])
    assert [problem.path for problem in caught.value.problems] == ["city"]


async def test_the_printed_update_and_its_printed_answer(connect) -> None:
    """But for the path, whose singular is a slip."""
    asked: list[httpx.Request] = []

    def vendor(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, content=sample("updated"))

    printed = {"city": "New Margarettafurt", "private_notes": "Lorem", "state": "Nevada", "zip": "44147"}
    base = remote({"id": 1})
    written = await connect(vendor).writer.update(base, [change(path, now) for path, now in printed.items()])
    assert (asked[0].method, asked[0].url) == ("PUT", f"{BASE_URL}/contacts/1")
    assert json.loads(asked[0].content) == {"contacts": [printed]}
    assert asked[0].headers["content-type"] == asked[0].headers["accept"] == "application/vnd.api+json"
    assert written.contact.raw["email"] == "cornelia@nienow.co.uk"


async def test_the_printed_creation_and_its_printed_answer(connect) -> None:
    asked: list[httpx.Request] = []

    def vendor(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(201, content=sample("created"))

    made = await connect(vendor).writer.create(SAMPLE_NEW)
    assert (asked[0].method, asked[0].url) == ("POST", f"{BASE_URL}/contacts")
    assert json.loads(asked[0].content) == {
        "contacts": [{path: value for path, value in SAMPLE_NEW.items() if value is not None}]
    }
    assert made.remote_id == "1"


async def test_a_contact_is_made_and_deleted(emulator, connect) -> None:
    access = connect(emulator)
    made = await access.writer.create({**SAMPLE_NEW, "private_notes": ""})
    assert made.raw == emulator.contact(ACCOUNT, int(made.remote_id))
    assert made.raw.items() >= {key: value for key, value in SAMPLE_NEW.items() if key != "private_notes"}.items()
    await access.writer.delete(made.remote_id)
    assert emulator.contact(ACCOUNT, int(made.remote_id)) is None
    assert {seen.path for seen in emulator.requests} == {"/api/v3/contacts", f"/api/v3/contacts/{made.remote_id}"}


# ── refused values, in both forms ────────────────────────────────────────────────────────────────────────────────────

WRONG = {"zip": "", "email": "nobody", "phones": [{"label": "", "number": "1"}], "country_code": "XX"}


@pytest.mark.parametrize("form", [Quirks(validation="list"), Quirks(validation="map")])
@pytest.mark.parametrize("other", [False, True])
async def test_refused_values_stand_at_their_fields_in_the_servers_words(
    form: Quirks, other: bool, make_emulator, connect
) -> None:
    emulator = make_emulator(quirks=form)
    if other:
        emulator.faults.set(Kind.OTHER_FORM)
    writer, base = connect(emulator).writer, first(emulator)
    told = {
        "zip": "can't be blank",
        "email": "is invalid",
        "phones": "can't be blank",
        "country_code": "is not included in the list",
    }
    for writing in (
        writer.update(base, [change(path, now) for path, now in WRONG.items()]),
        writer.create({**SAMPLE_NEW, **WRONG}),
    ):
        with pytest.raises(RejectedError) as caught:
            await writing
        assert {problem.path: problem.text for problem in caught.value.problems} == told
        assert len(caught.value.problems) == len(told)
        assert "refused 4 fields" in caught.value.title
        assert caught.value.details["status"] == "422"
        assert "request id" in caught.value.details
    assert emulator.contact(ACCOUNT, int(base.remote_id)) == base.raw


BODIES: list[tuple[Any, list[tuple[str, str]]]] = [
    ({"errors": [{"code": "validation_failed", "field": "city", "title": "no"}] * 2}, [("city", "no")]),
    ({"errors": [{"field": "phones[1].number", "title": "no"}]}, [("phones.1.number", "no")]),
    ({"errors": [{"field": "phones/0/label", "title": "no"}]}, [("phones.0.label", "no")]),
    ({"errors": [{"field": "phones.0.number.prefix", "title": "no"}]}, [("phones.0.number", "no")]),
    ({"errors": [{"field": "phones.number", "title": "no"}]}, [("phones", "no")]),
    ({"errors": [{"field": "spoken_languages.3", "title": "no"}]}, [("spoken_languages", "no")]),
    ({"errors": [{"field": "loyalty_card", "title": "no"}]}, [("loyalty_card", "no")]),
    ({"errors": [{"field": "base", "title": "no"}]}, [("", "no")]),
    ({"errors": [{"field": "account", "title": "no"}]}, [("links.account", "no")]),
    ({"errors": [{"code": "too_odd", "field": "zip"}, "plain words", None, 5, {}, []]},
     [("zip", "too_odd"), ("", "plain words"), ("", "5")]),
    ({"errors": {"country_code": ["is required", "is odd"]}},
     [("country_code", "is required"), ("country_code", "is odd")]),
    ({"errors": {"zip": "is odd", "loyalty_card": [None, "no"]}}, [("zip", "is odd"), ("loyalty_card", "no")]),
    ({"errors": {"phones": [{"number": ["is odd"]}, {}, {"label": "is blank"}]}},
     [("phones.0.number", "is odd"), ("phones.2.label", "is blank")]),
    ({"errors": {"phones": {"1": {"number": ["is odd"]}}}}, [("phones.1.number", "is odd")]),
    ({"errors": {"city": ["a\n\u202eb" + "x" * 900]}}, [("city", "a b" + "x" * 296 + "…")]),
    ({"error": "Something is wrong"}, [("", "Something is wrong")]),
    ({"errors": []}, []),
    ({"errors": {}}, []),
    ({"message": "no"}, []),
    (["city"], []),
    ({"errors": {"a": {"b": {"c": {"d": {"e": "too deep"}}}}}}, []),
]  # fmt: skip


@pytest.mark.parametrize(("body", "problems"), BODIES)
async def test_a_422_is_read_whatever_its_form(body: Any, problems: list[tuple[str, str]], connect) -> None:
    writer = connect(lambda request: httpx.Response(422, json=body)).writer
    with pytest.raises(RejectedError) as caught:
        await writer.update(remote({"id": 5}), [change("city", "x")])
    assert [(problem.path, problem.text) for problem in caught.value.problems] == problems
    assert all(problem.code for problem in caught.value.problems)


@pytest.mark.parametrize(
    "content", [b"", b"<html>no</html>", b"[" * 100_000, b"\xff", b'{"errors": ' + b"1" * 2_000_000]
)
async def test_a_422_that_cannot_be_read_is_still_a_refusal(content: bytes, connect) -> None:
    with pytest.raises(RejectedError) as caught:
        await connect(lambda request: httpx.Response(422, content=content)).writer.create(SAMPLE_NEW)
    assert caught.value.problems == ()
    assert caught.value.hint


def test_a_flood_of_problems_is_cut() -> None:
    body = json.dumps({"errors": {f"f{place}": ["no"] * 50 for place in range(5000)}}).encode()
    assert len(read_problems(body)) <= 100


@settings(max_examples=300, deadline=None)
@given(name=st.text(max_size=40))
def test_any_name_of_a_field_gives_a_path_in_one_line(name: str) -> None:
    assert not set(path_of(name)) & set("\n\r\t\0\x1b\u2028\u202e")


async def test_a_400_that_names_fields_is_a_refusal_and_any_other_is_not(connect) -> None:
    named = {"errors": [{"code": "bad", "field": "zip", "title": "no"}]}
    for body, kind in ((named, RejectedError), ({"errors": [{"code": "bad_request"}]}, ProtocolError)):
        answering = lambda request, body=body: httpx.Response(400, json=body)  # noqa: E731
        with pytest.raises(kind):
            await connect(answering).writer.update(remote({"id": 5}), [change("zip", "x")])


# ── gone, not allowed, not now ───────────────────────────────────────────────────────────────────────────────────────


def writes(writer: Any, base: RemoteContact) -> list[Any]:
    """An update and a deletion of a contact, not begun yet."""
    return [writer.update(base, [change("city", "Faro")]), writer.delete(base.remote_id)]


@pytest.mark.parametrize("quirks", [Quirks(not_found="html"), Quirks(not_found="json"), Quirks(deleted="canceled")])
async def test_a_contact_that_went_is_gone_however_the_vendor_says_it(quirks, make_emulator, connect) -> None:
    emulator = make_emulator(quirks=quirks)
    base, writer = first(emulator), connect(emulator).writer
    emulator.remove(ACCOUNT, int(base.remote_id))
    for writing in writes(writer, base):
        with pytest.raises(NotFoundError):
            await writing


async def test_an_answer_that_shows_a_cancelled_contact_says_that_it_went(connect) -> None:
    body = listing({"id": 5, "canceled_at": "2026-03-02T10:20:30Z"})
    with pytest.raises(NotFoundError):
        await connect(lambda request: httpx.Response(200, content=body)).writer.update(
            remote({"id": 5}), [change("city", "x")]
        )


@pytest.mark.parametrize("status", [404, 410])
@pytest.mark.parametrize("body", [HTML_404, '{"errors":[{"code":"not_found"}]}'])
async def test_a_404_about_the_call_or_from_a_proxy_makes_nobody_gone(status: int, body: str, connect) -> None:
    """The contact itself is asked for: it is there, or somebody else answers."""
    there = listing({"id": 5, "city": "Porto"})
    for read in (httpx.Response(200, content=there), httpx.Response(200, text="<html>Sign in</html>")):

        def stranger(request: httpx.Request, read: httpx.Response = read) -> httpx.Response:
            return read if request.method == "GET" else httpx.Response(status, text=body)

        for writing in writes(connect(stranger).writer, remote({"id": 5})):
            with pytest.raises(ProtocolError):
                await writing
    with pytest.raises(ProtocolError):
        await connect(lambda request: httpx.Response(status, text=body)).writer.create(SAMPLE_NEW)


async def test_a_missing_right_is_named(now, connect) -> None:
    emulator = sandbox([SandboxAccount(ACCOUNT, "Reader", TOKEN, scopes=("public",), count=3)], now=now)
    writer, base = connect(emulator).writer, first(emulator)
    writing = {"change": writes(writer, base)[0], "delete": writes(writer, base)[1], "make": writer.create(SAMPLE_NEW)}
    for verb, one in writing.items():
        with pytest.raises(ForbiddenError) as caught:
            await one
        assert caught.value.title == f"This BookingSync key may read but not {verb} contacts (needs rentals_write)."
        assert caught.value.details["status"] == "403"
    assert len(emulator.ids(ACCOUNT)) == 3


async def test_a_right_can_be_taken_away_while_it_runs(emulator, connect) -> None:
    access = connect(emulator)
    emulator.faults.set(Kind.NO_RIGHT, times=1)
    with pytest.raises(ForbiddenError):
        await access.writer.delete(first(emulator).remote_id)
    await access.writer.delete(first(emulator).remote_id)


async def test_a_token_that_ran_out_in_the_middle_needs_a_new_one(emulator, connect) -> None:
    access, base = connect(emulator), first(emulator)
    await access.contacts.get(base.remote_id)
    emulator.expire_token(ACCOUNT)
    for writing in [*writes(access.writer, base), access.writer.create(SAMPLE_NEW)]:
        with pytest.raises(SignInNeededError):
            await writing
    assert first(emulator) == base


async def test_a_full_hour_is_waited_for_and_nothing_is_sent_meanwhile(emulator, connect) -> None:
    access, base = connect(emulator), first(emulator)
    emulator.faults.set(Kind.RATE_LIMITED, times=1)
    for _ in range(2):
        with pytest.raises(RateLimitedError) as caught:
            await access.writer.update(base, [change("city", "Faro")])
        assert caught.value.until is not None
    assert len(emulator.requests) == 1


def no_route(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused", request=request)


async def test_without_a_connection_nothing_was_done(connect) -> None:
    writer = connect(no_route).writer
    for writing in [*writes(writer, remote({"id": 5})), writer.create(SAMPLE_NEW)]:
        with pytest.raises(OfflineError):
            await writing


@pytest.mark.parametrize("status", [402, 405, 406, 409, 413, 415, 418])
async def test_an_undocumented_refusal_is_no_doubt(status: int, connect) -> None:
    writer = connect(lambda request: httpx.Response(status, text="<html>no</html>")).writer
    for writing in [*writes(writer, remote({"id": 5})), writer.create(SAMPLE_NEW)]:
        with pytest.raises(ProtocolError):
            await writing


# ── in doubt ─────────────────────────────────────────────────────────────────────────────────────────────────────────

LOST = [Kind.CUT_BEFORE, Kind.CUT_AFTER, Kind.HALF_BODY, Kind.SERVER_ERROR, Kind.SERVER_ERROR_AFTER, Kind.HTML]


@pytest.mark.parametrize("kind", LOST)
async def test_a_lost_answer_is_a_doubt_and_nothing_is_sent_again(kind: Kind, emulator, connect) -> None:
    access, base = connect(emulator), first(emulator)
    count = len(emulator.ids(ACCOUNT))
    emulator.faults.set(kind, method="POST")
    emulator.faults.set(kind, method="PUT")
    for writing in (access.writer.create(SAMPLE_NEW), access.writer.update(base, [change("city", "Faro")])):
        with pytest.raises(InDoubtError) as caught:
            await writing
        assert "may or may not" in caught.value.hint
    done = kind in (Kind.CUT_AFTER, Kind.HALF_BODY, Kind.SERVER_ERROR_AFTER)
    assert len(emulator.ids(ACCOUNT)) == count + done
    assert (first(emulator).raw["city"] == "Faro") == done
    assert len([seen for seen in emulator.requests if seen.method != "GET"]) <= 2


@pytest.mark.parametrize("kind", [Kind.CUT_AFTER, Kind.SERVER_ERROR_AFTER])
async def test_a_deletion_whose_answer_was_lost_is_a_doubt(kind: Kind, emulator, connect) -> None:
    access, base = connect(emulator), first(emulator)
    emulator.faults.set(kind, times=1)
    with pytest.raises(InDoubtError):
        await access.writer.delete(base.remote_id)
    with pytest.raises(NotFoundError):
        await access.writer.delete(base.remote_id)


GARBAGE = {
    "nothing": httpx.Response(200),
    "another status": httpx.Response(202, content=listing({"id": 5})),
    "no content": httpx.Response(204),
    "not modified": httpx.Response(304),
    "request timeout": httpx.Response(408),
    "web page": httpx.Response(200, text="<html>Sign in</html>"),
    "cut": httpx.Response(200, content=b'{"contacts": [{"id": 5, "ci'),
    "no list": httpx.Response(200, json={"ok": True}),
    "empty list": httpx.Response(200, content=listing()),
    "another contact": httpx.Response(200, content=listing({"id": 6})),
    "two contacts": httpx.Response(200, content=listing({"id": 5}, {"id": 6})),
    "no contact": httpx.Response(200, content=listing(None)),
    "one and something": httpx.Response(200, content=listing({"id": 5}, None)),
    "nested": httpx.Response(200, content=b"[" * 100_000),
}


@pytest.mark.parametrize("told", GARBAGE.values(), ids=GARBAGE.keys())
async def test_an_update_answered_with_anything_else_is_in_doubt(told: httpx.Response, connect) -> None:
    with pytest.raises(InDoubtError) as caught:
        await connect(lambda request: told).writer.update(remote({"id": 5}), [change("city", "x")])
    assert caught.value.details["endpoint"] == "PUT /contacts/:id"


@pytest.mark.parametrize("status", [200, 201, 202, 205, 304])
async def test_a_deletion_is_done_only_by_a_204(status: int, connect) -> None:
    with pytest.raises(InDoubtError):
        await connect(lambda request: httpx.Response(status)).writer.delete("5")
    await connect(lambda request: httpx.Response(204)).writer.delete("5")


@pytest.mark.parametrize(
    "told", ["nothing", "two contacts", "no contact", "cut", "web page", "no content", "empty list"]
)
async def test_a_creation_answered_with_anything_else_is_in_doubt(told: str, connect) -> None:
    with pytest.raises(InDoubtError):
        await connect(lambda request: GARBAGE[told]).writer.create(SAMPLE_NEW)


async def test_a_contact_made_in_another_account_of_the_token_is_known_all_the_same(connect) -> None:
    body = listing({"id": 5, "links": {"account": 9}})
    access = connect(lambda request: httpx.Response(201, content=body), config={"account_id": "71"})
    assert (await access.writer.create(SAMPLE_NEW)).remote_id == "5"


# ── a creation whose answer was lost ─────────────────────────────────────────────────────────────────────────────────


def soon() -> datetime:
    """When the operator's computer sent it: its clock is not the vendor's."""
    return datetime.now(UTC) - timedelta(seconds=5)


async def test_what_was_made_although_the_answer_was_lost_is_found(emulator, connect) -> None:
    access = connect(emulator)
    emulator.faults.set(Kind.CUT_AFTER, method="POST")
    values = {**SAMPLE_NEW, "spoken_languages": ["fr", "en"], "private_notes": "two\r\nlines"}
    with pytest.raises(InDoubtError):
        await access.writer.create(values)
    made = emulator.contact(ACCOUNT, emulator.ids(ACCOUNT)[-1])
    emulator.edit(ACCOUNT, made["id"], spoken_languages=["en", "fr"], private_notes="two\nlines")
    (found,) = await access.writer.find_created(values, soon())
    assert found.remote_id == str(made["id"])


async def test_what_was_not_made_is_not_found(emulator, connect) -> None:
    access = connect(emulator)
    emulator.faults.set(Kind.CUT_BEFORE, method="POST")
    with pytest.raises(InDoubtError):
        await access.writer.create(SAMPLE_NEW)
    assert await access.writer.find_created(SAMPLE_NEW, soon()) == ()


async def test_only_one_with_all_values_and_made_since_then_is_it(emulator, connect, now) -> None:
    access = connect(emulator)
    old = await access.writer.create(SAMPLE_NEW)
    now.pass_by(minutes=10)
    emulator.edit(ACCOUNT, int(old.remote_id), city=SAMPLE_NEW["city"])  # changed since, but made before
    other = await access.writer.create({**SAMPLE_NEW, "zip": "44148"})
    twins = [await access.writer.create(SAMPLE_NEW) for _ in range(2)]
    found = await access.writer.find_created(SAMPLE_NEW, soon())
    assert {one.remote_id for one in found} == {twin.remote_id for twin in twins}
    assert other.remote_id not in {one.remote_id for one in found}


@pytest.mark.parametrize("skew", [-86_400, 0, 86_400])
async def test_a_wrong_clock_on_either_side_changes_nothing(skew: int, make_emulator, connect, now) -> None:
    """The emulator's clock is months ahead or behind anyway; what counts is the time between."""
    now.moment = datetime.now(UTC) + timedelta(seconds=skew)
    emulator = make_emulator()
    access = connect(emulator)
    made = await access.writer.create(SAMPLE_NEW)
    assert [one.remote_id for one in await access.writer.find_created(SAMPLE_NEW, soon())] == [made.remote_id]
    now.pass_by(minutes=10)
    assert await access.writer.find_created(SAMPLE_NEW, soon()) == ()


async def test_it_is_found_on_a_later_page(emulator, connect) -> None:
    access = connect(emulator)
    for contact_id in emulator.ids(ACCOUNT):
        emulator.edit(ACCOUNT, contact_id, state="x")
    made = await access.writer.create(SAMPLE_NEW)
    assert [one.remote_id for one in await access.writer.find_created(SAMPLE_NEW, soon())] == [made.remote_id]
    assert len([seen for seen in emulator.requests if "updated_since" in seen.query]) == 3


async def test_a_search_without_an_end_stops_and_does_not_say_that_there_is_none(make_emulator, connect) -> None:
    emulator = make_emulator(0)
    emulator.faults.set(Kind.ANSWER, method="GET", target="updated_since", answer=endless)
    with pytest.raises(ProtocolError, match="Too many"):
        await connect(emulator).writer.find_created(SAMPLE_NEW, soon())


def endless(call: Call) -> Answer:
    page = int(httpx.URL(call.target).params["page"])
    assert page <= MOST_PAGES
    meta = {"Link": {"next": "x"}, "deleted_ids": []}
    return Answer(body=listing({"id": page}, **meta))


async def test_a_line_that_breaks_while_searching_is_told(emulator, connect) -> None:
    emulator.faults.set(Kind.SERVER_ERROR)
    with pytest.raises(KnownError):
        await connect(emulator).writer.find_created(SAMPLE_NEW, soon())


# ── the exact request ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_request_shown_is_the_one_that_is_sent(emulator, connect, sent: list[Call]) -> None:
    writer, base = connect(emulator).writer, first(emulator)
    changes = [change("city", "Nantes"), change("website", ""), change("lastname", "Ümläut")]
    shown = writer.request(OpKind.UPDATE, base.remote_id, base.raw, changes)
    await writer.update(base, changes)
    assert (shown.method, shown.address) == ("PUT", f"{BASE_URL}/contacts/{base.remote_id}")
    assert json.loads(shown.body) == json.loads(sent[-1].body)
    assert '\n      "city": "Nantes"' in shown.body
    assert "Ümläut" in shown.body

    made = writer.request(OpKind.CREATE, "new:1", {}, [change(path, now) for path, now in SAMPLE_NEW.items()])
    await writer.create(SAMPLE_NEW)
    assert (made.method, made.address) == ("POST", f"{BASE_URL}/contacts")
    assert json.loads(made.body) == json.loads(sent[-1].body)

    gone = writer.request(OpKind.DELETE, base.remote_id, base.raw, [])
    assert (gone.method, gone.address, gone.body) == ("DELETE", f"{BASE_URL}/contacts/{base.remote_id}", "")
    assert TOKEN not in f"{shown}{made}{gone}"


def test_a_contact_that_bookingsync_does_not_have_yet_has_no_address(emulator, connect) -> None:
    for kind in (OpKind.UPDATE, OpKind.DELETE):
        with pytest.raises(RejectedError):
            connect(emulator).writer.request(kind, "new:abc", {}, [change("city", "x")])


# ── the name that the vendor makes ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ({"firstname": "Ana", "lastname": "Reis", "fullname": "Ana Ruiz"}, "Ana Reis"),
        ({"firstname": "Ana", "lastname": None, "fullname": "Ana Ruiz"}, "Ana"),
        ({"firstname": " Ana ", "lastname": "Reis"}, "Ana Reis"),
        ({"firstname": None, "lastname": "", "fullname": "Ana Ruiz"}, "Ana Ruiz"),
        ({"firstname": 5, "lastname": ["x"], "fullname": "Ana Ruiz"}, "Ana Ruiz"),
        ({"fullname": "Ana Ruiz"}, "Ana Ruiz"),
    ],
)
def test_an_edited_name_is_worded_as_the_server_will(raw: dict[str, Any], name: str) -> None:
    before = dict(raw)
    derived = VENDOR.derive(raw)
    assert derived["fullname"] == name
    assert VENDOR.summarise(derived).name == name
    assert raw == before
    assert list(derived)[: len(raw)] == list(raw)


async def test_what_is_derived_here_is_what_the_server_makes(emulator, connect) -> None:
    for contact_id in emulator.ids(ACCOUNT)[:20]:
        raw = emulator.contact(ACCOUNT, contact_id)
        assert VENDOR.derive(raw) == raw
        edited = VENDOR.derive(raw | {"lastname": "de Vos"})
        written = await connect(emulator).writer.update(remote(raw), [change("lastname", "de Vos")])
        assert written.contact.raw["fullname"] == edited["fullname"]
