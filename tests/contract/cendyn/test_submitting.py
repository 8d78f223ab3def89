"""Contacts pushed as a submission: the engine, the connector and Cendyn's emulator together. *Accepted* is not *sent*,
what is verified is told apart from what is not, and nothing is booked twice."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from crmdesk.core.batch import BatchRow, credits_of
from crmdesk.core.changes import ChangeFeed
from crmdesk.core.epoch import MemoryEpochs
from crmdesk.core.errors import RejectedError
from crmdesk.core.grid_columns import put, used_columns
from crmdesk.core.mapping import guess
from crmdesk.core.query import parse
from crmdesk.core.row_checks import Severity
from crmdesk.core.submission import CONTACT_COLUMN, NewRow, Row, RowStage, Submission, sizes_alone
from crmdesk.core.types import Flag
from crmdesk.sandbox.app import transport
from crmdesk.sandbox.faults import Answer, Kind
from crmdesk.store import accounts, picks
from crmdesk.store.database import Database, driver_of
from crmdesk.store.reader import Reader
from crmdesk.sync.picked import NAMES, PICKED_COLUMNS
from crmdesk.sync.progress import StatusBoard
from crmdesk.sync.services import Services
from crmdesk.sync.submission_jobs import NOT_THERE, NOT_VERIFIED, VERIFIED
from crmdesk.sync.worker import NetworkThread
from crmdesk.vendors.cendyn import VENDOR
from crmdesk.vendors.cendyn.kinds import CONTACTS
from crmdesk.vendors.cendyn.sandbox import DEMO, CendynSandbox, Quirks, sandbox
from tests.contract.cendyn.tools import ACCOUNT, SECRET, account
from tests.helpers.clock import NOON, FakeClock
from tests.helpers.desk import KEY

BOUGHT = {"UUID": "room-standard", "price": Decimal("340"), "currency": "EUR", "status": "confirmed"}
READS = "/v2/account"


class Program:
    """The services over one data file, whose account is the emulator, on one clock."""

    def __init__(self, folder: Path, quirks: Quirks) -> None:
        self.clock = FakeClock()
        self.emulator: CendynSandbox = sandbox(
            now=self.clock.now, quirks=quirks, accounts=[replace(DEMO[0], secret=SECRET)]
        )
        self.database = Database.open(folder / "desk.db", KEY, ChangeFeed(), self.clock)
        self.network = NetworkThread()
        self.reader = Reader(self.database)
        self.services = Services(
            self.database, self.reader, {VENDOR.key: VENDOR}, self.network, StatusBoard(), self.clock,
            {VENDOR.key: transport(self.emulator)}, epochs=MemoryEpochs(),
        )  # fmt: skip
        self.verbs = self.services.submissions
        self.id = self.database.write_sync(lambda c, t: accounts.add(c, t, account())).id
        self.database.write_sync(lambda c, t: accounts.put_secret(c, t, self.id, "secret", SECRET))

    async def sent(self, rows: list[dict[str, Any]], **how: Any) -> int:
        made = await self.verbs.create(Submission(0, self.id, CONTACTS.key, "May", **how), map(NewRow, rows))
        await self.verbs.send(made.id, "Maria")
        await self.verbs.sending.send_due()
        return made.id

    async def later(self, number: int, seconds: float = 60) -> list[Row]:
        self.clock.forward(seconds)
        await self.verbs.ask_jobs(number)
        return await self.reader.submissions.rows(number)

    async def listed(self) -> dict[str, Any]:
        """What the contact list has: remote id → state."""
        hits = await self.reader.search(parse("", now=NOON), first=0)
        found = {}
        async for chunk in self.reader.each(hits.ids.tolist()):
            for one in chunk:
                assert one.row.remote_id not in found
                found[one.row.remote_id] = json.loads(one.body)["state"]
        return found

    async def aclose(self) -> None:
        await self.services.aclose()
        self.network.close()
        self.database.close()


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Callable[..., Program]]:
    made: list[Program] = []

    def program(**quirks: Any) -> Program:
        made.append(Program(tmp_path, Quirks(**quirks)))
        return made[-1]

    yield program
    for one in made:
        await one.aclose()


def guest(number: int, **values: Any) -> dict[str, Any]:
    return {"user_id": f"g:{number}", "email": f"guest{number}@example.com", "name_first": f"Ann {number}", **values}


async def test_a_file_does_not_send_a_guest_who_is_restricted_here(start: Callable[..., Program]) -> None:
    """The row does not come from the contact list, but it names the same person."""
    program = start()

    def put(connection: Any, _touched: Any) -> None:
        driver = driver_of(connection)
        driver.execute(
            "INSERT INTO contact(account_id, remote_id, name, sort_key, given_key, email, phone, flags, base_hash)"
            " VALUES (?, 'g:9', 'José Nuñez', 'n', 'j', 'Jose@Example.com', '+357 99 123456', ?, x'00')",
            (program.id, int(Flag.RESTRICTED)),
        )

    program.database.write_sync(put)
    rows = [
        NewRow(guest(1)),
        NewRow(guest(2, email=" jose@example.com", name_first="", name_last="Nunez")),
        NewRow(guest(3, email="jose@example.com", name_first="", name_last="")),
        NewRow(guest(4, email="jose@example.com", name_first="Ana", name_last="Ruiz")),
        NewRow(guest(9)),
    ]
    rows += [
        NewRow(guest(5, phone="0035799123456", name_first="", name_last="Nuñez")),
        NewRow(guest(6, phone="+35799123456", name_first="Ana", name_last="Ruiz")),
    ]
    flaws = await program.verbs.check(program.id, CONTACTS.key, rows, {})
    assert [flaw.row for flaw in flaws if flaw.code == "V-RESTR"] == [1, 2, 4, 5]
    made = await program.verbs.create(Submission(0, program.id, CONTACTS.key, "May"), rows)
    with pytest.raises(RejectedError) as refused:
        await program.verbs.send(made.id, "Maria")
    assert len(refused.value.problems) == 4 and not any("sync_data" in seen.path for seen in program.emulator.requests)


async def test_a_guest_who_was_sent_yesterday_and_has_moved_is_sent_again(start: Callable[..., Program]) -> None:
    """The file only grows: its first row is left out as known, so the new row has the guest's id for itself."""
    program = start()
    await program.sent([guest(1)])
    rows = [NewRow(guest(1)), NewRow(guest(1, city="Bonn")), NewRow(guest(2, gender="?"))]
    flaws = await program.verbs.check(program.id, CONTACTS.key, rows, {})
    assert [(flaw.row, flaw.code) for flaw in flaws if flaw.code != "N-KNOWN"] == [(0, "V-REPEAT"), (2, "V-ENUM")]
    made = await program.verbs.create(Submission(0, program.id, CONTACTS.key, "June"), rows[:2])
    with pytest.raises(RejectedError):
        await program.verbs.send(made.id, "Maria")
    first, _ = await program.reader.submissions.rows(made.id)
    await program.verbs.leave_out([first.id], "sent yesterday")
    await program.verbs.send(made.id, "Maria")
    await program.verbs.sending.send_due()
    assert stages(await program.reader.submissions.rows(made.id))[1] is RowStage.ACCEPTED


