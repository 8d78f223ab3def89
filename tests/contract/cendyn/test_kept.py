"""From our sender to the cache: what the list and the detail pane have of a contact that was sent to Cendyn."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crmdesk.core.batch import BatchRow
from crmdesk.core.changes import ChangeFeed
from crmdesk.core.errors import InDoubtError, RejectedError, SignInNeededError
from crmdesk.core.fields import find, undocumented
from crmdesk.core.types import Account
from crmdesk.core.vendor import Access
from crmdesk.sandbox.faults import Kind
from crmdesk.store import accounts, contacts
from crmdesk.store.database import Database
from crmdesk.sync import sent
from crmdesk.sync.sent import look_up, push_contacts
from crmdesk.vendors.cendyn import VENDOR
from crmdesk.vendors.cendyn.fields import SENDING, STATES
from tests.contract.cendyn.tools import PURCHASE, account, row
from tests.helpers.clock import FakeClock


class Shelf:
    """A real cache with one account."""

    def __init__(self, path: Path) -> None:
        self.clock = FakeClock()
        self.database = Database.open(path, b"k" * 32, ChangeFeed(), self.clock)
        self.account: Account = self.database.write_sync(lambda c, t: accounts.add(c, t, account()))

    async def push(self, access: Access, *rows: BatchRow, **request: Any) -> None:
        assert access.batches is not None
        await push_contacts(
            self.database, access.batches, self.account, rows, request, summarise=VENDOR.summarise, clock=self.clock
        )

    async def look_up(self, access: Access) -> int:
        assert access.jobs is not None
        return await look_up(self.database, access.jobs, self.account, summarise=VENDOR.summarise, clock=self.clock)

    def kept(self) -> dict[str, Any]:
        found = self.database.read_sync(lambda c: contacts.next_bodies(c, self.account.id, "", 1000))
        return {remote_id: json.loads(body) for remote_id, body in found}


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    made = Shelf(tmp_path / "desk.db")
    yield made
    made.database.close()


async def test_the_starters_are_listed_queued_and_then_processed(shelf: Shelf, emulator, connect, now) -> None:
    access = connect(emulator)
    given = emulator.starters()
    await shelf.push(access, *(BatchRow(values["user_id"], values) for values in given))
    assert set(shelf.kept()) == {values["user_id"] for values in given}
    assert {raw["state"] for raw in shelf.kept().values()} == {"queued"}
    assert await shelf.look_up(access) == 0
    now.pass_by(minutes=1)
    assert await shelf.look_up(access) == len(given)
    assert {raw["state"] for raw in shelf.kept().values()} == {"processed"}


async def test_every_part_that_is_kept_has_a_field(shelf: Shelf, emulator, connect, now) -> None:
    request = {"options.email_validation.validate": True, "options.webhook.url": "https://a.example/hook"}
    request |= {"options.webhook.contacts_extra_fields": ["city"], "purchase": {**PURCHASE, "status": "check_in"}}
    await shelf.push(connect(emulator), row(loyalty_level="gold", tags=["a"]), **request)
    (raw,) = shelf.kept().values()
    assert dict(undocumented(raw, VENDOR.fields)) == {"sent.loyalty_level": "gold"}
    shown = {spec.path for spec in VENDOR.fields if find(raw, spec.path) not in (None, "")}
    assert {"sent.email", "purchase.UUID", "purchase.product_uuid", "purchase.price", "origin", "job", "state"} <= shown
    assert {"options.email_validation.validate", "options.webhook.url"} <= shown


async def test_every_state_has_words(shelf: Shelf, emulator, connect, now) -> None:
    words = dict(STATES)
    access = connect(emulator)
    await shelf.push(access, row("crmdesk:1"))
    with pytest.raises(RejectedError):
        await shelf.push(access, row("crmdesk:2", unheard_of="x"))
    emulator.faults.set(Kind.CUT_AFTER, times=1)
    with pytest.raises(InDoubtError):
        await shelf.push(access, row("crmdesk:3"))
    with pytest.raises(SignInNeededError):
        await shelf.push(connect(emulator, secret="wrong"), row("crmdesk:4"))
    found = {remote_id: raw["state"] for remote_id, raw in shelf.kept().items()}
    assert found == {"crmdesk:1": "queued", "crmdesk:2": "refused", "crmdesk:3": "unknown"}
    assert all(words[state] for state in found.values())
    assert [spec.words for spec in VENDOR.fields if spec.path == "state"] == [STATES]
    assert {spec.group for spec in VENDOR.fields if spec.path in ("state", "job", "sent_at", "origin")} == {SENDING}


def test_the_states_are_those_that_are_written() -> None:
    written = {sent.SENDING, sent.QUEUED, sent.PROCESSED, sent.FAILED, sent.REFUSED, sent.UNKNOWN}
    assert written == dict(STATES).keys()
