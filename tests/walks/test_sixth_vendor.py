"""A sixth vendor is one folder and one line: nothing else in the program is told of it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from crmdesk.__main__ import main
from crmdesk.cli.exits import Exit
from crmdesk.early import Found
from crmdesk.net.secrets import memory_key
from crmdesk.sandbox.app import mount
from crmdesk.sandbox.server import LoopbackServer
from crmdesk.settings import Settings
from crmdesk.vendors import VENDORS
from tests.helpers.acme import VENDOR as ACME
from tests.helpers.acme.sandbox import KEY, AcmeSandbox
from tests.helpers.house import House, until

PACKAGE = Path(__file__).parents[2] / "crmdesk"


@pytest.fixture(autouse=True)
def one_line_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crmdesk.vendors.VENDORS", (*VENDORS, ACME))


async def test_the_window_shows_it_finds_it_and_knows_what_it_lacks(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    async with House(folder, Found(key=memory_key()), kept=Settings(), practice=True) as house:
        await house.practised()
        await house.search("vendor:acme", hits=25)
        house.click_row(0)
        await until(lambda: house.there("detail.pane") and "Acme Stays" in house.words("detail.pane"), "its contact")
        await until(lambda: "Acme Stays contact" in house.words("detail.pane"), "its heading")
        assert house.window.commands.why_not("contact.delete") == ACME.lacks["delete"]
        assert house.services.offer("acme", "history") == ACME.lacks["history"]
        house.click_place("Add account…")
        await until(lambda: house.there("accounts.vendor"), "the form")
        house.find("accounts.vendor").setCurrentIndex(house.find("accounts.vendor").findData("acme"))
        await until(lambda: house.there("accounts.field.branch") and house.there("accounts.field.key"), "its fields")


def test_the_command_line_lists_adds_and_syncs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CRMDESK_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("CRMDESK_PASSPHRASE", "four words are best")
    monkeypatch.setenv("CRMDESK_TOKEN", KEY)
    assert main(["accounts", "vendors"]) == Exit.OK
    assert "--set branch: Branch. The number on your Acme card." in capsys.readouterr().out
    with LoopbackServer(mount({"acme": AcmeSandbox()})) as server:
        add = ["accounts", "add", "Acme", "--vendor", "acme", "--base-url", f"{server.base_url}/acme/api"]
        assert main(add) == Exit.USAGE
        assert "branch is missing" in capsys.readouterr().err
        assert main([*add, "--set", f"key={KEY}"]) == Exit.USAGE
        assert "is a secret" in capsys.readouterr().err
        assert main([*add, "--set", "branch=7"]) == Exit.OK
        assert main(["accounts", "test", "Acme"]) == Exit.OK
        assert main(["sync", "--quiet"]) == Exit.OK
        assert main(["accounts", "set", "Acme", "--set", "branch=8"]) == Exit.OK
        capsys.readouterr()
        assert main(["contacts", "--format", "json", "vendor:acme"]) == Exit.OK
        assert len(capsys.readouterr().out.splitlines()) == 25


def test_no_vendor_is_named_outside_its_own_folder() -> None:
    """Only the default of the command line is."""
    keys = {vendor.key for vendor in VENDORS}
    found = [
        f"{file.relative_to(PACKAGE)}:{node.lineno}"
        for file in sorted(PACKAGE.rglob("*.py"))
        if "vendors" not in file.parts
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Constant) and node.value in keys
    ]
    assert [place for place in found if not place.startswith("cli/arguments.py")] == []
