"""What a guest types to sign in, and what the vendor gives for it, is written nowhere: not in clear in the data file,
not in a log at DEBUG, not on screen, not in what *Copy details* gives. See `test_canary`."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtGui import QGuiApplication

from crmdesk import logs
from crmdesk.core.errors import KnownError
from crmdesk.folder import CACHE
from crmdesk.sandbox.faults import Kind
from crmdesk.sandbox.server import LoopbackServer
from crmdesk.settings import Settings
from crmdesk.vendors.crmcom_selfservice import API_PATH, VENDOR
from crmdesk.vendors.crmcom_selfservice.sandbox_accounts import Quirks, SandboxAccount
from crmdesk.vendors.crmcom_selfservice.sandbox_tokens import Codes, Tokens
from tests.helpers.house import House, until
from tests.helpers.leaks import found_in
from tests.helpers.logging_state import kept_logging

PASSWORD = "canary heron of the guest 7"
WRONG = "canary heron that is wrong 8"
NEW = "canary heron that is new 9"
CODE, MISS = "908172", "271809"
KEY = "canary-publishable-key-0a1b2c3d"
EMAIL = "quetzal.canary@nowhere.example"
NAME = "Quetzalcoatlovitch"
PORTAL = "Guest portal"


class Issued:
    """Everything that the emulator gives out and nobody may write down."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.words: set[str] = {PASSWORD, WRONG, NEW, CODE, MISS}
        access, refresh, send = Tokens.access, Tokens.refresh, Codes.send

        def noted_access(tokens: Tokens, *args: Any) -> str:
            token = access(tokens, *args)
            self.words |= {token, token.rpartition(".")[2]}
            return token

        def noted_refresh(tokens: Tokens, *args: Any) -> str:
            token = refresh(tokens, *args)
            self.words.add(token)
            return token

        def noted_code(codes: Codes, *args: Any) -> Any:
            made = send(codes, *args)
            self.words.add(made.auth_otp)
            return made

        patch.setattr(Tokens, "access", noted_access)
        patch.setattr(Tokens, "refresh", noted_refresh)
        patch.setattr(Codes, "send", noted_code)


@pytest.mark.expect_log
async def test_no_secret_of_a_guest_is_written_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    temp, folder = tmp_path / "temp", tmp_path / "data"
    temp.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temp))
    issued = Issued(monkeypatch)
    emulator = VENDOR.sandbox([SandboxAccount(PORTAL, KEY, code=CODE)], quirks=Quirks(password_needs_code=True))
    guest = emulator.guest()
    guest.password = PASSWORD
    emulator.edit(guest.id, email_address=EMAIL, last_name=NAME)
    with kept_logging():
        logs.set_up(folder / "log", logging.DEBUG)
        told = await _story(folder, emulator, issued)
    printed = capfd.readouterr()
    assert b"is repeated" in (folder / "log" / logs.FILE).read_bytes(), "there is a log to be searched"
    secrets = sorted(issued.words)
    assert len(secrets) >= 10, "there is something to be found"
    assert found_in(told.encode(), secrets) == [], "words on screen"
    assert found_in((printed.out + printed.err).encode(), (*secrets, EMAIL, NAME)) == []
    files = [path for root in (folder, temp) for path in root.rglob("*") if path.is_file()]
    assert {folder / CACHE, folder / "log" / logs.FILE} <= set(files)
    leaks = {path.name: hits for path in files if (hits := found_in(path.read_bytes(), (*secrets, EMAIL, NAME)))}
    assert leaks == {}


async def _story(folder: Path, emulator: Any, issued: Issued) -> str:
    """Sign in with everything that may go wrong; the words that were shown."""
    told: list[str] = []
    with LoopbackServer(emulator) as server:
        async with House(folder, kept=Settings(operator="Maria", operators=["Maria"])) as house:
            for name in list(logging.root.manager.loggerDict):
                logging.getLogger(name).setLevel(logging.DEBUG)
            await house.ready()
            settings = {"api_key": KEY, "dialect": "v1", "email": "", "password": ""}
            await house.services.add_account(VENDOR.key, PORTAL, server.base_url + API_PATH, settings)
            await until(lambda: house.services.guests.accounts(), "an account where guests sign in")
            told += await _in(house, emulator)
            told += await _failing_calls(house, emulator)
            told += await _links(house, emulator, issued)
            await house.services.guests.sign_out_all()
            told.append(house.words())
            told.append(QGuiApplication.clipboard().text())
    return "\n".join(told)


async def _in(house: House, emulator: Any) -> list[str]:
    """By password, which is wrong at first, and a code, which is wrong at first."""
    told: list[str] = []
    house.key("Ctrl+Shift+G")
    await until(lambda: house.there("login.field.email"), "the dialog")
    told.append(await _typed(house, WRONG, "login.problem"))
    emulator.faults.set(Kind.HTML, target="/contacts/authenticate")
    told.append(await _typed(house, PASSWORD, "login.trouble.copy"))
    house.click("login.trouble.copy")
    told.append(QGuiApplication.clipboard().text())
    emulator.faults.clear()
    house.click("login.trouble.retry")
    await until(lambda: house.there("login.field.password"), "the field again")
    told.append(await _typed(house, PASSWORD, "otp.code"))
    house.fill("otp.code", f"Your code is {MISS[:3]} {MISS[3:]}!")
    house.click("otp.verify")
    await until(lambda: house.there("otp.error"), "a wrong code")
    told.append(house.words("login"))
    await until(lambda: house.find("otp.code").isEnabled(), "the field")
    house.fill("otp.code", CODE)
    house.click("otp.verify")
    await until(lambda: house.services.guests.everyone(), "the guest")
    await until(lambda: not house.there("login"), "the end of the dialog")
    return [*told, house.words()]


async def _typed(house: House, password: str, then: str) -> str:
    """The words of the dialog once `then` can be seen."""
    house.fill("login.field.email", EMAIL)
    house.fill("login.field.password", password)
    house.click("login.go")
    await until(lambda: house.there(then), f"{then} after a password")
    return house.words("login")


async def _failing_calls(house: House, emulator: Any) -> list[str]:
    """Errors of a signed-in guest's calls, with their details."""
    told: list[str] = []
    guests = house.services.guests
    (signed,) = guests.everyone()
    for kind, call in ((Kind.HTML, guests.addresses), (Kind.CUT_AFTER, guests.approvals)):
        emulator.faults.clear()
        emulator.faults.set(kind)
        with pytest.raises(KnownError) as failed:
            await (call(signed.contact_id, 1) if kind is Kind.CUT_AFTER else call(signed.contact_id))
        told.append(f"{failed.value} {failed.value.details}")
    emulator.faults.clear()
    emulator.drop_tokens(emulator.guest().id, refresh=False)
    await guests.communications(signed.contact_id, 1)  # renews the access token
    return told


async def _links(house: House, emulator: Any, issued: Issued) -> list[str]:
    """A forgotten password, and the mailed link."""
    login = house.services.guests.begin(house.accounts()[PORTAL])
    await login.forgot_password(EMAIL)
    token = emulator.mailed()[-1]
    issued.words.add(token)
    told = [repr(login.view)]
    for given, password in ((f"{token}x", WRONG), (f"https://portal.example/?token={token}", NEW)):
        try:
            await login.change_password(given, password)
        except KnownError as error:
            told.append(f"{error} {error.details}")
    assert emulator.guest().password == NEW
    await login.aclose()
    return told
