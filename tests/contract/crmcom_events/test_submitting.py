"""Submissions over real sockets: the engine, the connector and the vendor's emulator together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from crmdesk.core.changes import ChangeFeed, Changes
from crmdesk.core.epoch import MemoryEpochs
from crmdesk.core.submission import NewRow, Pause, RowStage, Submission, SubmissionStage
from crmdesk.sandbox.faults import Kind
from crmdesk.sandbox.server import LoopbackServer
from crmdesk.store import accounts
from crmdesk.store.database import Database
from crmdesk.store.reader import Reader
from crmdesk.sync.progress import StatusBoard
from crmdesk.sync.services import Services
from crmdesk.sync.worker import NetworkThread
from crmdesk.vendors.crmcom_events import VENDOR
from crmdesk.vendors.crmcom_events.sandbox import DEMO, CrmComEventsSandbox, Quirks, sandbox
from tests.contract.crmcom_events.conftest import account
from tests.contract.crmcom_events.tools import BULK, GOOD
from tests.helpers.clock import FakeClock
from tests.helpers.desk import KEY


class Program:
    """The services over one data file, whose account is the emulator."""

    def __init__(self, folder: Path, address: str) -> None:
        self.told: list[Changes] = []
        feed = ChangeFeed()
        feed.subscribe(self.told.append)
        self.clock = FakeClock()
        self.database = Database.open(folder / "desk.db", KEY, feed, self.clock)
        self.network = NetworkThread()
        self.reader = Reader(self.database)
        self.services = Services(
            self.database, self.reader, {VENDOR.key: VENDOR}, self.network, StatusBoard(), self.clock,
            epochs=MemoryEpochs(),
        )  # fmt: skip
        self.verbs = self.services.submissions
        new = account(base_url=VENDOR.check_base_url(address))
        self.id = self.database.write_sync(lambda c, t: accounts.add(c, t, new)).id
        self.database.write_sync(lambda c, t: accounts.put_secret(c, t, self.id, "secret", DEMO.password))

    async def sent(self, rows: list[dict[str, Any]], **how: Any) -> int:
        new = Submission(0, self.id, "web", "May", **how)
        made = await self.verbs.create(new, [NewRow(values) for values in rows])
        await self.verbs.send(made.id, "Maria")
        await self.verbs.sending.send_due()
        return made.id

    async def counts(self, number: int) -> dict[RowStage, int]:
        return dict((await self.verbs.snapshot(number)).counts)

    async def aclose(self) -> None:
        await self.services.aclose()
        self.network.close()
        self.database.close()


@pytest.fixture
def emulator() -> CrmComEventsSandbox:
    return sandbox(quirks=Quirks(shuffled=True))


@pytest.fixture
def server(emulator: CrmComEventsSandbox) -> Iterator[LoopbackServer]:
    with LoopbackServer(emulator) as running:
        yield running


@pytest.fixture
async def program(server: LoopbackServer, tmp_path: Path) -> AsyncIterator[Program]:
    made = Program(tmp_path, server.base_url)
    yield made
    await made.aclose()


def some(count: int) -> list[dict[str, Any]]:
    return [{**GOOD["web"], "website": f"www.{number:03}.com"} for number in range(count)]


def there(emulator: CrmComEventsSandbox) -> list[str]:
    return sorted(one.sent["website"] for one in emulator.ledger.of("web"))


def bulk_calls(emulator: CrmComEventsSandbox) -> int:
    return sum(seen.path.startswith(BULK) for seen in emulator.requests)


async def test_rows_are_sent_each_once_and_carry_our_reference(program: Program, emulator: CrmComEventsSandbox) -> None:
    rows = [*some(24), {**GOOD["web"], "website": "own", "external_system_reference_number": "PMS-7"}]
    rows[3]["accounts_receivable_identifier.number"] = "ACR0"
    number = await program.sent(rows, per_call=10)
    assert await program.counts(number) == {RowStage.SENT: 24, RowStage.FAILED: 1}
    assert (len(there(emulator)), bulk_calls(emulator)) == (24, 3)
    kept = {row.values["website"]: row for row in await program.reader.submissions.rows(number)}
    for event in emulator.ledger.of("web"):
        row, sent = kept[event.sent["website"]], event.sent
        assert (row.remote_id, row.number) == (event.id, event.number)
        own = "PMS-7" if sent["website"] == "own" else row.uid
        assert (sent["external_system"], sent["external_system_reference_number"]) == ("crmdesk", own)
    assert {number} <= {one for changes in program.told for one in changes.submissions}
    found = await program.reader.submissions.calls(number)
    exact = await program.reader.submissions.call(found[0].id)
    assert exact is not None and b"token" not in exact.body and kept["www.000.com"].uid.encode() in exact.body


@pytest.mark.parametrize(("fault", "made"), [(Kind.CUT_AFTER, 4), (Kind.CUT_BEFORE, 0), (Kind.SERVER_ERROR_AFTER, 4)])
async def test_a_lost_answer_is_looked_up_and_nothing_goes_twice(
    program: Program, emulator: CrmComEventsSandbox, fault: Kind, made: int
) -> None:
    emulator.faults.set(fault, target="/bulk/", times=1)
    number = await program.sent(some(8), per_call=4)
    assert await program.counts(number) == {RowStage.UNKNOWN: 4, RowStage.QUEUED: 4}
    found = await program.verbs.look_up(number)
    assert (found.found, found.absent, found.several) == (made, 4 - made, 0)
    await program.verbs.go_on(number)
    await program.verbs.sending.send_due()
    unknown = await program.reader.submissions.rows(number, [RowStage.UNKNOWN])
    assert len(unknown) == 4 - made
    if unknown:
        await program.verbs.settle([row.id for row in unknown], "Not in the back office.", "Maria", sent=False)
        await program.verbs.send(number, "Maria", stages=[RowStage.NOT_SENT])
        await program.verbs.sending.send_due()
    assert await program.counts(number) == {RowStage.SENT: 8}
    assert there(emulator) == [f"www.{place:03}.com" for place in range(8)]


async def test_without_a_line_it_waits(server: LoopbackServer, program: Program, emulator: CrmComEventsSandbox) -> None:
    program.services.set_working_offline(True)
    number = await program.sent(some(3))
    assert await program.counts(number) == {RowStage.QUEUED: 3} and not bulk_calls(emulator)
    program.services.set_working_offline(False)
    await program.verbs.sending.send_due()
    assert await program.counts(number) == {RowStage.SENT: 3}


async def test_an_account_that_is_removed_sends_nothing_more(program: Program, emulator: CrmComEventsSandbox) -> None:
    number = await program.sent(some(4), per_call=2, trial=1)
    await program.services.remove_account(program.id, keep_contacts=True)
    found = await program.verbs.get(number)
    assert (found.stage, found.pause) == (SubmissionStage.ENDED, Pause.FORBIDDEN)
    assert await program.counts(number) == {RowStage.SENT: 1, RowStage.NOT_SENT: 3}
    await program.services.remove_account(program.id, keep_contacts=False)
    assert await program.reader.submissions.all() == [] and await program.reader.submissions.search("") == []