def with_purchase(number: int) -> dict[str, Any]:
    return guest(number, purchase=[{**BOUGHT, "transaction_code": f"PMS-{number}"}])


def stages(rows: list[Row]) -> list[RowStage]:
    return [row.stage for row in rows]


async def test_a_second_purchase_of_an_earlier_versions_draft_is_told_where_it_stands(
    start: Callable[..., Program],
) -> None:
    program = start()
    row = guest(1, purchase=[{**BOUGHT, "transaction_code": f"T{number}"} for number in (1, 2)])
    flaws = await program.verbs.check(program.id, CONTACTS.key, [NewRow(row)], {})
    path = "purchase.1.UUID"
    assert [(flaw.code, flaw.path) for flaw in flaws] == [("V-VENDOR", path)]
    shown = [column.path for column in used_columns(CONTACTS, [row]) if column.path.startswith("purchase.1.")]
    assert shown == [f"purchase.1.{name}" for name in ("UUID", "transaction_code", "price", "currency", "status")]
    half = guest(1, purchase=[row["purchase"][0], {"transaction_code": "T2"}])
    flaws = await program.verbs.check(program.id, CONTACTS.key, [NewRow(half)], {})
    assert [(flaw.code, flaw.path) for flaw in flaws] == [("V-VENDOR", shown[1])], "nobody is asked to complete it"
    for one in shown:
        row = put(row, one, None)
    assert row["purchase"] == [{**BOUGHT, "transaction_code": "T1"}]
    assert await program.verbs.check(program.id, CONTACTS.key, [NewRow(row)], {}) == []


