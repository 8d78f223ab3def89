"""Submissions over real sockets: the engine, the connector and the vendor's emulator together."""

from __future__ import annotations

import pytest

from crmdesk.core.submission import Pause, RowStage, SubmissionStage
from crmdesk.sandbox.faults import Kind
from crmdesk.sandbox.server import LoopbackServer
from crmdesk.vendors.crmcom_events.sandbox import CrmComEventsSandbox, Quirks, sandbox
from tests.contract.crmcom_events.program import Program, some
from tests.contract.crmcom_events.tools import BULK, GOOD


@pytest.fixture
def emulator() -> CrmComEventsSandbox:
    return sandbox(quirks=Quirks(shuffled=True))


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
