"""Signing an account in with the browser, from the form to the encrypted file: emulator and real services."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from crmdesk.core.changes import ChangeFeed
from crmdesk.core.errors import KnownError, OfflineError, SettingsError
from crmdesk.core.types import Account, AccountState
from crmdesk.sandbox.app import transport
from crmdesk.sandbox.faults import Kind
from crmdesk.store import accounts
from crmdesk.store.database import Database
from crmdesk.sync import browser as browser_module
from crmdesk.sync.browser import BrowserSession, BrowserStep, BrowserView, clean_code
from crmdesk.sync.progress import Phase
from crmdesk.sync.services import Services
from crmdesk.sync.shelf import SecretShelf
from crmdesk.sync.worker import NetworkThread
from crmdesk.vendors.bookingsync import BASE_URL, VENDOR
from crmdesk.vendors.bookingsync.sandbox import BookingSyncSandbox, sandbox
from tests.helpers.clock import FakeClock
from tests.helpers.desk import KEY, SeenBoard

TYPED = {"sign_in": "browser", "client_id": "application-71", "client_secret": "demo-secret-71", "rights": ""}
KEPT = {"access_token", "refresh_token", "renew_at", "valid_until", "redirect_uri", "scope"}


class Desk:
    """Services with BookingSync alone, and a person with a browser."""

    def __init__(self, path: Path, **shelf: Any) -> None:
        self.path, self.clock = path, FakeClock()
        self.emulator: BookingSyncSandbox = sandbox(counts=[6, 4])
        self.emulator.oauth.approve_at_once = True
        self.database = Database.open(path, KEY, ChangeFeed(), self.clock)
        self.network = NetworkThread()
        self.shelf = SecretShelf(self.database, **shelf)
        self.services = Services(
            self.database, SimpleNamespace(), {VENDOR.key: VENDOR}, self.network, SeenBoard(), self.clock,  # type: ignore[arg-type]
            {VENDOR.key: transport(self.emulator)}, jitter=lambda: 0.5, shelf=self.shelf,
        )  # fmt: skip
        self.shown: list[str] = []
        self.pages: list[str] = []
        self.visits: list[asyncio.Task[str]] = []

    async def aclose(self) -> None:
        for visit in self.visits:
            await visit
        await self.services.aclose()
        self.network.close()
        self.database.close()

    async def begin(self, title: str = "Seaside", account_id: int | None = None, **typed: str) -> BrowserSession:
        return await self.services.browser.begin(VENDOR.key, title, BASE_URL, TYPED | typed, account_id)

    def opens(self, change: Callable[[str], str] = str) -> Callable[[str], bool]:
        """The system's browser with somebody in it, who allows everything."""

        def show(address: str) -> bool:
            self.shown.append(address)
            self.visits.append(asyncio.ensure_future(self.visit(address, change)))
            return True

        return show

    async def visit(self, address: str, change: Callable[[str], str] = str) -> str:
        async with httpx.AsyncClient(transport=transport(self.emulator)) as http:
            target = change((await http.get(address)).headers["location"])
        async with httpx.AsyncClient(trust_env=False) as http:
            page = (await http.get(target)).text
        self.pages.append(page)
        return page

    async def code(self, address: str) -> str:
        """What the page shows for the documented redirect."""
        async with httpx.AsyncClient(transport=transport(self.emulator)) as http:
            place = (await http.get(address)).headers["location"]
        return parse_qs(urlsplit(place).query)["code"][0]

    async def signed_in(self) -> Account:
        session = await self.begin()
        await session.by_browser(self.opens())
        assert session.view.step is BrowserStep.DONE, session.view
        return await self.account(session.view.account_id)

    async def accounts(self) -> list[Account]:
        return await self.database.read(accounts.accounts)

    async def account(self, account_id: int) -> Account:
        found = await self.database.read(lambda c: accounts.account(c, account_id))
        assert found is not None
        return found

    async def secrets(self, account_id: int) -> dict[str, str]:
        return await self.database.read(lambda c: accounts.secrets(c, account_id))


@pytest.fixture
async def desk(folder: Path) -> AsyncIterator[Desk]:
    made = Desk(folder / "desk.db")
    yield made
    await made.aclose()


def quiet(_address: str) -> bool:
    """A browser that nobody uses."""
    return True


