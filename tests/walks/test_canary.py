"""Secrets and guests' data stay where they belong: unique words go through the whole story at DEBUG, and afterwards
every file, every printed line and every word on screen is searched for them in the forms that leaks have."""

from __future__ import annotations

import base64
import logging
import tempfile
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtGui import QGuiApplication

from crmdesk import logs
from crmdesk.early import Early
from crmdesk.folder import CACHE
from crmdesk.sandbox.faults import Kind
from crmdesk.sandbox.server import LoopbackServer
from crmdesk.sync.progress import Phase
from crmdesk.vendors.bookingsync import VENDOR
from crmdesk.vendors.bookingsync.sandbox_accounts import SandboxAccount
from tests.helpers.house import House, until
from tests.helpers.leaks import forms, found_in
from tests.helpers.logging_state import kept_logging

TOKEN = "canarytoken0a1b2c3d4e5f60718293a4b5c6d7e8f9"
SECOND = "canarysecond99887766554433221100ffeeddccbbaa"
PASSPHRASE = "canary passphrase of four blue herons"
SECRETS = (TOKEN, SECOND, PASSPHRASE)
GUEST = {
    "firstname": "Canaryfirst",
    "lastname": "Quetzalcoatlovitch",
    "email": "quetzal.canary@nowhere.example",
    "city": "Canarytownshire",
    "private_notes": "allergic to canarynuts",
    "address1": "17 Canarylane Crescent",
}
NUMBER = "+49 6999 3141592"
GUESTS = (*GUEST.values(), NUMBER, "69993141592")
SEA = "Seaside Villas"


@pytest.mark.expect_log
async def test_no_secret_and_no_guest_is_written_anywhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    temp, folder = tmp_path / "temp", tmp_path / "data"
    temp.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temp))
    emulator = VENDOR.sandbox([SandboxAccount(71, SEA, TOKEN, count=150)])
    with kept_logging():
        logs.set_up(folder / "log", logging.DEBUG)
        told = await _story(folder, emulator)
    printed = capfd.readouterr()
    logged = (folder / "log" / logs.FILE).read_bytes()
    assert b"is repeated" in logged, "there is a log to be searched"
    assert found_in(told.encode(), SECRETS) == [], "words on screen"
    assert found_in((printed.out + printed.err).encode(), (*SECRETS, *GUESTS)) == []
    files = [path for root in (folder, temp) for path in root.rglob("*") if path.is_file()]
    assert folder / CACHE in files
    leaks = {str(path.name): hits for path in files if (hits := found_in(path.read_bytes(), (*SECRETS, *GUESTS)))}
    assert leaks == {}


async def _story(folder: Path, emulator: Any) -> str:
    """Everything that has to do with the secrets; the error words and details that were shown."""
    told: list[str] = []
    guest = emulator.ids(71)[3]
    phones = [{"label": "mobile", "number": NUMBER}]
    emulator.edit(71, guest, phones=phones, canceled_at=None, forget_me_at=None, **GUEST)
    found = Early(folder, {}).wait()
    with LoopbackServer(emulator) as server:
        async with House(folder, found) as house:
            for name in list(logging.root.manager.loggerDict):
                logging.getLogger(name).setLevel(logging.DEBUG)
            await until(lambda: house.there("unlock.new"), "the page that asks for a passphrase")
            house.fill("unlock.new", PASSPHRASE)
            house.fill("unlock.again", PASSPHRASE)
            house.click("unlock.create")
            await house.ready()
            await until(lambda: house.there("welcome.connect"), "the first page")
            house.click("welcome.connect")
            await house.add_account(SEA, f"{server.base_url}/api/v3", TOKEN)
            await house.done(SEA)
            house.click_place("All contacts")
            await house.search("quetzalcoatlovitch canarytownshire", hits=1)
            house.key("Down")
            await until(lambda: GUEST["email"] in house.words("detail.pane"), "the guest")
            house.key("Ctrl+F")
            house.fill("search.box", NUMBER)
            house.key("Return")
            told += [await _trouble(house, emulator, kind) for kind in (Kind.CUT_AFTER, Kind.HTML)]
            emulator.faults.clear()
            told.append(await _new_token(house, emulator))
    return "\n".join(told)


async def _trouble(house: House, emulator: Any, kind: Kind) -> str:
    emulator.faults.clear()
    emulator.faults.set(kind)
    assert (await house.check_now(SEA)).phase in (Phase.FAILED, Phase.OFFLINE)
    return await _words(house)


async def _words(house: House) -> str:
    """Panel and banners, and what *Copy details* gives."""
    account = house.accounts()[SEA]
    await until(lambda: house.there(f"sync.{account}.copy"), "Copy details")
    house.click(f"sync.{account}.copy")
    return "\n".join([house.words(f"sync.{account}"), house.banners(), QGuiApplication.clipboard().text()])


async def _new_token(house: House, emulator: Any) -> str:
    """The vendor refuses the old token; a new one is typed."""
    emulator.renew_token(71, SECOND)
    assert (await house.check_now(SEA)).phase is Phase.SIGN_IN
    told = await _words(house)
    sign_in = f"sync.{house.accounts()[SEA]}.signin"
    await until(lambda: house.there(sign_in), "the button for a new token")
    house.click(sign_in)
    await until(lambda: house.there("accounts.field.token"), "the form")
    house.fill("accounts.field.token", SECOND)
    house.click("accounts.test")
    await until(lambda: house.there("accounts.steps"), "an answer to Test connection")
    told += house.words("accounts.steps")
    before = len(house.told)
    house.click("accounts.save")
    assert (await house.ended(SEA, before)).phase is Phase.DONE
    return told


def test_the_search_finds_every_form() -> None:
    for number, form in enumerate(forms(TOKEN).values()):
        assert found_in(b"before " + form + b" after", [TOKEN]), number
    assert found_in(b'{"x": "' + base64.b64encode(b"user:" + TOKEN.encode() + b":more") + b'"}', [TOKEN])
    assert found_in(b"nothing here", [TOKEN]) == []
