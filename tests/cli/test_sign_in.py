"""`crmdesk accounts`: the ways to sign in at BookingSync, also by a pasted code; emulator on a real socket."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from crmdesk.__main__ import main
from crmdesk.cli.exits import Exit
from crmdesk.sandbox.app import mount
from crmdesk.sandbox.server import LoopbackServer
from crmdesk.vendors.bookingsync.sandbox import BookingSyncSandbox, sandbox

SECRET = "demo-secret-71"
BROWSER = ["--set", "sign_in=browser", "--set", "client_id=application-71"]


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[BookingSyncSandbox, str]]:
    app = sandbox(counts=[12, 4])
    app.oauth.approve_at_once = True
    with LoopbackServer(mount({"bookingsync": app})) as running:
        yield app, f"{running.base_url}/bookingsync/api/v3"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRMDESK_PASSPHRASE", "four words are best")
    monkeypatch.setenv("CRMDESK_TOKEN", SECRET)


class Script(io.StringIO):
    """Standard input of a script that opens the printed address and reads the code off the page."""

    def __init__(self, capsys: pytest.CaptureFixture[str], answer: str = "") -> None:
        super().__init__()
        self.capsys, self.given, self.printed = capsys, answer, ""

    def readline(self, size: int = -1, /) -> str:
        self.printed += self.capsys.readouterr().out
        address = [line for line in self.printed.splitlines() if line.startswith("http")][-1]
        place = httpx.get(address, trust_env=False).headers["location"]
        return self.given or parse_qs(urlsplit(place).query)["code"][0] + "\n"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Script:
    made = Script(capsys)
    monkeypatch.setattr(sys, "stdin", made)
    return made


def test_an_account_is_added_by_a_code_and_its_contacts_come(
    server: tuple[BookingSyncSandbox, str], script: Script, capsys: pytest.CaptureFixture[str]
) -> None:
    app, url = server
    assert main(["accounts", "add", "Seaside", "--base-url", url, *BROWSER]) == Exit.OK
    said = script.printed + capsys.readouterr().out
    assert "Added Seaside as account 1." in said
    assert SECRET not in said
    assert "scope=public+rentals_write" in said
    app.oauth.expire()
    assert main(["sync", "--quiet"]) == Exit.OK
    assert app.oauth.reused == 0
    app.oauth.uninstall(71)
    assert main(["sync", "--quiet"]) == Exit.SIGN_IN
    assert main(["accounts", "sign-in", "Seaside"]) == Exit.OK
    assert "Seaside is signed in." in capsys.readouterr().out
    assert main(["sync", "--quiet"]) == Exit.OK


def test_a_wrong_code_adds_nothing(
    server: tuple[BookingSyncSandbox, str], script: Script, capsys: pytest.CaptureFixture[str]
) -> None:
    script.given = "0123456789abcdef\n"
    assert main(["accounts", "add", "Seaside", "--base-url", server[1], *BROWSER]) == Exit.SIGN_IN
    assert "does not accept this code" in capsys.readouterr().err
    assert main(["accounts", "list", "--format", "json"]) == Exit.OK
    assert json.loads(capsys.readouterr().out) == []


def test_a_person_is_asked_without_echo_and_may_try_again(
    server: tuple[BookingSyncSandbox, str], script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def typed(prompt: str) -> str:
        asked.append(prompt)
        return "wrong" if len(asked) == 1 else script.readline()

    monkeypatch.setattr(script, "isatty", lambda: True)
    monkeypatch.setattr("getpass.getpass", typed)
    assert main(["accounts", "add", "Seaside", "--base-url", server[1], *BROWSER]) == Exit.OK
    assert asked == ["Code (not shown): "] * 2


def test_the_application_needs_no_code_and_only_reads(
    server: tuple[BookingSyncSandbox, str], capsys: pytest.CaptureFixture[str]
) -> None:
    way = ["--set", "sign_in=application", "--set", "client_id=application-71"]
    assert main(["accounts", "add", "Seaside", "--base-url", server[1], *way]) == Exit.OK
    assert main(["accounts", "test", "Seaside"]) == Exit.OK
    assert "This account only reads." in capsys.readouterr().out
    assert main(["sync", "--quiet"]) == Exit.OK


def test_from_a_token_to_the_browser(
    server: tuple[BookingSyncSandbox, str],
    script: Script,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("CRMDESK_TOKEN", "demo-seaside")
    assert main(["accounts", "add", "Seaside", "--base-url", server[1]]) == Exit.OK
    assert main(["accounts", "sign-in", "Seaside"]) == Exit.USAGE
    assert "not signed in with the browser" in capsys.readouterr().err
    monkeypatch.setenv("CRMDESK_TOKEN", SECRET)
    assert main(["accounts", "set", "Seaside", *BROWSER]) == Exit.OK
    assert main(["sync", "--quiet"]) == Exit.OK


def test_a_secret_is_no_argument(server: tuple[BookingSyncSandbox, str], capsys: pytest.CaptureFixture[str]) -> None:
    wrong = ["--set", "sign_in=browser", "--set", "client_secret=x"]
    assert main(["accounts", "add", "Seaside", "--base-url", server[1], *wrong]) != Exit.OK
    assert "client_secret is a secret" in capsys.readouterr().err


def test_each_field_says_with_which_way_it_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["accounts", "vendors"]) == Exit.OK
    said = capsys.readouterr().out
    assert "--set client_id (with sign_in=browser or application): Client id." in said
    assert "CRMDESK_TOKEN (with sign_in=token): Access token." in said
