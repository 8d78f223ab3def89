"""Every call of the API against the emulator, in both versions where they differ."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import httpx
import pytest

from crmdesk.core.errors import (
    ForbiddenError,
    InDoubtError,
    KnownError,
    NotFoundError,
    ProtocolError,
    RejectedError,
    SignInNeededError,
)
from crmdesk.sandbox.faults import Kind
from crmdesk.vendors.crmcom_selfservice.answers import Address
from crmdesk.vendors.crmcom_selfservice.dialect import V1, V2
from crmdesk.vendors.crmcom_selfservice.inbox import Slice
from crmdesk.vendors.crmcom_selfservice.sandbox_shape import CATEGORY
from tests.contract.crmcom_selfservice.tools import NOT_FOUND, Vendor, refusal

both = pytest.mark.parametrize("version", ["v1", "v2"])

# ── the contact ──────────────────────────────────────────────────────────────────────────────────────────────────────


@both
async def test_the_own_profile_comes_as_it_is(version: str, make_emulator, open_api) -> None:
    emulator = make_emulator(version=version)
    contact = await open_api(emulator).profile.get(emulator.guest().id)
    assert contact.raw == emulator.shown(emulator.guest().id)
    assert ("email" if version == "v2" else "email_address") in contact.raw


CHANGES = {
    "first_name": "Ana",
    "last_name": "Reis",
    "preferred_language_code": "el",
    "statutory_number": "00123",
    "demographics.gender": "FEMALE",
    "demographics.passport.passport_number": "007",
    "demographics.passport.issue_country_code": "cy",
    "demographics.passport.expiration_date": 1893456000,
    "demographics.id_details.id_number": "K1",
    "demographics.date_of_birth": {"year": 1990, "month": 2, "day": "16"},
    "company_profile.annual_turnover": Decimal("1568.10"),
    "company_profile.registration_country": "CYP",
    "company_profile.industry_sectors": [CATEGORY],
    "email_address": "ana@example.org",
    "sms_opt_out": True,
    "category_id": CATEGORY,
    "custom_fields": [{"key": "a", "value": "b"}],
}


@both
async def test_a_change_reaches_every_field_in_the_words_of_its_version(version: str, make_emulator, open_api) -> None:
    emulator = make_emulator(version=version)
    api, guest = open_api(emulator), emulator.guest()
    before = dict(guest.record)
    await api.profile.update(guest.id, CHANGES)
    record = guest.record
    assert (record["first_name"], record["email_address"], record["statutory_number"]) == (
        "Ana",
        "ana@example.org",
        "00123",
    )
    assert record["preferred_language_code"] == "ELL"
    passport = record["demographics"]["passport"]
    assert passport == {"passport_number": "007", "issue_country_code": "CYP", "expiration_date": 1893456000}
    assert record["demographics"]["id_details"]["id_number"] == "K1"
    assert record["demographics"]["date_of_birth"] == {"year": 1990, "month": 2, "day": 16}
    assert record["company_profile"]["annual_turnover"] == 1568.1
    assert record["company_profile"]["industry_sectors"] == [CATEGORY]
    assert record["sms_opt_out"] is True
    assert record["phones"] == before["phones"]


async def test_what_is_not_given_is_not_sent(emulator, open_api) -> None:
    guest = emulator.guest()
    before = {key: value for key, value in guest.record.items() if key != "first_name"}
    await open_api(emulator).profile.update(guest.id, {"first_name": "Ana"}, {"last_name": guest.record["last_name"]})
    assert {key: value for key, value in guest.record.items() if key != "first_name"} == before


@pytest.mark.parametrize("spelling", ["company_profile", "company_profle"])
@pytest.mark.parametrize("texts", [True, False])
async def test_spelling_and_booleans_are_settings(spelling: str, texts: bool, emulator, open_api) -> None:
    dialect = replace(V1, company_profile=spelling, text_flags=texts)
    guest = emulator.guest()
    await open_api(emulator, dialect=dialect).profile.update(
        guest.id,
        {"company_profile.registration_number": "0012", "email_opt_out": False},
        {name: guest.record[name] for name in ("first_name", "last_name")},
    )
    assert guest.record["company_profile"]["registration_number"] == "0012"
    assert guest.record["email_opt_out"] is False


@pytest.mark.parametrize("path", ["title", "consent_state"])
async def test_a_field_that_version_2_lacks_is_not_sent(path: str, make_emulator, open_api) -> None:
    emulator = make_emulator(version="v2")
    with pytest.raises(RejectedError) as caught:
        await open_api(emulator).profile.update(emulator.guest().id, {path: "x", "first_name": "Ana"})
    assert [problem.path for problem in caught.value.problems] == [path]
    assert not emulator.requests


REFUSED = {
    "unknown key": ({"colour": "red"}, "colour"),
    "country": ({"demographics.passport.issue_country_code": "ZZZ"}, "issue_country_code"),
    "date": ({"demographics.date_of_birth": {"year": 1990, "month": 13, "day": 1}}, "date_of_birth.month"),
    "epoch": ({"demographics.passport.expiration_date": 10**13}, "expiration_date"),
    "gender": ({"demographics.gender": "male"}, "gender"),
    "category": ({"category_id": "nothing"}, "category"),
}


@pytest.mark.parametrize(("values", "path"), REFUSED.values(), ids=REFUSED.keys())
async def test_what_the_vendor_refuses_comes_back_as_a_problem(values, path: str, emulator, open_api) -> None:
    """Also "record not found" where another record than the contact is meant."""
    with pytest.raises(RejectedError) as caught:
        await open_api(emulator).profile.update(emulator.guest().id, values)
    assert caught.value.problems[0].path == path
    assert "CRM.COM refused this" in caught.value.title


async def test_a_consent_is_set_whatever_id_the_answer_names(make_emulator, open_api) -> None:
    for answer in ("own", "other"):
        emulator = make_emulator(consents_answer=answer)
        await open_api(emulator).profile.set_consent(emulator.guest().id, "REJECTED")
        assert emulator.guest().record["consent_state"] == "REJECTED"


async def test_consents_have_three_words_and_no_call_in_version_2(make_emulator, open_api) -> None:
    for version, state in (("v1", "YES"), ("v2", "ACCEPTED")):
        emulator = make_emulator(version=version)
        with pytest.raises(RejectedError):
            await open_api(emulator).profile.set_consent(emulator.guest().id, state)
        assert not emulator.requests


async def test_leaving_the_organisation_ends_the_session(emulator, open_api) -> None:
    api, guest = open_api(emulator), emulator.guest()
    await api.profile.unregister(guest.id)
    assert guest.id not in {one.id for one in emulator.contacts()}
    with pytest.raises(KnownError):
        await api.profile.get(guest.id)


async def test_leaving_needs_a_secret_key_in_version_2(make_emulator, open_api) -> None:
    emulator = make_emulator(version="v2")
    with pytest.raises(ForbiddenError):
        await open_api(emulator).profile.unregister(emulator.guest().id)


# ── addresses ────────────────────────────────────────────────────────────────────────────────────────────────────────

HARBOUR = Address(
    type="BUSINESS",
    address_line_1="Quay 1",
    name="Office",
    is_primary=True,
    town_city="Larnaca",
    postal_code="06023",
    country_code="CY",
    lat=Decimal("34.9170"),
    lon=Decimal("33.6290"),
    care_of="Ana",
)


@both
async def test_addresses_are_listed_added_changed_and_removed(version: str, make_emulator, open_api) -> None:
    emulator = make_emulator(version=version)
    profile, guest = open_api(emulator).profile, emulator.guest()
    before = (await profile.addresses(guest.id)).entries
    identifier = await profile.add_address(guest.id, HARBOUR)
    added = (await profile.addresses(guest.id)).entries[-1]
    assert added == replace(HARBOUR, id=identifier, country_code="CYP", lat=Decimal("34.917"), lon=Decimal("33.629"))
    await profile.change_address(guest.id, replace(HARBOUR, id=identifier, town_city="Paphos", is_primary=None))
    changed = (await profile.addresses(guest.id)).entries[-1]
    assert (changed.town_city, changed.is_primary, changed.postal_code) == ("Paphos", None, "06023")
    await profile.remove_address(guest.id, identifier)
    assert (await profile.addresses(guest.id)).entries == before


async def test_a_second_address_of_a_type_needs_a_name(emulator, open_api) -> None:
    """ "Needed when a type repeats" (v2); the first one may still be changed without."""
    profile, guest = open_api(emulator).profile, emulator.guest()
    guest.addresses.clear()
    first = await profile.add_address(guest.id, Address("HOME", "Street 1"))
    with pytest.raises(RejectedError) as caught:
        await profile.add_address(guest.id, Address("HOME", "Street 2"))
    assert [problem.path for problem in caught.value.problems] == ["name"]
    await profile.add_address(guest.id, Address("HOME", "Street 2", name="Summer house"))
    await profile.change_address(guest.id, Address("HOME", "Street 3", first))


async def test_an_address_needs_its_type_and_first_line(emulator, open_api) -> None:
    profile, guest = open_api(emulator).profile, emulator.guest()
    for address in (Address(type="", address_line_1="x"), Address(address_line_1=" ")):
        with pytest.raises(RejectedError):
            await profile.add_address(guest.id, address)
    assert not emulator.requests


async def test_an_address_that_is_gone_is_not_found(emulator, open_api) -> None:
    profile, guest = open_api(emulator).profile, emulator.guest()
    with pytest.raises(NotFoundError):
        await profile.remove_address(guest.id, "nothing")
    with pytest.raises(NotFoundError):
        await profile.change_address(guest.id, replace(HARBOUR, id="nothing"))


# ── messages ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def messages(emulator, count: int) -> None:
    """The guest has so many messages."""
    guest, organisation = emulator.guest(), emulator._organisation(1)
    made = next(iter(guest.communications.values()))
    guest.communications.clear()
    for turn in range(count):
        organisation.keep(
            guest.communications,
            {key: value for key, value in made.items() if key != "id"}
            | {"created_on": 1_700_000_000 + turn, "is_viewed": turn % 2 == 0, "is_archived": turn % 3 == 0}
            | {"channel": "SMS" if turn % 4 == 0 else "EMAIL", "name": f"Plan {turn:03d}"},
        )


@both
@pytest.mark.parametrize("paging", ["paging", "pages", "absent"])
async def test_pages_of_messages_come_to_an_end(version: str, paging: str, make_emulator, open_api) -> None:
    emulator = make_emulator(version=version, paging=paging)
    messages(emulator, 45)
    api, guest = open_api(emulator), emulator.guest()
    sizes, page, more = [], 1, True
    while more:
        listed = await api.inbox.communications(guest.id, Slice(page, 20))
        sizes.append(len(listed.entries))
        page, more = page + 1, listed.more
    assert sizes == [20, 20, 5]
    assert listed.total == (None if paging == "absent" else 45)


@both
async def test_messages_are_filtered_and_sorted(version: str, make_emulator, open_api) -> None:
    emulator = make_emulator(version=version)
    messages(emulator, 12)
    inbox, guest = open_api(emulator).inbox, emulator.guest()
    viewed = await inbox.communications(guest.id, viewed=True, archived=False)
    assert {(one.is_viewed, one.is_archived) for one in viewed.entries} == {(True, False)}
    assert len((await inbox.communications(guest.id, channel="SMS")).entries) == 3
    first = await inbox.communications(guest.id, Slice(1, 1, "NAME", "ASC"))
    last = await inbox.communications(guest.id, Slice(1, 1, "CREATED_DATE", "DESC"))
    assert (first.entries[0].name, last.entries[0].name) == ("Plan 000", "Plan 011")
    assert first.entries[0].state


@both
async def test_one_message_is_read_and_marked(version: str, make_emulator, open_api) -> None:
    emulator = make_emulator(version=version)
    messages(emulator, 2)
    inbox, guest = open_api(emulator).inbox, emulator.guest()
    identifier = next(key for key, one in guest.communications.items() if not one["is_viewed"])
    one = await inbox.communication(identifier)
    assert (one.id, one.contact_id, one.is_viewed, one.created_at) == (
        identifier,
        guest.id,
        False,
        "2023-11-14T22:13:21Z",
    )
    await inbox.mark(identifier, viewed=True, archived=True)
    one = await inbox.communication(identifier)
    assert (one.is_viewed, one.is_archived) == (True, True)
    with pytest.raises(RejectedError):
        await inbox.mark(identifier)


@pytest.mark.parametrize("part", [Slice(0), Slice(1, 0), Slice(1, 101)])
async def test_a_part_that_no_list_has_is_not_asked_for(part: Slice, emulator, open_api) -> None:
    with pytest.raises(RejectedError):
        await open_api(emulator).inbox.communications(emulator.guest().id, part)
    assert not emulator.requests


async def test_an_endless_list_says_so_page_by_page_and_stays_a_page(emulator, open_api) -> None:
    emulator.faults.set(Kind.ENDLESS)
    messages(emulator, 3)
    listed = await open_api(emulator).inbox.communications(emulator.guest().id, Slice(7, 3))
    assert (len(listed.entries), listed.more) == (3, True)


async def test_a_shifting_list_is_a_page_all_the_same(emulator, open_api) -> None:
    messages(emulator, 6)
    emulator.faults.set(Kind.SHIFTING, "insert")
    inbox, guest = open_api(emulator).inbox, emulator.guest()
    first = await inbox.communications(guest.id, Slice(1, 3))
    second = await inbox.communications(guest.id, Slice(2, 3))
    assert {one.id for one in first.entries} & {one.id for one in second.entries}
    assert second.total == 7


# ── requests ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@both
@pytest.mark.parametrize(("accept", "state"), [(True, "APPROVED"), (False, "REJECTED")])
async def test_a_request_is_answered_once(version: str, accept: bool, state: str, make_emulator, open_api) -> None:
    emulator = make_emulator(version=version)
    inbox, guest = open_api(emulator).inbox, emulator.guest()
    pending = (await inbox.approvals(guest.id, state="PENDING", entity_types="ORDER")).entries[0]
    assert (pending.entity_type, pending.reference[:2]) == ("ORDER", "CO")
    await inbox.answer_approval(pending.id, accept=accept, comments="no" if version == "v2" else "")
    assert {one.id: one.state for one in (await inbox.approvals(guest.id)).entries}[pending.id] == state
    with pytest.raises(RejectedError, match="answered already"):
        await inbox.answer_approval(pending.id, accept=accept)


async def test_version_1_takes_no_comment(emulator, open_api) -> None:
    with pytest.raises(RejectedError):
        await open_api(emulator).inbox.answer_approval("x", accept=False, comments="no")
    assert not emulator.requests


# ── files and printouts ──────────────────────────────────────────────────────────────────────────────────────────────


@both
async def test_a_file_goes_up_comes_back_and_goes(version: str, make_emulator, open_api) -> None:
    emulator = make_emulator(version=version)
    documents = open_api(emulator).documents
    identifier = await documents.upload("a.pdf", b"\x00%PDF\n", "application/pdf")
    found = await documents.file(identifier)
    assert (found.mime, found.content) == (("application/pdf", b"\x00%PDF\n") if version == "v2" else ("pdf", None))
    await documents.delete_file(identifier)
    with pytest.raises(NotFoundError):
        await documents.file(identifier)


@pytest.mark.parametrize("content", [b"", b"x" * (20 * 1024 * 1024 + 1)], ids=["empty", "too much"])
async def test_a_file_that_cannot_be_sent_is_not(content: bytes, emulator, open_api) -> None:
    with pytest.raises(RejectedError):
        await open_api(emulator).documents.upload("a", content, "text/plain")
    assert not emulator.requests


@both
async def test_a_printout_has_an_id_unless_it_is_mailed(version: str, make_emulator, open_api) -> None:
    emulator = make_emulator(version=version)
    documents, invoice = open_api(emulator).documents, emulator.guest().invoice
    assert await documents.printout("INVOICE", invoice)
    assert await documents.printout("INVOICE", invoice, "EMAIL") == ""
    for kind, identifier, form in (("INVOICE", "nothing", "PDF"), ("INVOICE", invoice, "FAX")):
        with pytest.raises((RejectedError, NotFoundError)):
            await documents.printout(kind, identifier, form)


# ── Wi-Fi ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@both
async def test_the_wifi_lets_one_device_in(version: str, make_emulator, open_api) -> None:
    emulator = make_emulator(version=version)
    signin, guest = open_api(emulator).signin, emulator.guest()
    await signin.authorise_wifi(guest.id, guest.mac, "plan", "site")
    await signin.authorise_wifi(guest.id, guest.mac, "plan", "site")
    with pytest.raises(RejectedError, match="another device"):
        await signin.authorise_wifi(guest.id, "01-23-45-67-89-AB", "plan", "site")
    with pytest.raises(NotFoundError):
        await signin.authorise_wifi("nobody", guest.mac, "plan", "site")


# ── what an answer may be ────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_write_whose_answer_cannot_be_read_is_in_doubt(open_api) -> None:
    vendor = Vendor(httpx.Response(200, text="<html>Guest Wi-Fi</html>"))
    with pytest.raises(InDoubtError, match="web page"):
        await open_api(vendor).profile.update("x", {"first_name": "Ana"})
    assert len(vendor.requests) == 2  # the sign-in and the write, once


@pytest.mark.parametrize("status", [200, 201, 204])
async def test_any_good_status_will_do_for_a_write(status: int, open_api) -> None:
    await open_api(Vendor(httpx.Response(status))).profile.update("x", {"first_name": "Ana"})


ERRORS = {
    "unknown id": (refusal(404, NOT_FOUND, "contact", "x"), NotFoundError),
    "not found as 400": (refusal(400, NOT_FOUND, "contact", "x"), NotFoundError),
    "not found, of nothing": (refusal(400, NOT_FOUND), NotFoundError),
    "another record": (refusal(400, NOT_FOUND, "category", "y"), RejectedError),
    "another code with 404": (refusal(404, "CRM.SOMETHING", "contact", "x"), NotFoundError),
    "wrong input": (refusal(400, "CRM.SOMETHING", "first_name"), RejectedError),
    "conflict": (refusal(409, "CRM.SOMETHING"), RejectedError),
    "forbidden": (refusal(403, "CRM.SOMETHING"), ForbiddenError),
    "forbidden, no words": (httpx.Response(403, text="no"), ForbiddenError),
    "token": (refusal(401, "CRM.SOMETHING"), SignInNeededError),
    "proxy's 404": (httpx.Response(404, text="<html>404</html>"), ProtocolError),
    "gateway's 404": (httpx.Response(404, json={"error": "Not Found", "status": 404, "message": ""}), ProtocolError),
    "web server's 404": (refusal(404, "NotFound", message="No message available"), ProtocolError),
    "web server's 410": (refusal(410, "ROUTE_GONE"), ProtocolError),
    "a bare error": (httpx.Response(404, json={"error": "NOTFOUND"}), ProtocolError),
    "status as text": (httpx.Response(404, json={"error": NOT_FOUND, "status": "404"}), NotFoundError),
    "proxy's 400": (httpx.Response(400, text="bad"), ProtocolError),
    "error inside 200": (httpx.Response(200, json={"status": 400, "error": "CRM.X", "message": "no"}), RejectedError),
    "not found inside 200": (httpx.Response(200, json={"status": 404, "error": NOT_FOUND}), ProtocolError),
    "forbidden inside 200": (httpx.Response(200, json={"status": 403, "error": "CRM.X"}), ForbiddenError),
}


@pytest.mark.parametrize(("answer", "kind"), ERRORS.values(), ids=ERRORS.keys())
async def test_every_refusal_has_its_error(answer: httpx.Response, kind: type[KnownError], open_api) -> None:
    """By the vendor's code first, by the status then; "gone" only in the vendor's own words."""
    with pytest.raises(KnownError) as caught:
        await open_api(Vendor(answer)).profile.get("x")
    assert isinstance(caught.value, kind)
    assert kind is RejectedError or type(caught.value) is kind
    assert caught.value.title


async def test_the_vendors_words_are_shown_without_what_must_not_be_seen(open_api) -> None:
    words = "Call +357 99 123 834 or <b>ann@example.com</b>, api_key=abcdef123456\x1b\u202e"
    vendor = Vendor(refusal(400, "CRM.X", message=words * 5000))
    with pytest.raises(RejectedError) as caught:
        await open_api(vendor).profile.get("x")
    assert "123 834" not in str(caught.value)
    assert "ann@" not in str(caught.value)
    assert "abcdef123456" not in str(caught.value)
    assert len(caught.value.title) < 400
    assert not set(caught.value.title) & set("\x1b\u202e\n")


@pytest.mark.parametrize("identifier", ["", "..", "a/../b", "x?y=1", "a b", "5\n6"])
async def test_an_odd_id_never_leaves_its_place_in_the_address(identifier: str, emulator, open_api) -> None:
    with pytest.raises(KnownError):
        await open_api(emulator).inbox.communication(identifier)
    assert all(
        seen.path.startswith(("/self-service/v1/communications/", "/self-service/v1/contacts/"))
        for seen in emulator.requests
    )


def test_the_table_names_only_what_the_versions_have() -> None:
    assert V1.name("company_profile.profile_year") == "company_profile.profile_year"
    assert V2.name("demographics.passport.passport_number") == "demographics.passport.number"
    assert V2.name("company_profile.industry_sectors") == "company_profile.sub_industries"
    assert not V2.name("title")
