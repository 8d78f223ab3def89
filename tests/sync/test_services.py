"""The verbs of the program over the real store, with vendors in memory."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from crmdesk.core.changes import ChangeFeed
from crmdesk.core.errors import (
    NotFoundError,
    OfflineError,
    ServerFaultError,
    SettingsError,
    SignInNeededError,
    StorageError,
)
from crmdesk.core.types import Account, AccountState, SavedView
from crmdesk.store import accounts
from crmdesk.store.database import Database, driver_of
from crmdesk.sync.progress import Connection, Phase
from crmdesk.sync.services import Services
from crmdesk.sync.worker import NetworkThread
from tests.helpers.clock import FakeClock
from tests.helpers.desk import KEY, SeenBoard
from tests.helpers.memory_vendor import MemoryVendor, Opened, vendor_of

ADDRESS = "https://memory.example"
TOKEN = {"token": "secret-abc"}
LACKS = {"delete": "Memory does not let contacts be deleted."}


class Office:
    """Services over two memories, by account title."""

    def __init__(self, path: Path) -> None:
        self.clock = FakeClock()
        self.feed = ChangeFeed()
        self.database = Database.open(path, KEY, self.feed, self.clock)
        self.memories = {"Seaside": MemoryVendor(25), "Harbour": MemoryVendor(12), "": MemoryVendor()}
        self.opened = Opened()
        self.board = SeenBoard()
        self.network = NetworkThread()
        self.make()

    def make(self, **wanted: Any) -> Services:
        self.services = Services(
            self.database,
            SimpleNamespace(detail=self.detail),  # type: ignore[arg-type]
            {"memory": vendor_of(self.memories, self.opened, lacks=LACKS)},
            self.network,
            self.board,
            self.clock,
            jitter=lambda: 0.5,
            **wanted,
        )
        return self.services

    async def detail(self, contact_id: int) -> Any:
        row = await self.database.read(
            lambda c: (
                driver_of(c).execute("SELECT account_id, remote_id FROM contact WHERE id=?", (contact_id,)).fetchone()
            )
        )
        return SimpleNamespace(row=SimpleNamespace(account_id=row[0], remote_id=row[1])) if row else None

    async def add(self, title: str = "Seaside") -> Account:
        return await self.services.add_account("memory", title, ADDRESS, TOKEN)

    def account(self, account_id: int) -> Account:
        found = self.database.read_sync(lambda c: accounts.account(c, account_id))
        assert found is not None
        return found

    def secrets(self, account_id: int) -> dict[str, str]:
        return self.database.read_sync(lambda c: accounts.secrets(c, account_id))

    def ids(self) -> dict[str, int]:
        rows = self.database.read_sync(lambda c: driver_of(c).execute("SELECT remote_id, id FROM contact").fetchall())
        return dict(rows)

    def hold(self, title: str, page: int = 1) -> Gatekeeper:
        keeper = Gatekeeper(page)
        self.memories[title].pause = keeper
        return keeper


class Gatekeeper:
    """Holds a page back, in the network thread, until let go from the test's."""

    def __init__(self, page: int) -> None:
        self.page = page
        self.reached = threading.Event()
        self.go = threading.Event()

    async def __call__(self, page: int) -> None:
        if page == self.page:
            self.reached.set()
            while not self.go.is_set():
                await asyncio.sleep(0.001)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.001)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    made = Office(tmp_path / "office.db")
    yield made
    await made.services.aclose()
    made.network.close()
    made.database.close()


