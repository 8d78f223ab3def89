"""Every vendor × every slot, against its emulator over the real HTTP client: what the rest of the program counts on.

What is special about a vendor stands in its own folder of tests."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from crmdesk.core.batch import BatchRow, RowState
from crmdesk.core.errors import InDoubtError, KnownError, NotFoundError, OfflineError, RejectedError
from crmdesk.core.fields import find
from crmdesk.core.merge import differences, overlay
from crmdesk.core.outbox import FieldChange, OpKind
from crmdesk.core.types import Account, Cursor, Page, RemoteContact
from crmdesk.core.vendor import Access, ContactWriter, Vendor
from crmdesk.sandbox.app import transport
from crmdesk.sandbox.faults import Kind
from crmdesk.sandbox.service import Shared
from crmdesk.sync.accounts import GivenSecrets, secret_names, setting_fields
from crmdesk.sync.capabilities import ACTIONS
from crmdesk.vendors import VENDORS
from tests.contract.conftest import streamed
from tests.helpers.acme import VENDOR as ACME

ALL = (*VENDORS, ACME)
every_vendor = pytest.mark.parametrize("vendor", ALL, ids=lambda vendor: vendor.key)
SECRET = "canary-c0ffee-secret"


@dataclass
class Office:
    """The demo account of a vendor's emulator, signed in."""

    vendor: Vendor
    emulator: Any
    access: Access
    contacts: int  # as the emulator says


Open = Callable[..., Awaitable[Office]]


@pytest.fixture
async def opened() -> AsyncIterator[Open]:
    made: list[Access] = []

    async def office(vendor: Vendor, *, to: Any = None, secret: str = "") -> Office:
        emulator = vendor.sandbox()
        described = emulator.describe("https://vendor.example")
        one = described["accounts"][0]
        given = one["credentials"]
        secrets = {name: secret or given[name] for name in secret_names(vendor) if name in given}
        config = {spec.path: given.get(spec.path, "") for spec in setting_fields(vendor)}
        account = Account(1, vendor.key, one["title"], vendor.check_base_url(described["base_url"]), config)
        line = transport(emulator) if to is None else httpx.MockTransport(streamed(to))
        access = vendor.open_access(account, GivenSecrets(secrets), line)
        made.append(access)
        return Office(vendor, emulator, access, one["contacts"])

    yield office
    for access in made:
        await access.aclose()


async def listed(access: Access, since: str = "") -> list[Page]:
    assert access.contacts is not None
    return [page async for page in access.contacts.pages(Cursor(since=since))]


# ── the capability map and the slots say the same ────────────────────────────────────────────────────────────────────


@every_vendor
async def test_a_slot_is_empty_exactly_where_the_vendor_says_why(vendor: Vendor, opened: Open) -> None:
    access = (await opened(vendor)).access
    assert (access.contacts is None and access.jobs is None) == ("pull" in vendor.lacks)
    assert (access.contacts is None) == ("refresh" in vendor.lacks)
    assert (access.history is None) == ("history" in vendor.lacks)
    assert (access.batches is None) == ("send" in vendor.lacks)
    can = frozenset() if access.writer is None else access.writer.can
    for action, kind in (("create", OpKind.CREATE), ("edit", OpKind.UPDATE), ("delete", OpKind.DELETE)):
        assert (kind not in can) == (action in vendor.lacks), action


@every_vendor
async def test_a_vendor_that_cannot_be_written_to_has_no_writer(vendor: Vendor, opened: Open) -> None:
    writer = (await opened(vendor)).access.writer
    assert writer is None or writer.can
    assert (writer is None) == ({"create", "edit", "delete"} <= vendor.lacks.keys())
    assert not (vendor.resends or vendor.orders) or writer is not None


@every_vendor
def test_what_a_vendor_lacks_is_said_in_a_sentence_that_names_it(vendor: Vendor) -> None:
    assert set(vendor.lacks) <= set(ACTIONS)
    for sentence in vendor.lacks.values():
        assert sentence.endswith(".")
        assert any(word in sentence for word in vendor.title.split())


