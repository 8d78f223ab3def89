"""The window is closed while a call with events is on its way (UX-WIN-08): nothing becomes unknown without a word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QPushButton

from crmdesk.core.submission import NewRow, RowStage, Submission
from crmdesk.folder import CACHE
from crmdesk.sandbox.faults import Kind
from crmdesk.store.connect import connect
from crmdesk.vendors.crmcom_events.sandbox import CrmComEventsSandbox
from tests.helpers.house import KEY, House, until
from tests.walks.test_bulk_events import ACCOUNT, LOYALTY, address, desk, emulator

__all__ = ["address", "emulator"]
ROWS, PER_CALL = 9, 3


async def sending(house: House) -> int:
    """A submission whose second call waits for its answer; its number."""
    new = Submission(0, house.accounts()[LOYALTY], "achievements", "May", per_call=PER_CALL)
    values: dict[str, Any] = {
        "classification_identifier.name": "Customer Feedback 3",
        "performed_by_unit_identifier.name": "Admin Unit",
    }
    rows = [
        NewRow({**values, ACCOUNT: "ACR0000000501", "performed_on": f"2026-05-0{n + 1}T10:00:00"}) for n in range(ROWS)
    ]
    made = await house.services.submissions.create(new, rows)
    await house.services.submissions.send(made.id, "Maria")
    await until(lambda: counted(house, made.id) == {RowStage.SENT: 3, RowStage.SENDING: 3, RowStage.QUEUED: 3}, "it")
    return made.id


def counted(house: House, number: int) -> dict[RowStage, int]:
    from collections import Counter

    from crmdesk.store import submissions
    from crmdesk.store.database import driver_of

    rows = house.services.database.read_sync(lambda c: submissions.rows(driver_of(c), number))
    return dict(Counter(row.stage for row in rows))


def stored(folder: Path, number: int) -> dict[RowStage, int]:
    """As it lies on the disk when the program has ended."""
    connection = connect(folder / CACHE, KEY.value)
    asked = "SELECT stage, count(*) FROM submission_row WHERE submission_id=? GROUP BY stage"
    found = {RowStage(stage): count for stage, count in connection.execute(asked, (number,)).fetchall()}
    connection.close()
    return found


async def close(house: House) -> None:
    house.window.close()
    await until(lambda: house.there("leaving.wait"), "the question")
    button = house.find("leaving.wait", QPushButton)
    assert button.isDefault() and house.window.isVisible()


def slow(emulator: CrmComEventsSandbox, seconds: float) -> None:
    emulator.faults.set(Kind.SLOW, seconds, target="/bulk/", times=1, skip=1)


async def test_it_waits_for_the_answer_and_then_closes(
    tmp_path: Path, emulator: CrmComEventsSandbox, address: str
) -> None:
    slow(emulator, 2)
    async with desk(tmp_path, address, trial_rows=0) as house:
        number = await sending(house)
        await close(house)
        house.click("leaving.wait")
        await until(lambda: not house.window.isVisible(), "the end")
    assert stored(tmp_path, number) == {RowStage.SENT: 6, RowStage.QUEUED: 3}, "nothing further left"
    assert len(emulator.ledger.of("achievements")) == 6


@pytest.mark.slow
async def test_somebody_who_changes_their_mind_finds_everything_sent(
    tmp_path: Path, emulator: CrmComEventsSandbox, address: str
) -> None:
    slow(emulator, 2)
    async with desk(tmp_path, address, trial_rows=0) as house:
        number = await sending(house)
        await close(house)
        house.click("leaving.wait")
        await until(lambda: not house.there("leaving.wait") and house.there("leaving.cancel"), "waiting")
        house.click("leaving.cancel")
        await until(lambda: counted(house, number) == {RowStage.SENT: ROWS}, "the rest")
        assert house.window.isVisible()


@pytest.mark.expect_log
@pytest.mark.slow
async def test_closing_anyway_calls_what_is_not_known_unknown(
    tmp_path: Path, emulator: CrmComEventsSandbox, address: str
) -> None:
    slow(emulator, 30)
    async with desk(tmp_path, address, trial_rows=0) as house:
        number = await sending(house)
        await close(house)
        house.click("leaving.anyway")
        await until(lambda: not house.window.isVisible(), "the end")
    assert stored(tmp_path, number) == {RowStage.SENT: 3, RowStage.UNKNOWN: 3, RowStage.QUEUED: 3}
