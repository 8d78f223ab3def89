"""What goes wrong around bulk events, through the real window: saving fails, a run is cut off, results are read in
again; and what is kept for the next time: mappings, reports, the list of everything sent."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QTableView

from crmdesk.core.errors import StorageError
from crmdesk.core.submission import NewRow, RowStage, Submission, SubmissionStage
from crmdesk.sandbox.faults import Kind
from crmdesk.sync.importing import read_file
from crmdesk.ui import choosing
from crmdesk.ui.composer.events_page import _take_apart
from crmdesk.vendors.crmcom_events.sandbox import CrmComEventsSandbox
from tests.helpers.house import House, until
from tests.walks.test_bulk_events import (
    ACCOUNT,
    LONG,
    LOYALTY,
    address,
    checked,
    count,
    desk,
    emulator,
    ended,
    imported,
    page_of,
    rows_in,
    send,
    survey,
)

__all__ = ["address", "emulator"]
TEXT = "description"


async def draft(house: House, title: str, accounts: int = 1) -> int:
    """A draft with so many rows."""
    new = Submission(0, house.accounts()[LOYALTY], "achievements", title)
    rows = [NewRow({ACCOUNT: f"ACR000000050{number + 1}"}) for number in range(accounts)]
    return (await house.services.submissions.create(new, rows)).id


async def open_run(house: House, number: int) -> Any:
    """Enter in the list; the open composer."""
    runs = page_of(house).runs
    await until(lambda: any(run.one.id == number for run in runs.model.rows), "the list")
    place = next(place for place, run in enumerate(runs.model.rows) if run.one.id == number)
    runs.table.setCurrentIndex(runs.model.index(place, 0))
    runs.table.setFocus()
    QTest.keyClick(runs.table, Qt.Key.Key_Return)
    await until(lambda: (one := page_of(house).composer) is not None and one.document.submission.id == number, "it")
    await until(lambda: page_of(house).composer.document.rows, "its rows")
    return page_of(house).composer


async def typed(house: House, text: str, path: str = ACCOUNT) -> None:
    """Into the first row, by F2 and Return."""
    await typing(house, text, path)
    house.key("Return")


async def typing(house: House, text: str, path: str = ACCOUNT) -> None:
    """As `typed`, still in the cell's editor."""
    composer = page_of(house).composer
    composer.grid.go_to(composer.document.rows[0].key, path)
    house.window.activateWindow()
    composer.grid.setFocus()
    await until(composer.grid.hasFocus, "the grid")
    house.key("F2")
    await until(lambda: house.there("composer.cell"), "the cell's editor")
    house.fill("composer.cell", text)


async def begin_import(house: House, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """*New bulk events* from a file, up to its preview."""

    async def chosen(*_: object) -> str:
        return str(path)

    monkeypatch.setattr(choosing, "choose_file", chosen)
    await until(lambda: house.there("events.new") and house.find("events.new").isEnabled(), "the list")
    house.click("events.new")
    await until(lambda: house.there("composer.new.go") and house.find("composer.new.go").isEnabled(), "the dialog")
    house.click("composer.new.go")
    await until(lambda: house.there("import.go") and house.find("import.go").isEnabled(), "the preview")


async def back(house: House) -> None:
    house.click("composer.back")
    await until(lambda: page_of(house).composer is None, "the list")


@LONG
@pytest.mark.slow
async def test_another_one_is_opened_while_saving_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, emulator: CrmComEventsSandbox, address: str
) -> None:
    async with desk(tmp_path / "data", address) as house:
        first, second = await draft(house, "May"), await draft(house, "June")
        composer = await open_run(house, first)
        await checked(house)

        async def full(*_: object) -> None:
            raise StorageError("The disk is full.", "Free some space.")

        with monkeypatch.context() as broken:
            broken.setattr(house.services.submissions, "change_rows", full)
            await typed(house, "ACR0000000777")
            await until(lambda: "The disk is full." in house.banners(), "the message")
            for begin, task in ((lambda: page_of(house).open(second), "composer.open"),
                                (lambda: house.click("composer.back"), "composer.back")):  # fmt: skip
                begin()
                await until(lambda: house.there("composer.unsaved.cancel"), "the question whether to leave")
                house.click("composer.unsaved.cancel")
                await until(lambda task=task: not house.window.scope.running(task), f"the end of {task}")
            assert page_of(house).composer is composer and page_of(house).verbs.document is composer.document
            assert composer.document.rows[0].values[ACCOUNT] == "ACR0000000777", "nothing that was typed is lost"
            assert "Saving…" in house.words("composer")
            assert "The disk is full." in house.banners() and "Free some space." in house.banners()
        page_of(house).open(second)
        await until(lambda: page_of(house).composer.document.submission.id == second, "June")
        await until(lambda: "disk is full" not in house.banners(), "the message goes with what it tells of")
        (row,) = await house.services.reader.submissions.rows(first)
        assert row.values[ACCOUNT] == "ACR0000000777", "saved before another one is opened"


