"""The command line, as a script would use it: against the emulator on a real socket, with a data folder of its own."""

from __future__ import annotations

import asyncio
import csv
import json
import os
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from crmdesk import folder, workspace
from crmdesk.__main__ import main
from crmdesk.cli.exits import Exit
from crmdesk.core.outbox import FieldChange
from crmdesk.core.query import parse
from crmdesk.core.seams import SystemClock
from crmdesk.sandbox.app import mount
from crmdesk.sandbox.faults import Kind
from crmdesk.sandbox.server import LoopbackServer
from crmdesk.sync.progress import StatusBoard
from crmdesk.vendors.bookingsync.sandbox import BookingSyncSandbox, sandbox

PASSPHRASE = "four words are best"


@pytest.fixture(scope="module")
def emulator() -> Iterator[tuple[BookingSyncSandbox, str]]:
    app = sandbox(counts=[130, 40])
    with LoopbackServer(mount({"bookingsync": app})) as server:
        yield app, f"{server.base_url}/bookingsync/api/v3"


@pytest.fixture(autouse=True)
def passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRMDESK_PASSPHRASE", PASSPHRASE)


@pytest.fixture
def data() -> Path:
    return Path(os.environ["CRMDESK_DATA"])


@pytest.fixture
def added(emulator: tuple[BookingSyncSandbox, str], monkeypatch: pytest.MonkeyPatch) -> BookingSyncSandbox:
    """Two accounts, not yet synced."""
    app, url = emulator
    app.faults.clear()
    for title, token in (("Seaside", "demo-seaside"), ("Harbour", "demo-harbour")):
        monkeypatch.setenv("CRMDESK_TOKEN", token)
        assert main(["accounts", "add", title, "--base-url", url]) == Exit.OK
    monkeypatch.delenv("CRMDESK_TOKEN")
    return app