# ── contacts ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def with_contacts(office: Office) -> None:
    if office.access.contacts is None:
        pytest.skip(office.vendor.lacks["refresh"])


@every_vendor
async def test_everything_comes_page_by_page_and_each_contact_once(vendor: Vendor, opened: Open) -> None:
    office = await opened(vendor)
    with_contacts(office)
    pages = await listed(office.access)
    assert [page.number for page in pages] == list(range(1, len(pages) + 1))
    assert [page.after is None for page in pages] == [False] * (len(pages) - 1) + [True]
    ids = [contact.remote_id for page in pages for contact in page.contacts]
    assert len(ids) == len(set(ids))
    gone = sum(len(page.removed) for page in pages)
    assert len(ids) + gone == office.contacts == pages[0].total
    assert not any(page.odd for page in pages)


@every_vendor
async def test_a_contact_read_alone_is_the_one_in_the_list_byte_for_byte(vendor: Vendor, opened: Open) -> None:
    office = await opened(vendor)
    with_contacts(office)
    for contact in (await listed(office.access))[0].contacts[:3]:
        assert office.access.contacts is not None
        alone = await office.access.contacts.get(contact.remote_id)
        assert (alone.remote_id, alone.raw) == (contact.remote_id, contact.raw)
        assert vendor.summarise(alone.raw).name


@every_vendor
async def test_an_unknown_contact_is_a_known_error(vendor: Vendor, opened: Open) -> None:
    office = await opened(vendor)
    with_contacts(office)
    assert office.access.contacts is not None
    for remote_id in ("999999999", "00000000-0000-4000-8000-000000000000", "..", "a/b", ""):
        with pytest.raises(KnownError):
            await office.access.contacts.get(remote_id)


@every_vendor
async def test_a_second_look_brings_nothing_new(vendor: Vendor, opened: Open) -> None:
    """By changes since, by a 304, or by reading everything again."""
    office = await opened(vendor)
    with_contacts(office)
    first = await listed(office.access)
    again = await listed(office.access, first[-1].next_since)
    before = {contact.remote_id: contact.raw for page in first for contact in page.contacts}
    assert all(before[contact.remote_id] == contact.raw for page in again for contact in page.contacts)


@every_vendor
async def test_a_listing_goes_on_from_its_checkpoint(vendor: Vendor, opened: Open) -> None:
    office = await opened(vendor)
    with_contacts(office)
    whole = await listed(office.access)
    if len(whole) == 1:
        assert whole[0].after is None
        return
    assert office.access.contacts is not None
    checkpoint = whole[0].after
    assert checkpoint is not None
    rest = [page async for page in office.access.contacts.pages(checkpoint)]
    assert [page.contacts for page in rest] == [page.contacts for page in whole[1:]]


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def base_of(office: Office) -> tuple[ContactWriter, RemoteContact, FieldChange]:
    """The writer, a contact, and a change of one of its plain texts."""
    writer, vendor = office.access.writer, office.vendor
    if writer is None:
        pytest.skip(vendor.lacks["edit"])
    found = (await listed(office.access))[0].contacts
    base = found[2] if len(found) > 2 else found[0]
    path = next(spec.path for spec in vendor.fields if spec.writable and spec.label in ("Last name", "Name"))
    office.emulator.requests.clear()
    return writer, base, FieldChange(path, find(base.raw, path), "Ümläut-Ruiz")


def written(office: Office) -> int:
    return len([seen for seen in office.emulator.requests if seen.method not in ("GET", "HEAD")])


@every_vendor
async def test_an_update_changes_what_was_changed_and_nothing_else(vendor: Vendor, opened: Open) -> None:
    office = await opened(vendor)
    writer, base, change = await base_of(office)
    done = await writer.update(base, [change])
    read_only = {spec.path for spec in vendor.fields if not spec.writable}
    after = {diff.path: diff.now for diff in differences(base.raw, done.contact.raw, vendor.fields)}
    assert after.pop(change.path) == change.now
    assert after.keys() <= read_only
    assert (done.between, done.missed) == ((), 0)
    assert office.access.contacts is not None
    assert (await office.access.contacts.get(base.remote_id)).raw == done.contact.raw
    assert vendor.derive(done.contact.raw) == done.contact.raw
    shown, saved = vendor.summarise(vendor.derive(overlay(base.raw, [change]))), vendor.summarise(done.contact.raw)
    assert (shown.name, shown.last) == (saved.name, saved.last)