async def test_accepted_is_not_sent_and_each_contact_is_verified(start: Callable[..., Program]) -> None:
    program = start()
    number = await program.sent([guest(1), guest(2, email="no address"), guest(3)], per_call=2)
    rows = await program.reader.submissions.rows(number)
    assert stages(rows) == [RowStage.ACCEPTED] * 3
    assert len({row.number for row in rows}) == 2
    assert {row.number for row in rows} == set(program.emulator.account(ACCOUNT).jobs), "the job's id is kept"
    assert await program.listed() == {"g:1": "queued", "g:2": "queued", "g:3": "queued"}
    assert stages(await program.later(number, 6)) == [RowStage.ACCEPTED] * 3, "a job under way proves nothing"
    rows = await program.later(number)
    assert stages(rows) == [RowStage.SENT, RowStage.FAILED, RowStage.SENT]
    assert [row.text for row in rows] == [VERIFIED, NOT_THERE, VERIFIED]
    there = {one["user_id"]: one["id"] for one in program.emulator.contacts(ACCOUNT)}
    assert [row.remote_id for row in rows if row.stage is RowStage.SENT] == [there["g:1"], there["g:3"]]
    assert await program.listed() == {"g:1": "processed", "g:2": "failed", "g:3": "processed"}
    (line,) = await program.reader.submissions.attempts(rows[1].id)
    assert (line.stage, line.text) == (RowStage.FAILED, NOT_THERE)
    await program.verbs.change_rows(number, {rows[1].id: guest(2)})
    await program.verbs.send(number, "Maria")
    await program.verbs.sending.send_due()
    assert stages(await program.later(number)) == [RowStage.SENT] * 3
    assert len(program.emulator.contacts(ACCOUNT)) == 3
    assert (await program.listed())["g:2"] == "processed"


async def test_jobs_are_asked_for_by_themselves(start: Callable[..., Program]) -> None:
    program = start()
    number = await program.sent([guest(1)])
    program.verbs.jobs.start()
    asked = len(program.emulator.requests)
    await program.verbs.jobs.ask()
    assert len(program.emulator.requests) == asked, "not before its time"
    program.clock.forward(60)
    program.verbs.jobs.wake()
    async with asyncio.timeout(10):
        while stages(await program.reader.submissions.rows(number)) != [RowStage.SENT]:
            await asyncio.sleep(0.01)


async def test_a_push_and_a_submission_of_one_contact_are_one_in_the_list(start: Callable[..., Program]) -> None:
    program = start()
    number = await program.sent([guest(1), guest(2)])
    program.clock.forward(5)
    await program.services.push_contacts(program.id, [BatchRow("g:1", guest(1, city="Bern"))], {})
    await program.later(number)
    assert await program.listed() == {"g:1": "queued", "g:2": "processed"}, "what was sent later stays"


async def test_a_job_that_fails_or_is_forgotten(start: Callable[..., Program]) -> None:
    program = start()
    number = await program.sent([guest(1), guest(2)], per_call=1)
    first, second = program.emulator.account(ACCOUNT).jobs
    program.emulator.fail_job(ACCOUNT, first)
    program.emulator.forget_job(ACCOUNT, second)
    rows = await program.later(number)
    assert stages(rows) == [RowStage.FAILED, RowStage.UNKNOWN]
    assert rows[0].text == "The vendor says: failed." and "no longer knows" in rows[1].note
    found = await program.verbs.look_up(number)
    assert (found.found, found.absent) == (0, 1), "the look-up asks for the contact itself"


async def test_a_job_without_an_end_becomes_unknown(start: Callable[..., Program]) -> None:
    program = start(work_seconds=10**9)
    number = await program.sent([guest(1)])
    assert stages(await program.later(number, 3600)) == [RowStage.ACCEPTED]
    assert stages(await program.later(number, 8 * 86_400)) == [RowStage.UNKNOWN]


