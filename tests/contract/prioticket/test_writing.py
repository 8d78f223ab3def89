"""PrioTicket: changing a contact over the real HTTP client, and what others wrote in between."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from crmdesk.core.errors import (
    ForbiddenError,
    InDoubtError,
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
from crmdesk.vendors.prioticket import BASE_URL, VENDOR
from crmdesk.vendors.prioticket.codec import SERVER_ONLY
from crmdesk.vendors.prioticket.fields import NO_CREATE, NO_DELETE
from crmdesk.vendors.prioticket.refusals import path_in
from crmdesk.vendors.prioticket.sandbox import Quirks
from tests.contract.prioticket.tools import CLIENT, SECRET, UID, always, answer, signed_in

HTML_404 = "<html><h1>Not found</h1></html>"
VOS = FieldChange("contact_name_last", "Reis", "de Vos")


def change(path: str, now: Any, was: Any = None) -> FieldChange:
    return FieldChange(path, was, now)


def remote(raw: dict[str, Any]) -> RemoteContact:
    return RemoteContact(raw["contact_uid"], json.dumps(raw).encode(), raw)


def state(version: Any = 3, **more: Any) -> dict[str, Any]:
    return {"contact_uid": UID, "contact_version": version, "contact_name_last": "Reis", "unknown": {"a": None}} | more


def puts(emulator: Any) -> list[Any]:
    return [seen for seen in emulator.requests if seen.method == "PUT"]


# ── what is sent ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_update_sends_everything_back_and_makes_the_next_version(emulator, connect) -> None:
    access, uid = connect(emulator), emulator.uids(CLIENT)[3]
    emulator.edit(CLIENT, uid, unknown={"deep": [None, "", {"x": 2**60}]}, other=None)
    base = await access.contacts.get(uid)
    bodies: list[Call] = []
    emulator.faults.set(Kind.ANSWER, method="PUT", answer=lambda call: bodies.append(call))
    written = await access.writer.update(base, [VOS, change("contact_address.city", "Delft")])
    sent = json.loads(bodies[0].body)["data"]["contact"]
    assert sent.keys() >= base.raw.keys() - SERVER_ONLY
    assert {key: sent[key] for key in ("unknown", "other")} == {key: base.raw[key] for key in ("unknown", "other")}
    assert written.contact.raw == emulator.contact(CLIENT, uid)
    assert written.contact.raw["contact_version"] == base.raw["contact_version"] + 1
    assert written.contact.raw["contact_address"] == base.raw["contact_address"] | {"city": "Delft"}
    assert (written.between, written.missed) == ((), 0)
    (put,) = puts(emulator)
    assert (put.path, put.query) == (f"/v3.8/distributor/contacts/{uid}", "")
    assert emulator.requests[-1] is put  # nothing is read back where nobody was in between


@pytest.mark.parametrize("now", ["", None, [], {}])
async def test_an_emptied_field_goes(now: Any, emulator, connect) -> None:
    access = connect(emulator)
    uid = next(uid for uid in emulator.uids(CLIENT) if "contact_notes" in emulator.contact(CLIENT, uid))
    written = await access.writer.update(await access.contacts.get(uid), [change("contact_notes", now)])
    assert "contact_notes" not in written.contact.raw


async def test_named_orders_are_changed_too_each_with_a_key_of_its_own(emulator, connect) -> None:
    access, uid = connect(emulator), emulator.uids(CLIENT)[0]
    base = await access.contacts.get(uid)
    await access.writer.update(base, [VOS], ["ORD 1", "ORD&2", "ORD 1", " "])
    assert puts(emulator)[0].query == "order_reference=ORD+1&order_reference=ORD%262"
    assert emulator.orders(CLIENT) == {"ORD 1": (uid, 2), "ORD&2": (uid, 2)}


async def test_nothing_changed_is_not_sent(emulator, connect) -> None:
    access = connect(emulator)
    base = await access.contacts.get(emulator.uids(CLIENT)[0])
    assert (await access.writer.update(base, [])).contact == base
    assert not puts(emulator)


async def test_what_there_is_no_call_for_is_refused_in_the_words_of_the_vendor(emulator, connect) -> None:
    writer = connect(emulator).writer
    assert writer.can == {OpKind.UPDATE}
    assert (VENDOR.lacks["create"], VENDOR.lacks["delete"]) == (NO_CREATE, NO_DELETE)
    for impossible, why in ((writer.create({}), NO_CREATE), (writer.delete(UID), NO_DELETE)):
        with pytest.raises(RejectedError) as caught:
            await impossible
        assert caught.value.title == why
    for kind in (OpKind.CREATE, OpKind.DELETE):
        with pytest.raises(RejectedError):
            writer.request(kind, UID, state(), [])
    assert not emulator.requests


# ── somebody else in between ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("newest_first", [True, False])
@pytest.mark.parametrize("others", [1, 3])
async def test_what_others_wrote_in_between_is_told_oldest_first(
    others: int, newest_first: bool, make_emulator, connect
) -> None:
    emulator = make_emulator(quirks=Quirks(newest_first=newest_first))
    access, uid = connect(emulator), emulator.uids(CLIENT)[2]
    base = await access.contacts.get(uid)
    theirs = [emulator.edit(CLIENT, uid, contact_room_number=f"{place}") for place in range(others)]
    written = await access.writer.update(base, [VOS])
    assert list(written.between) == theirs
    assert written.missed == 0
    assert written.contact.raw == emulator.contact(CLIENT, uid)
    assert written.contact.raw.get("contact_room_number") == base.raw.get("contact_room_number")


async def test_the_demo_can_be_told_to_be_faster(emulator, connect) -> None:
    emulator.faults.set(Kind.EDITED_MEANWHILE, "contact_address.city", times=1, method="PUT")
    access, uid = connect(emulator), emulator.uids(CLIENT)[2]
    base = await access.contacts.get(uid)
    written = await access.writer.update(base, [VOS])
    assert [one["contact_address"]["city"][:17] for one in written.between] == ["Written elsewhere"]
    assert (await access.writer.update(written.contact, [change("contact_name_last", "Vos")])).between == ()


async def test_our_own_request_counted_twice_is_nobody_else(emulator, connect) -> None:
    """A line in between may repeat a PUT: the vendor then has two equal versions."""
    access, uid = connect(emulator), emulator.uids(CLIENT)[2]
    base = await access.contacts.get(uid)

    def again(call: Call, told: Answer) -> Answer:
        contact = emulator.edit(CLIENT, uid)
        return Answer(200, answer(contact))

    emulator.faults.set(Kind.REWRITE, method="PUT", rewrite=again)
    written = await access.writer.update(base, [VOS])
    assert written.contact.raw["contact_version"] == base.raw["contact_version"] + 2
    assert (written.between, written.missed) == ((), 0)


async def test_who_wrote_behind_us_was_not_overwritten(emulator, connect) -> None:
    access, uid = connect(emulator), emulator.uids(CLIENT)[2]
    base = await access.contacts.get(uid)
    behind = lambda call, told: Answer(200, answer(emulator.edit(CLIENT, uid, contact_room_number="9")))  # noqa: E731
    emulator.faults.set(Kind.REWRITE, method="PUT", rewrite=behind)
    written = await access.writer.update(base, [VOS])
    assert written.contact.raw["contact_room_number"] == "9"
    assert (written.between, written.missed) == ((), 0)


@pytest.mark.expect_log
@pytest.mark.parametrize("kind", [Kind.SERVER_ERROR, Kind.HTML, Kind.CUT_BEFORE])
async def test_where_the_versions_cannot_be_read_their_number_is_told(kind: Kind, emulator, connect) -> None:
    """The update is done: that must not sound as if it were not."""
    access, uid = connect(emulator), emulator.uids(CLIENT)[2]
    base = await access.contacts.get(uid)
    for room in ("1", "2"):
        emulator.edit(CLIENT, uid, contact_room_number=room)
    emulator.faults.set(kind, target="include_versions")
    written = await access.writer.update(base, [VOS])
    assert written.contact.raw["contact_name_last"] == "de Vos"
    assert (written.between, written.missed) == ((), 2)


async def test_versions_that_the_vendor_does_not_keep_are_counted(connect) -> None:
    def vendor(request: httpx.Request) -> httpx.Response:
        kept = [state(3), state(5, contact_room_number="1"), state(7, contact_name_last="de Vos")]
        return httpx.Response(200, content=answer(*kept if request.method == "GET" else kept[-1:]))

    written = await connect(signed_in(vendor)).writer.update(remote(state(3)), [VOS])
    assert [one["contact_version"] for one in written.between] == [5]
    assert written.missed == 2


@pytest.mark.parametrize(("before", "after"), [(None, 9), (3, None), ("x", 9), (3, "?"), (0, 9), (3, 4), ("3", "4")])
async def test_without_two_versions_nothing_is_claimed(before: Any, after: Any, connect) -> None:
    told = answer(state(after, contact_name_last="de Vos"))
    written = await connect(always(content=told)).writer.update(remote(state(before)), [VOS])
    assert (written.between, written.missed) == ((), 0)
    assert written.contact.raw["contact_name_last"] == "de Vos"


async def test_a_version_that_did_not_go_up_is_believed_only_with_our_values(connect) -> None:
    good = answer(state(3, contact_name_last="de Vos"))
    assert (await connect(always(content=good)).writer.update(remote(state(3)), [VOS])).between == ()
    for version in (2, 3):
        with pytest.raises(InDoubtError):
            await connect(always(content=answer(state(version)))).writer.update(remote(state(3)), [VOS])


# ── refused values ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("other_form", [False, True])
async def test_refused_values_are_told_in_the_servers_words(other_form: bool, emulator, connect) -> None:
    access, uid = connect(emulator), emulator.uids(CLIENT)[2]
    base = await access.contacts.get(uid)
    if other_form:
        emulator.faults.set(Kind.OTHER_FORM)
    wrong = [change("contact_email", "nowhere"), change("contact_gender", "male"), change("contact_address.city", 5)]
    with pytest.raises(RejectedError) as caught:
        await access.writer.update(base, wrong)
    assert {problem.path: problem.text for problem in caught.value.problems} == {
        "contact_email": "contact_email is not valid",
        "contact_gender": "contact_gender is not one of the possible values",
        "contact_address.city": "contact_address.city is not a string",
    }
    assert "refused 3 fields" in caught.value.title
    assert caught.value.details["error"] == "EMULATOR_INVALID_VALUES"
    assert caught.value.details["error reference"]
    assert caught.value.details["endpoint"] == "PUT /contacts/:id"
    assert emulator.contact(CLIENT, uid) == base.raw


@pytest.mark.parametrize(
    ("told", "path"),
    [
        ("contact_email is not valid", "contact_email"),
        ("The field data.contact.contact_phone must be E.164.", "contact_phone"),
        ("contact_address.city and contact_address", "contact_address.city"),
        ("'contact_address' is not an object", "contact_address"),
        ("postal_code is too long", "contact_address.postal_code"),
        ("contact_notes[0].note_type: unknown", "contact_notes"),
        ("custom_field_name is missing", "contact_custom_fields"),
        ("contact_name_first_x is unknown", ""),
        ("The city is unknown, and the name", ""),
        ("", ""),
        ("Something is wrong", ""),
    ],
)
async def test_the_field_is_guessed_from_its_name_in_the_text(told: str, path: str, connect) -> None:
    assert path_in(told) == path
    body = {"error": "X", "error_reference": "1", "error_message": "Some values cannot be saved.", "errors": [told]}
    with pytest.raises(RejectedError) as caught:
        await connect(always(422, json=body)).writer.update(remote(state()), [VOS])
    (problem,) = caught.value.problems
    assert (problem.path, problem.code) == (path, "X")
    assert problem.text == (told or "Some values cannot be saved.")


@pytest.mark.parametrize("content", [b"", b"<html>no</html>", b"[" * 100_000, b'{"error": 5}', b"\xff"])
async def test_a_422_that_cannot_be_read_is_still_a_refusal(content: bytes, connect) -> None:
    with pytest.raises(RejectedError) as caught:
        await connect(always(422, content=content)).writer.update(remote(state()), [VOS])
    assert caught.value.problems == ()
    assert caught.value.hint


async def test_a_400_without_errors_is_no_matter_of_values(connect) -> None:
    body = {"error": "INVALID_REQUEST", "error_reference": "1", "error_message": "A parameter is unknown."}
    with pytest.raises(ProtocolError, match="A parameter is unknown"):
        await connect(always(400, json=body)).writer.update(remote(state()), [VOS])


async def test_a_contact_that_would_lose_something_is_not_sent(emulator, connect) -> None:
    with pytest.raises(RejectedError, match="would be lost"):
        await connect(emulator).writer.update(
            remote(state(contact_address="Kade 1, Delft")), [change("contact_address.city", "Leiden")]
        )
    assert not emulator.requests


# ── gone, not allowed, not now ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("quirks", [Quirks(not_found="json"), Quirks(not_found="html"), Quirks(not_found="400")])
async def test_a_contact_that_went_is_gone_however_the_vendor_says_it(quirks, make_emulator, connect) -> None:
    emulator = make_emulator(quirks=quirks)
    access, uid = connect(emulator), emulator.uids(CLIENT)[0]
    base = await access.contacts.get(uid)
    emulator.remove(CLIENT, uid)
    with pytest.raises(NotFoundError):
        await access.writer.update(base, [VOS])


@pytest.mark.parametrize("status", [404, 410])
@pytest.mark.parametrize("body", [HTML_404, '{"error":"EMULATOR_CONTACT_NOT_FOUND","error_reference":"1"}'])
async def test_a_404_about_the_call_or_from_a_proxy_makes_nobody_gone(status: int, body: str, connect) -> None:
    """The contact itself is asked for: it is there, or somebody else answers."""
    for read in (httpx.Response(200, content=answer(state())), httpx.Response(200, text="<html>Sign in</html>")):

        def stranger(request: httpx.Request, read: httpx.Response = read) -> httpx.Response:
            return read if request.method == "GET" else httpx.Response(status, text=body)

        with pytest.raises(ProtocolError):
            await connect(signed_in(stranger)).writer.update(remote(state()), [VOS])


async def test_a_client_that_may_only_read_is_told_so(emulator, connect) -> None:
    access, uid = connect(emulator), emulator.uids(CLIENT)[0]
    base = await access.contacts.get(uid)
    emulator.faults.set(Kind.NO_RIGHT, times=1)
    with pytest.raises(ForbiddenError) as caught:
        await access.writer.update(base, [VOS])
    assert "This client may only read." in caught.value.hint
    assert emulator.contact(CLIENT, uid) == base.raw


async def test_a_token_that_ran_out_in_the_middle_is_renewed_and_the_update_done_once(emulator, connect) -> None:
    access, uid = connect(emulator), emulator.uids(CLIENT)[0]
    base = await access.contacts.get(uid)
    emulator.expire_tokens()
    written = await access.writer.update(base, [VOS])
    assert written.contact.raw["contact_version"] == base.raw["contact_version"] + 1
    assert [seen.method for seen in emulator.requests] == ["POST", "GET", "PUT", "POST", "PUT"]


async def test_a_sign_in_that_is_refused_twice_needs_a_person(emulator, connect) -> None:
    access, uid = connect(emulator), emulator.uids(CLIENT)[0]
    base = await access.contacts.get(uid)
    emulator.faults.set(Kind.EXPIRE_TOKEN, method="PUT")
    with pytest.raises(SignInNeededError):
        await access.writer.update(base, [VOS])
    assert emulator.contact(CLIENT, uid) == base.raw


async def test_too_many_requests_are_no_doubt(emulator, connect) -> None:
    access, uid = connect(emulator), emulator.uids(CLIENT)[0]
    base = await access.contacts.get(uid)
    emulator.faults.set(Kind.RATE_LIMITED, times=1)
    for _ in range(2):
        with pytest.raises(RateLimitedError):
            await access.writer.update(base, [VOS])
    assert len(puts(emulator)) == 1
    assert emulator.contact(CLIENT, uid) == base.raw


async def test_without_a_connection_nothing_was_done(connect) -> None:
    def no_route(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with pytest.raises(OfflineError):
        await connect(no_route).writer.update(remote(state()), [VOS])


# ── in doubt ─────────────────────────────────────────────────────────────────────────────────────────────────────────

LOST = [Kind.CUT_BEFORE, Kind.CUT_AFTER, Kind.HALF_BODY, Kind.SERVER_ERROR, Kind.SERVER_ERROR_AFTER, Kind.HTML]


@pytest.mark.parametrize("kind", LOST)
async def test_a_lost_answer_is_a_doubt_and_nothing_is_sent_again(kind: Kind, emulator, connect) -> None:
    access, uid = connect(emulator), emulator.uids(CLIENT)[0]
    base = await access.contacts.get(uid)
    emulator.faults.set(kind, method="PUT")
    with pytest.raises(InDoubtError) as caught:
        await access.writer.update(base, [VOS])
    assert "may or may not" in caught.value.hint
    done = kind in (Kind.CUT_AFTER, Kind.HALF_BODY, Kind.SERVER_ERROR_AFTER)
    assert (emulator.contact(CLIENT, uid)["contact_name_last"] == "de Vos") == done
    assert len(puts(emulator)) <= 1


GARBAGE = {
    "nothing": httpx.Response(200),
    "another status": httpx.Response(202, content=answer(state(4))),
    "no content": httpx.Response(204),
    "not modified": httpx.Response(304),
    "request timeout": httpx.Response(408),
    "cut": httpx.Response(200, content=answer(state(4))[:-9]),
    "no list": httpx.Response(200, json={"ok": True}),
    "empty list": httpx.Response(200, content=answer()),
    "somebody else": httpx.Response(200, content=answer(state(4, contact_uid="x" * 8))),
    "no contact": httpx.Response(200, content=answer(None)),
    "nested": httpx.Response(200, content=b"[" * 100_000),
}


@pytest.mark.parametrize("told", GARBAGE.values(), ids=GARBAGE.keys())
async def test_any_other_answer_is_a_doubt(told: httpx.Response, connect) -> None:
    with pytest.raises(InDoubtError) as caught:
        await connect(signed_in(lambda request: told)).writer.update(remote(state()), [VOS])
    assert caught.value.details["endpoint"] == "PUT /contacts/:id"


@pytest.mark.parametrize("status", [200, 201, 202, 299])
async def test_every_status_of_success_is_one_where_the_answer_holds_what_was_sent(status: int, connect) -> None:
    """ "Treat 200 to 299 as success" (3.5)."""
    told = httpx.Response(status, content=answer(state(4, contact_name_last="de Vos")))
    written = await connect(signed_in(lambda request: told)).writer.update(remote(state()), [VOS])
    assert written.contact.raw["contact_version"] == 4


# ── the exact request ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_request_shown_is_the_one_that_is_sent(emulator, connect) -> None:
    access, uid = connect(emulator), emulator.uids(CLIENT)[0]
    base = await access.contacts.get(uid)
    shown = access.writer.request(OpKind.UPDATE, uid, base.raw, [VOS], ["ORD 1", "B"])
    asked: list[Call] = []
    emulator.faults.set(Kind.ANSWER, method="PUT", answer=lambda call: asked.append(call))
    await access.writer.update(base, [VOS], ["ORD 1", "B"])
    assert shown.method == "PUT"
    assert shown.address == f"{BASE_URL}/contacts/{uid}?order_reference=ORD+1&order_reference=B"
    assert asked[0].target.partition("?")[2].replace("%20", "+") == shown.address.partition("?")[2]
    assert json.loads(shown.body) == json.loads(asked[0].body)
    assert '\n      "contact_name_last": "de Vos"' in shown.body
    assert SECRET not in f"{shown}"
    assert access.writer.request(OpKind.UPDATE, uid, base.raw, [VOS]).address == f"{BASE_URL}/contacts/{uid}"


def test_it_is_said_that_untouched_fields_go_along_and_that_orders_may_be_named() -> None:
    assert VENDOR.resends
    assert VENDOR.orders == "Also change these orders"
    read_only = {spec.path for spec in VENDOR.fields if not spec.writable}
    assert read_only == SERVER_ONLY | {"contact_uid", "contact_address.id"}
