"""Walk-throughs 6, 7 and 8: a thousand achievements from a file, with problems, failures and repairs; a lost answer;
the same file again tomorrow. Through the real window, over a real socket."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt

from crmdesk.core.submission import RowStage, SubmissionStage
from crmdesk.sandbox.faults import Kind
from crmdesk.sandbox.server import LoopbackServer
from crmdesk.settings import Settings
from crmdesk.sync import report
from crmdesk.sync.importing import read_file
from crmdesk.ui import choosing
from crmdesk.ui.places import EVENTS
from crmdesk.vendors.crmcom_events import VENDOR
from crmdesk.vendors.crmcom_events.sandbox import DEMO, CrmComEventsSandbox, Quirks, sandbox
from tests.helpers.house import House, until

LOYALTY = "Resort Loyalty"
ACCOUNT, WHEN = "accounts_receivable_identifier.number", "performed_on"
TITLES = "Account number;Classification name;Unit name;Performed on;Room"
LONG = pytest.mark.timeout(180)


def survey(path: Path, rows: int, spoiled: dict[int, str] | None = None) -> None:
    """One line per event, each a minute later; `spoiled`: line → account number or, with a slash in it, date."""
    lines = [TITLES]
    for number in range(rows):
        account, when = "ACR0000000501", f"{13 + number // 1440}.06.2026 {number // 60 % 24:02}:{number % 60:02}"
        wrong = (spoiled or {}).get(number)
        if wrong is not None and "/" in wrong:
            when = wrong
        elif wrong is not None:
            account = wrong
        lines.append(f"{account};Customer Feedback 3;Admin Unit;{when};{number:04}")
    path.write_text("\n".join(lines), "utf-8")


@pytest.fixture
def emulator() -> CrmComEventsSandbox:
    return sandbox(quirks=Quirks(shuffled=True))


@pytest.fixture
def address(emulator: CrmComEventsSandbox) -> Iterator[str]:
    with LoopbackServer(emulator) as server:
        yield VENDOR.check_base_url(server.base_url)


@asynccontextmanager
async def desk(folder: Path, address: str, **settings: Any) -> AsyncIterator[House]:
    kept = Settings(operator="Maria", operators=["Maria"], **settings)
    async with House(folder, kept=kept) as house:
        await house.ready()
        if LOYALTY not in house.accounts():
            config = {"username": DEMO.username, "organisation": DEMO.organisation, "time_zone": "UTC"}
            config["secret"] = DEMO.password
            await house.services.add_account(VENDOR.key, LOYALTY, address, config)
            await until(lambda: LOYALTY in house.accounts(), "the account")
        house.window.go(EVENTS)
        yield house


def page_of(house: House) -> Any:
    return house.window.pages.events()


def rows_in(house: House, *stages: RowStage) -> list[Any]:
    return [row for row in page_of(house).composer.document.rows if row.stage in stages]


def count(house: House, stage: RowStage) -> int:
    return len(rows_in(house, stage))


async def imported(house: House, path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """*New bulk events* from a file, through both dialogs; the open composer."""

    async def chosen(*_: object) -> str:
        return str(path)

    monkeypatch.setattr(choosing, "choose_file", chosen)
    await until(lambda: house.there("events.new") and house.find("events.new").isEnabled(), "the list")
    house.click("events.new")
    await until(lambda: house.there("composer.new.go") and house.find("composer.new.go").isEnabled(), "the dialog")
    house.click("composer.new.go")
    await until(lambda: house.there("import.go") and house.find("import.go").isEnabled(), "the preview")
    house.click("import.go")  # *Columns…*: one column feeds nothing
    await until(lambda: house.there("import.ignored"), "the columns")
    assert "Room" in house.find("import.ignored").text()
    house.click("import.go")
    await until(lambda: page_of(house).composer is not None and not house.there("import.go"), "the composer")
    composer = page_of(house).composer
    await until(lambda: len(composer.document.rows) > 20, "the rows")
    await checked(house)
    return composer


async def checked(house: House) -> None:
    """What was typed is saved, and checked."""
    document = page_of(house).composer.document
    await until(lambda: document.rows is document._saved and not document._check_soon.isActive(), "saving")
    await document.check()


async def send(house: House, button: str = "composer.send", **ticks: bool) -> None:
    await until(lambda: house.there(button) and house.find(button).isEnabled(), button)
    house.click(button)
    await until(lambda: house.there("review.go"), "the review")
    for name, on in ticks.items():
        house.find(f"review.{name}").setChecked(on)
    if house.there("review.warned"):
        house.find("review.warned").setChecked(True)
    house.click("review.go")
    await until(lambda: not house.there("review.go"), "the end of the review")


async def ended(house: House) -> None:
    document = page_of(house).composer.document
    await until(lambda: document.submission.stage is SubmissionStage.ENDED, "the end of sending")
    await until(lambda: not rows_in(house, RowStage.QUEUED, RowStage.SENDING), "outcomes of all rows")


async def fix_group(house: House, code: str, text: str) -> None:
    """*Fix all…* of a group in the problem list."""
    problems = page_of(house).composer.problems
    place = next(place for place, group in enumerate(problems.model.groups) if group.code == code)
    problems.list.setCurrentIndex(problems.model.index(place, 0))
    problems.list.activated.emit(problems.model.index(place, 0))
    shown = page_of(house).composer.grid.rows.rowCount()
    assert shown == len(problems.model.groups[place].rows), "the grid shows the group alone"
    house.click("composer.problems.fix")
    await until(lambda: house.there("fix.text"), "the question")
    house.fill("fix.text", text)
    house.click("fix.go")
    await until(lambda: all(group.code != code for group in problems.model.groups), "the group is gone")
    await checked(house)


@LONG
@pytest.mark.expect_log
async def test_a_thousand_achievements_and_the_same_file_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, emulator: CrmComEventsSandbox, address: str
) -> None:
    spoiled = {7: "", 20: "31/02/2026", 21: "soon/later", 100: "ACR1", 200: "ACR2", 300: "ACR3", 400: "ACR4"}
    file = tmp_path / "survey.csv"
    survey(file, 1003, spoiled)
    async with desk(tmp_path / "data", address) as house:
        composer = await imported(house, file, monkeypatch)
        assert composer.document.tally().bad == 3
        await fix_group(house, "V-ONEOF", "ACR0000000502")
        await fix_group(house, "V-DATE", "14.07.2026 12:00")
        await _fixed_one_more(house, composer)
        await send(house)
        await until(lambda: house.there("sending.go_on"), "the pause after the first rows")
        assert (count(house, RowStage.SENT), count(house, RowStage.QUEUED)) == (5, 998)
        assert len(emulator.ledger.of("achievements")) == 5, "nothing more has left"
        house.click("sending.go_on")
        await ended(house)
        assert (count(house, RowStage.SENT), count(house, RowStage.FAILED)) == (999, 4)
        await _repaired(house, composer)
        assert (count(house, RowStage.SENT), count(house, RowStage.FAILED)) == (1001, 2)
        assert len(emulator.ledger.of("achievements")) == 1001
        await _reported(house, composer, tmp_path / "report.csv")
        house.click("composer.back")
        await until(lambda: page_of(house).composer is None, "the list")
        await _again(house, file, monkeypatch)
        assert len(emulator.ledger.of("achievements")) == 1001


async def _fixed_one_more(house: House, composer: Any) -> None:
    """The two dates got the same time: the twin is told apart in the grid, by typing."""
    document = composer.document
    assert document.tally().bad == 0
    twins = [row for row in document.rows if any(flaw.code == "V-TWIN" for flaw in document.flaws_of(row))]
    assert len(twins) == 1
    composer.grid.show_only(None)
    composer.grid.go_to(twins[0].key, WHEN)
    house.window.activateWindow()
    composer.grid.setFocus()
    await until(composer.grid.hasFocus, "the grid")
    house.key("F2")
    await until(lambda: house.there("composer.cell"), "the cell's editor")
    house.fill("composer.cell", "2026-07-14 12:01")
    house.key("Return")
    await until(lambda: document.tally().warned == 0, "no twin any more")
    await checked(house)


async def _repaired(house: House, composer: Any) -> None:
    """Two of the failed rows get another account, then all four are sent again."""
    document = composer.document
    await until(lambda: house.there("composer.filter.failed"), "the results")
    house.click("composer.filter.failed")
    assert composer.grid.rows.rowCount() == 4
    assert composer.grid.rows.columns[composer.grid.currentIndex().column()] == ACCOUNT, "where the refusal points"
    failed = rows_in(house, RowStage.FAILED)
    assert "ACR1" in failed[0].text
    for row in failed[:2]:
        place = document.rows.index(next(one for one in document.rows if one.key == row.key))
        document.set_cells([(place, ACCOUNT, "ACR0000000503")], "Typing")
        await checked(house)
    await until(lambda: count(house, RowStage.READY) == 2, "mended rows are ready")
    await send(house)
    await until(lambda: (count(house, RowStage.SENT), count(house, RowStage.FAILED)) == (1001, 2), "mended rows sent")
    await send(house, "composer.retry")
    await until(lambda: sum(row.attempt == 2 for row in document.rows) == 4, "the retry")
    await ended(house)
    again = [row for row in document.rows if row.attempt == 2]
    assert sorted(row.stage.value for row in again) == ["failed", "failed", "sent", "sent"]
    assert len(await house.services.reader.submissions.attempts(again[0].id)) == 2, "the first answer stays"


async def _reported(house: House, composer: Any, path: Path) -> None:
    await house.services.submissions.report(composer.document.submission.id, path)
    table = read_file(path)
    assert table.columns[:5] == tuple(TITLES.split(";"))
    assert report.is_report(table)
    assert len(table.rows) == 1003
    assert len(report.failed_only(table).rows) == 2


async def _again(house: House, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tomorrow: every row that was sent is flagged with its number, and left out."""
    composer = await imported(house, file, monkeypatch)
    await until(lambda: count(house, RowStage.LEFT_OUT) == 996, "what was sent is left out")
    out = rows_in(house, RowStage.LEFT_OUT)
    assert all("Event: " in row.note and "Operator: Maria" in row.note for row in out)
    await checked(house)
    known = [flaw.code for row in composer.document.rows for flaw in composer.document.flaws_of(row)]
    assert known.count("V-KNOWNBAD") == 4
    assert composer.document.tally().fit == 4, "only what failed is left, with a warning"