# ── the whole way ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_browser_comes_back_and_the_account_is_there_signed_in(desk: Desk) -> None:
    session = await desk.begin()
    seen: list[BrowserStep] = []
    session.subscribe(lambda: seen.append(session.view.step))
    view = await session.by_browser(desk.opens())
    assert seen == [BrowserStep.WAITING, BrowserStep.EXCHANGING, BrowserStep.STORING, BrowserStep.DONE]
    await asyncio.gather(*desk.visits)
    assert "You can close this window." in desk.pages[0]
    account = await desk.account(view.account_id)
    assert account.config == {"sign_in": "browser", "client_id": "application-71", "rights": ""}
    kept = await desk.secrets(account.id)
    assert kept.keys() == KEPT | {"client_secret"}
    result = await desk.services.pull(account.id)
    assert result.phase is Phase.DONE, result
    assert desk.emulator.oauth.renewals == 0


async def test_a_code_can_be_pasted_instead(desk: Desk) -> None:
    session = await desk.begin()
    await session.by_code(lambda address: desk.shown.append(address) or True)
    assert session.view.step is BrowserStep.CODE
    code = await desk.code(session.view.address)
    view = await session.paste(f"  “{code[:20]}\n{code[20:]}”\t")
    assert view.step is BrowserStep.DONE
    assert (await desk.secrets(view.account_id))["redirect_uri"] == "urn:ietf:wg:oauth:2.0:oob"
    assert (await desk.services.pull(view.account_id)).phase is Phase.DONE


async def test_signing_in_again_replaces_what_there_was(desk: Desk) -> None:
    account = await desk.signed_in()
    before = await desk.secrets(account.id)
    desk.emulator.oauth.uninstall(71)
    assert (await desk.services.pull(account.id)).phase is Phase.SIGN_IN
    assert (await desk.account(account.id)).state is AccountState.SIGN_IN
    session = await desk.services.browser.begin(
        VENDOR.key, account.title, BASE_URL, {**TYPED, "client_secret": ""}, account.id
    )
    assert (await session.by_browser(desk.opens())).account_id == account.id
    after = await desk.secrets(account.id)
    assert after.keys() == before.keys()
    assert after["client_secret"] == before["client_secret"]
    assert after["refresh_token"] != before["refresh_token"]
    assert (await desk.services.pull(account.id)).phase is Phase.DONE
    assert len(await desk.accounts()) == 1


async def test_a_pair_that_was_renewed_outlives_the_program(folder: Path) -> None:
    desk = Desk(folder / "desk.db")
    account = await desk.signed_in()
    first = await desk.secrets(account.id)
    desk.emulator.oauth.expire()
    assert (await desk.services.pull(account.id)).phase is Phase.DONE
    second = await desk.secrets(account.id)
    assert second["refresh_token"] != first["refresh_token"]
    emulator = desk.emulator
    await desk.aclose()
    again = Desk(folder / "desk.db")
    emulator.oauth.expire()
    again.services._checks.open._transports = {VENDOR.key: transport(emulator)}
    assert (await again.services.pull(account.id)).phase is Phase.DONE
    assert (emulator.oauth.renewals, emulator.oauth.reused) == (2, 0)
    await again.aclose()


async def test_what_is_kept_stands_nowhere_in_clear(desk: Desk, folder: Path) -> None:
    account = await desk.signed_in()
    kept = await desk.secrets(account.id)
    await desk.services.pull(account.id)
    secrets = [kept[name] for name in ("access_token", "refresh_token", "client_secret")]
    written = b"".join(file.read_bytes() for file in folder.iterdir() if file.is_file())
    assert not [secret for secret in secrets if secret.encode() in written]
    with pytest.raises(sqlite3.DatabaseError), sqlite3.connect(desk.path) as plain:
        plain.execute("SELECT * FROM secret")
    shown = " ".join([str(await desk.account(account.id)), *desk.shown, *(str(one) for one in desk.emulator.requests)])
    assert not [secret for secret in secrets if secret in shown]


async def test_with_a_key_file_it_is_kept_in_memory_only(folder: Path) -> None:
    desk = Desk(folder / "desk.db", keep=False)
    account = await desk.signed_in()
    assert await desk.secrets(account.id) == {}
    desk.emulator.oauth.expire()
    assert (await desk.services.pull(account.id)).phase is Phase.DONE
    assert await desk.secrets(account.id) == {}
    held = await desk.shelf.of(account.id, ["client_secret"])
    assert held.keys() == KEPT | {"client_secret"}
    desk.shelf.forget(account.id)
    assert (await desk.services.pull(account.id)).phase is Phase.SIGN_IN
    await desk.aclose()


