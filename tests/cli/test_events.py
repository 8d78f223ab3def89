"""`crmdesk events`: files checked, sent and reported by a script, against the emulators on a real socket."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from crmdesk.__main__ import main
from crmdesk.cli.exits import Exit
from crmdesk.sandbox.app import mount
from crmdesk.sandbox.faults import Kind
from crmdesk.sandbox.server import LoopbackServer
from crmdesk.sync.report import REPORT_COLUMNS
from crmdesk.vendors.cendyn import sandbox as cendyn
from crmdesk.vendors.cendyn.sandbox import DEMO, CendynSandbox, Quirks
from crmdesk.vendors.crmcom_events.sandbox import CrmComEventsSandbox
from crmdesk.vendors.crmcom_events.sandbox import sandbox as back_office

HEADINGS = ("Account", "Classification", "Unit", "Date performed", "Comment of the desk")
Save = Callable[..., str]


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[CrmComEventsSandbox, CendynSandbox, str]]:
    office, resort = back_office(), cendyn.sandbox(quirks=Quirks(queue_seconds=0, work_seconds=0))
    with LoopbackServer(mount({"crmcom_events": office, "cendyn": resort})) as server:
        yield office, resort, server.base_url


@pytest.fixture
def office(
    served: tuple[CrmComEventsSandbox, CendynSandbox, str], monkeypatch: pytest.MonkeyPatch
) -> CrmComEventsSandbox:
    """The account *Rewards office* in a new data folder."""
    emulator, _, url = served
    emulator.faults.clear()
    monkeypatch.setenv("CRMDESK_PASSPHRASE", "four words are best")
    described = emulator.describe(f"{url}/crmcom_events")
    given = dict(described["accounts"][0]["credentials"])
    monkeypatch.setenv("CRMDESK_TOKEN", given.pop("secret"))
    settings = [word for name, value in given.items() for word in ("--set", f"{name}={value}")]
    words = ["accounts", "add", "Rewards office", "--vendor", "crmcom_events", "--base-url", described["base_url"]]
    assert main([*words, *settings]) == Exit.OK
    monkeypatch.delenv("CRMDESK_TOKEN")
    return emulator


@pytest.fixture
def resort(served: tuple[CrmComEventsSandbox, CendynSandbox, str], monkeypatch: pytest.MonkeyPatch) -> CendynSandbox:
    """The account *Lakeside* in a new data folder."""
    _, emulator, url = served
    emulator.faults.clear()
    monkeypatch.setenv("CRMDESK_PASSPHRASE", "four words are best")
    monkeypatch.setenv("CRMDESK_TOKEN", DEMO[0].secret)
    words = ["accounts", "add", "Lakeside", "--vendor", "cendyn", "--base-url", f"{url}/cendyn"]
    assert main([*words, "--set", f"account_id={DEMO[0].id}"]) == Exit.OK
    monkeypatch.delenv("CRMDESK_TOKEN")
    return emulator


@pytest.fixture
def save(tmp_path: Path) -> Save:
    def saved(*rows: tuple[str, ...], headings: tuple[str, ...] = HEADINGS, name: str = "may.csv") -> str:
        with (tmp_path / name).open("w", encoding="cp1252", newline="") as file:
            writer = csv.writer(file, delimiter=";")
            writer.writerows([headings, *rows])
        return str(tmp_path / name)

    return saved


def line(number: int, *, account: str = "", date: str = "2026-05-03 10:00") -> tuple[str, ...]:
    return account or f"ACR{500 + number:010d}", "Breakfast review", "Front Desk", date, f"für Tür {number}"


def events(verb: str, file: str, *words: Any) -> int:
    return main(["events", verb, file, "--kind", "achievements", *map(str, words)])


def rows_in(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def made(office: CrmComEventsSandbox) -> int:
    return len(office.created("achievements"))


def test_a_file_is_checked_and_nothing_is_sent(
    office: CrmComEventsSandbox, save: Save, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = len(office.requests)
    good = save(line(1), line(2))
    assert events("check", good) == Exit.OK
    shown = capsys.readouterr()
    assert "2 rows: 0 with errors" in shown.out
    assert "feed nothing: Comment of the desk" in shown.err
    bad = save(line(1), ("", *line(2)[1:]), line(3, date="some day"))
    report = tmp_path / "check.csv"
    assert events("check", bad, "--report", report) == Exit.ROWS
    assert "error: Account number missing (1): rows 2" in capsys.readouterr().out
    assert [(one["Comment of the desk"], one["Check"]) for one in rows_in(report)] == [
        ("für Tür 1", ""), ("für Tür 2", "error"), ("für Tür 3", "error"),
    ]  # fmt: skip
    assert len(office.requests) == before


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--separator", "xx"), "cannot stand between cells"),
        (("--separator", "\n"), "cannot stand between cells"),
        (("--encoding", "undefined"), "cannot be read as undefined"),
        (("--encoding", "idna"), "cannot be read as idna"),
        (("--encoding", "punycode"), "cannot be read as punycode"),
    ],
)
def test_what_no_file_is_read_with_is_told(
    office: CrmComEventsSandbox, save: Save, capsys: pytest.CaptureFixture[str], words: tuple[str, str], told: str
) -> None:
    assert events("check", save(line(1)), *words) in (Exit.USAGE, Exit.FAILED)
    assert told in capsys.readouterr().err


def test_a_file_whose_name_is_no_text_is_sent(office: CrmComEventsSandbox, save: Save) -> None:
    assert events("send", save(line(1), name="caf\udce9.csv"), "--quiet") == Exit.OK


def test_what_is_not_said_is_asked_for_in_words(
    office: CrmComEventsSandbox, save: Save, capsys: pytest.CaptureFixture[str]
) -> None:
    assert events("check", "nope.csv") == Exit.USAGE
    assert "There is no file nope.csv." in capsys.readouterr().err
    assert main(["events", "check", save(line(1))]) == Exit.USAGE
    told = capsys.readouterr().err
    assert "Say what kind of rows goes to Rewards office." in told and "--kind with one of: achievements," in told


def test_rows_left_out_on_request_are_no_failure(office: CrmComEventsSandbox, save: Save) -> None:
    file = save(line(71), ("", *line(72)[1:]))
    assert events("send", file, "--yes") == Exit.ROWS
    assert events("send", file, "--yes", "--leave-out-errors") == Exit.OK


def test_a_file_is_sent_and_its_failures_come_back(
    office: CrmComEventsSandbox, save: Save, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, report = made(office), tmp_path / "result.csv"
    file = save(line(3), line(4, account="ACR0"), line(5))
    words = ("--report", report, "--per-call", 2, "--yes", "--operator", "Maria")
    assert events("send", file, *words) == Exit.ROWS
    shown = capsys.readouterr()
    assert "3 rows: 2 sent, 1 failed." in shown.out
    assert "row 2: failed: " in shown.out
    assert made(office) == before + 2
    told = rows_in(report)
    assert list(told[0]) == [*HEADINGS, *REPORT_COLUMNS]
    assert [(one["Account"], one["Outcome"], bool(one["Event number"])) for one in told] == [
        ("ACR0000000503", "Sent", True), ("ACR0", "Failed", False), ("ACR0000000505", "Sent", True),
    ]  # fmt: skip
    assert events("send", str(report), "--yes", "--fill", "Account=ACR0000000504") == Exit.OK
    assert "only its rows that failed" in capsys.readouterr().err
    assert made(office) == before + 3
    assert events("send", file, "--yes") == Exit.ROWS
    assert "2 rows were sent before" in capsys.readouterr().err
    assert made(office) == before + 3, "what was sent is not sent again"
    assert events("send", file, "--yes", "--repeats", "--quiet") == Exit.ROWS
    assert made(office) == before + 5


def test_rows_with_errors_or_warnings_go_only_if_that_is_said(
    office: CrmComEventsSandbox, save: Save, capsys: pytest.CaptureFixture[str]
) -> None:
    before = made(office)
    file = save(line(6), line(7), ("", *line(8)[1:]), line(9, date="2099-01-01 10:00"))
    assert events("send", file) == Exit.ROWS
    assert "1 row has errors. Nothing was sent" in capsys.readouterr().err
    assert events("send", file, "--leave-out-errors") == Exit.ROWS
    assert "1 row has warnings. Nothing was sent" in capsys.readouterr().err
    assert made(office) == before
    assert events("send", file, "--leave-out-errors", "--yes") == Exit.OK
    assert made(office) == before + 3
    assert "4 rows: 3 sent, 1 left out." in capsys.readouterr().out


def test_a_lost_answer_has_its_own_exit_code_and_stops_the_rest(
    office: CrmComEventsSandbox, save: Save, capsys: pytest.CaptureFixture[str]
) -> None:
    office.faults.set(Kind.CUT_AFTER, target="/bulk/", times=1)
    before = made(office)
    assert events("send", save(line(10), line(11)), "--per-call", 1) == Exit.DOUBTFUL
    assert "2 rows: 1 unknown, 1 not sent." in capsys.readouterr().out
    assert made(office) == before + 1


def test_a_trial_that_fails_ends_it(
    office: CrmComEventsSandbox, save: Save, capsys: pytest.CaptureFixture[str]
) -> None:
    before = made(office)
    file = save(line(12, account="ACR0"), line(13), line(14))
    assert events("send", file, "--trial", 1, "--yes") == Exit.ROWS
    assert made(office) == before
    assert "did not all go well" in capsys.readouterr().err
    assert events("send", save(line(12), line(13), line(14)), "--trial", 1, "--quiet") == Exit.OK
    assert made(office) == before + 3


def test_a_vendor_that_cannot_be_signed_in_to_gets_nothing(
    office: CrmComEventsSandbox, save: Save, capsys: pytest.CaptureFixture[str]
) -> None:
    office.faults.set(Kind.CUT_BEFORE, target="/token", times=9)
    before = made(office)
    assert events("send", save(line(15))) == Exit.OFFLINE
    assert "1 row: 1 not sent." in capsys.readouterr().out
    assert made(office) == before


ASKED: tuple[tuple[list[tuple[str, ...]], tuple[str, ...], str], ...] = (
    ([line(1, date="03/05/2026 10:00")], (), "--dates dmy"),
    ([line(1)], ("--map", "May"), "There is no mapping May"),
    ([line(1)], ("--fill", "Nonsense=1"), "makes no sense"),
    ([line(1)], ("--option", "validate=1"), "makes no sense"),
    ([line(1)], ("--report", "x.pdf"), "no name for this file"),
    ([], (), "no rows"),
)


@pytest.mark.slow
def test_what_must_be_said_first_is_asked_for(
    office: CrmComEventsSandbox, save: Save, capsys: pytest.CaptureFixture[str]
) -> None:
    for rows, words, says in ASKED:
        assert events("check", save(*rows), *words) in (Exit.USAGE, Exit.FAILED), says
        assert says in capsys.readouterr().err
    assert events("check", save(*ASKED[0][0]), "--dates", "dmy") == Exit.OK
    headings = ("Account", "Classification", "When")
    assert events("check", save(("x", "y", "z"), headings=headings)) == Exit.USAGE
    assert "No column of the file feeds: " in capsys.readouterr().err
    path = save(line(1)).replace("may.csv", "template.csv")
    assert events("template", path) == Exit.OK
    assert events("check", path) in (Exit.OK, Exit.ROWS), "a template is understood"


def test_the_kind_and_the_account_are_named(
    office: CrmComEventsSandbox, save: Save, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["events", "check", save(line(1))]) == Exit.USAGE
    assert "--kind with one of: achievements" in capsys.readouterr().err
    assert main(["events", "check", save(line(1)), "--account", "Nobody"]) == Exit.USAGE


def test_contacts_are_pushed_and_waited_for(
    resort: CendynSandbox, save: Save, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crmdesk.cli.events.ASK_EVERY", 0.1)
    headings = ("Guest id", "E-mail", "First name", "gdpr_marketing_consent")
    file = save(("g:1", "ana@example.com", "Ana", ""), ("g:2", "no address", "Bo", ""), headings=headings)
    assert main(["events", "send", file, "--wait", "0"]) == Exit.ROWS
    assert "E-mail unlike an address (1): rows 2" in capsys.readouterr().out
    assert main(["events", "send", file, "--wait", "0", "--yes"]) == Exit.ACCEPTED
    assert "2 rows: 2 accepted." in capsys.readouterr().out
    words = ("--repeats", "--yes", "--wait", "6", "--option", "Check e-mail addresses=yes")
    assert main(["events", "send", file, *words]) == Exit.ROWS
    shown = capsys.readouterr()
    assert "2 rows: 1 sent, 1 failed." in shown.out
    assert "up to 2 credits" in shown.err
    assert [one["user_id"] for one in resort.contacts(DEMO[0].id)] == ["g:1"]