async def test_what_cannot_be_asked_is_sent_but_not_verified(start: Callable[..., Program]) -> None:
    program = start()
    number = await program.sent([guest(1)])
    faults = program.emulator.faults
    faults.set(Kind.SERVER_ERROR, target="/contact", times=50)
    assert stages(await program.later(number)) == [RowStage.ACCEPTED], "a fault is no answer"
    faults.clear()
    faults.set(Kind.ANSWER, target="/contact", answer=Answer(404, b'{"error": "Route not found"}'))
    rows = await program.later(number)
    assert (stages(rows), rows[0].text) == ([RowStage.SENT], NOT_VERIFIED)


async def test_a_purchase_goes_with_one_guest_and_is_not_booked_twice(start: Callable[..., Program]) -> None:
    program = start()
    number = await program.sent([guest(1), with_purchase(2), with_purchase(3), guest(4), guest(5)], trial=3)
    assert [call.rows for call in await program.reader.submissions.calls(number)] == [1, 1, 1, 2]
    await program.verbs.go_on(number)
    await program.verbs.sending.send_due()
    rows = await program.later(number)
    assert stages(rows) == [RowStage.SENT] * 5
    bought = {one["transaction_code"]: one["user_id"] for one in program.emulator.purchases(ACCOUNT)}
    assert bought == {"PMS-2": "g:2", "PMS-3": "g:3"}
    number = await program.sent([with_purchase(6)])
    program.emulator.faults.set(Kind.ANSWER, target="/purchases", answer=Answer(200, b'{"purchases": []}'))
    rows = await program.later(number)
    assert (stages(rows), rows[0].note) == ([RowStage.UNKNOWN], NOT_THERE), "never retried as failed"


async def test_one_purchase_for_several_guests_must_be_said(start: Callable[..., Program]) -> None:
    program = start(shared_purchase=True)
    request = {"purchase": [{**BOUGHT, "transaction_code": "PMS-9"}]}
    rows = [guest(1), guest(2)]
    for per_call in (1, 200):
        with pytest.raises(RejectedError, match="there is one for 2 rows"):
            await program.sent(rows, request=request, per_call=per_call)
    new = [NewRow(values) for values in rows]
    flaws = await program.verbs.check(program.id, CONTACTS.key, new, request)
    assert [(flaw.row, flaw.path, flaw.severity) for flaw in flaws] == [(0, "purchase", Severity.ERROR)]
    ticked = {**request, "purchase_shared": True}
    assert not await program.verbs.check(program.id, CONTACTS.key, new, ticked)
    number = await program.sent(rows, request=ticked)
    assert stages(await program.later(number)) == [RowStage.SENT] * 2
    assert b"shared" not in (await program.reader.submissions.call(1)).body  # type: ignore[union-attr]
    own = [NewRow(with_purchase(3))]
    flaws = await program.verbs.check(program.id, CONTACTS.key, own, ticked)
    assert "has one already" in flaws[0].text


async def test_rows_are_checked_by_what_cendyn_asks_for(start: Callable[..., Program]) -> None:
    program = start()
    rows = [
        NewRow({"email": "a@example.com"}),
        NewRow(guest(2, gdpr_marketing_consent=True)),
        NewRow(guest(3)),
        NewRow(guest(3, city="Bern")),
    ]
    flaws = await program.verbs.check(program.id, CONTACTS.key, rows, {})
    told = {(flaw.row, flaw.code, flaw.path) for flaw in flaws}
    assert told == {(0, "V-REQ", "user_id"), (1, "V-CONSENT", "gdpr_marketing_consent"), (3, "V-RID", "user_id")}


def test_what_a_check_of_addresses_may_cost() -> None:
    tick, rows = "options.email_validation.validate", [guest(1), {"user_id": "g:2"}, guest(3)]
    assert credits_of(CONTACTS, rows, {}) == 0
    assert credits_of(CONTACTS, rows, {tick: True}) == 2
    by_account = replace(CONTACTS, costs_on=True)
    assert (credits_of(by_account, rows, {}), credits_of(by_account, rows, {tick: False})) == (2, 0)