# ── nothing half-stored ──────────────────────────────────────────────────────────────────────────────────────────────


async def nothing_came_of_it(desk: Desk, view: BrowserView, step: BrowserStep) -> None:
    assert view.step is step, view
    assert await desk.accounts() == []
    assert await desk.database.read(lambda c: c.exec_driver_sql("SELECT count(*) FROM secret").scalar()) == 0


@pytest.mark.parametrize(
    "bent",
    [
        lambda url: url.replace("state=", "state=x"),
        lambda url: url.split("&state")[0],
        lambda url: url.replace("code=", "kode="),
    ],
    ids=["other state", "no state", "no code"],
)
async def test_what_belongs_to_another_sign_in_is_refused(desk: Desk, bent: Callable[[str], str]) -> None:
    session = await desk.begin()
    view = await session.by_browser(desk.opens(bent))
    await nothing_came_of_it(desk, view, BrowserStep.FAILED)
    assert "does not belong to this sign-in" in view.title
    assert not [seen for seen in desk.emulator.requests if seen.path == "/oauth/token"]


async def test_a_no_in_the_browser_is_a_no(desk: Desk) -> None:
    session = await desk.begin()
    view = await session.by_browser(
        desk.opens(
            lambda url: url.split("?")[0] + "?error=access_denied&state=" + parse_qs(urlsplit(url).query)["state"][0]
        )
    )
    await nothing_came_of_it(desk, view, BrowserStep.FAILED)
    assert "not allowed" in view.title


async def test_a_browser_that_never_comes_back_is_given_up(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser_module, "PATIENCE", 0.02)
    view = await (await desk.begin()).by_browser(quiet)
    await nothing_came_of_it(desk, view, BrowserStep.LATE)


async def test_cancelling_while_the_browser_is_open_closes_the_door(desk: Desk) -> None:
    session = await desk.begin()
    waiting = asyncio.ensure_future(session.by_browser(lambda address: desk.shown.append(address) or True))
    while session.view.step is not BrowserStep.WAITING:
        await asyncio.sleep(0.001)
    session.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await nothing_came_of_it(desk, session.view, BrowserStep.CANCELLED)
    with pytest.raises(httpx.ConnectError):
        await desk.visit(desk.shown[0])


async def test_a_code_that_comes_after_the_cancel_is_nobodys(desk: Desk) -> None:
    session = await desk.begin()
    await session.by_code(quiet)
    code = await desk.code(session.view.address)
    desk.emulator.faults.set(Kind.SLOW, 0.05, target="/oauth/token")
    pasting = asyncio.ensure_future(session.paste(code))
    while session.view.step is not BrowserStep.EXCHANGING:
        await asyncio.sleep(0.001)
    session.cancel()
    with pytest.raises(asyncio.CancelledError):
        await pasting
    await nothing_came_of_it(desk, session.view, BrowserStep.CANCELLED)


async def test_a_window_that_closes_ends_it(desk: Desk) -> None:
    session = await desk.begin()
    waiting = asyncio.ensure_future(session.by_browser(quiet))
    while session.view.step is not BrowserStep.WAITING:
        await asyncio.sleep(0.001)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await nothing_came_of_it(desk, session.view, BrowserStep.CANCELLED)


async def test_from_waiting_to_a_code_and_back(desk: Desk) -> None:
    """The newest try counts; the door of the older one is closed."""
    session = await desk.begin()
    waiting = asyncio.ensure_future(session.by_browser(lambda address: desk.shown.append(address) or True))
    while session.view.step is not BrowserStep.WAITING:
        await asyncio.sleep(0.001)
    waiting.cancel()
    await session.by_code(quiet)
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert session.view.step is BrowserStep.CODE
    assert (await session.by_browser(desk.opens())).step is BrowserStep.DONE


@pytest.mark.parametrize("kind", [Kind.SERVER_ERROR, Kind.HTML, Kind.CUT_BEFORE, Kind.CUT_AFTER, Kind.HALF_BODY])
async def test_an_exchange_that_fails_stores_nothing(desk: Desk, kind: Kind) -> None:
    desk.emulator.faults.set(kind, target="/oauth/token")
    view = await (await desk.begin()).by_browser(desk.opens())
    await nothing_came_of_it(desk, view, BrowserStep.FAILED)
    assert view.title
    assert view.details


async def test_a_wrong_secret_is_told_at_its_field(desk: Desk) -> None:
    view = await (await desk.begin(client_secret="canary-wrong")).by_browser(desk.opens())
    await nothing_came_of_it(desk, view, BrowserStep.FAILED)
    assert view.wrong == "client_secret"
    assert "canary" not in f"{view}"