HOTEL = "Konto;Art;Haus;Zeit;Zimmer"


def hotel_file(path: Path, titles: str = HOTEL, rows: int = 3) -> None:
    """Headings that nobody could guess."""
    lines = [
        f"ACR000000050{place + 1};Customer Feedback 3;Admin Unit;{13 + place}.06.2026 10:00;7" for place in range(rows)
    ]
    path.write_text("\n".join([titles, *lines]), "utf-8")


def choose_column(house: House, path: str, title: str) -> None:
    box = house.find(f"import.source.{path}", QComboBox)
    box.setCurrentIndex(box.findText(title))
    box.activated.emit(box.currentIndex())


@LONG
@pytest.mark.slow
async def test_a_mapping_is_named_and_proposed_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, emulator: CrmComEventsSandbox, address: str
) -> None:
    file = tmp_path / "hotel.csv"
    hotel_file(file)
    async with desk(tmp_path / "data", address) as house:
        await begin_import(house, file, monkeypatch)
        house.click("import.go")
        await until(lambda: house.there("import.name"), "the columns")
        assert "Still without a column" in house.words("import")
        for path, title in (
            (ACCOUNT, "Konto"),
            ("classification_identifier.name", "Art"),
            ("performed_by_unit_identifier.name", "Haus"),
            ("performed_on", "Zeit"),
        ):
            choose_column(house, path, title)
        house.fill("import.name", "  Küche   Λίστα ")
        house.click("import.go")
        await until(lambda: page_of(house).composer is not None and not house.there("import.go"), "the composer")
        await until(lambda: len(page_of(house).composer.document.rows) == 3, "the rows")
        await checked(house)
        kept = await house.services.reader.submissions.mappings("achievements")
        assert [one.name for one in kept] == ["Küche Λίστα"]
        await back(house)
        hotel_file(file, "Konto;Art;Haus;Zeit;Tisch")  # 4 of 5 headings: 80 %
        await begin_import(house, file, monkeypatch)
        house.click("import.change" if house.there("import.change") else "import.go")
        await until(lambda: house.there("import.kept"), "the columns")
        assert house.find("import.kept", QComboBox).currentText() == "Küche Λίστα"
        assert house.find(f"import.source.{ACCOUNT}", QComboBox).currentText() == "Konto"
        house.click("import.go")
        await until(lambda: page_of(house).composer is not None and not house.there("import.go"), "the composer")
        await until(lambda: len(page_of(house).composer.document.rows) == 3, "the rows")
        assert page_of(house).composer.document.rows[0].values[ACCOUNT] == "ACR0000000501"
        await checked(house)
        await back(house)
        hotel_file(file, "Konto;Art;Ort;Tag;Tisch")  # 3 of 5: another file
        await begin_import(house, file, monkeypatch)
        house.click("import.go")
        await until(lambda: house.there("import.kept"), "the columns")
        assert house.find("import.kept", QComboBox).currentText() == "By their headings"
        house.click("import.cancel")
        await until(lambda: not house.there("import.cancel"), "the composer")