def test_rows_alone_are_calls_of_their_own() -> None:
    assert sizes_alone([], 10, 0) == []
    assert sizes_alone([False] * 5, 2, 0) == [2, 2, 1]
    assert sizes_alone([False] * 7, 3, 2) == [2, 3, 2]
    assert sizes_alone([True, False, False, True, True, False], 10, 0) == [1, 2, 1, 1, 1]
    assert sizes_alone([False, True, False], 10, 5) == [1, 1, 1]


# ── rows from contacts ───────────────────────────────────────────────────────────────────────────────────────────────


def test_what_kinds_take_of_contacts_exists() -> None:
    paths = {spec.path for spec in CONTACTS.fields}
    assert {path for path, _ in CONTACTS.picks} <= paths
    assert {name for _, name in CONTACTS.picks} <= NAMES


async def test_contacts_become_rows(start: Callable[..., Program]) -> None:
    program = start()
    await program.sent([guest(1, gender="FEMALE", phone="+41 31 1", country="Germany", language="DE"), guest(2)])
    ids = {row.remote_id: row.id for row in await _rows(program)}
    wanted = [ids["g:2"], 999_999, ids["g:1"], ids["g:2"]]
    two, one = await program.verbs.rows_of_contacts(program.id, CONTACTS.key, wanted)
    assert one.values["user_id"] == "g:1", "what was sent there before keeps its id"
    assert {one.values[path] for path in ("gender", "language", "country", "phone")} == {
        "FEMALE", "de", "DE", "+41 31 1",
    }  # fmt: skip
    assert dict(zip(PICKED_COLUMNS, one.cells, strict=True)) == {
        CONTACT_COLUMN: str(ids["g:1"]), "Name": "Ann 1", "E-mail": "guest1@example.com", "Phone": "+41 31 1",
    }  # fmt: skip
    assert (two.left_out, one.left_out) == ("", "")
    await program.database.write(
        lambda c, _t: driver_of(c).execute(
            "UPDATE contact SET flags=flags|? WHERE id=?", (Flag.RESTRICTED.value, ids["g:1"])
        )
    )
    (gone,) = await program.verbs.rows_of_contacts(program.id, CONTACTS.key, [ids["g:1"]])
    assert "Restricted" in gone.left_out
    assert (gone.values, gone.cells) == ({}, (str(ids["g:1"]), "", "", ""))


async def test_whom_a_row_is_about_comes_from_what_was_taken_before(start: Callable[..., Program]) -> None:
    program = start()
    await program.sent([guest(1)])
    (contact,) = await _rows(program)
    cells = (str(contact.id), "Ann 1", "", "")
    new = Submission(0, program.id, CONTACTS.key, "June", columns=PICKED_COLUMNS)
    made = await program.verbs.create(new, [NewRow(guest(7), cells), NewRow(guest(8, email="x"), cells)])
    await program.verbs.send(made.id, "Maria")
    await program.verbs.sending.send_due()
    assert stages(await program.later(made.id)) == [RowStage.SENT, RowStage.FAILED]

    def read(connection: Any) -> dict[int, dict[str, Any]]:
        return picks.identified(driver_of(connection), program.id, [contact.id, 5], ["user_id"])

    assert await program.database.read(read) == {contact.id: {"user_id": "g:7"}}, "not from the row that failed"
    (row,) = await program.verbs.rows_of_contacts(program.id, CONTACTS.key, [contact.id])
    assert row.values["user_id"] == "g:7"


async def _rows(program: Program) -> list[Any]:
    hits = await program.reader.search(parse("", now=NOON), first=0)
    return [one.row async for chunk in program.reader.each(hits.ids.tolist()) for one in chunk]


def test_headings_of_a_guest_list_are_no_purchase() -> None:
    headings = (
        "Guest id",
        "Name",
        "Surname",
        "First name",
        "E-mail address",
        "Birthday",
        "Postcode",
        "Status",
    )
    found = {choice.path: headings[choice.source.column or 0] for choice in guess(CONTACTS, headings).choices}
    assert found == {
        "user_id": "Guest id", "name_first": "First name", "name_last": "Surname", "email": "E-mail address",
        "born_date": "Birthday", "zip": "Postcode",
    }  # fmt: skip
    assert "purchase.0.status" in {choice.path for choice in guess(CONTACTS, ["Purchase status"]).choices}
