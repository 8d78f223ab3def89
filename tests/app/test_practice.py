"""What practice mode begins with: a draft with mistakes, and a run with failures and unknown rows, at each vendor that
takes rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from crmdesk import practice
from crmdesk.core.changes import ChangeFeed
from crmdesk.core.epoch import MemoryEpochs
from crmdesk.core.row_checks import Severity
from crmdesk.core.submission import Pause, RowStage, Submission, SubmissionStage
from crmdesk.core.vendor import Vendor
from crmdesk.sandbox.app import transport
from crmdesk.store.database import Database
from crmdesk.store.reader import Reader
from crmdesk.sync.progress import StatusBoard
from crmdesk.sync.services import Services
from crmdesk.sync.worker import NetworkThread
from crmdesk.vendors import VENDORS
from tests.helpers.clock import FakeClock
from tests.helpers.desk import KEY

COMPOSED = [vendor for vendor in VENDORS if hasattr(vendor.sandbox(), "composed")]
WANTED = {
    "crmcom_events": ({RowStage.SENT: 18, RowStage.FAILED: 2, RowStage.UNKNOWN: 6}, {"V-SUM", "V-REQ", "V-ONEOF"}),
    "cendyn": ({RowStage.SENT: 7, RowStage.FAILED: 1, RowStage.UNKNOWN: 4}, {"V-CONSENT"}),
}


@pytest.mark.parametrize("vendor", COMPOSED, ids=lambda vendor: vendor.key)
async def test_practice_begins_with_a_draft_and_a_run(vendor: Vendor, tmp_path: Path) -> None:
    clock = FakeClock()
    emulator: Any = vendor.sandbox(now=clock.now)
    network = NetworkThread()
    database = Database.open(tmp_path / "desk.db", KEY, ChangeFeed(), clock)
    reader = Reader(database)
    services = Services(
        database, reader, {vendor.key: vendor}, network, StatusBoard(), clock,
        {vendor.key: transport(emulator)}, epochs=MemoryEpochs(),
    )  # fmt: skip
    try:
        described = emulator.describe("http://127.0.0.1")
        one = described["accounts"][0]
        account = await services.add_account(vendor.key, one["title"], described["base_url"], one["credentials"])
        await practice.begin(services, account.id, emulator)
        await services.submissions.sending.send_due()
        clock.forward(60)
        run, draft = await _by_stage(reader)
        await services.submissions.ask_jobs(run.id)
        counts, codes = WANTED[vendor.key]
        assert dict((await services.submissions.snapshot(run.id)).counts) == counts
        assert (run.stage, run.pause) == (SubmissionStage.ENDED, Pause.UNKNOWN)
        assert all(len(row.cells) == len(run.columns) > 3 for row in await reader.submissions.rows(run.id))
        rows = await reader.submissions.rows(draft.id)
        flaws = await services.submissions.check(account.id, draft.kind, rows, draft.request)
        assert {flaw.code for flaw in flaws if flaw.severity is not Severity.NOTE} == codes
        assert not emulator.faults.active(), "the lost answer was for that run only"
        assert not await services.submissions.halted()
    finally:
        await services.aclose()
        network.close()
        database.close()


async def _by_stage(reader: Reader) -> tuple[Submission, Submission]:
    found = {one.stage: one for one in await reader.submissions.all()}
    return found[SubmissionStage.ENDED], found[SubmissionStage.DRAFT]