@every_vendor
async def test_the_request_shown_has_no_secret_and_is_pure(vendor: Vendor, opened: Open) -> None:
    office = await opened(vendor, secret=SECRET)
    if office.access.writer is None:
        pytest.skip(vendor.lacks["edit"])
    raw = (await listed((await opened(vendor)).access))[0].contacts[0]
    path = next(spec.path for spec in vendor.fields if spec.writable)
    shown = office.access.writer.request(OpKind.UPDATE, raw.remote_id, raw.raw, [FieldChange(path, None, "x")])
    assert shown.method in ("PUT", "PATCH")
    assert httpx.URL(shown.address).path.endswith(f"/{raw.remote_id}")
    assert json.loads(shown.body)
    assert "\n" in shown.body
    assert "c0ffee" not in f"{shown}"
    assert not office.emulator.requests


@every_vendor
@pytest.mark.parametrize("kind", [Kind.CUT_BEFORE, Kind.CUT_AFTER, Kind.SERVER_ERROR_AFTER, Kind.HTML, Kind.HALF_BODY])
async def test_a_lost_answer_leaves_a_doubt_and_one_request(vendor: Vendor, kind: Kind, opened: Open) -> None:
    office = await opened(vendor)
    writer, base, change = await base_of(office)
    for method in ("PUT", "PATCH"):
        office.emulator.faults.set(kind, method=method)
    with pytest.raises(InDoubtError):
        await writer.update(base, [change])
    assert written(office) <= 1


@every_vendor
async def test_a_contact_that_is_gone_cannot_be_changed(vendor: Vendor, opened: Open) -> None:
    office = await opened(vendor)
    writer, base, change = await base_of(office)
    if not isinstance(office.emulator, Shared):
        pytest.skip("Its emulator knows no other people.")
    office.emulator.elsewhere(base.remote_id, None)
    with pytest.raises(NotFoundError):
        await writer.update(base, [change])


@every_vendor
async def test_without_a_connection_nothing_was_written(vendor: Vendor, opened: Open) -> None:
    _, base, change = await base_of(await opened(vendor))
    offline = (await opened(vendor, to=refuse_connection)).access.writer
    assert offline is not None
    with pytest.raises(OfflineError):
        await offline.update(base, [change])


# ── history, jobs, batches ───────────────────────────────────────────────────────────────────────────────────────────


@every_vendor
async def test_revisions_come_newest_first_and_end_with_what_is_listed(vendor: Vendor, opened: Open) -> None:
    office = await opened(vendor)
    if office.access.history is None:
        pytest.skip(vendor.lacks["history"])
    contact = (await listed(office.access))[0].contacts[0]
    found = await office.access.history.revisions(contact.remote_id)
    numbers = [revision.number for revision in found]
    assert numbers == sorted(numbers, reverse=True)
    assert found[0].raw == contact.raw


@every_vendor
async def test_an_unknown_job_is_not_found(vendor: Vendor, opened: Open) -> None:
    office = await opened(vendor)
    if office.access.jobs is None:
        pytest.skip("Only what is queued has jobs.")
    with pytest.raises(NotFoundError):
        await office.access.jobs.job("0" * 24)


@every_vendor
async def test_whatever_answer_a_batch_gets_every_row_has_an_outcome(vendor: Vendor, opened: Open) -> None:
    batches = (await opened(vendor)).access.batches
    if batches is None:
        pytest.skip(vendor.lacks["send"])
    rows = [BatchRow(f"r{place}", {}) for place in range(3)]
    for kind in batches.kinds:
        for answer in ({}, {"data": None}, {"status": {"code": "OK"}}, {"_id": "x"}, {"data": [[[]]]}):
            outcomes = batches.settle(kind, rows, answer)
            assert [outcome.uid for outcome in outcomes] == ["r0", "r1", "r2"]
            assert {outcome.state for outcome in outcomes} == {RowState.IN_DOUBT}


