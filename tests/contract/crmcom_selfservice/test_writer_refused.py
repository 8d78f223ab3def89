"""Changing a profile: what is refused, what may have been done, and what certainly was not."""

from __future__ import annotations

import httpx
import pytest

from crmdesk.core.errors import (
    ForbiddenError,
    InDoubtError,
    KnownError,
    NotFoundError,
    ProtocolError,
    RejectedError,
    ServerFaultError,
)
from crmdesk.core.guest import GuestAwayError
from crmdesk.core.merge import rebase
from crmdesk.core.outbox import FieldChange
from crmdesk.core.types import RemoteContact
from crmdesk.sandbox.faults import Kind
from crmdesk.vendors.crmcom_selfservice import VENDOR
from tests.contract.crmcom_selfservice.tools import ALONE, CONTACT_ID, Vendor, change, refusal, session_answer

# ── refusals and lost answers ────────────────────────────────────────────────────────────────────────────────────────

REFUSED = {
    "v1": [
        ("demographics.gender", "HE", "demographics.gender"),
        ("demographics.date_of_birth", {"year": 1990, "month": 13, "day": 1}, "demographics.date_of_birth"),
        ("demographics.passport.issue_country_code", "ZZZ", "demographics.passport.issue_country_code"),
        ("preferred_language_code", "??", "preferred_language_code"),
        ("email_address", "nobody", "email_address"),
        ("category_id", "no such", "category_id"),
        ("first_name", "", "first_name"),
    ],
    "v2": [
        ("demographics.passport.issuing_country_code", "ZZZ", "demographics.passport.issuing_country_code"),
        ("email", "nobody", "email"),
        ("demographics.gender", "HE", "demographics.gender"),
    ],
}


@pytest.mark.parametrize(
    ("version", "path", "value", "named"), [(version, *one) for version, found in REFUSED.items() for one in found]
)
async def test_a_refusal_is_told_at_the_field_it_is_about(version, path, value, named, open_card) -> None:
    card = await open_card(version=version)
    with pytest.raises(RejectedError) as caught:
        await card.write(**{path.replace(".", "__"): value})
    assert [problem.path for problem in caught.value.problems] == [named]
    assert "CRM.COM refused this" in caught.value.title


@pytest.mark.parametrize(
    ("path", "value"), [("demographics.date_of_birth", "soon"), ("company_profile.established_on", "x")]
)
async def test_what_is_no_day_is_not_sent(path: str, value: str, open_card) -> None:
    card = await open_card()
    with pytest.raises(RejectedError) as caught:
        await card.write(**{path.replace(".", "__"): value})
    assert [problem.path for problem in caught.value.problems] == [path]
    assert not card.sent


@pytest.mark.parametrize("fault", [Kind.CUT_BEFORE, Kind.CUT_AFTER, Kind.SERVER_ERROR_AFTER, Kind.HALF_BODY, Kind.HTML])
async def test_a_lost_answer_leaves_a_doubt_and_the_next_try_looks_first(fault: Kind, open_card) -> None:
    card = await open_card()
    base = await card.base()
    wanted = change(base.raw, "first_name", "Ana"), change(base.raw, "preferred_language_code", "ELL")
    card.emulator.faults.set(fault, method="PUT", times=1)
    with pytest.raises(InDoubtError):
        await card.access.writer.update(base, wanted)
    again = rebase(wanted, (await card.base()).raw, VENDOR.fields)
    assert not again.clashes
    assert len(again.done) == (0 if fault in (Kind.CUT_BEFORE, Kind.HTML) else 2)


async def test_a_profile_that_cannot_be_read_again_is_in_doubt(open_card) -> None:
    card = await open_card()
    base = await card.base()
    card.emulator.faults.set(Kind.SERVER_ERROR, method="GET")
    with pytest.raises(InDoubtError, match="read again"):
        await card.access.writer.update(base, [change(base.raw, "first_name", "Ana")])
    assert card.guest.record["first_name"] == "Ana"


