"""Walk-through 9: a code by text message, asked for twice; the first one no longer counts, the second is pasted with
spaces; the guest is signed in and what waited for that is sent. Through the real window, over a real socket."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtGui import QGuiApplication

from crmdesk.core.outbox import FieldChange, OpState
from crmdesk.sandbox.server import LoopbackServer
from crmdesk.settings import Settings
from crmdesk.sync import login_verdicts
from crmdesk.ui.places import SETTINGS
from crmdesk.vendors.crmcom_selfservice import API_PATH, VENDOR, sandbox_tokens
from crmdesk.vendors.crmcom_selfservice.sandbox_accounts import SandboxAccount
from tests.helpers.house import House, until

KEY, PORTAL = "publishable-key-of-a-walk", "Guest portal"


async def test_code_by_sms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login_verdicts, "RESEND_AFTER", (1.0, 60.0))  # nobody of us waits for half a minute
    monkeypatch.setattr(sandbox_tokens, "CODE_PAUSE", 1)
    emulator = VENDOR.sandbox([SandboxAccount(PORTAL, KEY)])
    guest = emulator.guest()
    kept = Settings(operator="Maria", operators=["Maria"], grace_edit_seconds=0)
    with LoopbackServer(emulator) as server:
        async with House(tmp_path / "data", kept=kept) as house:
            contact_id = await _known(house, server.base_url + API_PATH, guest)
            await _edited_while_away(house, guest, contact_id)
            await _asked_twice(house, emulator, guest)
            await _in(house, emulator, contact_id)
            await until(lambda: emulator.shown(guest.id).get("middle_name") == "Wartend", "the edit at the vendor")
            await until(lambda: not house.there("detail.banner.away"), "a card without the banner")
            assert "Signed in" in house.words("detail.pane")
            await _by_key(house)
            await _over(house, contact_id)


async def _known(house: House, base_url: str, guest: Any) -> int:
    """The guest was here before: the profile is cached, nobody is signed in."""
    await house.ready()
    settings = {"api_key": KEY, "dialect": "v1", "email": "", "password": ""}
    await house.services.add_account(VENDOR.key, PORTAL, base_url, settings)
    await until(lambda: PORTAL in house.accounts() and house.services.guests.accounts(), "a portal for guests")
    login = house.services.guests.begin(house.accounts()[PORTAL])
    await login.ask("password", {"email": guest.email, "password": guest.password})
    contact_id: int = login.view.contact_id
    await login.aclose()
    await house.services.guests.sign_out(contact_id, keep=True)
    await until(lambda: house.model.rowCount() == 1, "the contact in the list")
    return contact_id


async def _edited_while_away(house: House, guest: Any, contact_id: int) -> None:
    before = guest.record.get("middle_name")
    await house.services.edits.save(contact_id, [FieldChange("middle_name", before, "Wartend")])
    house.click_row(0)
    await until(lambda: house.there("detail.banner.away"), "a banner that names what is needed")
    assert guest.record.get("middle_name") == before, "nothing was sent in the guest’s name"


async def _asked_twice(house: House, emulator: Any, guest: Any) -> None:
    house.click("detail.banner.away.act")
    await until(lambda: house.there("login.field.email"), "the dialog")
    await until(lambda: house.find("login.field.email").text() == guest.email, "who it is, is known")
    house.find("login.tabs").setCurrentIndex(1)
    kind = house.find("login.kind.code")
    kind.setCurrentIndex(kind.findData("otp.EMAIL"))
    channel = house.find("login.channel.otp.EMAIL")
    channel.setCurrentIndex(channel.findData("SMS"))
    assert house.find("login.field.email").text() == guest.email, "typed once"
    house.click("login.go")
    await until(lambda: house.there("otp.code"), "the code's field")
    sent = emulator.codes()[-1]
    assert sent["sent_to"] in house.words("login"), "the number, as the vendor masks it"
    assert guest.phone not in house.words("login")
    again = house.find("otp.resend")
    await until(lambda: again.isVisible() and again.isEnabled(), "that a code may be asked for again", 5)
    house.click("otp.resend")
    await until(lambda: len(emulator.codes()) == 2 or emulator.codes()[-1] != sent, "a second code")
    await until(lambda: house.there("otp.code") and house.find("otp.code").isEnabled(), "the field again")
    assert "Earlier codes no longer work." in house.words("login")
    house.fill("otp.code", sent["code"])
    house.key("Return")
    await until(lambda: house.there("otp.error"), "the first code is refused")
    assert "newest" in house.words("login"), "and it is said why that may be"


async def _in(house: House, emulator: Any, contact_id: int) -> None:
    await until(lambda: house.find("otp.code").isEnabled(), "the field")
    code = emulator.codes()[-1]["code"]
    QGuiApplication.clipboard().setText(f" {code[:3]} {code[3:]}\n")
    house.find("otp.code").setFocus()
    house.key("Ctrl+A")
    house.key("Ctrl+V")
    house.key("Return")
    await until(lambda: house.services.guests.signed_in(contact_id), "the guest")
    await until(lambda: not house.there("login"), "the end of the dialog")


async def _by_key(house: House) -> None:
    """From any page to the guest's messages and approvals."""
    house.window.go(SETTINGS)
    tabs = house.window.contacts.detail.tabs
    for key, words in (("Ctrl+2", "Messages"), ("Ctrl+3", "Approvals")):
        house.key(key)
        await until(lambda words=words: tabs.tabText(tabs.currentIndex()) == words, words)
        assert tabs.isVisible()


async def _over(house: House, contact_id: int) -> None:
    """The session ends with the lock; the profile stays readable."""
    assert all(op.state is OpState.CONFIRMED for op in await house.services.reader.ops("all"))
    await house.services.guests.sign_out_all()
    await until(lambda: house.services.guests.signed_in(contact_id) is None, "nobody signed in")
    assert house.model.rowCount() == 1
