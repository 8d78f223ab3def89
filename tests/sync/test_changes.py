"""An account that is changed or removed while something is being sent or asked: nothing is lost, no secret strays."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crmdesk.core.batch import BatchKind, BatchRow, RowOutcome, RowState
from crmdesk.core.errors import ForbiddenError, NotFoundError, OfflineError, StorageError
from crmdesk.core.types import Account, Json, Page, RemoteContact, Summary
from crmdesk.core.vendor import Access, Secrets
from crmdesk.store import accounts, contacts
from crmdesk.sync.accounts import OpenAccounts, StoredSecrets
from crmdesk.sync.services import Services
from crmdesk.sync.shelf import SecretShelf
from tests.helpers.desk import Desk
from tests.helpers.memory_vendor import MemoryVendor, vendor_of
from tests.sync.test_services import ADDRESS, Office, until

ELSEWHERE = "https://elsewhere.example"
ROW = BatchRow("c:1", {"name": "Ann"})


class HeldSender:
    """A BatchSender whose call is out until `go`; notes the server and the secret of each call."""

    kinds = (BatchKind("contacts", "Contacts", ()),)

    def __init__(self) -> None:
        self.out, self.go = threading.Event(), threading.Event()
        self.calls: list[tuple[str, str]] = []
        self.account: Account | None = None
        self.secrets: Secrets | None = None

    def encode(self, kind: BatchKind, rows: Sequence[BatchRow], request: Mapping[str, Any]) -> bytes:
        return json.dumps({"contacts": [{"user_id": row.uid, **row.values} for row in rows]}).encode()

    async def send(self, kind: BatchKind, body: bytes) -> Json:
        assert self.account is not None
        assert self.secrets is not None
        self.calls.append((self.account.base_url, await self.secrets.get("token")))
        self.out.set()
        while not self.go.is_set():
            await asyncio.sleep(0.001)
        return {}

    def settle(self, kind: BatchKind, rows: Sequence[BatchRow], answer: Json) -> list[RowOutcome]:
        return [RowOutcome(row.uid, RowState.ACCEPTED, number="j1") for row in rows]


class SendingOffice(Office):
    """Services over a vendor that is sent to."""

    def make(self, **wanted: Any) -> Services:
        self.sender = HeldSender()
        base = vendor_of(self.memories, self.opened)

        def open_access(account: Account, secrets: Secrets, transport: Any) -> Access:
            sender = HeldSender()
            sender.out, sender.go, sender.calls = self.sender.out, self.sender.go, self.sender.calls
            sender.account, sender.secrets = account, secrets
            return replace(base.open_access(account, secrets, transport), contacts=None, batches=sender)

        def summarise(raw: Json) -> Summary:
            return Summary(name=str(raw["sent"]["name"]))

        services = super().make(**wanted)
        services.vendors["memory"] = replace(base, open_access=open_access, summarise=summarise)  # type: ignore[index]
        return services

    def states(self, account_id: int) -> dict[str, str]:
        bodies = self.database.read_sync(lambda c: contacts.next_bodies(c, account_id, "", 100))
        return {remote_id: json.loads(body)["state"] for remote_id, body in bodies}


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[SendingOffice]:
    made = SendingOffice(tmp_path / "office.db")
    yield made
    made.sender.go.set()
    await made.services.aclose()
    made.network.close()
    made.database.close()


@pytest.mark.parametrize("keep", [True, False])
async def test_removing_waits_for_what_is_being_sent(keep: bool, office: SendingOffice) -> None:
    account = await office.add()
    sending = asyncio.ensure_future(office.services.push_contacts(account.id, [ROW], {}))
    await until(office.sender.out.is_set)
    removing = asyncio.ensure_future(office.services.remove_account(account.id, keep_contacts=keep))
    await asyncio.sleep(0.05)
    assert not removing.done()
    office.sender.go.set()
    assert [outcome.state for outcome in await sending] == [RowState.ACCEPTED]
    await removing
    assert office.states(account.id) == ({"c:1": "queued"} if keep else {})


@pytest.mark.parametrize(("keep", "error"), [(True, ForbiddenError), (False, NotFoundError)])
async def test_what_waited_for_its_turn_is_not_sent_for_a_removed_account(
    keep: bool, error: type[Exception], office: SendingOffice
) -> None:
    account = await office.add()
    first = asyncio.ensure_future(office.services.push_contacts(account.id, [ROW], {}))
    await until(office.sender.out.is_set)
    removing = asyncio.ensure_future(office.services.remove_account(account.id, keep_contacts=keep))
    await asyncio.sleep(0.05)
    second = asyncio.ensure_future(office.services.push_contacts(account.id, [BatchRow("c:2", {"name": "Bo"})], {}))
    await asyncio.sleep(0.05)
    office.sender.go.set()
    await asyncio.gather(first, removing)
    with pytest.raises(error):
        await second
    assert len(office.sender.calls) == 1


async def test_what_waited_for_its_turn_goes_where_the_account_is_now(office: SendingOffice) -> None:
    account = await office.add()
    first = asyncio.ensure_future(office.services.push_contacts(account.id, [ROW], {}))
    await until(office.sender.out.is_set)
    moving = asyncio.ensure_future(
        office.services.update_account(account.id, base_url=ELSEWHERE, credentials={"token": "new-secret"})
    )
    await asyncio.sleep(0.05)
    second = asyncio.ensure_future(office.services.push_contacts(account.id, [BatchRow("c:2", {"name": "Bo"})], {}))
    await asyncio.sleep(0.05)
    office.sender.go.set()
    await asyncio.gather(first, moving, second)
    assert office.sender.calls == [(ADDRESS, "secret-abc"), (ELSEWHERE, "new-secret")]


@pytest.mark.parametrize("kept", [True, False])
async def test_a_new_secret_is_never_given_for_the_old_server(kept: bool, tmp_path: Path) -> None:
    desk = Desk(tmp_path / "desk.db", memory=MemoryVendor())
    try:
        shelf = SecretShelf(desk.database, keep=kept)
        old = desk.account
        secrets = StoredSecrets(shelf, vendor_of(MemoryVendor()), old)

        def move(connection: Any, touched: Any) -> None:
            accounts.update(connection, touched, old.id, base_url=ELSEWHERE)
            shelf.store(connection, touched, old.id, {"token": "new-secret"})

        await desk.database.write(move)
        with pytest.raises(OfflineError, match="changed meanwhile"):
            await secrets.get("token")
        moved = StoredSecrets(shelf, vendor_of(MemoryVendor()), desk.account)
        assert await moved.get("token") == "new-secret"
    finally:
        desk.close()


async def test_an_account_that_changed_is_opened_once_however_many_ask(office: SendingOffice) -> None:
    opened: list[str] = []
    closed: list[str] = []

    def open_access(account: Account, secrets: Secrets, transport: Any) -> Access:
        async def aclose() -> None:
            await asyncio.sleep(0.01)
            closed.append(account.base_url)

        opened.append(account.base_url)
        return replace(base.open_access(account, secrets, transport), aclose=aclose)

    base = vendor_of(MemoryVendor())
    live = OpenAccounts(SecretShelf(office.database), {"memory": replace(base, open_access=open_access)}, {})
    old, new = Account(1, "memory", "One", ADDRESS), Account(1, "memory", "One", ELSEWHERE)
    await live.access(old)
    assert len({id(access) for access in await asyncio.gather(*(live.access(new) for _ in range(3)))}) == 1
    await live.aclose()
    assert (opened, closed) == ([ADDRESS, ELSEWHERE], [ADDRESS, ELSEWHERE])


async def test_one_vendors_token_is_not_lent_to_another(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "desk.db", memory=MemoryVendor())
    try:
        shelf = SecretShelf(desk.database, keep=False, lent=lambda _account, one_server: "shared" * one_server)
        assert await shelf.of(desk.id, ["token"]) == {"token": "shared"}
        other = await desk.database.write(lambda c, t: accounts.add(c, t, Account(0, "other", "Second", ELSEWHERE)))
        assert await shelf.of(desk.id, ["token"]) == {}
        await desk.database.write(lambda c, t: accounts.update(c, t, other.id, active=False))
        assert await shelf.of(desk.id, ["token"]) == {"token": "shared"}
    finally:
        desk.close()


async def test_no_check_begins_while_the_account_is_changed(office: SendingOffice) -> None:
    account = await office.add()
    sending = asyncio.ensure_future(office.services.push_contacts(account.id, [ROW], {}))
    await until(office.sender.out.is_set)
    changing = asyncio.ensure_future(office.services.update_account(account.id, credentials={"token": "new-secret"}))
    await asyncio.sleep(0.05)
    assert office.services._checks.begin(account.id) is None
    office.sender.go.set()
    await asyncio.gather(sending, changing)
    assert office.services._checks.begin(account.id) is not None


async def test_what_a_killed_run_was_sending_is_doubtful_from_the_start_also_off_line(office: SendingOffice) -> None:
    """Nobody is asked: the account's first look-up may be hours away."""
    account = await office.add()
    body = json.dumps({"sent": {"name": "Ann"}, "state": "sending", "sent_at": "", "job": ""}).encode()
    left = Page((RemoteContact("c:1", body, json.loads(body)),), number=1)
    office.database.write_sync(
        lambda c, t: contacts.apply_page(c, t, account.id, 0, left, [Summary(name="Ann")], "2026-11-22T12:00:00Z")
    )
    office.services.set_working_offline(True)
    office.services.start()
    await until(lambda: office.states(account.id) == {"c:1": "unknown"})
    assert office.sender.calls == []


async def test_a_change_that_fails_leaves_the_account_its_next_check(office: SendingOffice) -> None:
    """The disk may be full: a check that was due meanwhile was not begun, and would never be again."""
    account = await office.add()

    async def fails() -> None:
        assert office.services._checks.begin(account.id) is None
        raise StorageError("The disk is full.")

    office.services._timetable.started(account.id)
    with pytest.raises(StorageError):
        await office.services._checks.change(account.id, fails)
    assert office.services._timetable.due() == [account.id]