def test_from_nothing_to_every_contact_as_a_script_sees_them(
    added: BookingSyncSandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sync"]) == Exit.OK
    shown = capsys.readouterr()
    assert "Seaside: done:" in shown.out
    assert "Page 2 of 2" in shown.err
    assert main(["contacts", "--format", "json"]) == Exit.OK
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    ids = {int(record["id"]) for record in records}
    assert ids <= {*added.ids(71), *added.ids(72)}
    assert len(records) > 150
    one = records[0]
    account = 71 if one["account"] == "Seaside" else 72
    assert one["raw"] == added.contact(account, int(one["id"]))


def test_csv_is_read_back_and_disarmed(added: BookingSyncSandbox, capsys: pytest.CaptureFixture[str]) -> None:
    number = added.ids(71)[0]
    before = added.contact(71, number) or {}
    added.edit(71, number, lastname="=zzformula(1)", firstname="", fullname="=zzformula(1)")
    assert main(["sync", "--quiet"]) == Exit.OK
    capsys.readouterr()
    assert main(["contacts", "zzformula", "--format", "csv"]) == Exit.OK
    (row,) = csv.DictReader(StringIO(capsys.readouterr().out))
    assert row["name"] == "'=zzformula(1)"
    assert row["id"] == str(number)
    added.edit(71, number, **{name: before[name] for name in ("firstname", "lastname", "fullname")})


def test_one_account_a_sort_and_a_limit(added: BookingSyncSandbox, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sync", "--account", "harbour", "--quiet"]) == Exit.OK
    assert "Seaside" not in capsys.readouterr().out
    assert (
        main(
            [
                "contacts",
                "--account",
                "Harbour",
                "--sort",
                "updated",
                "--descending",
                "--limit",
                "3",
                "--format",
                "json",
            ]
        )
        == 0
    )
    times = [json.loads(line)["updated_at"] for line in capsys.readouterr().out.splitlines()]
    assert len(times) == 3
    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize(
    "arguments",
    [
        ["contacts", "--sort", "shoe size"],
        ["contacts", "--account", "Nobody"],
        ["accounts", "rename", "Nobody", "x"],
        ["accounts", "test", "9"],
        ["accounts", "add", "", "--base-url", "http://127.0.0.1:1/api/v3"],
        ["accounts", "add", "New", "--base-url", "http://example.org/api/v3"],
        ["accounts", "add", "New", "--base-url", "https://me:secret@example.org"],
        ["accounts", "add", "New", "--vendor", "nobody"],
        ["sandbox", "--people", "many"],
        ["sandbox", "--people", "99999999"],
        ["--data", "~nobody-of-this-name/data", "accounts", "list"],
        ["backup", "~nobody-of-this-name/a.crmdesk"],
        ["accounts", "add", "caf\udce9"],
        ["contacts", "caf\udce9"],
        ["--demo", "sync"],
        ["sync"],
    ],
)
def test_words_that_make_no_sense(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CRMDESK_TOKEN", "a-token")
    assert main(arguments) == Exit.USAGE
    message = capsys.readouterr().err
    assert message.strip()
    assert "Traceback" not in message


@pytest.mark.parametrize(
    "arguments",
    [
        ["contacts", "--limit", "-5"],
        ["duplicates", "--limit", "-1"],
        ["sandbox", "--port", "99999"],
        ["events", "send", "may.csv", "--trial", "9" * 20],
    ],
)
def test_numbers_that_make_no_sense(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == Exit.USAGE and "is no number from 0 to" in capsys.readouterr().err


@pytest.mark.parametrize("closed", [None, "at the end"])
def test_nobody_at_the_terminal_is_asked_in_vain(
    closed: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def ended(_words: str) -> str:
        raise EOFError

    monkeypatch.setenv("CRMDESK_TOKEN", "a-token")
    assert main(["accounts", "list"]) == Exit.OK
    monkeypatch.delenv("CRMDESK_PASSPHRASE")
    monkeypatch.delenv("CRMDESK_TOKEN")
    monkeypatch.setattr("getpass.getpass", ended)
    monkeypatch.setattr("sys.stdin", None if closed is None else SimpleNamespace(isatty=lambda: True))
    assert main(["backup", str(tmp_path / "a.crmdesk")]) == (Exit.KEY if closed is None else Exit.USAGE)
    assert ("passphrase" if closed is None else "Nothing was typed.") in capsys.readouterr().err


def test_a_title_is_that_of_the_account_in_use(
    emulator: tuple[BookingSyncSandbox, str], added: BookingSyncSandbox, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    assert main(["accounts", "remove", "Seaside", "--keep-contacts"]) == Exit.OK
    monkeypatch.setenv("CRMDESK_TOKEN", "demo-seaside")
    assert main(["accounts", "add", "Seaside", "--base-url", emulator[1]]) == Exit.OK
    assert main(["accounts", "test", "Seaside"]) == Exit.OK
    assert main(["accounts", "rename", "Seaside", "2"]) == Exit.OK, "the number of another one"
    assert main(["accounts", "remove", "2", "--delete-contacts"]) == Exit.USAGE
    assert "2 may be one of: 2 (3), Harbour (2)." in capsys.readouterr().err


def test_a_token_is_never_an_argument_nor_printed(
    added: BookingSyncSandbox, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["sync"])
    main(["accounts", "list", "--format", "json"])
    shown = capsys.readouterr()
    everything = shown.out + shown.err + "".join(file.read_text() for file in (data / "log").iterdir())
    for secret in ("demo-seaside", "demo-harbour", PASSPHRASE):
        assert secret not in everything
        assert all(secret.encode() not in file.read_bytes() for file in data.iterdir() if file.is_file())


def test_a_refused_token(added: BookingSyncSandbox, capsys: pytest.CaptureFixture[str]) -> None:
    added.expire_token(72)
    assert main(["sync", "--quiet"]) == Exit.SIGN_IN
    assert main(["accounts", "test", "Harbour"]) == Exit.SIGN_IN
    assert "Sign-in: FAILED" in capsys.readouterr().out
    added.renew_token(72, "demo-harbour")
    assert main(["sync", "--quiet"]) == Exit.OK


def test_a_line_that_is_down(added: BookingSyncSandbox, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sync", "--quiet"]) == Exit.OK
    added.faults.set("server_error")
    assert main(["sync", "--quiet"]) == Exit.OFFLINE
    added.faults.clear()
    capsys.readouterr()
    assert main(["contacts", "--format", "json"]) == Exit.OK
    assert len(capsys.readouterr().out.splitlines()) > 150


def test_many_vanishing_contacts_wait_for_a_decision(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    own = sandbox(counts=[60])
    with LoopbackServer(mount({"bookingsync": own})) as server:
        monkeypatch.setenv("CRMDESK_TOKEN", "demo-seaside")
        assert main(["accounts", "add", "Own", "--base-url", f"{server.base_url}/bookingsync/api/v3"]) == Exit.OK
        monkeypatch.delenv("CRMDESK_TOKEN")
        assert main(["sync", "--quiet"]) == Exit.OK
        for number in own.ids(71)[:40]:
            own.remove(71, number)
        assert main(["sync", "--quiet"]) == Exit.DECIDE
        capsys.readouterr()
        main(["contacts", "--format", "json"])
        assert len(capsys.readouterr().out.splitlines()) > 50
        assert main(["sync", "--quiet", "--accept-removals"]) == Exit.OK
        capsys.readouterr()
        main(["contacts", "--format", "json"])
        assert len(capsys.readouterr().out.splitlines()) <= 20


def test_rename_replace_the_token_and_remove(
    added: BookingSyncSandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sync", "--quiet"]) == Exit.OK
    assert main(["accounts", "rename", "Seaside", "Beach"]) == Exit.OK
    monkeypatch.setenv("CRMDESK_TOKEN", "wrong")
    assert main(["accounts", "token", "Beach"]) == Exit.OK
    monkeypatch.delenv("CRMDESK_TOKEN")
    assert main(["sync", "--quiet", "--account", "Beach"]) == Exit.SIGN_IN
    assert main(["accounts", "remove", "Beach", "--keep-contacts"]) == Exit.OK
    assert main(["accounts", "remove", "Harbour", "--delete-contacts"]) == Exit.OK
    capsys.readouterr()
    assert main(["accounts", "list", "--format", "json"]) == Exit.OK
    left = json.loads(capsys.readouterr().out)
    assert [(account["title"], account["state"]) for account in left] == [("Beach", "removed")]
    main(["contacts", "--format", "json"])
    assert len(capsys.readouterr().out.splitlines()) > 100


def test_while_the_window_has_the_folder_reading_goes_on(
    added: BookingSyncSandbox, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sync", "--quiet"]) == Exit.OK
    with folder.claim(data):
        assert main(["contacts", "--limit", "1"]) == Exit.OK
        assert main(["accounts", "list"]) == Exit.OK
        assert main(["sync"]) == Exit.BUSY
    assert "already open" in capsys.readouterr().err


def test_the_key_is_asked_for_in_words(
    added: BookingSyncSandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CRMDESK_PASSPHRASE", "not the right one")
    assert main(["contacts"]) == Exit.KEY
    monkeypatch.delenv("CRMDESK_PASSPHRASE")
    assert main(["contacts"]) == Exit.KEY
    assert "passphrase" in capsys.readouterr().err


def test_a_locked_folder_asks_at_a_terminal_and_else_names_the_variable(
    added: BookingSyncSandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CRMDESK_PASSPHRASE")
    assert main(["accounts", "list"]) == Exit.KEY
    assert "CRMDESK_PASSPHRASE" in capsys.readouterr().err
    asked: list[str] = []

    def typed(words: str) -> str:
        asked.append(words)
        return PASSPHRASE

    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("getpass.getpass", typed)
    assert main(["accounts", "list"]) == Exit.OK
    assert len(asked) == 1 and "Seaside" in capsys.readouterr().out


def test_a_folder_without_key_and_keyring(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("CRMDESK_PASSPHRASE")
    assert main(["contacts"]) == Exit.KEY
    assert "CRMDESK_PASSPHRASE" in capsys.readouterr().err


def test_a_lost_key_file_is_no_reason_to_start_anew(
    added: BookingSyncSandbox, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (data / "key.json").unlink()
    before = (data / folder.CACHE).read_bytes()
    assert main(["contacts"]) == Exit.KEY
    assert "key.json" in capsys.readouterr().err
    assert (data / folder.CACHE).read_bytes() == before


def test_a_damaged_cache_is_named_and_left_alone(
    added: BookingSyncSandbox, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cache = data / folder.CACHE
    cache.write_bytes(b"")
    assert main(["contacts"]) == Exit.STORAGE
    assert cache.read_bytes() == b""
    assert capsys.readouterr().err.strip()


@pytest.mark.parametrize("command", [[], ["sync"], ["contacts"], ["accounts"], ["accounts", "add"], ["sandbox"]])
def test_every_command_has_help(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([*command, "--help"])
    assert end.value.code == 0
    assert "usage: crmdesk" in capsys.readouterr().out


def test_with_a_key_file_tokens_are_not_kept_and_come_from_the_environment(
    emulator: tuple[BookingSyncSandbox, str],
    data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("CRMDESK_PASSPHRASE")
    monkeypatch.setenv("CRMDESK_KEY_FILE", str(tmp_path / "desk.key"))
    monkeypatch.setenv("CRMDESK_TOKEN", "demo-harbour")
    assert main(["accounts", "add", "Harbour", "--base-url", emulator[1]]) == Exit.OK
    monkeypatch.delenv("CRMDESK_TOKEN")
    assert main(["sync", "--quiet"]) == Exit.SIGN_IN
    monkeypatch.setenv("CRMDESK_TOKEN_1", "demo-harbour")
    assert main(["sync", "--quiet"]) == Exit.OK
    capsys.readouterr()
    assert main(["contacts", "--format", "json"]) == Exit.OK
    assert len(capsys.readouterr().out.splitlines()) > 30


def test_what_waits_is_listed_and_sent(
    added: BookingSyncSandbox, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sync", "--quiet"]) == Exit.OK
    assert main(["outbox"]) == Exit.OK
    assert "Everything is sent." in capsys.readouterr().out
    contact = added.ids(71)[0]
    was = added.contact(71, contact)
    assert was is not None
    asyncio.run(_edit(data, str(contact), FieldChange("city", was["city"], "Nantes")))
    assert main(["sync", "--quiet"]) == Exit.OK
    assert "1 change waits to be sent" in capsys.readouterr().err
    assert (added.contact(71, contact) or {})["city"] == was["city"]
    assert main(["outbox"]) == Exit.OK
    assert f"Change city of {was['fullname']} at BookingSync" in capsys.readouterr().out
    assert main(["outbox", "--send"]) == Exit.OK
    assert (added.contact(71, contact) or {})["city"] == "Nantes"
    assert "Sent" in capsys.readouterr().out


def test_duplicates_are_listed_and_nothing_is_linked(
    added: BookingSyncSandbox, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sync", "--quiet"]) == Exit.OK
    capsys.readouterr()
    assert main(["duplicates"]) == Exit.OK
    assert "not been looked for yet" in capsys.readouterr().err
    contact = added.contact(71, added.ids(71)[0])
    assert contact is not None
    asyncio.run(_edit(data, str(added.ids(71)[1]), *_as(contact, "firstname", "lastname", "email")))
    assert main(["duplicates", "--scan", "--limit", "5"]) == Exit.UNDECIDED
    shown = capsys.readouterr()
    assert "same e-mail, same name" in shown.out and shown.out.lstrip().startswith(("7", "8", "9", "100"))
    assert "1 of 1 pairs" in shown.err


def _as(contact: dict[str, Any], *paths: str) -> list[FieldChange]:
    return [FieldChange(path, None, contact[path]) for path in paths]


def test_a_refused_change_is_told_by_the_exit_code(
    added: BookingSyncSandbox, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sync", "--quiet"]) == Exit.OK
    contact = added.ids(71)[1]
    was = added.contact(71, contact)
    assert was is not None
    asyncio.run(_edit(data, str(contact), FieldChange("zip", was["zip"], "44000")))
    added.faults.set(Kind.REFUSE_VALUES, "zip")
    assert main(["outbox", "--send"]) == Exit.UNDECIDED
    shown = capsys.readouterr().out
    assert "Needs you" in shown and "Postal code" in shown


async def _edit(data: Path, remote_id: str, *changes: FieldChange) -> None:
    """As the window does it."""
    key = folder.headless_key(data)
    opened = workspace.open_workspace(data / folder.CACHE, key, clock=SystemClock(), board=StatusBoard())
    try:
        hits = await opened.reader.search(parse(f"id:{remote_id}", now=SystemClock().now()))
        (row,) = [row for row in hits.first if row.remote_id == remote_id]
        await opened.services.edits.save(row.id, changes)
    finally:
        await opened.aclose()


def test_a_forgotten_pin_is_taken_away(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pins", "list"]) == Exit.OK
    assert capsys.readouterr().out == "Nobody has a PIN.\n"

    async def set_pin() -> None:
        key = folder.headless_key(data)
        opened = workspace.open_workspace(data / folder.CACHE, key, clock=SystemClock(), board=StatusBoard())
        await opened.services.pins.set("Maria", "482915")
        assert opened.services.pins.prove is not None
        assert opened.services.pins.prove(PASSPHRASE) and not opened.services.pins.prove("four words are worse")
        await opened.aclose()

    asyncio.run(set_pin())
    assert main(["pins", "list"]) == Exit.OK and capsys.readouterr().out == "Maria\n"
    assert main(["pins", "forget", "maria"]) == Exit.OK
    capsys.readouterr()
    assert main(["pins", "forget", "Maria"]) != Exit.OK
    assert "There is no PIN for this name." in capsys.readouterr().err
    assert main(["pins", "list"]) == Exit.OK and capsys.readouterr().out == "Nobody has a PIN.\n"


@pytest.mark.slow
def test_contacts_become_files_without_those_who_asked(
    added: BookingSyncSandbox, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["sync", "--quiet"]) == Exit.OK
    capsys.readouterr()
    assert main(["contacts", "--format", "json"]) == Exit.OK
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    kept = [one for one in records if not (one["raw"]["processing_restricted_at"] or one["raw"]["forget_me_at"])]
    assert len(kept) < len(records)
    for form, ending in (("csv", ".csv"), ("xlsx", ".xlsx"), ("vcard", ".vcf")):
        path = tmp_path / f"contacts{ending}"
        assert main(["contacts", "--format", form, "--output", str(path)]) == Exit.OK
        told = capsys.readouterr()
        assert told.out == ""
        assert f"{len(kept)} contacts written" in told.err
        assert f"{len(records) - len(kept)} left out" in told.err
    with (tmp_path / "contacts.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [row["id"] for row in csv.DictReader(file)] == [one["id"] for one in kept]
    cards = (tmp_path / "contacts.vcf").read_text("utf-8")
    assert cards.count("BEGIN:VCARD") == len(kept)
    assert main(["contacts", "--format", "vcard"]) == Exit.OK
    assert capsys.readouterr().out.count("BEGIN:VCARD") == len(kept)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--format", "xlsx"], "Add --output"),
        (["--output", "x.csv"], "Add --format"),
        (["--format", "csv", "--output", "x.vcf"], "end in .csv"),
    ],
)
def test_words_about_files_that_make_no_sense(
    added: BookingSyncSandbox, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    assert main(["contacts", *arguments]) == Exit.USAGE
    assert told in capsys.readouterr().err