# ── accounts ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_account_is_stored_with_its_token_in_one_commit(office: Office) -> None:
    seen: list[Any] = []
    office.feed.subscribe(seen.append)
    account = await office.add()
    assert office.account(account.id).title == "Seaside"
    assert office.secrets(account.id) == TOKEN
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("title", "base_url", "token", "field"),
    [
        ("", ADDRESS, "t", "title"),
        ("  ", ADDRESS, "t", "title"),
        ("a\nb", ADDRESS, "t", "title"),
        ("x" * 81, ADDRESS, "t", "title"),
        ("ab\u202ec", ADDRESS, "t", "title"),
        ("Seaside", "http://memory.example", "t", "base_url"),
        ("Seaside", ADDRESS, "", "token"),
        ("Seaside", ADDRESS, "two words", "token"),
        ("Seaside", ADDRESS, "line\nbreak", "token"),
        ("Seaside", ADDRESS, "ключ", "token"),
        ("Seaside", ADDRESS, "x" * 5000, "token"),
    ],
)
async def test_what_cannot_work_is_refused_at_its_field(
    office: Office, title: str, base_url: str, token: str, field: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        await office.services.add_account("memory", title, base_url, {"token": token})
    assert refused.value.field == field
    assert refused.value.hint
    assert token == "" or len(token) < 3 or token not in str(refused.value)
    assert office.database.read_sync(accounts.accounts) == []


async def test_a_title_is_taken_once_whatever_its_case(office: Office) -> None:
    await office.add("Seaside")
    with pytest.raises(SettingsError, match="already"):
        await office.add(" SEÁSIDE ")


async def test_a_pasted_header_line_is_understood(office: Office) -> None:
    account = await office.services.add_account("memory", "Seaside", "", {"token": " Bearer abc123 \n"})
    assert office.secrets(account.id) == {"token": "abc123"}
    assert account.base_url == ADDRESS


async def test_renaming_keeps_everything_else(office: Office) -> None:
    account = await office.add()
    await office.services.update_account(account.id, title="Seaside ")
    await office.services.update_account(account.id, title="Seaside Villas")
    assert office.account(account.id).title == "Seaside Villas"
    assert office.secrets(account.id) == TOKEN


async def test_a_stored_token_is_not_sent_to_another_server(office: Office) -> None:
    account = await office.add()
    with pytest.raises(SettingsError) as refused:
        await office.services.update_account(account.id, base_url="https://elsewhere.example")
    assert refused.value.field == "token"
    steps = await office.services.check("memory", "https://elsewhere.example", {"token": ""}, account.id)
    assert (steps[0].name, steps[0].ok) == ("Sign-in", False)
    assert office.opened.tokens == []


async def test_another_server_with_its_token_is_listed_anew(office: Office) -> None:
    account = await office.add()
    await office.services.pull(account.id)
    await office.services.update_account(account.id, base_url="https://other.example/", credentials={"token": "new"})
    assert office.account(account.id).base_url == "https://other.example"
    assert office.secrets(account.id) == {"token": "new"}
    assert office.opened.closed == 1
    assert (await office.services.pull(account.id)).full


async def test_the_test_uses_what_was_typed_else_what_is_stored(office: Office) -> None:
    account = await office.add()
    assert (await office.services.check("memory", ADDRESS, {"token": "typed"}, account.id))[0].ok
    assert (await office.services.check("memory", ADDRESS, {}, account.id))[0].ok
    assert office.opened.tokens == ["typed", "secret-abc"]
    assert office.opened.closed == 2


@pytest.mark.parametrize(
    ("vendor", "base_url", "secrets", "account_id", "name"),
    [
        ("memory", "ftp://x", TOKEN, None, "Reachable"),
        ("memory", ADDRESS, {}, None, "Sign-in"),
        ("unknown", ADDRESS, TOKEN, None, "Reachable"),
        ("memory", ADDRESS, {}, 99, "Reachable"),
    ],
)
async def test_the_test_never_raises(
    office: Office, vendor: str, base_url: str, secrets: dict[str, str], account_id: int | None, name: str
) -> None:
    steps = await office.services.check(vendor, base_url, secrets, account_id)
    assert (steps[0].name, steps[0].ok) == (name, False)
    assert steps[0].text


@pytest.mark.parametrize("keep", [True, False])
async def test_removing_asks_what_becomes_of_the_contacts(office: Office, keep: bool) -> None:
    account = await office.add()
    await office.services.pull(account.id)
    await office.services.remove_account(account.id, keep_contacts=keep)
    assert office.secrets(account.id) == {}
    assert len(office.ids()) == (25 if keep else 0)
    left = office.database.read_sync(accounts.accounts)
    assert [found.active for found in left] == ([False] if keep else [])
    if keep:
        assert (await office.services.pull(account.id)).phase is Phase.STOPPED
        await office.add("Seaside")  # the title is free again


async def test_removing_an_account_ends_its_check_first(office: Office) -> None:
    account = await office.add()
    keeper = office.hold("Seaside", page=2)
    running = asyncio.ensure_future(office.services.pull(account.id))
    await until(keeper.reached.is_set)
    await office.services.remove_account(account.id, keep_contacts=False)
    assert (await running).phase is Phase.STOPPED
    assert office.ids() == {}


# ── pulling ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_two_accounts_are_pulled_side_by_side(office: Office) -> None:
    await office.add("Seaside")
    await office.add("Harbour")
    first, second = office.hold("Seaside"), office.hold("Harbour")
    running = asyncio.ensure_future(office.services.pull_all())
    await until(lambda: first.reached.is_set() and second.reached.is_set())
    first.go.set()
    second.go.set()
    assert [result.new for result in await running] == [25, 12]


async def test_a_second_wish_joins_the_running_check(office: Office) -> None:
    account = await office.add()
    keeper = office.hold("Seaside")
    one = asyncio.ensure_future(office.services.pull(account.id))
    await until(keeper.reached.is_set)
    two = asyncio.ensure_future(office.services.pull(account.id))
    await asyncio.sleep(0)
    keeper.go.set()
    assert await one is await two
    assert office.memories["Seaside"].requests.count("page 1") == 1


async def test_an_impatient_caller_does_not_end_the_check(office: Office) -> None:
    account = await office.add()
    keeper = office.hold("Seaside")
    one = asyncio.ensure_future(office.services.pull(account.id))
    await until(keeper.reached.is_set)
    one.cancel()
    keeper.go.set()
    assert (await office.services.pull(account.id)).phase is Phase.DONE


async def test_cancel_says_stopping_at_once_and_ends_stopped(office: Office) -> None:
    account = await office.add()
    keeper = office.hold("Seaside", page=3)
    running = asyncio.ensure_future(office.services.pull(account.id))
    await until(keeper.reached.is_set)
    began = asyncio.get_running_loop().time()
    office.services.cancel(account.id)
    assert office.board.of(account.id).phase is Phase.STOPPING
    assert (await running).phase is Phase.STOPPED
    assert asyncio.get_running_loop().time() - began < 0.2
    assert office.board.of(account.id).phase is Phase.STOPPED
    office.memories["Seaside"].pause = None
    assert (await office.services.pull(account.id)).phase is Phase.DONE
    assert len(office.ids()) == 25


async def test_one_account_in_trouble_leaves_the_other_alone(office: Office) -> None:
    one, two = await office.add("Seaside"), await office.add("Harbour")
    office.memories["Seaside"].faults.append(SignInNeededError("The token is refused."))
    results = await office.services.pull_all()
    assert [result.phase for result in results] == [Phase.SIGN_IN, Phase.DONE]
    assert office.account(one.id).state is AccountState.SIGN_IN
    assert office.account(two.id).state is AccountState.GOOD
    assert office.board.connection is Connection.ONLINE


async def test_offline_is_a_state_with_a_time_for_the_next_try(office: Office) -> None:
    account = await office.add()
    office.memories["Seaside"].faults.append(OfflineError("No route."))
    result = await office.services.pull(account.id)
    assert result.phase is Phase.OFFLINE
    assert office.board.connection is Connection.OFFLINE
    shown = office.board.of(account.id)
    assert shown.retry_at is not None
    assert (shown.retry_at - office.clock.now()).total_seconds() == 60
    assert "It will be tried again at" in shown.hint
    await office.services.pull(account.id)
    assert office.board.connection is Connection.ONLINE


async def test_a_full_disk_stops_every_check(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = await office.add("Seaside"), await office.add("Harbour")
    keeper = office.hold("Harbour", page=2)
    other = asyncio.ensure_future(office.services.pull(two.id))
    await until(keeper.reached.is_set)

    async def full(*_: object, **__: object) -> None:
        raise StorageError("There is no room to save on this computer.", "Free some space.")

    monkeypatch.setattr(office.database, "write", full)
    result = await office.services.pull(one.id)
    assert isinstance(result.error, StorageError)
    assert (await other).phase is Phase.STOPPED
    assert office.board.of(one.id).text == "There is no room to save on this computer."
    monkeypatch.undo()
    office.memories["Harbour"].pause = None
    office.services.start()
    office.services._timetable.hold()
    assert (await office.services.pull(one.id)).phase is Phase.DONE
    await until(lambda: office.board.of(one.id).next_at is not None)
    office.clock.forward(5)
    office.services._checks._schedule.wake()
    await until(lambda: office.board.of(two.id).phase is Phase.DONE)


async def test_without_a_token_the_account_asks_to_sign_in(office: Office) -> None:
    from crmdesk.sync.accounts import StoredSecrets
    from crmdesk.sync.shelf import SecretShelf

    account = await office.add()
    secrets = StoredSecrets(SecretShelf(office.database), office.services.vendors["memory"], account)
    assert await secrets.get("token") == "secret-abc"
    office.database.write_sync(lambda c, t: accounts.drop_secrets(c, t, account.id))
    with pytest.raises(SignInNeededError, match="Seaside"):
        await secrets.get("token")


async def test_an_account_of_an_unknown_vendor_fails_kindly(office: Office) -> None:
    stored = office.database.write_sync(lambda c, t: accounts.add(c, t, Account(0, "later", "From later", ADDRESS)))
    result = await office.services.pull(stored.id)
    assert result.phase is Phase.FAILED
    assert "does not know" in office.board.of(stored.id).text


async def test_an_account_that_is_gone_is_told(office: Office) -> None:
    with pytest.raises(NotFoundError):
        await office.services.pull(99)


@pytest.mark.expect_log
async def test_our_own_mistake_is_said_and_the_next_check_is_planned(office: Office) -> None:
    account = await office.add()

    async def broken(_page: int) -> None:
        raise ZeroDivisionError

    office.memories["Seaside"].pause = broken
    with pytest.raises(ZeroDivisionError):
        await office.services.pull(account.id)
    assert office.board.of(account.id).text == "crmdesk made a mistake in this check."
    assert office.services._timetable.wait() == 60


async def test_a_data_file_that_cannot_be_read_ends_the_check_with_words(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = await office.add()
    real, calls = office.database.read, 0

    async def damaged(*given: Any, **more: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls > 1:
            raise StorageError("The data file is damaged.", "Restore a copy.")
        return await real(*given, **more)

    monkeypatch.setattr(office.database, "read", damaged)
    assert (await office.services.pull(account.id)).phase is Phase.FAILED
    assert office.board.of(account.id).text == "The data file is damaged."
    monkeypatch.undo()


@pytest.mark.parametrize("accept", [True, False])
async def test_the_brake_asks_and_the_answer_counts(office: Office, accept: bool) -> None:
    account = await office.add()
    await office.services.pull(account.id)
    memory = office.memories["Seaside"]
    for number in range(1, 15):
        memory.remove(str(number))
    assert (await office.services.pull(account.id)).phase is Phase.BRAKED
    await office.services.aclose()
    office.make()  # the question outlives the program
    memory.faults.append(OfflineError("No route."))
    assert (await office.services.decide_removals(account.id, accept=accept)).phase is Phase.OFFLINE
    assert (await office.services.pull(account.id)).phase is Phase.DONE, "the answer holds until it could be acted on"
    assert len(office.ids()) == (11 if accept else 25)
    assert office.account(account.id).state is AccountState.GOOD


# ── schedule and switch ──────────────────────────────────────────────────────────────────────────────────────────────


async def test_starting_checks_every_account_and_again_after_the_interval(office: Office) -> None:
    one, two = await office.add("Seaside"), await office.add("Harbour")
    office.services.start()
    await until(lambda: office.board.of(one.id).next_at is not None)
    office.clock.forward(2)
    office.services._checks._schedule.wake()
    await until(lambda: office.board.of(two.id).next_at is not None)
    assert len(office.ids()) == 25  # remote ids of both begin at 1; the mapping here holds each once
    office.memories["Seaside"].edit("1", name="Later")
    office.clock.forward(600)
    office.services._checks._schedule.wake()
    await until(lambda: office.board.of(one.id).changed >= 1)


async def test_an_account_added_later_is_checked_at_once(office: Office) -> None:
    office.services.start()
    await asyncio.sleep(0.01)
    account = await office.add()
    await until(lambda: office.board.of(account.id).phase is Phase.DONE)


async def test_the_board_remembers_how_the_last_check_ended(office: Office) -> None:
    account = await office.add()
    office.memories["Seaside"].faults.append(ServerFaultError("Memory has a fault on its side (502)."))
    await office.services.pull(account.id)
    await office.services.aclose()
    office.board = SeenBoard()
    office.make(working_offline=True).start()
    await until(lambda: office.board.of(account.id).phase is Phase.FAILED)
    assert office.board.of(account.id).text == "Memory has a fault on its side (502)."


async def test_working_offline_stops_all_traffic_until_it_is_switched_back(office: Office) -> None:
    account = await office.add()
    keeper = office.hold("Seaside", page=2)
    office.services.start()
    await until(lambda: keeper.reached.is_set() and bool(office.ids()))
    office.services.set_working_offline(True)
    assert office.board.connection is Connection.WORKING_OFFLINE
    await until(lambda: office.board.of(account.id).phase is Phase.STOPPED)
    asked = len(office.memories["Seaside"].requests)
    assert (await office.services.pull(account.id)).phase is Phase.STOPPED
    with pytest.raises(OfflineError, match="working offline"):
        await office.services.refresh_contact(next(iter(office.ids().values())))
    assert len(office.memories["Seaside"].requests) == asked
    office.memories["Seaside"].pause = None
    office.services.set_working_offline(False)
    await until(lambda: office.board.of(account.id).phase is Phase.DONE)
    assert office.board.connection is Connection.ONLINE


async def test_working_offline_no_connection_is_tested(office: Office) -> None:
    office.services.set_working_offline(True)
    (step,) = await office.services.check("memory", ADDRESS, TOKEN)
    assert step.ok is None
    assert "offline" in step.text
    assert office.opened.tokens == []


async def test_what_comes_for_a_removed_account_is_not_stored(office: Office) -> None:
    account = await office.add()
    await office.services.pull(account.id)
    remote_id, contact_id = next(iter(office.ids().items()))
    asked, go_on = threading.Event(), threading.Event()
    get = office.memories["Seaside"].get

    async def held(remote_id: str) -> Any:
        found = await get(remote_id)
        asked.set()
        while not go_on.is_set():
            await asyncio.sleep(0.001)
        return found

    office.memories["Seaside"].get = held  # type: ignore[method-assign]
    office.memories["Seaside"].edit(remote_id)
    asking = asyncio.ensure_future(office.services.refresh_contact(contact_id))
    await until(asked.is_set)
    await office.services.remove_account(account.id, keep_contacts=False)
    go_on.set()
    with pytest.raises(NotFoundError):
        await asking
    assert office.ids() == {}


async def test_practice_is_called_practice(office: Office) -> None:
    await office.services.add_account("memory", "Seaside", "http://127.0.0.1:8123", TOKEN)
    assert office.board.connection is Connection.PRACTICE
    await office.add("Harbour")
    assert office.board.connection is Connection.ONLINE


# ── contacts, views, capabilities ────────────────────────────────────────────────────────────────────────────────────


async def test_one_contact_can_be_read_again(office: Office) -> None:
    account = await office.add()
    await office.services.pull(account.id)
    office.memories["Seaside"].edit("5", name="Fresh")
    await office.services.refresh_contact(office.ids()["5"])
    name = office.database.read_sync(
        lambda c: driver_of(c).execute("SELECT name FROM contact WHERE remote_id='5'").fetchone()[0]
    )
    assert name == "Fresh"


async def test_a_contact_that_is_gone_at_the_vendor_goes_here_too(office: Office) -> None:
    account = await office.add()
    await office.services.pull(account.id)
    contact_id = office.ids()["5"]
    office.memories["Seaside"].remove("5")
    with pytest.raises(NotFoundError):
        await office.services.refresh_contact(contact_id)
    assert "5" not in office.ids()
    with pytest.raises(NotFoundError):
        await office.services.refresh_contact(contact_id)


async def test_a_line_that_fails_does_not_take_the_contact(office: Office) -> None:
    account = await office.add()
    await office.services.pull(account.id)
    office.memories["Seaside"].faults.append(OfflineError("No route."))
    with pytest.raises(OfflineError):
        await office.services.refresh_contact(office.ids()["5"])
    assert "5" in office.ids()


async def test_views_and_searches_are_kept(office: Office) -> None:
    view = await office.services.save_view(SavedView(0, "Berlin", "city:berlin"))
    assert view.id
    await office.services.remember_search(" anna ")
    await office.services.remember_search("  ")
    assert office.database.read_sync(accounts.recent_searches) == ["anna"]
    await office.services.clear_searches()
    assert office.database.read_sync(accounts.recent_searches) == []
    await office.services.delete_view(view.id)
    assert office.database.read_sync(accounts.views) == []


@pytest.mark.parametrize(
    ("vendor", "action", "reason"),
    [
        ("memory", "pull", None),
        ("memory", "refresh", None),
        ("memory", "delete", "Memory does not let contacts be deleted."),
        ("memory", "edit", None),
        ("memory", "send", "Memory"),
        ("memory", "teleport", "Memory does not offer this."),
        ("later", "pull", "does not know"),
    ],
)
async def test_what_cannot_be_done_has_a_reason(office: Office, vendor: str, action: str, reason: str | None) -> None:
    offered = office.services.offer(vendor, action)
    assert offered is None if reason is None else reason in str(offered)


async def test_closing_ends_a_running_check_and_is_safe_twice(office: Office) -> None:
    account = await office.add()
    keeper = office.hold("Seaside", page=2)
    running: Awaitable[Any] = asyncio.ensure_future(office.services.pull(account.id))
    await until(keeper.reached.is_set)
    await office.services.aclose()
    assert (await running).phase is Phase.STOPPED
    assert (await office.services.pull(account.id)).phase is Phase.STOPPED


async def test_settings_that_do_not_fit_each_other_are_told_before_they_are_kept(office: Office) -> None:
    from dataclasses import replace

    def check(account: Account) -> None:
        if account.base_url.endswith("/two"):
            raise SettingsError("This address is that of version two.", field="base_url")

    vendors = office.services.vendors
    vendors["memory"] = replace(vendors["memory"], check_account=check)  # type: ignore[index]
    with pytest.raises(SettingsError, match="version two"):
        await office.services.add_account("memory", "Two", f"{ADDRESS}/two", TOKEN)
    account = await office.add()
    with pytest.raises(SettingsError, match="version two"):
        await office.services.update_account(account.id, base_url=f"{ADDRESS}/two")
    assert office.account(account.id).base_url == ADDRESS
    await office.services.update_account(account.id, title="Only another name")
