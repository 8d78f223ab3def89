"""A restored folder with a draft that may have been sent since, through the real window: its rows are decided like all
unknown ones, nothing traps whoever opens it, and one can always leave."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu

from crmdesk.core.errors import StorageError
from crmdesk.core.submission import RowStage, SubmissionStage
from crmdesk.store import restarts
from tests.helpers.house import House, until
from tests.walks.test_bulk_events import LONG, address, count, desk, emulator, page_of
from tests.walks.test_bulk_repairs import draft, open_run, typed

__all__ = ["address", "emulator"]


async def doubted(house: House, number: int) -> None:
    """As after the restore of a backup: whatever looks unsent may have been sent since."""

    def run(driver: Any, touched: Any) -> None:
        restarts._doubt_everything(driver, "2026-11-28T08:00:00Z")
        touched.submissions.update((0, number))

    await house.services.submissions._write("doubted", run)


async def opened(house: House, rows: int = 2) -> tuple[int, Any]:
    number = await draft(house, "Survey", rows)
    await doubted(house, number)
    composer = await open_run(house, number)
    await until(lambda: house.there("sending.all_unknown"), "the panel with the decisions")
    return number, composer


@LONG
async def test_rows_of_a_draft_in_a_restored_folder_are_decided_on_its_page(tmp_path: Path, address: str) -> None:
    async with desk(tmp_path, address) as house:
        number, composer = await opened(house)
        line = composer.sending.all_unknown
        assert "what looks unsent here" in composer.sending.why.text(), "not of one row"
        assert "2 unknown rows" in line.words.text() and composer.chips["Unknown"].isVisible()
        assert not house.there("composer.import") and composer.acts.why_not("look_up")
        QTest.mouseClick(house.find("sending.all_unknown").findChild(type(composer.send), "sending.call.rows"),
                         Qt.MouseButton.LeftButton)  # fmt: skip
        await until(lambda: house.there("unknown.rows.list"), "the rows")
        assert house.find("unknown.rows.list").count() == 2
        house.find("unknown.rows.rest").setChecked(True)
        house.fill("unknown.rows.reason", "Not in the back office")
        house.click("unknown.rows.go")
        await until(lambda: count(house, RowStage.NOT_SENT) == 2, "the grid says what was decided")
        await until(lambda: composer.sending.isHidden() and house.there("composer.rest"), "nothing is open any more")
        assert house.there("composer.import") and composer.document.draft
        house.click("composer.back")
        await until(lambda: page_of(house).composer is None, "the list")
        assert (await house.services.submissions.get(number)).stage is SubmissionStage.DRAFT


@LONG
async def test_rows_of_such_a_draft_that_arrived_end_it(tmp_path: Path, address: str) -> None:
    async with desk(tmp_path, address) as house:
        number, composer = await opened(house)
        composer.acts.do("arrived")
        await until(lambda: house.there("unknown.go"), "the question")
        house.fill("unknown.reason", "Seen in the back office")
        house.click("unknown.go")
        await until(lambda: count(house, RowStage.SENT) == 2, "the grid says what was decided")
        assert composer.document.submission.stage is SubmissionStage.ENDED and house.there("sending.report")
        house.click("composer.back")
        await until(lambda: page_of(house).composer is None, "the list")
        await until(lambda: "2 sent" in _state(house, number), "the list says so, too")


def _state(house: House, number: int) -> str:
    model = page_of(house).runs.model
    place = next(place for place, run in enumerate(model.rows) if run.one.id == number)
    return str(model.index(place, 6).data())


@LONG
async def test_what_cannot_be_done_with_such_rows_is_refused_before_anything_changes(
    tmp_path: Path, address: str
) -> None:
    async with desk(tmp_path, address) as house:
        _, composer = await opened(house)
        grid, before = composer.grid, list(composer.document.rows)
        grid.go(0, grid.first_own())
        for verb in ("remove", "leave_out", "take_in", "insert", "import"):
            assert composer.acts.why_not(verb), verb
        grid._menu(grid.visualRect(grid.currentIndex()).center())
        (menu,) = [one for one in grid.findChildren(QMenu) if one.objectName() == "composer.grid.menu"]
        entries = {one.objectName().rpartition(".")[2]: one for one in menu.actions()}
        assert not entries["remove"].isEnabled() and "unknown" in entries["remove"].toolTip()
        assert not entries["out"].isEnabled() and not entries["in"].isEnabled() and entries["copy"].isEnabled()
        menu.close()
        grid.verbs["remove"]()
        assert composer.document.rows == before, "no way removes them"
        house.click("composer.back")
        await until(lambda: page_of(house).composer is None, "the list")


def _asked(house: House) -> bool:
    """The arrow is pressed until it asks: a press while the last question goes away is not taken."""
    if not house.there("composer.unsaved.go"):
        house.click("composer.back")
    return house.there("composer.unsaved.go")


@LONG
@pytest.mark.expect_log
async def test_one_may_leave_what_cannot_be_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    async with desk(tmp_path, address) as house:
        number = await draft(house, "Survey")
        await open_run(house, number)

        async def full(*_: object) -> int:
            raise StorageError("The disk is full.", "Free some space.")

        monkeypatch.setattr(house.services.submissions, "change_rows", full)
        await typed(house, "ACR0000000777")
        house.click("composer.back")
        await until(lambda: house.there("composer.unsaved.go"), "the question")
        house.click("composer.unsaved.cancel")
        await until(lambda: not house.there("composer.unsaved.go"), "it stays")
        assert page_of(house).composer is not None
        await until(lambda: _asked(house), "the question again")
        house.click("composer.unsaved.go")
        await until(lambda: page_of(house).composer is None, "the list")