async def save_report(
    house: House, place: Path, monkeypatch: pytest.MonkeyPatch, *, kind: str, personal: bool = True
) -> None:
    """*Save report…*, through its dialog."""

    async def chosen(*_: object) -> str:
        return str(place)

    monkeypatch.setattr(choosing, "choose_place", chosen)
    verb = f"composer.verb.report.{page_of(house).composer.document.submission.id}"
    await until(lambda: not house.window.scope.running(verb), "the end of the one before")
    house.click("sending.report")
    await until(lambda: house.there("report.go"), "the dialog")
    house.find(f"report.{kind}").click()
    if not personal:
        house.find("report.personal").click()
    house.click("report.go")
    await until(lambda: not house.there("report.go"), "the end of the dialog")


@LONG
@pytest.mark.expect_log
async def test_results_are_saved_read_in_again_and_found_in_the_list_of_everything_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, emulator: CrmComEventsSandbox, address: str
) -> None:
    file, text, book = tmp_path / "survey.csv", tmp_path / "result.csv", tmp_path / "result.xlsx"
    survey(file, 30, {4: "ACR1", 9: "ACR2"})
    async with desk(tmp_path / "data", address, trial_rows=0) as house:
        await _sent(house, file, monkeypatch)
        await _saved(house, text, book, monkeypatch)
        await back(house)
        await _read_in(house, text, monkeypatch)
        await back(house)
        await _listed(house)