async def test_a_refused_code_can_be_pasted_anew(desk: Desk) -> None:
    session = await desk.begin()
    await session.by_code(quiet)
    address = session.view.address
    for text in ("", "two  ", "0" * 64, "https://www.bookingsync.com/oauth/authorize"):
        view = await session.paste(text)
        await nothing_came_of_it(desk, view, BrowserStep.CODE)
        assert view.title
        assert view.address == address
    assert (await session.paste(await desk.code(address))).step is BrowserStep.DONE


async def test_a_browser_that_cannot_be_opened_is_told_and_still_waited_for(desk: Desk) -> None:
    session = await desk.begin()
    waiting = asyncio.ensure_future(session.by_browser(lambda _address: False))
    while not session.view.unseen:
        await asyncio.sleep(0.001)
    await desk.visit(session.view.address)
    assert (await waiting).step is BrowserStep.DONE


# ── what is typed is looked at first ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"client_id": ""}, "client_id"),
        ({"client_secret": " "}, "client_secret"),
        ({"client_secret": "two words"}, "client_secret"),
        ({"rights": "all"}, "rights"),
        ({"sign_in": "token"}, "vendor"),
        ({"sign_in": "application"}, "vendor"),
    ],
)
async def test_what_cannot_work_is_named_before_anything_is_opened(
    desk: Desk, typed: dict[str, str], field: str
) -> None:
    with pytest.raises(SettingsError) as told:
        await desk.begin(**typed)
    assert told.value.field == field


async def test_a_title_that_is_taken_is_named_first(desk: Desk) -> None:
    await desk.signed_in()
    with pytest.raises(SettingsError) as told:
        await desk.begin("SEASIDE")
    assert told.value.field == "title"


async def test_working_offline_nothing_is_opened(desk: Desk) -> None:
    desk.services.set_working_offline(True)
    with pytest.raises(OfflineError):
        await desk.begin()


async def test_without_a_sign_in_such_an_account_cannot_be_made(desk: Desk) -> None:
    with pytest.raises(SettingsError) as told:
        await desk.services.add_account(VENDOR.key, "Seaside", BASE_URL, TYPED)
    assert told.value.field == "sign_in"
    steps = await desk.services.check(VENDOR.key, BASE_URL, TYPED)
    assert [(step.name, step.ok) for step in steps] == [("Sign-in", False)]
    assert await desk.accounts() == []


# ── another way to sign in ───────────────────────────────────────────────────────────────────────────────────────────


async def test_what_belongs_to_the_old_way_goes_with_it(desk: Desk) -> None:
    account = await desk.signed_in()
    await desk.services.update_account(account.id, credentials={"sign_in": "token", "token": "demo-seaside"})
    assert await desk.secrets(account.id) == {"token": "demo-seaside"}
    assert (await desk.account(account.id)).config["client_id"] == ""
    assert (await desk.services.pull(account.id)).phase is Phase.DONE
    with pytest.raises(SettingsError) as told:
        await desk.services.update_account(account.id, credentials={"sign_in": "application", "client_id": "x"})
    assert told.value.field == "client_secret"
    session = await desk.begin(account_id=account.id)
    assert (await session.by_browser(desk.opens())).step is BrowserStep.DONE
    assert (await desk.secrets(account.id)).keys() == KEPT | {"client_secret"}


@pytest.mark.parametrize("change", [{"client_id": "application-72"}, {"rights": "read"}])
async def test_another_application_or_right_needs_a_sign_in(desk: Desk, change: dict[str, str]) -> None:
    account = await desk.signed_in()
    before = await desk.secrets(account.id)
    with pytest.raises(SettingsError) as told:
        await desk.services.update_account(account.id, credentials=change)
    assert told.value.field == "sign_in"
    assert await desk.secrets(account.id) == before


async def test_a_new_secret_of_the_application_or_a_name_keeps_the_sign_in(desk: Desk) -> None:
    account = await desk.signed_in()
    before = await desk.secrets(account.id)
    await desk.services.update_account(account.id, title="Sea View")
    assert await desk.secrets(account.id) == before
    await desk.services.update_account(account.id, credentials={"client_secret": "newer-secret"})
    assert await desk.secrets(account.id) == {**before, "client_secret": "newer-secret"}