@LONG
@pytest.mark.expect_log
async def test_a_lost_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, emulator: CrmComEventsSandbox, address: str
) -> None:
    file = tmp_path / "survey.csv"
    survey(file, 600)
    async with desk(tmp_path / "data", address, rows_per_call=200, trial_rows=0) as house:
        told: list[tuple[str, str]] = []
        system = house.window.outgoing.system
        system.in_front = lambda: False
        system.use(lambda *words: told.append(words))
        composer = await imported(house, file, monkeypatch)
        emulator.faults.set(Kind.CUT_AFTER, target="/bulk/", times=1)
        await send(house)
        await until(lambda: count(house, RowStage.UNKNOWN) == 200, "200 unknown rows")
        await until(lambda: told, "whoever looks at another program is told")
        assert told == [("crmdesk", "The outcome of 200 rows of bulk events is unknown.")]
        await until(lambda: house.there("sending.call.arrived"), "what can be decided")
        assert "asks the vendor for these rows by itself at" in composer.sending.looks.text()
        assert len(emulator.ledger.of("achievements")) == 200, "none was sent again"
        assert not house.there("composer.retry")
        house.find("sending.call.arrived").click()
        await until(lambda: house.there("unknown.reason"), "the question")
        assert not house.find("unknown.go").isEnabled(), "a reason is wanted"
        house.fill("unknown.reason", "Seen in the back office by reference")
        house.click("unknown.go")
        await until(lambda: count(house, RowStage.SENT) == 200, "the decision")
        house.click("sending.go_on")
        await ended(house)
        assert count(house, RowStage.SENT) == 600
        assert len(emulator.ledger.of("achievements")) == 600
        row = rows_in(house, RowStage.SENT)[0]
        line = (await house.services.reader.submissions.attempts(row.id))[0]
        assert (line.settled_by, line.note) == ("Maria", "Seen in the back office by reference")
        assert composer.grid.rows.data(composer.grid.rows.index(0, 0), Qt.ItemDataRole.DisplayRole).startswith("Sent")