async def _sent(house: House, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await begin_import(house, file, monkeypatch)
    house.click("import.go")
    await until(lambda: house.there("import.ignored"), "the columns")
    house.click("import.go")
    await until(lambda: page_of(house).composer is not None and not house.there("import.go"), "the composer")
    await until(lambda: len(page_of(house).composer.document.rows) == 30, "the rows")
    await checked(house)
    await send(house)
    await ended(house)
    assert (count(house, RowStage.SENT), count(house, RowStage.FAILED)) == (28, 2)


async def _saved(house: House, text: Path, book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await until(lambda: house.there("sending.report"), "what can be done")
    await save_report(house, text, monkeypatch, kind="csv")
    await until(text.exists, "the report")
    await until(lambda: "30 rows written to result.csv." in house.words(), "the word on it")
    assert read_file(text).columns[0] == "Account number"
    text.write_text("somebody's own", "utf-8")
    await save_report(house, text, monkeypatch, kind="csv")
    await until(lambda: house.there("replace.go"), "the question")
    house.key("Escape")
    await until(lambda: not house.there("replace.go"), "the end of the question")
    assert text.read_text("utf-8") == "somebody's own", "nothing is replaced without a word"
    await save_report(house, text, monkeypatch, kind="csv")
    await until(lambda: house.there("replace.go"), "the question")
    house.click("replace.go")
    await until(lambda: text.read_bytes()[:20] != b"somebody's own", "the report")
    await save_report(house, book, monkeypatch, kind="xlsx", personal=False)
    await until(book.exists, "the workbook")
    table = read_file(book)
    assert "Account number" not in table.columns and "Room" not in table.columns
    assert not any("ACR" in str(cell) for row in table.rows for cell in row), "nor in a message"
    assert len(table.rows) == 30


async def _read_in(house: House, text: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what failed, and it is asked."""
    await begin_import(house, text, monkeypatch)
    ours = house.find("import.ours", QComboBox)
    assert ours.isVisible() and "This looks like a result of crmdesk" in house.words("import")
    assert house.find("import.count").text() == "2 rows"
    ours.setCurrentIndex(1)
    ours.activated.emit(1)
    assert house.find("import.count").text().startswith("30 rows")
    ours.setCurrentIndex(0)
    ours.activated.emit(0)
    house.click("import.go")
    await until(lambda: house.there("import.ignored"), "the columns")
    assert house.find("import.ignored").text().endswith(": Room"), "nothing of the result is left"
    house.click("import.go")
    await until(lambda: page_of(house).composer is not None and not house.there("import.go"), "the composer")
    await until(lambda: len(page_of(house).composer.document.rows) == 2, "the rows")
    assert [row.values[ACCOUNT] for row in page_of(house).composer.document.rows] == ["ACR1", "ACR2"]
    await checked(house)


async def _listed(house: House) -> None:
    house.click("events.ledger")
    await until(lambda: house.there("ledger.search") and house.find("ledger.told").text() == "30 rows", "the list")
    table = house.find("ledger.list", QTableView)
    spoken = table.model().index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert "Sent" in spoken and spoken.count(", ") >= 3, "a row is read as a whole"
    house.fill("ledger.search", "nothing like this")
    await until(lambda: house.find("ledger.told").text() == "Nothing was found.", "no hit")
    assert not house.find("ledger.open").isEnabled(), "there is nothing to open"
    house.fill("ledger.search", "ACR1")
    await until(lambda: house.find("ledger.told").text() == "1 row", "one hit")
    table = house.find("ledger.list")
    table.setFocus()
    await until(table.hasFocus, "the list")
    house.key("Ctrl+C")
    cells = QGuiApplication.clipboard().text().split("\t")
    assert [cells[1], cells[2], cells[5]] == ["ACR1", "Failed", "Maria"]
    house.click("ledger.open")
    await until(lambda: page_of(house).composer is not None and not house.there("ledger.search"), "its submission")
    await until(lambda: len(page_of(house).composer.document.rows) == 30, "its rows")
    await until(lambda: house.window.focusWidget() is page_of(house).composer.grid, "the grid, where one goes on", 5)


@LONG
@pytest.mark.expect_log
@pytest.mark.slow
async def test_the_program_ended_in_the_middle_of_sending(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, emulator: CrmComEventsSandbox, address: str
) -> None:
    file, cut = tmp_path / "survey.csv", tmp_path / "cut"
    survey(file, 90)
    async with desk(tmp_path / "data", address, rows_per_call=30, trial_rows=0) as house:
        await begin_import(house, file, monkeypatch)
        house.click("import.go")
        await until(lambda: house.there("import.ignored"), "the columns")
        house.click("import.go")
        await until(lambda: page_of(house).composer is not None and not house.there("import.go"), "the composer")
        await until(lambda: len(page_of(house).composer.document.rows) == 90, "the rows")
        await checked(house)
        emulator.faults.set(Kind.SLOW, 4, target="/bulk/", times=1, skip=1)
        await send(house)
        await until(
            lambda: count(house, RowStage.SENT) == 30 and count(house, RowStage.SENDING) == 30, "a call that is out"
        )
        shutil.copytree(tmp_path / "data", cut)  # what lies on the disk in this moment
        house.click("sending.stop")
        await ended(house)
    assert len(emulator.ledger.of("achievements")) == 60
    async with desk(cut, address, rows_per_call=30, trial_rows=0) as house:
        await until(lambda: "was interrupted" in house.banners(), "the banner")
        assert "Review 30 unknown rows. 30 rows were not sent." in house.banners()
        house.click("banner.submission.1.review")
        await until(lambda: page_of(house).composer is not None, "the submission")
        await until(lambda: count(house, RowStage.UNKNOWN) == 30, "the unknown rows")
        composer = page_of(house).composer
        assert (count(house, RowStage.SENT), count(house, RowStage.NOT_SENT)) == (30, 30)
        assert composer.document.submission.stage is SubmissionStage.ENDED
        await until(lambda: house.there("sending.call.arrived"), "what can be decided")
        assert not house.there("sending.go_on") and not house.there("composer.retry")
        house.window.banners.clear(f"submission.{composer.document.submission.id}")
        house.window.resize(900, 600)
        grid = composer.grid
        await until(lambda: grid.viewport().height() >= 3 * grid.rowHeight(0), "rows, in a low window too", 5)
        house.window.resize(1400, 860)
        await house.services.submissions.sending.send_due()
        assert len(emulator.ledger.of("achievements")) == 60, "nothing is sent again by itself"
        await send(house, "composer.rest")
        await until(lambda: count(house, RowStage.SENT) == 60, "the rest")
        await ended(house)
        assert count(house, RowStage.UNKNOWN) == 30
        assert len(emulator.ledger.of("achievements")) == 90, "the rest only"
        assert not [row for row in rows_in(house, RowStage.UNKNOWN) if row.attempt > 1]


@LONG
async def test_what_is_left_while_it_is_checked_ends_without_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, emulator: CrmComEventsSandbox, address: str
) -> None:
    async with desk(tmp_path / "data", address) as house:
        number = await draft(house, "May")
        verbs, going = house.services.submissions, asyncio.Event()
        checked_before, told = verbs.check, len(house.window.feedback.told)

        async def slow(*args: Any, **more: Any) -> Any:
            found = await checked_before(*args, **more)
            await going.wait()
            return found

        monkeypatch.setattr(verbs, "check", slow)
        composer = await open_run(house, number)
        await until(lambda: composer.document.checking, "a check")
        document = composer.document
        await back(house)
        await asyncio.sleep(0.05)  # what is deleted later is gone by now
        going.set()
        await until(lambda: not document.checking, "its end")
        await asyncio.sleep(0.05)
        assert house.banners() == "" and len(house.window.feedback.told) == told


@LONG
async def test_a_check_that_was_due_does_not_begin_once_it_is_left(
    tmp_path: Path, emulator: CrmComEventsSandbox, address: str
) -> None:
    async with desk(tmp_path / "data", address) as house:
        composer = await open_run(house, await draft(house, "May"))
        await checked(house)
        page = page_of(house)
        page.stack.removeWidget(composer)
        await _take_apart(composer, page._part)
        page.composer = None
        composer.document.check_now()  # it is due in the very moment in which all else has ended
        assert not house.window.scope.running("composer.check")
        await asyncio.sleep(0.1)  # it is gone


@LONG
@pytest.mark.expect_log
async def test_what_was_sent_to_an_account_that_was_removed_is_read_and_reported_and_not_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, emulator: CrmComEventsSandbox, address: str
) -> None:
    file, text = tmp_path / "may.csv", tmp_path / "result.csv"
    survey(file, 30, {3: "ACR1", 7: "ACR2"})
    async with desk(tmp_path / "data", address, trial_rows=0) as house:
        await imported(house, file, monkeypatch)
        number = page_of(house).composer.document.submission.id
        await checked(house)
        await send(house)
        await ended(house)
        assert house.there("composer.retry")
        await back(house)
        typed = await draft(house, "June")
        await house.services.remove_account(house.accounts()[LOYALTY], keep_contacts=True)
        composer = await open_run(house, number)
        await until(lambda: house.there("sending.report"), "what can be done")
        assert "The account was removed: this can be read, not changed or sent." in house.words(composer)
        assert (count(house, RowStage.SENT), count(house, RowStage.FAILED)) == (28, 2)
        for name in ("composer.send", "composer.retry", "composer.rest", "composer.load", "sending.look_up"):
            assert not house.there(name), name
        grid, failed = composer.grid, next(row for row in composer.document.rows if row.stage is RowStage.FAILED)
        flags = grid.model().flags(grid.model().index(composer.document.place_of(failed.key), 0))
        assert not flags & Qt.ItemFlag.ItemIsEditable
        await save_report(house, text, monkeypatch, kind="csv")
        await until(text.exists, "the report")
        assert len(read_file(text).rows) == 30
        await back(house)
        composer = await open_run(house, typed)
        assert not house.there("composer.send") and "The account was removed" in house.words(composer)
        assert house.banners() == ""
