"""A folder that was put back from a backup, with the whole program below the window: what has left since is not sent
again, and neither is what had not left."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crmdesk import backups, swap
from crmdesk.core.outbox import FieldChange, OpState
from crmdesk.core.seams import SystemClock
from crmdesk.core.submission import NewRow, RowStage, Submission, SubmissionStage
from crmdesk.folder import CACHE
from crmdesk.net.key_record import KeyMode
from crmdesk.net.secrets import Key, create_key, open_key
from crmdesk.sandbox.app import transport
from crmdesk.settings import Settings
from crmdesk.sync.progress import StatusBoard
from crmdesk.vendors.bookingsync import VENDOR as BOOKINGSYNC
from crmdesk.vendors.bookingsync.sandbox_accounts import SandboxAccount
from crmdesk.vendors.crmcom_events import VENDOR as EVENTS
from crmdesk.vendors.crmcom_events.sandbox import DEMO
from crmdesk.workspace import Workspace, open_workspace, vendors

PASSPHRASE = "correct horse battery staple"
TOKEN = "f" * 64
KIND = "achievements"
NEW = {
    "firstname": "Newly", "lastname": "Made", "email": "new@inn.example", "address1": "Way 1", "zip": "1010",
    "city": "Wien", "country_code": "AT", "spoken_languages": ["de"],
}  # fmt: skip


class Vendors:
    """The emulators, which outlive every folder."""

    def __init__(self) -> None:
        self.contacts: Any = BOOKINGSYNC.sandbox([SandboxAccount(71, "Sea", TOKEN, count=30)])
        self.events: Any = EVENTS.sandbox()

    def opened(self, folder: Path, key: Key) -> Workspace:
        lines = {BOOKINGSYNC.key: transport(self.contacts), EVENTS.key: transport(self.events)}
        kept = Settings(grace_edit_seconds=0, grace_delete_seconds=0)
        clock = SystemClock()
        return open_workspace(folder / CACHE, key, clock=clock, board=StatusBoard(), transports=lines, settings=kept)

    def addresses(self) -> dict[str, str]:
        both = {BOOKINGSYNC.key: self.contacts, EVENTS.key: self.events}
        return {key: emulator.describe("http://127.0.0.1")["base_url"] for key, emulator in both.items()}

    def writes(self) -> list[tuple[str, str]]:
        return [(seen.method, seen.path) for seen in self.contacts.requests if seen.method not in ("GET", "HEAD")]

    def sent(self) -> int:
        return len(self.events.ledger.of(KIND))


async def until(holds: Callable[[], Any], what: str, seconds: float = 40) -> None:
    async with asyncio.timeout(seconds):
        while not await holds():
            await asyncio.sleep(0.05)
    assert await holds(), what


async def filled(world: Vendors, workspace: Workspace) -> int:
    """Two accounts, contacts, a change, a new contact and a deletion that wait, and events that are to go. The number
    of the submission."""
    services = workspace.services
    at = world.addresses()
    token = {"sign_in": "token", "token": TOKEN}
    sea = await services.add_account(BOOKINGSYNC.key, "Sea", at[BOOKINGSYNC.key], token)
    signing = {"username": DEMO.username, "organisation": DEMO.organisation, "time_zone": "UTC"}
    office = await services.add_account(EVENTS.key, "Office", at[EVENTS.key], {**signing, "secret": DEMO.password})
    await services.pull(sea.id)
    services.set_working_offline(True)
    rows = await workspace.reader.rows(range(1, 20))
    first, second = [row for row in rows if row.account_id == sea.id and not row.flags & 7][:2]
    await services.edits.save(first.id, [FieldChange("city", first.city or None, "Oslo")])
    await services.edits.create(sea.id, NEW)
    await services.edits.delete([second.id])
    values = {
        "accounts_receivable_identifier.number": "ACR0000000077",
        "classification_identifier.name": "Customer Feedback 3",
        "performed_by_unit_identifier.name": "Admin Unit",
    }
    new = [NewRow({**values, "performed_on": f"2026-11-{day:02}T10:00:00"}) for day in range(1, 7)]
    made = await services.submissions.create(Submission(0, office.id, KIND, "Reviews", per_call=2), new)
    await services.submissions.send(made.id, "Maria")
    return made.id


async def gone(workspace: Workspace, number: int) -> None:
    """Everything leaves."""
    services = workspace.services
    services.start()
    services.set_working_offline(False)

    async def done() -> bool:
        ops = await workspace.reader.ops()
        stage = (await services.submissions.get(number)).stage
        return all(op.state is OpState.CONFIRMED for op in ops) and stage is SubmissionStage.ENDED

    await until(done, "everything at its vendor")


@pytest.mark.expect_log
@pytest.mark.slow
async def test_nothing_of_a_restored_folder_is_sent_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRMDESK_COUNTERS", str(tmp_path / "counters"))
    world, home, file = Vendors(), tmp_path / "data", tmp_path / "evening.crmdesk"
    home.mkdir()
    key = create_key(home, KeyMode.PASSPHRASE, passphrase=PASSPHRASE)
    workspace = world.opened(home, key)
    number = await filled(world, workspace)
    clock = SystemClock()
    await asyncio.to_thread(
        backups.write, workspace.database, key, home, file, PASSPHRASE, lambda *_: None, clock=clock
    )
    await gone(workspace, number)
    await workspace.aclose()
    assert (sorted(method for method, _ in world.writes()), world.sent()) == (["DELETE", "POST", "PUT"], 6)

    staged = await asyncio.to_thread(
        backups.stage, file, home, PASSPHRASE, lambda *_: None, vendors=vendors(), clock=clock
    )
    assert staged.put_in_place(clock)
    assert swap.finish(home)
    workspace = world.opened(home, open_key(home, passphrase=PASSPHRASE))
    workspace.services.start()
    workspace.services.set_working_offline(False)
    rows = workspace.reader.submissions.rows

    async def unknown() -> bool:
        return {row.stage for row in await rows(number)} == {RowStage.UNKNOWN}

    await until(unknown, "rows of which nobody knows")
    for account in await workspace.reader.accounts():
        await workspace.services.pull(account.id)
    await asyncio.sleep(3)  # longer than anything waits by itself at first
    states = {op.kind.value: op.state for op in await workspace.reader.ops()}
    assert set(states.values()) <= {OpState.HELD, OpState.IN_DOUBT, OpState.CONFIRMED, OpState.GONE}, states
    await workspace.aclose()
    assert (sorted(method for method, _ in world.writes()), world.sent()) == (["DELETE", "POST", "PUT"], 6)
    names = [world.contacts.contact(71, one)["lastname"] for one in world.contacts.ids(71)]
    assert names.count("Made") == 1