@every_vendor
async def test_too_many_rows_and_twins_are_refused_before_they_are_sent(vendor: Vendor, opened: Open) -> None:
    office = await opened(vendor)
    if office.access.batches is None:
        pytest.skip(vendor.lacks["send"])
    office.emulator.requests.clear()
    for kind in office.access.batches.kinds:
        many = [BatchRow(str(place), {}) for place in range(kind.most + 1)]
        for rows in (many, [BatchRow("same", {}), BatchRow("same", {})]):
            with pytest.raises(RejectedError):
                office.access.batches.encode(kind, rows, {})
    assert not office.emulator.requests


# ── test the connection ──────────────────────────────────────────────────────────────────────────────────────────────


async def ends(access: Access) -> dict[str, bool | None]:
    steps = await access.check()
    assert [step.name for step in steps] == ["Reachable", "Sign-in", "Rights"]
    assert all(step.text for step in steps)
    return {step.name: step.ok for step in steps}


@every_vendor
async def test_a_good_account_passes(vendor: Vendor, opened: Open) -> None:
    assert set((await ends((await opened(vendor)).access)).values()) == {True}


@every_vendor
async def test_a_wrong_secret_fails_at_sign_in_and_is_never_shown(vendor: Vendor, opened: Open) -> None:
    access = (await opened(vendor, secret=SECRET)).access
    assert await ends(access) == {"Reachable": True, "Sign-in": False, "Rights": None}
    assert not any("c0ffee" in step.text for step in await access.check())


def refuse_connection(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused", request=request)


def never_answer(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("late", request=request)


STRANGERS: dict[str, Callable[[httpx.Request], httpx.Response]] = {
    "no route": refuse_connection,
    "no answer": never_answer,
    "hotel network": lambda request: httpx.Response(200, text="<!DOCTYPE html><html>Sign in</html>"),
    "redirect": lambda request: httpx.Response(302, headers={"Location": "https://x.example/"}),
    "other path": lambda request: httpx.Response(404, text="<html><h1>Not found</h1></html>"),
    "fault": lambda request: httpx.Response(502, text="bad gateway"),
    "empty": lambda request: httpx.Response(200, content=b""),
    "cut": lambda request: httpx.Response(200, content=b'{"data": {"items": ['),
    "nested": lambda request: httpx.Response(200, content=b"[" * 100_000),
    "latin": lambda request: httpx.Response(200, content=b'{"error": "\xe9\xe8"'),
}


@every_vendor
@pytest.mark.parametrize("stranger", STRANGERS.values(), ids=STRANGERS.keys())
async def test_whoever_is_not_the_vendor_is_told_at_the_first_step(
    vendor: Vendor, stranger: Callable[[httpx.Request], httpx.Response], opened: Open
) -> None:
    access = (await opened(vendor, to=stranger, secret=SECRET)).access
    assert await ends(access) == {"Reachable": False, "Sign-in": None, "Rights": None}
    if access.contacts is not None:
        with pytest.raises(KnownError) as told:
            await listed(access)
        assert told.value.title
        assert "c0ffee" not in f"{told.value} {told.value.details}"


@every_vendor
@pytest.mark.parametrize("kind", [Kind.SERVER_ERROR, Kind.HTML, Kind.CUT_BEFORE, Kind.HALF_BODY])
async def test_a_bad_line_is_a_known_error_and_the_next_try_goes_well(vendor: Vendor, kind: Kind, opened: Open) -> None:
    office = await opened(vendor)
    office.emulator.faults.set(kind)
    assert (await ends(office.access))["Reachable"] is False
    office.emulator.faults.clear()
    assert set((await ends(office.access)).values()) == {True}


@every_vendor
async def test_no_log_line_holds_a_secret(vendor: Vendor, opened: Open, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="crmdesk"):
        access = (await opened(vendor, secret=SECRET)).access
        await access.check()
    assert "c0ffee" not in caplog.text