async def test_a_guest_who_is_away_is_not_written_and_nothing_sent(open_card) -> None:
    card = await open_card()
    base, other = await card.base(), card.emulator.contacts()[1]
    strange = RemoteContact(other.id, b"{}", {})
    card.access.guests.forget(card.guest.id)
    for contact in (base, strange):
        with pytest.raises(GuestAwayError):
            await card.access.writer.update(contact, [FieldChange("first_name", None, "Ana")])
    assert not card.sent


async def test_a_session_that_the_vendor_ended_writes_nothing(open_card) -> None:
    card = await open_card()
    base = await card.base()
    card.emulator.drop_tokens(card.guest.id)
    with pytest.raises(GuestAwayError, match="ended"):
        await card.access.writer.update(base, [change(base.raw, "first_name", "Ana")])
    assert card.guest.record["first_name"] != "Ana"


async def test_a_right_that_is_missing_and_a_contact_that_is_gone(open_card) -> None:
    card = await open_card()
    base = await card.base()
    wanted = [change(base.raw, "first_name", "Ana")]
    card.emulator.faults.set(Kind.NO_RIGHT, times=1)
    with pytest.raises(ForbiddenError):
        await card.access.writer.update(base, wanted)
    card.emulator.faults.set(Kind.REFUSE_VALUES, value="first_name", times=1)
    with pytest.raises(RejectedError):
        await card.access.writer.update(base, wanted)
    card.emulator.elsewhere(card.guest.id, None)
    with pytest.raises(NotFoundError):
        await card.access.writer.update(base, wanted)


async def test_somebody_else_changes_it_meanwhile(open_card) -> None:
    card = await open_card()
    card.emulator.faults.set(Kind.EDITED_MEANWHILE, value="title", times=1)
    after = await card.write(first_name="Ana")
    assert (after.raw["first_name"], after.raw["title"]) == ("Ana", "Elsewhere")
    card.emulator.elsewhere(card.guest.id, {"demographics.gender": "OTHER"})
    assert (await card.base()).raw["demographics"]["gender"] == "OTHER"


async def test_the_accounts_own_contact_is_written_with_its_own_session(emulator, connect) -> None:
    access, guest = connect(emulator), emulator.guest()
    base = await access.contacts.get(guest.id)
    done = await access.writer.update(base, [change(base.raw, "first_name", "Ana")])
    assert (done.contact.raw["first_name"], guest.record["first_name"]) == ("Ana", "Ana")


@pytest.mark.parametrize("answer", [b"", b'{"id": "x"}', b"<html>"])
async def test_whatever_a_put_answers_the_profile_itself_decides(answer: bytes, connect) -> None:
    def vendor(request: httpx.Request) -> httpx.Response:
        if request.method == "PUT":
            return httpx.Response(200, content=answer)
        return httpx.Response(200, json={"id": CONTACT_ID, "first_name": "Ana"})

    access = connect(Vendor(vendor, session_answer()), **ALONE)
    await access.guests.sign_in("mac", {"mac_address": "AA-AA-AA-AA-AA-AA"})
    base = await access.contacts.get(CONTACT_ID)
    if answer.startswith(b"<"):
        with pytest.raises(InDoubtError):
            await access.writer.update(base, [change(base.raw, "first_name", "Ana")])
        return
    assert (await access.writer.update(base, [FieldChange("first_name", "A", "Ana")])).contact.raw[
        "first_name"
    ] == "Ana"


async def test_every_other_failure_is_known_and_tells_nothing(connect) -> None:
    for answer, kind in (
        (refusal(409, "CRM.X", message="canary@example.org"), RejectedError),
        (httpx.Response(404, text="<html>"), ProtocolError),
        (httpx.Response(503), (InDoubtError, ServerFaultError)),
    ):
        vendor = Vendor(
            lambda request, answer=answer: (
                answer if request.method == "PUT" else httpx.Response(200, json={"id": CONTACT_ID})
            )
        )
        access = connect(vendor, **ALONE)
        await access.guests.sign_in("mac", {"mac_address": "AA-AA-AA-AA-AA-AA"})
        with pytest.raises(KnownError) as caught:
            await access.writer.update(
                RemoteContact(CONTACT_ID, b"{}", {}), [FieldChange("first_name", None, "canary")]
            )
        assert isinstance(caught.value, kind)
        assert "canary" not in f"{caught.value} {caught.value.details}"