async def test_an_account_with_a_token_works_on_as_it_was(desk: Desk) -> None:
    """Stored by a version that knew no other way."""
    old = Account(0, VENDOR.key, "Seaside", BASE_URL, {})

    def store(connection: Any, touched: Any) -> Account:
        made = accounts.add(connection, touched, old)
        accounts.put_secret(connection, touched, made.id, "token", "demo-seaside")
        return made

    account = await desk.database.write(store)
    assert (await desk.services.pull(account.id)).phase is Phase.DONE
    await desk.services.update_account(account.id, title="Sea View", credentials={"sign_in": "token"})
    assert await desk.secrets(account.id) == {"token": "demo-seaside"}
    with pytest.raises(SettingsError):
        await desk.begin("Sea View", account.id, client_secret="")


# ── testing the connection ───────────────────────────────────────────────────────────────────────────────────────────


async def test_a_test_of_the_connection_never_renews_beside_the_account(desk: Desk) -> None:
    account = await desk.signed_in()
    desk.emulator.oauth.expire()
    stored = {**account.config, "client_secret": ""}
    checks = [desk.services.check(VENDOR.key, BASE_URL, stored, account.id) for _ in range(3)]
    *tests, result = await asyncio.gather(*checks, desk.services.pull(account.id))
    assert [[step.ok for step in steps] for steps in tests] == [[True, True, True]] * 3
    assert result.phase is Phase.DONE
    assert (desk.emulator.oauth.renewals, desk.emulator.oauth.reused) == (1, 0)


@pytest.mark.parametrize("typed", [{"client_id": "application-72"}, {"client_secret": "typed"}])
async def test_what_was_changed_is_tested_after_the_sign_in(desk: Desk, typed: dict[str, str]) -> None:
    account = await desk.signed_in()
    steps = await desk.services.check(VENDOR.key, BASE_URL, {**account.config, **typed}, account.id)
    assert [(step.name, step.ok) for step in steps] == [("Sign-in", False)]
    assert "after you have signed in" in steps[0].text


async def test_a_refused_account_pauses_alone(desk: Desk) -> None:
    first = await desk.signed_in()
    second = await desk.services.add_account(VENDOR.key, "Harbour", BASE_URL, {"token": "demo-harbour"})
    desk.emulator.oauth.uninstall(71)
    results = await asyncio.gather(desk.services.pull(first.id), desk.services.pull(second.id))
    assert [result.phase for result in results] == [Phase.SIGN_IN, Phase.DONE]


async def test_a_moved_account_is_not_renewed_at_the_old_server(desk: Desk) -> None:
    """A renewal that was under way when the account moved stores nothing under the new address."""
    from crmdesk.sync.accounts import StoredSecrets

    account = await desk.signed_in()
    secrets = StoredSecrets(desk.shelf, VENDOR, account)
    before = await secrets.kept()
    await desk.services.update_account(
        account.id, base_url="https://other.example/api/v3", credentials={"sign_in": "token", "token": "x"}
    )
    assert await secrets.keep({"access_token": "late"}, before) is False
    with pytest.raises(KnownError):
        await secrets.kept()
    assert await desk.secrets(account.id) == {"token": "x"}


# ── pasted codes ─────────────────────────────────────────────────────────────────────────────────────────────────────

CODE = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    "text",
    [CODE, f"  {CODE}\n", f"“{CODE}”", f"'{CODE}'", f"<{CODE}>", f"{CODE[:32]}\r\n{CODE[32:]}", f"\ufeff{CODE}\u200b",
     f"https://www.bookingsync.com/oauth/authorize/native?code={CODE}", f"code={CODE}",
     f"http://127.0.0.1:5/callback?code={CODE}&state=mine", f"\t{CODE[:10]} {CODE[10:]} "],
)  # fmt: skip
def test_a_code_is_found_in_what_was_pasted(text: str) -> None:
    assert clean_code(text, "mine") == CODE


@pytest.mark.parametrize(
    "text",
    ["", "   ", "abc", "ümlaut-code", "x" * 3000, "https://www.bookingsync.com/oauth", "code=",
     f"https://x.example/?code={CODE}&state=theirs", "\x00\x01\x02\x03\x04", "🙂🙂🙂🙂🙂",
     f"https://[?code={CODE}", f"https://x]y/?code={CODE}", f"https://ex℀.example/?code={CODE}"],
)  # fmt: skip
def test_what_can_be_no_code_is_not_sent(text: str) -> None:
    with pytest.raises(SettingsError) as told:
        clean_code(text, "mine")
    assert told.value.field == "code"
